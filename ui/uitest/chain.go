package uitest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"sync"
)

var chains sync.Map // by number

// Chain is a session and a card certificate, self-signed: enough to be shown,
// and good for nothing else. The same number gives the same chain, whose
// serial number and dates are the same in every run.
func Chain(n int) [][]byte {
	if c, ok := chains.Load(n); ok {
		return c.([][]byte)
	}
	der := certificate(n)
	c, _ := chains.LoadOrStore(n, [][]byte{der, der})
	return c.([][]byte)
}

func certificate(n int) []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	t := &x509.Certificate{
		SerialNumber: new(big.Int).Add(big.NewInt(0x5f3a9c01d2), big.NewInt(int64(n)<<32)),
		Subject:      pkix.Name{CommonName: "Card"}, NotBefore: Now.AddDate(-1, 0, 0), NotAfter: Now.AddDate(0, 6, n%28),
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return der
}
