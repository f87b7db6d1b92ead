// Package identity is the vocabulary of who someone is and what proves it:
// persons, cards, and how to ask for a PIN. It imports nothing of ours. The
// rooms below it do the work: piv talks to cards, trust judges certificates,
// policy says what the House has decided for this workstation, keystore keeps
// what must outlive a restart.
package identity

import (
	"context"
	"crypto"
	"crypto/x509"
	"time"
)

// A Person is who a good certificate chain speaks for.
type Person struct {
	// Names are all the names under which a roster may know the person, in
	// lower case, the strongest first: "spki:" and the hex SHA-256 of the card's
	// SubjectPublicKeyInfo, "uuid:" and the card's UUID, "fascn:" and its hex
	// FASC-N (both FIPS 201), "upn:" and the user principal name. All but the
	// first are only as good as who gave them, and are there a second time with
	// the root that they count under: "upn:a@house.example under House Root CA".
	// Where a House knows several roots, they are there in that form only.
	Names []string
	// Common is the subject's common name, for people to read; it proves nothing.
	Common string
	// Issuer is the common name of the card certificate's issuer.
	Issuer string
	// NotAfter is when the first certificate of the chain ends.
	NotAfter time.Time
	// Attested reports that the card's maker has vouched for where the key was made.
	Attested bool
}

// A Card is a smartcard in a reader that holds a PIV authentication key
// (slot 9A). Its methods may be called from any goroutine. The card itself is
// held only while a call needs it, and never while a person is typing.
type Card interface {
	// Info is what the card told without a PIN when it was last read.
	Info() CardInfo
	// Certificate returns the certificate of slot 9A, or [ErrNoCertificate].
	Certificate(ctx context.Context) (*x509.Certificate, error)
	// Use asks for the PIN, has the card verify it, and calls work with the
	// key of slot 9A. The signer is good only until work returns; then the card
	// forgets the PIN. Nothing is tried twice with one PIN. Use returns what
	// work returned, or why work was not called: a [*WrongPINError],
	// [ErrPINBlocked], [ErrCardRemoved], a [*BusyError], [ErrCancelled].
	Use(ctx context.Context, ask Asker, work func(crypto.Signer) error) error
	// ChangePIN asks for the old and the new PIN and changes it.
	ChangePIN(ctx context.Context, ask Asker) error
}

// CardInfo is what a card tells without a PIN.
type CardInfo struct {
	Reader string // the reader's name, as the system gives it
	Make   string // "YubiKey 5", "PIV card"
	Serial string // "" if the card does not tell
	Tries  int    // PIN tries left; -1 if the card does not tell
	Touch  bool   // the key asks to be touched for each signature
}

// A Reader is a card reader and what is in it.
type Reader struct {
	Name    string
	Card    Card  // nil when empty, or when Err says why it cannot be read
	Err     error // [ErrNotPIV], a [*BusyError], or what the reader answered
	Reading bool  // there is a card, and what it is will be known soon
}

// Readers watches the machine's card readers.
type Readers interface {
	// Watch calls changed with all readers at once and again whenever a
	// reader or a card comes or goes, until ctx ends. changed must not wait.
	// A card that stays put is the same Card value from call to call; one that
	// was pulled answers [ErrCardRemoved] to whatever it is doing. While the
	// smartcard service does not answer, the only Reader has no name and the
	// error [ErrNoService].
	Watch(ctx context.Context, changed func([]Reader)) error
}

// An Asker asks the person in front of the machine.
type Asker interface {
	// PIN asks for a PIN. The answer belongs to the caller, who wipes it. It
	// returns [ErrCancelled] when the person backs out, or the context's error.
	PIN(ctx context.Context, q PINQuestion) ([]byte, error)
	// Touch says that the card waits to be touched, until ctx ends.
	Touch(ctx context.Context, info CardInfo)
}

// A PINQuestion says which PIN is asked for.
type PINQuestion struct {
	Card  CardInfo
	Left  int        // tries left; -1 if unknown, 1 calls for a warning
	Which PINPurpose // what the PIN is for
}

// PINPurpose is what a PIN is asked for.
type PINPurpose uint8

// The purposes of a PIN.
const (
	PINToSign PINPurpose = iota // the current PIN, to use the key
	PINOld                      // the current PIN, to change it
	PINNew                      // the PIN to be, asked for once; views confirm it themselves
)
