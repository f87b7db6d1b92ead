//go:build reader

package piv_test

import (
	"errors"
	"os"
	"testing"

	"incamera/identity"
	"incamera/identity/identitytest"
	"incamera/identity/piv"
)

// The card in the reader that INCAMERA_TEST_READER names, whose PIN must be
// 123456, is what a card must be. Wrong PINs are tried, and the PIN is changed and
// changed back:
//
//	INCAMERA_TEST_READER='Yubico YubiKey …' go test -tags reader -run TestRealCard ./identity/piv
func TestRealCard(t *testing.T) {
	name := os.Getenv("INCAMERA_TEST_READER")
	w := watching{t, piv.NewReaders(), make(chan []identity.Reader, 256)}
	t.Cleanup(func() { w.readers.Close() })
	w.follow()
	var card identity.Card
	w.until(func(all []identity.Reader) bool {
		for _, r := range all {
			if r.Name == name && r.Err != nil && !errors.Is(r.Err, identity.ErrNoService) {
				t.Fatal(r.Err)
			}
			if r.Name == name {
				card = r.Card
			}
		}
		return card != nil
	})
	identitytest.TestCard(t, func(*testing.T) identity.Card { return card })
}
