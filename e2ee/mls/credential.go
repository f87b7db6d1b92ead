package mls

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// A CredentialType says how a credential names its holder, RFC 9420
// section 17.5.
type CredentialType uint16

// The credentials of RFC 9420 section 5.3.
const (
	BasicCredential CredentialType = 1
	X509Credential  CredentialType = 2
)

// A Credential says whose a leaf is.
type Credential struct {
	Type         CredentialType
	Identity     []byte   // basic: the name
	Certificates [][]byte // X.509: DER, the leaf's own first
}

// Basic returns a basic credential.
func Basic(identity []byte) Credential { return Credential{Type: BasicCredential, Identity: identity} }

// X509 returns an X.509 credential; chain is DER, the leaf's own first.
func X509(chain ...[]byte) Credential { return Credential{Type: X509Credential, Certificates: chain} }

// Equal tells whether both encode alike.
func (c Credential) Equal(d Credential) bool {
	return c.Type == d.Type && bytes.Equal(c.Identity, d.Identity) &&
		slices.EqualFunc(c.Certificates, d.Certificates, bytes.Equal)
}

func readCredential(r *reader) Credential {
	c := Credential{Type: CredentialType(r.u16())}
	switch c.Type {
	case BasicCredential:
		c.Identity = r.opaque()
	case X509Credential:
		c.Certificates = list(r, (*reader).opaque)
	default: // its length is not known, so nothing behind it can be read
		r.fail()
	}
	return c
}

func (c Credential) append(b []byte) []byte {
	b = appendU16(b, uint16(c.Type))
	if c.Type == BasicCredential {
		return appendOpaque(b, c.Identity)
	}
	return appendVector(b, func(b []byte) []byte {
		for _, der := range c.Certificates {
			b = appendOpaque(b, der)
		}
		return b
	})
}

// Validate says whether a credential is good at a time: its chain, its place on
// the roster. signatureKey is the leaf's signature key as it stands in the leaf
// node. It is called from several goroutines at once. It must not keep c.
type Validate func(c Credential, signatureKey []byte, at time.Time) error

// An Identity is who a member is: a credential and the key that it is for.
type Identity struct {
	Credential Credential
	Signer     crypto.Signer `json:"-"` // of the suite's algorithm; for X.509 the first certificate's key
}

// Format tells nothing of the signer, which may be a key.
func (id Identity) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "mls: identity") }

// signatureKey returns the public key to put into a leaf.
func (id Identity) signatureKey(p *params) ([]byte, error) {
	if id.Signer == nil {
		return nil, errors.New("mls: identity has no signer")
	}
	key, err := p.signatureKey(id.Signer.Public())
	if err != nil {
		return nil, err
	}
	return key, p.checkCredential(id.Credential, key)
}

// checkCredential is the part of credential validation that does not depend on
// the application: section 5.3 demands that an X.509 credential's first
// certificate holds the leaf's signature key.
func (p *params) checkCredential(c Credential, signatureKey []byte) error {
	switch c.Type {
	case BasicCredential:
		return nil
	case X509Credential:
		if len(c.Certificates) == 0 {
			return errors.New("mls: X.509 credential without certificates")
		}
		cert, err := x509.ParseCertificate(c.Certificates[0])
		if err != nil {
			return errors.New("mls: X.509 credential cannot be parsed")
		}
		key, err := p.signatureKey(cert.PublicKey)
		if err != nil {
			return err
		}
		if !bytes.Equal(key, signatureKey) {
			return errors.New("mls: certificate is not for the leaf's signature key")
		}
		return nil
	}
	return fmt.Errorf("mls: credential type 0x%04x is not supported", uint16(c.Type))
}

// validate asks the application about a credential, section 5.3.1.
func (o *Options) validate(p *params, c Credential, signatureKey []byte, at time.Time) error {
	if err := p.checkCredential(c, signatureKey); err != nil {
		return err
	}
	if err := o.Validate(c, signatureKey, at); err != nil {
		return fmt.Errorf("mls: credential refused: %w", err)
	}
	return nil
}
