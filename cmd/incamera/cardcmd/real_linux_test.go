package cardcmd

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"path/filepath"
	"testing"
	"time"

	"incamera/identity/identitytest"
	"incamera/identity/identitytest/house"
	"incamera/identity/piv"
)

// Two simulated cards in the virtual reader of the real smartcard service: a
// YubiKey whose maker vouches for it, and a plain card of which nobody does.
func TestRealReaders(t *testing.T) {
	identitytest.NewService(t)
	noon := time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)
	h, err := house.New(house.Options{At: noon})
	if err != nil {
		t.Fatal(err)
	}
	r := &room{t, h, t.TempDir(), noon}
	maker, attestor, err := identitytest.NewAttestor()
	if err != nil {
		t.Fatal(err)
	}
	r.write("house.pem", string(h.AnchorsPEM()))
	r.write("makers.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: maker.Raw})))
	r.write("policy.toml", "anchors = [\"house.pem\"]\nattestation = \"require\"\nattesters = [\"makers.pem\"]\n")
	slot := func(ref byte, p house.Person) identitytest.Slot {
		cert, key, err := h.IssueCard(p)
		if err != nil {
			t.Fatal(err)
		}
		return identitytest.Slot{Ref: ref, Key: key, Certificate: cert.Raw, Gzip: ref == 0x9A}
	}
	identitytest.Insert(t, 0, identitytest.YubiKey5(7654321, attestor, slot(0x9A, tremblay)))
	identitytest.Insert(t, 1, identitytest.PlainT0(
		slot(0x9A, house.Person{Common: "Bob Singh", Algorithm: "RSA-2048"}),
		slot(0x9E, house.Person{Common: "Bob Singh", Purposes: []string{house.CardAuth}}),
	))

	cards := piv.NewReaders()
	d := desk{cards: cards, now: func() time.Time { return noon }}
	var out, wrong bytes.Buffer
	code := d.run(t.Context(), []string{"--json", "--offline", "--policy", filepath.Join(r.dir, "policy.toml")}, &out, &wrong)
	if err := cards.Close(); err != nil {
		t.Error(err)
	}
	var got report
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || code != exitAdmitted || len(got.Readers) != 2 {
		t.Fatalf("exit code %d, %v, printed\n%s%s", code, err, &out, &wrong)
	}
	yubikey, plain := got.Readers[0].Card, got.Readers[1].Card
	if yubikey == nil || !yubikey.Admitted || !yubikey.Attested || yubikey.Serial != "7654321" || len(yubikey.Slots) != 1 || yubikey.Tries == nil || *yubikey.Tries != 3 {
		t.Errorf("the YubiKey: %s", &out)
	}
	if plain == nil || plain.Admitted || plain.Cause != "not-attested" || len(plain.Slots) != 2 || plain.Slots[0].Key != "RSA-2048" || plain.Slots[1].Usage[0] != "cardAuth" {
		t.Errorf("the plain card: %s", &out)
	}
}
