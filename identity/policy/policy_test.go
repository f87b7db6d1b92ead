package policy

import (
	"bytes"
	"errors"
	"flag"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"incamera/identity/identitytest/house"
)

var update = flag.Bool("update", false, "write example.toml anew")

func anchorsPEM(t *testing.T) string {
	t.Helper()
	h, err := house.New(house.Options{At: time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return string(h.AnchorsPEM())
}

// one is a policy with a single value.
func one(key string, v any) (*Policy, error) {
	return Read(Source{Name: "test", Values: map[string]any{key: v}})
}

func TestDefaults(t *testing.T) {
	p, err := Read()
	if err != nil {
		t.Fatal(err)
	}
	if p.Shared || p.Revocation != Soft || p.RevocationInterval != 10*time.Minute || p.Attestation != Report || p.LogLevel != slog.LevelInfo || p.Language != "" {
		t.Errorf("defaults are %+v", p)
	}
	for _, key := range Keys {
		if by := p.By(key.Name); by != "" {
			t.Errorf("%s was set by %q", key.Name, by)
		}
	}
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "house.pem"), anchorsPEM(t))
	path := filepath.Join(dir, "policy.toml")
	write(t, path, `
anchors = ["house.pem"]
services = ["Sittings.House.example:8443", "other.house.example"]
policy_oids = ["2.16.840.1.101.3.2.1.48.11"]
suites = ["MLS_128_MLKEM768P256_AES256GCM_SHA384_P256"]
relay_addresses = ["192.0.2.0/24", "2001:db8::/48"]
shared = true
revocation = "hard"
revocation_interval = "5m"
attestation = "require"
features_off = ["rehearsal"]
log_level = "warn"
language = "fr"
`)
	p, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(p.Anchors, []byte("BEGIN CERTIFICATE")) || !p.Shared || p.Revocation != Hard ||
		p.RevocationInterval != 5*time.Minute || p.Attestation != Demand || p.LogLevel != slog.LevelWarn || p.Language != "fr" {
		t.Errorf("read %+v", p)
	}
	if p.By("shared") != path || p.By("attesters") != "" {
		t.Errorf("shared is set by %q, attesters by %q", p.By("shared"), p.By("attesters"))
	}
	for address, want := range map[string]bool{
		"sittings.house.example:8443": true, "sittings.house.example:443": false,
		"OTHER.house.example:1": true, "house.example:443": false, "other.house.example": true,
	} {
		if got := p.AllowsService(address); got != want {
			t.Errorf("AllowsService(%q) = %v", address, got)
		}
	}
	for address, want := range map[string]bool{"192.0.2.7": true, "192.0.3.7": false, "::ffff:192.0.2.7": true, "2001:db8::1": true} {
		if got := p.AllowsRelay(netip.MustParseAddr(address)); got != want {
			t.Errorf("AllowsRelay(%s) = %v", address, got)
		}
	}
	if p.Has(Rehearsal) || !p.Has(Camera) {
		t.Error("the wrong feature is off")
	}
	if !p.AllowsSuite("MLS_128_MLKEM768P256_AES256GCM_SHA384_P256") || p.AllowsSuite("MLS_128_DHKEMP256_AES128GCM_SHA256_P256") {
		t.Error("the wrong suite is allowed")
	}
}

func TestEarlierSourceWins(t *testing.T) {
	machine := Source{Name: "machine", Values: map[string]any{"language": "fr", "shared": int64(1)}}
	person := Source{Name: "user", Values: map[string]any{"language": "en", "log_level": "debug"}}
	p, err := Read(machine, person)
	if err != nil {
		t.Fatal(err)
	}
	if p.Language != "fr" || p.By("language") != "machine" || p.By("log_level") != "user" || !p.Shared {
		t.Errorf("read %+v, language by %q, log_level by %q", p, p.By("language"), p.By("log_level"))
	}
}

func TestMistakes(t *testing.T) {
	garbage := "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
	cases := []struct {
		key  string
		v    any
		says string
	}{
		{"Shared", true, `is "shared" meant?`},
		{"policy-oids", []any{"1.2.3"}, `is "policy_oids" meant?`},
		{"encryption", "off", "no such key"},
		{"anchors", "relative.pem", "must be absolute"},
		{"anchors", "/does/not/exist.pem", "no such file"},
		{"anchors", garbage, "x509"},
		{"anchors", []any{}, "no certificate"},
		{"anchors", "-----BEGIN CERTIFICATE-----\nAAAA", "cut off"},
		{"anchors", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", `a "PRIVATE KEY"`},
		{"services", []any{"https://house.example"}, "has no port"},
		{"services", []any{"house_example"}, "neither host nor host:port"},
		{"services", []any{"house.example:99999"}, "port"},
		{"services", []any{}, "empty list"},
		{"services", []any{int64(7)}, "not a text"},
		{"services", map[string]any{}, "not a list"},
		{"policy_oids", []any{"id-fpki-common-hardware"}, "object identifier"},
		{"suites", []any{"MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519"}, "none of"},
		{"relay_addresses", []any{"192.0.2.1/24"}, "is 192.0.2.0/24 meant?"},
		{"relay_addresses", []any{"192.0.2.1"}, "address range"},
		{"shared", "yes", "neither true nor false"},
		{"shared", int64(2), "neither true nor false"},
		{"revocation", "strict", "none of off, soft, hard"},
		{"revocation", "require", "none of off, soft, hard"},
		{"revocation_interval", "10", "no duration"},
		{"revocation_interval", "1s", "not between"},
		{"attestation", "soft", "none of off, report, require"},
		{"features_off", []any{"sealing"}, "none of"},
		{"log_level", "trace", "none of"},
		{"language", "de", "none of en, fr"},
		{"language", 1.5, "not a text"},
	}
	for _, c := range cases {
		_, err := one(c.key, c.v)
		m, ok := errors.AsType[*Mistake](err)
		if !ok {
			t.Errorf("%s = %v: %v, want a mistake", c.key, c.v, err)
			continue
		}
		if m.Key != c.key || m.By != "test" || !strings.Contains(m.Why, c.says) {
			t.Errorf("%s = %v: %v, want %q", c.key, c.v, err, c.says)
		}
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	_, err := Read(
		Source{Name: "machine", Values: map[string]any{"language": "de"}},
		Source{Name: "user", Values: map[string]any{"shard": true, "language": "en"}},
	)
	for _, says := range []string{"language, set by machine", "shard, set by user"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v lacks %q", err, says)
		}
	}
}

func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "policy.toml")
	for text, says := range map[string]string{
		"shared = ":                        "policy.toml",
		"shared = true\nshared = false":    "shared",
		"[anchors]\nfile = \"house.pem\"":  "a table is not a list",
		"revocation = 5":                   "5 is not a text",
		strings.Repeat("# long\n", 700000): "ordinary file",
	} {
		write(t, path, text)
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: %v, want %q", text, err, says)
		}
	}
	if _, err := Load(filepath.Join(dir, "none.toml")); err == nil {
		t.Error("a policy that was named but is not there was taken for none")
	}
	if _, err := Load(dir); err == nil {
		t.Error("a directory was taken for a policy")
	}
}

// The example is the paper that administrators get: each line of it must be
// right when its comment sign is taken away.
func TestExample(t *testing.T) {
	var b bytes.Buffer
	if err := WriteExample(&b); err != nil {
		t.Fatal(err)
	}
	paper, err := os.ReadFile("example.toml")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		write(t, "example.toml", b.String())
	} else if !bytes.Equal(paper, b.Bytes()) {
		t.Error("example.toml is not what the table says; run with -update")
	}
	dir := t.TempDir()
	for _, name := range []string{"house.pem", "makers.pem"} {
		write(t, filepath.Join(dir, name), anchorsPEM(t))
	}
	var lines []string
	for line := range strings.Lines(b.String()) {
		if !strings.HasPrefix(line, "# ") {
			lines = append(lines, strings.TrimPrefix(line, "#"))
		}
		if len(line) > 81 && !strings.Contains(line, "=") {
			t.Errorf("%q is too long", line)
		}
	}
	path := filepath.Join(dir, "policy.toml")
	write(t, path, strings.Join(lines, ""))
	p, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range Keys {
		if p.By(key.Name) != path {
			t.Errorf("the example does not show %s", key.Name)
		}
	}
}

func TestKeys(t *testing.T) {
	seen := map[string]bool{}
	for _, key := range Keys {
		if seen[key.Name] {
			t.Errorf("%s is there twice", key.Name)
		}
		seen[key.Name] = true
		if key.Doc == "" || key.Example == "" || key.set == nil {
			t.Errorf("%s is not whole", key.Name)
		}
		if key.Default != "" && key.Kind == Choice && !slices.Contains(key.Choices, key.Default) {
			t.Errorf("the default of %s is none of its choices", key.Name)
		}
	}
}

// What is read is either refused or the same when written and read again.
func FuzzRead(f *testing.F) {
	for _, key := range Keys {
		f.Add(key.Example)
	}
	f.Add("shared = 1")
	f.Add("revocation = [\"hard\"]")
	f.Fuzz(func(t *testing.T, text string) {
		values := map[string]any{}
		if _, err := toml.Decode(text, &values); err != nil {
			return
		}
		delete(values, "anchors") // these two open files
		delete(values, "attesters")
		p, err := Read(Source{Name: "fuzz", Values: values})
		if err != nil {
			return
		}
		for name := range values {
			if p.By(name) != "fuzz" {
				t.Errorf("%s was neither obeyed nor refused", name)
			}
		}
	})
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
