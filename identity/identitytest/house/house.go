// Package house is a House for tests and rehearsals: a root, an issuing
// authority, cards' certificates of every kind, right and wrong, revocation
// lists and a responder. It owns its keys, all made in memory, and takes the
// time as an argument. It imports nothing of ours, so that what it issues is
// judged by rules that it does not share.
package house

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"
)

// Policy is the certificate policy under which a House issues cards when
// nothing else is asked for: an arc that NIST reserved for tests.
const Policy = "2.16.840.1.101.3.2.1.48.11"

// Options are what a House can be told at its founding.
type Options struct {
	Name string    // "" is "Test House"
	At   time.Time // the founding; certificates are good from a day before
	// Address is where lists and answers are published, as
	// "http://127.0.0.1:8080"; "" leaves the pointers out of certificates.
	Address string
	// AlterRoot and AlterIssuing change the authorities' templates before they
	// are signed, to make wrong ones.
	AlterRoot, AlterIssuing func(*x509.Certificate)
}

// A House issues certificates. Its methods may be called from any goroutine.
type House struct {
	name    string
	at      time.Time
	address string
	root    authority
	issuing authority

	mu      sync.Mutex
	revoked map[string]revocation // by the serial number's decimal text
	number  int64                 // of the last revocation list
}

// An authority is a certificate that signs others, and its key.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// New founds a House.
func New(o Options) (*House, error) {
	if o.Name == "" {
		o.Name = "Test House"
	}
	if o.At.IsZero() {
		return nil, fmt.Errorf("house: no time of founding")
	}
	h := &House{name: o.Name, at: o.At, address: o.Address, revoked: map[string]revocation{}}
	root := h.authorityTemplate(o.Name+" Root CA", 20*365)
	alter(o.AlterRoot, root)
	if err := h.root.make(root, nil); err != nil {
		return nil, err
	}
	issuing := h.authorityTemplate(o.Name+" Issuing CA", 10*365)
	issuing.MaxPathLenZero = true
	h.point(issuing, "root")
	alter(o.AlterIssuing, issuing)
	if err := h.issuing.make(issuing, &h.root); err != nil {
		return nil, err
	}
	return h, nil
}

// Root returns the House's root certificate.
func (h *House) Root() *x509.Certificate { return h.root.cert }

// Issuing returns the certificate of the authority that issues cards.
func (h *House) Issuing() *x509.Certificate { return h.issuing.cert }

// Name returns the House's name.
func (h *House) Name() string { return h.name }

// AnchorsPEM returns what a workstation is given: the root and the issuing
// authority.
func (h *House) AnchorsPEM() []byte {
	return append(encode(h.root.cert), encode(h.issuing.cert)...)
}

// ServerCertificate issues a certificate for a service reached by names, host
// names or IP addresses. The chain holds the issuing authority too.
func (h *House) ServerCertificate(names ...string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	t := &x509.Certificate{
		Subject:     pkix.Name{Organization: []string{h.name}, CommonName: "incamerad"},
		NotBefore:   h.at.AddDate(0, 0, -1),
		NotAfter:    h.at.AddDate(1, 0, 0),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, name)
		}
	}
	cert, err := h.sign(t, key.Public())
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{
		Certificate: [][]byte{cert.Raw, h.issuing.cert.Raw},
		PrivateKey:  key,
		Leaf:        cert,
	}, nil
}

// authorityTemplate is a certificate that may sign others, good for days.
func (h *House) authorityTemplate(common string, days int) *x509.Certificate {
	return &x509.Certificate{
		Subject:               pkix.Name{Country: []string{"CA"}, Organization: []string{h.name}, CommonName: common},
		NotBefore:             h.at.AddDate(0, 0, -1),
		NotAfter:              h.at.AddDate(0, 0, days),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

// make makes a's key and has issuer sign template; nil means a signs itself.
func (a *authority) make(template *x509.Certificate, issuer *authority) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	a.key = key
	if issuer == nil {
		issuer = &authority{cert: template, key: key}
	}
	a.cert, err = issuer.sign(template, key.Public())
	return err
}

// sign issues t for public, signed by a.
func (a *authority) sign(t *x509.Certificate, public crypto.PublicKey) (*x509.Certificate, error) {
	if t.SerialNumber == nil {
		serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
		if err != nil {
			return nil, err
		}
		t.SerialNumber = serial.Add(serial, big.NewInt(1))
	}
	if t.SubjectKeyId == nil {
		id, err := keyID(public)
		if err != nil {
			return nil, err
		}
		t.SubjectKeyId = id
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, public, a.key)
	if err != nil {
		return nil, fmt.Errorf("house: %w", err)
	}
	return x509.ParseCertificate(der)
}

// sign issues t by the issuing authority.
func (h *House) sign(t *x509.Certificate, public crypto.PublicKey) (*x509.Certificate, error) {
	return h.issuing.sign(t, public)
}

// point says in t where the revocation list of by is, and who answers for it.
func (h *House) point(t *x509.Certificate, by string) {
	if h.address == "" {
		return
	}
	t.CRLDistributionPoints = []string{h.address + "/" + by + ".crl"}
	t.OCSPServer = []string{h.address + "/" + by + ".ocsp"}
}

// keyID is RFC 5280 section 4.2.1.2, method 1 over the whole
// SubjectPublicKeyInfo: a name for the key, not a proof.
func keyID(public crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("house: %w", err)
	}
	id := sha1.Sum(der)
	return id[:], nil
}

func encode(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

func alter(change func(*x509.Certificate), t *x509.Certificate) {
	if change != nil {
		change(t)
	}
}
