package piv_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"testing"

	ykpiv "github.com/go-piv/piv-go/v2/piv"

	"incamera/identity/identitytest"
)

// piv-go takes the simulated YubiKey for a real one: it makes a key on it,
// writes a certificate, and signs.
func TestPIVGo(t *testing.T) {
	root, attestor, err := identitytest.NewAttestor()
	if err != nil {
		t.Fatal(err)
	}
	card, _, _ := found(t, identitytest.YubiKey5(99, attestor, slot("RSA-2048")))
	yk, err := ykpiv.Open(card.Info().Reader)
	if err != nil {
		t.Fatal(err)
	}
	defer yk.Close()
	if serial, err := yk.Serial(); err != nil || serial != 99 {
		t.Errorf("Serial = %d, %v", serial, err)
	}
	pub, err := yk.GenerateKey(ykpiv.DefaultManagementKey, ykpiv.SlotSignature, ykpiv.Key{
		Algorithm: ykpiv.AlgorithmEC256, PINPolicy: ykpiv.PINPolicyOnce, TouchPolicy: ykpiv.TouchPolicyNever,
	})
	if err != nil {
		t.Fatal(err)
	}
	stored := must(x509.ParseCertificate(slot("P-256").Certificate))
	if err := yk.SetCertificate(ykpiv.DefaultManagementKey, ykpiv.SlotSignature, stored); err != nil {
		t.Fatal(err)
	}
	if cert, err := yk.Certificate(ykpiv.SlotSignature); err != nil || !cert.Equal(stored) {
		t.Errorf("Certificate: %v", err)
	}
	key, err := yk.PrivateKey(ykpiv.SlotSignature, pub, ykpiv.KeyAuth{PIN: identitytest.PIN})
	if err != nil {
		t.Fatal(err)
	}
	digest := make([]byte, 32)
	sig, err := key.(crypto.Signer).Sign(rand.Reader, digest, crypto.SHA256)
	if err != nil || !ecdsa.VerifyASN1(pub.(*ecdsa.PublicKey), digest, sig) {
		t.Errorf("Sign: %v", err)
	}
	checkAttested(t, yk, root)
}

func checkAttested(t *testing.T, yk *ykpiv.YubiKey, root *x509.Certificate) {
	t.Helper()
	by, err := yk.AttestationCertificate()
	if err != nil {
		t.Fatal(err)
	}
	said, err := yk.Attest(ykpiv.SlotSignature)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(root)
	a, err := (&ykpiv.Verifier{Roots: roots}).Verify(by, said)
	if err != nil || a.Serial != 99 || a.Slot != ykpiv.SlotSignature || a.PINPolicy != ykpiv.PINPolicyAlways {
		t.Errorf("Verify = %+v, %v", a, err)
	}
}
