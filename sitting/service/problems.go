package service

import (
	"errors"
	"fmt"
	"net/http"

	"incamera/identity"
	"incamera/sitting"
	"incamera/sitting/service/delivery"
	"incamera/sitting/service/relay"
	"incamera/sitting/service/roster"
	"incamera/sitting/service/usher"
	"incamera/sitting/wire"
)

// What can be wrong with an HTTP request itself.
var (
	errTooOften = errors.New("service: asked too often")
	errChain    = errors.New("service: the certificates are not good any more")
	errHashName = errors.New("service: a blob's name is 64 hexadecimal digits")
	errLost     = errors.New("service: the connection was lost")
)

// lostOnTheWay marks an error of the connection: there is nobody to tell.
func lostOnTheWay(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errLost, err)
}

// problems are the answers to what can be wrong. The first that fits counts;
// what fits none is ours, and is not for the client to read.
var problems = []struct {
	is     error
	status int
	code   string
}{
	{errChain, http.StatusForbidden, wire.CodeCertificate},
	{roster.ErrUnknown, http.StatusNotFound, wire.CodeNoSitting},
	{roster.ErrNotOnRoster, http.StatusForbidden, string(sitting.RefusedRoster)},
	{sitting.RefusedClosed, http.StatusGone, string(sitting.RefusedClosed)},
	{sitting.RefusedRemoved, http.StatusForbidden, string(sitting.RefusedRemoved)},
	{sitting.RefusedAbsent, http.StatusForbidden, string(sitting.RefusedAbsent)},
	{delivery.ErrNoBlob, http.StatusNotFound, wire.CodeNoBlob},
	{delivery.ErrHash, http.StatusBadRequest, wire.CodeHash},
	{errHashName, http.StatusBadRequest, wire.CodeHash},
	{delivery.ErrTooLarge, http.StatusRequestEntityTooLarge, wire.CodeTooLarge},
	{errTooOften, http.StatusTooManyRequests, wire.CodeTooOften},
	{relay.ErrTicket, http.StatusForbidden, wire.CodeTicket},
	{relay.ErrDown, http.StatusServiceUnavailable, wire.CodeRelayDown},
	{usher.ErrEnded, http.StatusServiceUnavailable, wire.CodeStopping},
	{errStopping, http.StatusServiceUnavailable, wire.CodeStopping},
}

// refuse answers a request with what is wrong. This is the one place where
// errors become answers.
func (s *Service) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, errLost) {
		s.c.Log.Debug("a connection was lost", "path", r.Pattern, "error", err)
		return
	}
	status, code := problem(err)
	text := err.Error()
	if status == http.StatusInternalServerError {
		s.c.Log.Error("a request failed", "path", r.Pattern, "error", err)
		text = "the service failed"
	}
	b, err := wire.EncodeProblem(code, text)
	if err != nil {
		b = nil // the status still says it
	}
	w.Header().Set("Content-Type", "application/cbor")
	w.WriteHeader(status)
	_, _ = w.Write(b) // a client that is gone need not know
}

// problem is the status and the code for an error.
func problem(err error) (status int, code string) {
	for _, p := range problems {
		if errors.Is(err, p.is) {
			return p.status, p.code
		}
	}
	var early *roster.EarlyError
	var over *roster.OverError
	var revoked *identity.Revoked
	var unknown *identity.RevocationUnknown
	var signer *roster.SignerError
	switch {
	case errors.As(err, &early):
		return http.StatusForbidden, string(sitting.RefusedEarly)
	case errors.As(err, &over):
		return http.StatusGone, string(sitting.RefusedClosed)
	case errors.As(err, &signer):
		return http.StatusForbidden, wire.CodeOrder
	case errors.As(err, &revoked):
		return http.StatusForbidden, wire.CodeRevoked
	case errors.As(err, &unknown):
		return http.StatusForbidden, wire.CodeUnchecked
	}
	return http.StatusInternalServerError, wire.CodeFailed
}

// answer sends b, which is CBOR.
func answer(w http.ResponseWriter, b []byte) error {
	w.Header().Set("Content-Type", "application/cbor")
	_, err := w.Write(b)
	return lostOnTheWay(err)
}
