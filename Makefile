# The commands that a person types. Each does all the set-up that it needs.

export GOFLAGS := -buildvcs=false -tags=migrated_fynedo,no_emoji
export PATH := $(PATH):/usr/local/go/bin

RELAY_VERSION := v1.13.5

# Where goroutines meet, the race detector watches.
RACE  := . ./cmd/... ./sitting/... ./media/... ./identity/... ./e2ee ./e2ee/sframe
PLAIN := ./ui/... ./assets/... ./e2ee/mls

.PHONY: rehearse test build bench lint setup

rehearse: build ## a dry run of a sitting on this machine
	@packaging/rehearse

test: build lint ## everything that can be checked without people
	go test -race -timeout 20m $(RACE)
	go test -timeout 20m $(PLAIN)
	GODEBUG=fips140=on go test -timeout 20m ./e2ee/...
	GOEXPERIMENT=runtimesecret go test -timeout 20m ./e2ee/...
	cd e2ee/mls/interop && go test -timeout 10m ./...
	packaging/rehearse check

build: setup bin/livekit-server ## the programs, in bin/
	go build -o bin/ ./cmd/...

bench: setup ## budgets, as ratios measured in one run
	go test -run '^$$' -bench . ./e2ee/... ./media/... ./identity/trust ./sitting/...

lint:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go tool staticcheck ./...

setup:
	@packaging/setup

bin/livekit-server:
	@echo "building the relay server $(RELAY_VERSION): a few minutes, once"
	GOFLAGS=-buildvcs=false GOBIN=$(CURDIR)/bin go install github.com/livekit/livekit-server/cmd/server@$(RELAY_VERSION)
	mv bin/server bin/livekit-server
