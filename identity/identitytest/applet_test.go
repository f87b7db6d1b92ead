package identitytest_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"strings"
	"testing"

	"incamera/identity/identitytest"
)

// unhex reads hexadecimal with spaces.
func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

const (
	selectPIV = "00 a4 04 00 09 a00000030800001000 00"
	rightPIN  = "00 20 00 80 08 313233343536ffff"
	wrongPIN  = "00 20 00 80 08 363534333231ffff"
	tries     = "00 20 00 80"
	forget    = "00 20 ff 80"
)

// What SP 800-73-4 part 2 says of commands and status words.
func TestApplet(t *testing.T) {
	for _, tt := range []struct {
		name, commands string // commands in turn
		want           string // how the last answer ends
	}{
		{"nothing is selected", tries, "6d00"},
		{"another application", "00 a4 04 00 05 a000000001 00", "6a82"},
		{"tries", selectPIV + "," + tries, "63c3"},
		{"wrong PIN", selectPIV + "," + wrongPIN, "63c2"},
		{"right PIN", selectPIV + "," + rightPIN, "9000"},
		{"verified", selectPIV + "," + rightPIN + "," + tries, "9000"},
		{"selected again, still verified", selectPIV + "," + rightPIN + "," + selectPIV + "," + tries, "9000"},
		{"forgotten", selectPIV + "," + rightPIN + "," + forget + "," + tries, "63c3"},
		{"wrong PIN ends verified", selectPIV + "," + rightPIN + "," + wrongPIN + "," + tries, "63c2"},
		{"right PIN restores", selectPIV + "," + wrongPIN + "," + rightPIN + "," + forget + "," + tries, "63c3"},
		{"blocking", selectPIV + strings.Repeat(","+wrongPIN, 3), "63c0"},
		{"blocked", selectPIV + strings.Repeat(","+wrongPIN, 3) + "," + rightPIN, "6983"},
		{"blocked tells", selectPIV + strings.Repeat(","+wrongPIN, 3) + "," + tries, "6983"},
		{"unblocked", selectPIV + strings.Repeat(","+wrongPIN, 3) + ",00 2c 00 80 10 3132333435363738 383838383838ffff," + tries, "63c3"},
		{"short PIN costs nothing", selectPIV + ",00 20 00 80 08 31323334ffffffff", "6a80"},
		{"unknown PIN", selectPIV + ",00 20 00 77", "6a88"},
		{"no such object", selectPIV + ",00 cb 3f ff 05 5c03 5fc10a 00", "6a82"},
		{"printed information wants the PIN", selectPIV + ",00 cb 3f ff 05 5c03 5fc109 00", "6982"},
		{"printed information", selectPIV + "," + rightPIN + ",00 cb 3f ff 05 5c03 5fc109 00", "fe009000"},
		{"writing wants the management key", selectPIV + ",00 db 3f ff 07 5c03 5fc102 5300", "6982"},
		{"no key", selectPIV + "," + rightPIN + ",00 87 11 9d 06 7c04 8200 8100 00", "6a86"},
		{"signing wants the PIN", selectPIV + ",00 87 11 9a 26 7c24 8200 8120" + strings.Repeat("00", 32) + "00", "6982"},
		{"wrong algorithm", selectPIV + "," + rightPIN + ",00 87 14 9a 26 7c24 8200 8120" + strings.Repeat("00", 32) + "00", "6a86"},
		{"wrong length", selectPIV + "," + rightPIN + ",00 87 11 9a 27 7c25 8200 8121" + strings.Repeat("00", 33) + "00", "6a80"},
		{"secure messaging", selectPIV + ",0c 20 00 80", "6882"},
		{"other class", selectPIV + ",80 20 00 80", "6e00"},
		{"YubiKey's version", selectPIV + ",00 fd 00 00 00", "6d00"},
		{"Lc is wrong", selectPIV + ",00 20 00 80 08 3132", "6700"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := identitytest.NewApplet(identitytest.PlainT1(identitytest.Slot{Ref: 0x9A, Key: ec(t, elliptic.P256())}))
			var answer []byte
			for command := range strings.SplitSeq(tt.commands, ",") {
				answer, _ = a.Transmit(t.Context(), unhex(t, command))
			}
			if !bytes.HasSuffix(answer, unhex(t, tt.want)) {
				t.Errorf("answer = %x, want %s", answer, tt.want)
			}
		})
	}
}

// Whatever is sent to it, a card answers with a status word, and without its PIN
// it neither has it verified nor signs with its key.
func FuzzApplet(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		"", "00", tries, wrongPIN, forget, "00 c0 00 00 00", "00 cb 3f ff 05 5c03 5fc105 00",
		"10 87 11 9a 02 7c24", "00 87 11 9a 26 7c24 8200 8120" + strings.Repeat("00", 32) + "00",
		"00 47 00 9a 05 ac03 800111 00", "00 87 03 9b 04 7c02 8100 00", "00 fd 00 00 000003", "00 a4 04 00 00000102",
	} {
		f.Add(unhex(f, seed), unhex(f, tries), false)
		f.Add(unhex(f, seed), unhex(f, seed), true)
	}
	f.Fuzz(func(t *testing.T, one, two []byte, yubikey bool) {
		slot := identitytest.Slot{Ref: 0x9A, Key: key}
		config := identitytest.PlainT0(slot)
		if yubikey {
			config = identitytest.YubiKey5(1, nil, slot)
		}
		a := identitytest.NewApplet(config)
		chosen := "00 a4 04 00 09 a00000030800001000"
		for _, command := range [][]byte{unhex(t, chosen), one, two} {
			answer, ok := a.Transmit(context.Background(), command)
			if !ok || len(answer) < 2 {
				t.Errorf("%x: answer %x, %v", command, answer, ok)
			}
			if bytes.Contains(command, []byte("123456")) {
				return
			}
			if a.Verified() {
				t.Errorf("%x: verified without the PIN", command)
			}
			if len(command) > 4 && command[1] == 0x87 && command[3] == 0x9A && bytes.HasPrefix(answer, []byte{0x7c}) {
				t.Errorf("%x: signed without the PIN", command)
			}
		}
	})
}
