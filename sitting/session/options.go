package session

import (
	"context"
	"crypto"
	"crypto/tls"
	"log/slog"
	"time"

	"incamera/e2ee"
	"incamera/identity"
	"incamera/media"
	"incamera/sitting"
	"incamera/sitting/link"
)

// A Service is where sittings are met. [link.Client] is one. Its methods are
// called from goroutines of their own, and return when ctx ends.
type Service interface {
	// Dial opens a link that lasts beyond ctx.
	Dial(ctx context.Context, id sitting.ID) (*link.Link, error)
	Blob(ctx context.Context, id sitting.ID, hash sitting.Hash) ([]byte, error)
	PutBlob(ctx context.Context, id sitting.ID, blob []byte) (sitting.Hash, error)
	Ticket(ctx context.Context, id sitting.ID) (url, token string, err error)
}

// A Media obeys what the state allows. Permit never waits.
type Media interface{ Permit(media.Permission) }

// Options say who sits where, and with what.
type Options struct {
	Order []byte           // the signed order of the day
	Me    sitting.MemberID // by the card, on the order's roster
	Key   crypto.Signer    // the session key
	Chain [][]byte         // session certificate, card certificate, …: DER
	TLS   *tls.Config      // for the relay, see [media.Ticket]
	// Verify says whom a chain speaks for at a time. It has to judge alike on
	// all machines: from the chain and the House's anchors alone.
	Verify  func(chain [][]byte, at time.Time) (identity.Person, error)
	Service Service
	Media   Media
	Keyring *e2ee.Keyring
	// Seen is the last head that was seen of this sitting in an earlier
	// session, as in [View.State]; zero if none was. A service that has another
	// entry there is found out.
	Seen sitting.Head
	Now  func() time.Time
	Log  *slog.Logger
}
