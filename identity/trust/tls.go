package trust

import (
	"crypto/tls"
	"errors"
	"time"

	"incamera/identity"
)

// ServerTLS is how a service listens: TLS 1.3 and nothing older, and nobody
// comes in without a chain that anchors find good at now(). The client proves
// the key of the first certificate of its chain. No connection rests on an
// earlier one: tickets are off, so that each is judged.
//
// Revocation is not judged here, because it may need the network: see
// [Revocation].
func ServerTLS(cert tls.Certificate, anchors *Anchors, now func() time.Time) *tls.Config {
	return &tls.Config{
		Certificates:           []tls.Certificate{cert},
		MinVersion:             tls.VersionTLS13,
		ClientAuth:             tls.RequireAnyClientCert,
		SessionTicketsDisabled: true,
		NextProtos:             []string{"http/1.1"},
		Time:                   now,
		VerifyConnection: func(state tls.ConnectionState) error {
			_, err := anchors.Verify(PeerChain(state), now())
			return err
		},
	}
}

// ClientTLS is how a session dials: TLS 1.3, its own chain shown with the
// authorities above it, the service's certificate leading to one of anchors. Dialling sets ServerName,
// as net/http does.
func ClientTLS(session *Session, anchors *Anchors) *tls.Config {
	own := &tls.Certificate{Certificate: anchors.Complete(session.Chain), PrivateKey: session.Key}
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		RootCAs:    anchors.pool,
		NextProtos: []string{"http/1.1"},
		// Not Certificates: the choice by the issuers that the service names
		// knows nothing of proxy certificates.
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return own, nil
		},
	}
}

// PeerChain is the chain that the other end showed, in DER.
func PeerChain(state tls.ConnectionState) [][]byte {
	chain := make([][]byte, len(state.PeerCertificates))
	for i, cert := range state.PeerCertificates {
		chain[i] = cert.Raw
	}
	return chain
}

// Peer is who the other end of a connection accepted by [ServerTLS] is.
func (a *Anchors) Peer(state *tls.ConnectionState, at time.Time) (identity.Person, error) {
	if state == nil {
		return identity.Person{}, errors.New("trust: the connection is not TLS")
	}
	return a.Verify(PeerChain(*state), at)
}
