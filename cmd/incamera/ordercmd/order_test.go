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
opens   = 2026-11-24T14:00:00Z
closes  = 2026-11-24T19:00:00Z

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
	for name, data := range map[string][]byte{file: []byte(order), filepath.Join(dir, "clerk.pem"): cert.Raw} {
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
	out.Reset()
	if code := Run(t.Context(), readers, nil, []string{"show", strings.TrimSuffix(file, ".toml") + ".order"}, &out, &wrong); code != 0 ||
		!strings.Contains(out.String(), "signed by I. Clark") {
		t.Errorf("exit %d: %s%s", code, &out, &wrong)
	}
}

func TestRefusals(t *testing.T) {
	tests := []struct{ name, from, to, pin, want string }{
		{"wrong PIN", "", "", "000000", "wrong PIN, 2 tries left"},
		{"misspelt key", "house ", "hous ", "123456", `no such thing as "hous"`},
		{"no chair", `role = "chair"`, `role = "member"`, "123456", "chair"},
		{"not a role", `role = "chair"`, `role = "king"`, "123456", "king"},
		{"not a clerk", `role = "clerk"`, `role = "chair"`, "123456", ErrNotClerk.Error()},
		{"no title in French", `fr = "Séance 42"`, "", "123456", "fr"},
		{"closes before it opens", "19:00", "13:00", "123456", "before"},
		{"no such certificate", "clerk.pem", "other.pem", "123456", `card of "clerk"`},
		{"not TOML", "[title]", "[title", "123456", "42.toml"},
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
