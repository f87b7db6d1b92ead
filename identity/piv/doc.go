// Package piv talks to the smartcards in this machine's readers: to every card
// with a PIV application (NIST SP 800-73-4) over PC/SC, and to YubiKeys for what
// only they can tell, metadata and attestation, through piv-go. It owns the
// card handles, is the only importer of PC/SC, and touches nothing else.
//
// A card is held only to be opened, verified, used and closed, never while a
// PIN is typed; closing resets it, so that no verified PIN stays behind. A PIN is
// sent to the card when a person has typed it, and once more only where a card
// that had accepted it has forgotten so. It is never stored, guessed or retried.
//
// What real cards and readers do, and the common library does not expect, is
// noted where it bites.
package piv
