package ordercmd

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"incamera/identity/identitytest"
	"incamera/identity/identitytest/house"
	"incamera/sitting/wire"
)

const text = `
house   = "House of Tests"
sitting = "42"
opens   = 2126-11-24T14:00:00Z
closes  = 2126-11-24T19:00:00Z

[title]
en = "Sitting 42"
fr = "Séance 42"

[[roster]]
id   = "chair"
name = "A. Tremblay"
role = "chair"
cards = ["upn:tremblay@example.org"]

[[roster]]
id   = "clerk"
name = "I. Clark"
role = "clerk"
card = "clerk.pem"
`

// setup writes the clerk's certificate and an order beside it.
func setup(t *testing.T, order string) (file string, readers *identitytest.Readers) {
	t.Helper()
	h, err := house.New(house.Options{At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	cert, key, err := h.IssueCard(house.Person{Common: "I. Clark"})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file = filepath.Join(dir, "42.toml")
	for name, data := range map[string][]byte{
		file: []byte(order), filepath.Join(dir, "clerk.pem"): cert.Raw, filepath.Join(dir, "house.pem"): h.AnchorsPEM(),
	} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return file, identitytest.NewReaders(identitytest.NewCard(identitytest.Config{Key: key, Certificate: cert}))
}

func TestSign(t *testing.T) {
	file, readers := setup(t, text)
	var out, wrong bytes.Buffer
	if code := Run(t.Context(), readers, identitytest.Answer("123456"), []string{"sign", file}, &out, &wrong); code != 0 {
		t.Fatalf("exit %d: %s", code, &wrong)
	}
	signed, err := os.ReadFile(strings.TrimSuffix(file, ".toml") + ".order")
	if err != nil {
		t.Fatal(err)
	}
	o, chain, err := wire.OpenOrder(signed)
	if err != nil || len(chain) != 1 || o.Sitting != "42" || len(o.Roster) != 2 || o.Suite != DefaultSuite {
		t.Errorf("%+v, %d certificates, %v", o, len(chain), err)
	}
	for _, want := range []string{"House of Tests", "Séance 42", "Sitting 42", "A. Tremblay", "signed by I. Clark"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the clerk is not shown %q: %s", want, &out)
		}
	}
	signedFile, anchors := strings.TrimSuffix(file, ".toml")+".order", filepath.Join(filepath.Dir(file), "house.pem")
	out.Reset()
	if code := Run(t.Context(), readers, nil, []string{"show", signedFile, "-anchors", anchors}, &out, &wrong); code != 0 ||
		!strings.Contains(out.String(), "signed by I. Clark") || !strings.Contains(out.String(), "would take it") {
		t.Errorf("exit %d: %s%s", code, &out, &wrong)
	}
	strangers, err := house.New(house.Options{At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(anchors, strangers.AnchorsPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := Run(t.Context(), readers, nil, []string{"show", signedFile, "-anchors", anchors}, &out, &wrong); code == 0 ||
		!strings.Contains(wrong.String(), "would refuse it") {
		t.Errorf("of another House, exit %d: %s", code, &wrong)
	}
}

// Signed once is signed: the same card leaves the same order as it is, and
// asks for no PIN; what is altered is signed anew.
func TestSignAgain(t *testing.T) {
	file, readers := setup(t, text)
	signedFile := strings.TrimSuffix(file, ".toml") + ".order"
	sign := func(pins ...string) []byte {
		t.Helper()
		var out, wrong bytes.Buffer
		if code := Run(t.Context(), readers, identitytest.Answer(pins...), []string{"sign", file}, &out, &wrong); code != 0 {
			t.Fatalf("exit %d: %s", code, &wrong)
		}
		b, err := os.ReadFile(signedFile)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := sign("123456")
	if !bytes.Equal(sign(), first) {
		t.Error("signed again, though nothing has changed")
	}
	if err := os.WriteFile(file, []byte(strings.Replace(text, "A. Tremblay", "B. Tremblay", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	second := sign("123456")
	if bytes.Equal(second, first) {
		t.Error("what was altered was not signed")
	}
	if err := os.WriteFile(signedFile, first[:len(first)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	sign("123456")
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) != 4 {
		t.Errorf("files left: %v, %v", left, err)
	}
}

func TestHouseInBothLanguages(t *testing.T) {
	file, readers := setup(t, strings.Replace(text, `"House of Tests"`, `{ en = "House of Tests", fr = "Chambre des essais" }`, 1))
	var out, wrong bytes.Buffer
	if code := Run(t.Context(), readers, identitytest.Answer("123456"), []string{"sign", file}, &out, &wrong); code != 0 {
		t.Fatalf("exit %d: %s", code, &wrong)
	}
	out.Reset()
	if code := Run(t.Context(), readers, nil, []string{"show", strings.TrimSuffix(file, ".toml") + ".order"}, &out, &wrong); code != 0 {
		t.Fatalf("exit %d: %s", code, &wrong)
	}
	for _, want := range []string{"House of Tests · Sitting 42", "Chambre des essais · Séance 42"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not shown: %s", want, &out)
		}
	}
}

func TestRefusals(t *testing.T) {
	tests := []struct{ name, from, to, pin, want string }{
		{"wrong PIN", "", "", "000000", "wrong PIN, 2 tries left"},
		{"misspelt key", "house ", "hous ", "123456", `42.toml:2: no such thing as "hous"`},
		{"misspelt key of a member", "name = \"I.", "nmae = \"I.", "123456", `42.toml:19: no such thing as "roster.nmae"`},
		{"no house", "house   = \"House of Tests\"", "", "123456", "42.toml:1: the order names no house"},
		{"no house in French", `"House of Tests"`, `{ en = "House of Tests" }`, "123456", `42.toml:2: the order does not name the house in "fr"`},
		{"a house too many", `"House of Tests"`, `{ en = "a", fr = "b", de = "c" }`, "123456", "42.toml:2: the order names the house in other"},
		{"a number for a house", `"House of Tests"`, `{ en = 1, fr = "b" }`, "123456", `house in "en" is no name`},
		{"not a house", `"House of Tests"`, `7`, "123456", "house is a name, or names by language"},
		{"not an id", `"42"`, `"Sitting 42"`, "123456", `42.toml:3: "Sitting 42" is no id of a sitting`},
		{"not a kind", "opens ", "kind = \"secret\"\nopens ", "123456", `42.toml:4: "secret" is no kind`},
		{"not a suite", "opens ", "suite = \"DES\"\nopens ", "123456", `42.toml:4: no client has the suite "DES"`},
		{"no chair", `role = "chair"`, `role = "member"`, "123456", "42.toml:11: nobody on the roster is the chair"},
		{"not a role", `role = "chair"`, `role = "king"`, "123456", `42.toml:14: member "chair" has the role "king"`},
		{"no role", `role = "chair"`, "", "123456", `42.toml:11: member "chair" has the role ""`},
		{"not a member's id", `id   = "clerk"`, `id = "The Clerk"`, "123456", `42.toml:18: "The Clerk" is no id`},
		{"twice", `id   = "clerk"`, `id = "chair"`, "123456", `42.toml:18: "chair" is on the roster twice`},
		{"no card", `card = "clerk.pem"`, "", "123456", `42.toml:17: member "clerk" has 0 cards`},
		{"not a card", "upn:tremblay", "tremblay", "123456", `42.toml:15: card of "chair"`},
		{"not a clerk", `role = "clerk"`, `role = "chair"`, "123456", ErrNotClerk.Error()},
		{"no title in French", `fr = "Séance 42"`, "", "123456", `42.toml:7: the order has no title in "fr"`},
		{"a title too many", `fr =`, "de = \"x\"\nfr =", "123456", "42.toml:7: the order has titles"},
		{"closes before it opens", "19:00", "13:00", "123456", "42.toml:5: the order closes"},
		{"does not open", "opens   = 2126-11-24T14:00:00Z", "", "123456", "42.toml:1: the order does not say when it opens"},
		{"over", "2126-11-24T14:00:00Z\ncloses  = 2126", "2016-11-24T14:00:00Z\ncloses  = 2016", "123456", "this sitting was over on 2016-11-24"},
		{"not a time", "2126-11-24T14:00:00Z", `"soon"`, "123456", "42.toml:4:"},
		{"no such certificate", "clerk.pem", "other.pem", "123456", `42.toml:21: card of "clerk"`},
		{"not TOML", "[title]", "[title", "123456", "42.toml:8:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file, readers := setup(t, strings.Replace(text, tt.from, tt.to, 1))
			var out, wrong bytes.Buffer
			code := Run(t.Context(), readers, identitytest.Answer(tt.pin, tt.pin), []string{"sign", file}, &out, &wrong)
			if code == 0 || !strings.Contains(wrong.String(), tt.want) {
				t.Errorf("exit %d: %swant %q", code, &wrong, tt.want)
			}
			if _, err := os.Stat(strings.TrimSuffix(file, ".toml") + ".order"); err == nil {
				t.Error("an order was written all the same")
			}
		})
	}
}
