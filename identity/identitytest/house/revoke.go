package house

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"
)

// A revocation is what a House knows of a certificate it called back.
type revocation struct {
	serial *big.Int
	at     time.Time
	reason int // RFC 5280 section 5.3.1
}

// Revoke calls cert back. It shows in lists and answers made afterwards.
func (h *House) Revoke(cert *x509.Certificate, at time.Time, reason int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.revoked[cert.SerialNumber.String()] = revocation{cert.SerialNumber, at, reason}
}

// List makes the issuing authority's revocation list, good from at for life.
// alter may change it before it is signed; nil leaves it right.
func (h *House) List(at time.Time, life time.Duration, alter func(*x509.RevocationList)) ([]byte, error) {
	return h.list(&h.issuing, at, life, alter)
}

// RootList is [House.List] of the root, for authorities.
func (h *House) RootList(at time.Time, life time.Duration, alter func(*x509.RevocationList)) ([]byte, error) {
	return h.list(&h.root, at, life, alter)
}

func (h *House) list(by *authority, at time.Time, life time.Duration, alter func(*x509.RevocationList)) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.number++
	t := &x509.RevocationList{
		Number:     big.NewInt(h.number),
		ThisUpdate: at,
		NextUpdate: at.Add(life),
	}
	for _, r := range h.revoked {
		t.RevokedCertificateEntries = append(t.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: r.serial, RevocationTime: r.at, ReasonCode: r.reason})
	}
	slices.SortFunc(t.RevokedCertificateEntries, func(a, b x509.RevocationListEntry) int {
		return a.SerialNumber.Cmp(b.SerialNumber)
	})
	if alter != nil {
		alter(t)
	}
	// The library refuses to sign for one that may not; a test wants just that.
	signer := *by.cert
	signer.KeyUsage |= x509.KeyUsageCRLSign
	der, err := x509.CreateRevocationList(rand.Reader, t, &signer, by.key)
	if err != nil {
		return nil, fmt.Errorf("house: %w", err)
	}
	return der, nil
}

// An Answer is what an OCSP responder says, before it signs.
type Answer struct {
	Template ocsp.Response
	// By signs; zero is the authority that issued the certificate asked for.
	By Responder
}

// A Responder is a certificate that an authority lets answer for it, and its key.
type Responder struct {
	Cert *x509.Certificate
	Key  crypto.Signer
}

// Responder issues the certificate of a delegated OCSP responder.
func (h *House) Responder(alterTemplate func(*x509.Certificate)) (Responder, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Responder{}, err
	}
	t := &x509.Certificate{
		Subject:     pkix.Name{Organization: []string{h.name}, CommonName: h.name + " OCSP"},
		NotBefore:   h.at.AddDate(0, 0, -1),
		NotAfter:    h.at.AddDate(0, 1, 0),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning},
	}
	alter(alterTemplate, t)
	cert, err := h.sign(t, key.Public())
	return Responder{cert, key}, err
}

// Answer answers an OCSP request at a time, good for life. change may alter
// what is said, and who signs; nil leaves it right.
func (h *House) Answer(request []byte, at time.Time, life time.Duration, change func(*Answer)) ([]byte, error) {
	q, err := ocsp.ParseRequest(request)
	if err != nil {
		return nil, fmt.Errorf("house: %w", err)
	}
	by := &h.issuing
	if h.knows(&h.root, q) {
		by = &h.root
	}
	a := Answer{By: Responder{by.cert, by.key}}
	a.Template = ocsp.Response{
		Status:       ocsp.Good,
		SerialNumber: q.SerialNumber,
		ThisUpdate:   at,
		NextUpdate:   at.Add(life),
		IssuerHash:   q.HashAlgorithm,
	}
	h.mu.Lock()
	if r, ok := h.revoked[q.SerialNumber.String()]; ok {
		a.Template.Status = ocsp.Revoked
		a.Template.RevokedAt = r.at
		a.Template.RevocationReason = r.reason
	}
	h.mu.Unlock()
	if change != nil {
		change(&a)
	}
	if a.By.Cert != by.cert && a.Template.Certificate == nil {
		a.Template.Certificate = a.By.Cert
	}
	der, err := ocsp.CreateResponse(by.cert, a.By.Cert, a.Template, a.By.Key)
	if err != nil {
		return nil, fmt.Errorf("house: %w", err)
	}
	return der, nil
}

// knows reports whether q asks about a certificate that by issued.
func (h *House) knows(by *authority, q *ocsp.Request) bool {
	probe, err := ocsp.CreateRequest(&x509.Certificate{SerialNumber: q.SerialNumber}, by.cert, &ocsp.RequestOptions{Hash: q.HashAlgorithm})
	if err != nil {
		return false
	}
	p, err := ocsp.ParseRequest(probe)
	return err == nil && string(p.IssuerKeyHash) == string(q.IssuerKeyHash)
}

// Handler publishes the House's lists and answers, all good for life from
// now(), at the paths that its certificates point to.
func (h *House) Handler(now func() time.Time, life time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		der, kind, err := h.publish(r, now(), life)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", kind)
		if _, err := w.Write(der); err != nil {
			return // the one who asked has gone
		}
	})
}

// publish makes what is at r's path, and says what kind of thing it is.
func (h *House) publish(r *http.Request, at time.Time, life time.Duration) (der []byte, kind string, err error) {
	if strings.HasSuffix(r.URL.Path, ".crl") {
		by := &h.issuing
		if strings.HasSuffix(r.URL.Path, "/root.crl") {
			by = &h.root
		}
		der, err = h.list(by, at, life, nil)
		return der, "application/pkix-crl", err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	if err != nil {
		return nil, "", err
	}
	der, err = h.Answer(body, at, life, nil)
	return der, "application/ocsp-response", err
}
