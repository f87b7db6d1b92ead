package main

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"sync"
	"time"

	"incamera/identity"
	"incamera/identity/identitytest"
)

// pin is the PIN of every software card of a rehearsal.
const pin = "123456"

// readCard reads a software card: a certificate and its key.
func readCard(name string) (*identitytest.Card, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	c := identitytest.Config{PIN: pin}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			c.Certificate, err = x509.ParseCertificate(block.Bytes)
		case "PRIVATE KEY":
			var key any
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
			c.Key, _ = key.(crypto.Signer) // nil is seen below
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if c.Certificate == nil || c.Key == nil {
		return nil, fmt.Errorf("%s: a certificate and a key are asked for", name)
	}
	return identitytest.NewCard(c), nil
}

// An asker types the PIN at once, and remembers when.
type asker struct {
	mu    sync.Mutex
	typed time.Time
}

// PIN implements [identity.Asker].
func (a *asker) PIN(context.Context, identity.PINQuestion) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.typed = time.Now()
	return []byte(pin), nil
}

// Touch implements [identity.Asker]; software cards ask for none.
func (*asker) Touch(context.Context, identity.CardInfo) {}

func (a *asker) at() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.typed
}
