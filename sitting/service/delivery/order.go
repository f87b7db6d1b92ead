package delivery

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"incamera/sitting"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A Stored is one entry as it was appended.
type Stored struct {
	Seq   uint64 // its place, from 1
	Bytes []byte
}

// The names of a sitting's stream and subject. Its id is already fit for both.
const (
	streamPrefix  = "order-"
	subjectPrefix = "order."
)

// Append puts entry at the place after last (0 if entry is the first) and
// returns its place once it is on the disk. It returns [ErrMoved] when
// something else has that place. Any other error may mean that the entry was
// kept and only the word of it was lost: ask [Delivery.Last].
func (d *Delivery) Append(ctx context.Context, id sitting.ID, entry []byte, last uint64) (uint64, error) {
	if len(entry) > MaxEntry {
		return 0, ErrTooLarge
	}
	if last == 0 {
		if err := d.begin(ctx, id); err != nil {
			return 0, err
		}
	}
	ack, err := d.js.Publish(ctx, subjectPrefix+string(id), entry,
		jetstream.WithExpectStream(streamPrefix+string(id)),
		jetstream.WithExpectLastSequence(last))
	if wrongLast(err) {
		return 0, ErrMoved
	}
	d.tried(ctx, streamPrefix+string(id), err)
	if err != nil {
		return 0, fmt.Errorf("delivery: append: %w", err)
	}
	return ack.Sequence, nil
}

// begin makes the sitting's stream, if it has none. Entries can be neither
// deleted nor purged: it is a record.
func (d *Delivery) begin(ctx context.Context, id sitting.ID) error {
	_, err := d.js.CreateStream(ctx, jetstream.StreamConfig{
		Name:       streamPrefix + string(id),
		Subjects:   []string{subjectPrefix + string(id)},
		Storage:    jetstream.FileStorage,
		Replicas:   d.replicas,
		MaxMsgSize: MaxEntry + 64<<10,
		DenyDelete: true,
		DenyPurge:  true,
	})
	if err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return fmt.Errorf("delivery: begin: %w", err)
	}
	return nil
}

// wrongLast reports whether err is the refusal of an expected last sequence;
// replicated streams have a code of their own for it.
func wrongLast(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) &&
		(api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
			api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// Last returns the place of the sitting's last entry, 0 if it has none.
func (d *Delivery) Last(ctx context.Context, id sitting.ID) (uint64, error) {
	s, err := d.js.Stream(ctx, streamPrefix+string(id)) // which asks the server
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("delivery: last: %w", err)
	}
	return s.CachedInfo().State.LastSeq, nil
}

// Follow yields the sitting's entries from the place from (1 is the first),
// each once and in order, and then those to come, until ctx ends or the caller
// stops. An error is the last thing it yields. The sitting must have an entry.
func (d *Delivery) Follow(ctx context.Context, id sitting.ID, from uint64) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		it, err := d.messages(ctx, id, from)
		if err != nil {
			yield(Stored{}, fmt.Errorf("delivery: follow: %w", err))
			return
		}
		defer it.Stop()
		for {
			s, err := next(ctx, it)
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

func (d *Delivery) messages(ctx context.Context, id sitting.ID, from uint64) (jetstream.MessagesContext, error) {
	c, err := d.js.OrderedConsumer(ctx, streamPrefix+string(id), jetstream.OrderedConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       max(from, 1),
		InactiveThreshold: time.Minute,
	})
	if err != nil {
		return nil, err
	}
	return c.Messages(jetstream.PullMaxMessages(256))
}

func next(ctx context.Context, it jetstream.MessagesContext) (Stored, error) {
	m, err := it.Next(jetstream.NextContext(ctx))
	if ctx.Err() != nil {
		return Stored{}, context.Cause(ctx)
	}
	if err != nil {
		return Stored{}, fmt.Errorf("delivery: follow: %w", err)
	}
	meta, err := m.Metadata()
	if err != nil {
		return Stored{}, fmt.Errorf("delivery: follow: %w", err)
	}
	return Stored{Seq: meta.Sequence.Stream, Bytes: m.Data()}, nil
}

// Sittings returns the ids of all sittings that have an entry, in order of name.
func (d *Delivery) Sittings(ctx context.Context) ([]sitting.ID, error) {
	names := d.js.StreamNames(ctx)
	var ids []sitting.ID
	for name := range names.Name() {
		if id, ok := strings.CutPrefix(name, streamPrefix); ok {
			ids = append(ids, sitting.ID(id))
		}
	}
	if err := names.Err(); err != nil && !errors.Is(err, nats.ErrNoResponders) {
		return nil, fmt.Errorf("delivery: sittings: %w", err)
	}
	slices.Sort(ids)
	return ids, nil
}
