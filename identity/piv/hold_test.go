package piv_test

import (
	"io"
	"os"
	"testing"

	"github.com/ebfe/scard"
)

// hold is the other process of [TestBusy].
func hold(t *testing.T) {
	sc, err := scard.EstablishContext()
	if err != nil {
		t.Fatal(err)
	}
	defer sc.Release()
	card, err := sc.Connect(os.Getenv("PIV_TEST_HOLD"), scard.ShareExclusive, scard.ProtocolAny)
	if err != nil {
		t.Fatal(err)
	}
	defer card.Disconnect(scard.LeaveCard)
	os.Stdout.WriteString("held")
	io.Copy(io.Discard, os.Stdin)
}
