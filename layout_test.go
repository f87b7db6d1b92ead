package incamera_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "incamera/"

// doors is the architecture: which rooms each room may enter. A room is a
// folder; "x/…" is a folder and all below it. The first line that fits a room
// counts. A room may always enter itself, and in tests the rooms of tests.
var doors = []struct {
	room string
	may  []string
}{
	{"cmd/incamera/…", []string{"…"}}, // builds everything, decides nothing
	{"cmd/incamerad", []string{"sitting/service/…", "sitting", "identity", "identity/trust", "identity/policy"}},
	{"cmd/cue", nil},
	{"cmd/seat", []string{"sitting", "sitting/wire", "sitting/link", "sitting/session", "e2ee", "media/…", "identity/…"}},
	{"cmd/delegate", []string{"cmd/seat", "cmd/cue", "sitting", "media/…", "identity/…"}},

	{"ui/…", []string{"ui/…", "assets", "sitting", "media", "identity"}},
	{"assets", nil},

	{"sitting", nil},
	{"sitting/wire", []string{"sitting"}},
	{"sitting/link", []string{"sitting", "sitting/wire"}},
	{"sitting/session", []string{"sitting", "sitting/wire", "sitting/link", "e2ee", "media", "identity"}},
	{"sitting/sittingtest", []string{"sitting/…", "e2ee", "media", "identity", "identity/identitytest/…", "identity/trust"}},
	{"sitting/service/delivery", []string{"sitting"}},
	{"sitting/service/ticket", []string{"sitting"}},
	{"sitting/service/relay", []string{"sitting", "sitting/service/ticket"}},
	{"sitting/service/…", []string{"sitting", "sitting/wire", "sitting/link", "sitting/service/…", "identity", "identity/trust"}},

	{"e2ee", []string{"e2ee/mls", "e2ee/sframe"}},
	{"e2ee/mls", nil},
	{"e2ee/sframe", nil},

	{"media", nil},
	{"media/engine", []string{"media/…"}},
	{"media/mediatest", []string{"media/…"}},
	{"media/…", []string{"media"}},

	{"identity", nil},
	{"identity/identitytest/…", []string{"identity/…"}},
	{"identity/…", []string{"identity", "identity/policy"}},
}

// testRooms may be entered by every test: what is made for tests, and both
// ends of what goes over the wire.
var testRooms = []string{"…test", "…test/house", "identity/trust", "media/…", "sitting/wire", "sitting/link"}

// proofs are tests of the whole, which may enter what the room itself may not.
var proofs = map[string][]string{"cmd/seat": {"sitting/service/…"}}

// importers names the one room that may enter each third party's.
var importers = []struct {
	party string
	rooms []string
}{
	{"fyne.io/", []string{"ui/…", "cmd/incamera/…"}},
	{"github.com/livekit/protocol/auth", []string{"sitting/service/ticket"}},
	{"github.com/livekit/protocol/livekit", []string{"media/relay", "sitting/service/ticket"}},
	{"github.com/livekit/", nil},
	{"github.com/pion/", []string{"media/relay"}},
	{"github.com/coder/websocket", []string{"media/relay"}},
	{"github.com/gen2brain/malgo", []string{"media/device"}},
	{"github.com/blackjack/webcam", []string{"media/device"}},
	{"github.com/nats-io/", []string{"sitting/service/delivery"}},
	{"github.com/fxamacker/cbor", []string{"sitting/wire"}},
	{"github.com/veraison/go-cose", []string{"sitting/wire"}},
	{"github.com/ebfe/scard", []string{"identity/piv"}},
	{"github.com/go-piv/", []string{"identity/piv"}},
	{"github.com/keybase/go-keychain", []string{"identity/keystore"}},
	{"github.com/danieljoos/wincred", []string{"identity/keystore"}},
	{"github.com/BurntSushi/toml", []string{"identity/policy", "cmd/incamera/ordercmd"}},
	{"github.com/keybase/dbus", []string{"identity/keystore"}},
	{"golang.org/x/crypto/chacha20poly1305", []string{"e2ee/mls"}}, // for suite 0x0003; the standard library has it inside HPKE only
	{"golang.org/x/crypto/ocsp", []string{"identity/trust", "identity/identitytest/house"}},
}

func TestDoors(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && (name == "testdata" || name == "bin" || name == "interop" || len(name) > 1 && name[0] == '.') {
			return fs.SkipDir
		}
		if filepath.Ext(name) != ".go" || filepath.Dir(file) == "." {
			return nil
		}
		files++
		return checkFile(t, filepath.ToSlash(file))
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("looked at %d files only", files)
	}
}

// checkFile looks at the file whatever system it is for.
func checkFile(t *testing.T, file string) error {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	room, test := path.Dir(file), strings.HasSuffix(file, "_test.go")
	for _, spec := range f.Imports {
		to, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		ours, inside := strings.CutPrefix(to, module)
		switch {
		case inside && !mayEnter(room, ours, test):
			t.Errorf("%s: %s has no door to %s", file, room, ours)
		case !inside && !mayImport(room, to, test):
			t.Errorf("%s: %s has no door to %s", file, room, to)
		}
	}
	return nil
}

func mayEnter(room, to string, test bool) bool {
	if room == to || test && (fitsAny(testRooms, to) || fitsAny(proofs[room], to)) {
		return true
	}
	for _, d := range doors {
		if fits(d.room, room) {
			return fitsAny(d.may, to) || test && fits(d.room, to)
		}
	}
	return false
}

func mayImport(room, to string, test bool) bool {
	for _, i := range importers {
		if strings.HasPrefix(to, i.party) {
			return fitsAny(i.rooms, room) || test && strings.HasPrefix(i.party, "github.com/livekit/")
		}
	}
	return true
}

func fitsAny(patterns []string, room string) bool {
	for _, p := range patterns {
		if fits(p, room) {
			return true
		}
	}
	return false
}

func fits(pattern, room string) bool {
	if end, ok := strings.CutPrefix(pattern, "…"); ok {
		return strings.HasSuffix(room, end)
	}
	if top, ok := strings.CutSuffix(pattern, "/…"); ok {
		return room == top || strings.HasPrefix(room, top+"/")
	}
	return room == pattern
}
