package usher

import (
	"context"
	"sync"

	"incamera/sitting"

	"golang.org/x/time/rate"
)

// What one member may put in the order. All of it is kept, told to everyone and
// verified by everyone, so nobody may fill it: what comes faster waits in the
// member's own socket.
const (
	requestsRate = 2         // a second
	requestBurst = 120       // at once
	bytesRate    = 4 << 10   // of requests, a second
	bytesBurst   = 512 << 10 // at once
	linkCost     = 2         // requests: the facts that the member is back, and away
)

// Paces hold each member to that, over all links and sessions: who comes back
// does not begin anew.
type paces struct {
	// Guarded by mu.
	mu   sync.Mutex
	each map[sitting.MemberID]*pace
}

type pace struct{ requests, bytes *rate.Limiter }

func (p *paces) of(member sitting.MemberID) *pace {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.each == nil {
		p.each = map[sitting.MemberID]*pace{}
	}
	if p.each[member] == nil {
		p.each[member] = &pace{
			requests: rate.NewLimiter(requestsRate, requestBurst),
			bytes:    rate.NewLimiter(bytesRate, bytesBurst),
		}
	}
	return p.each[member]
}

// wait waits until so many requests of so many bytes together may be taken.
func (p *pace) wait(ctx context.Context, requests, bytes int) error {
	if p.requests.WaitN(ctx, requests) != nil || p.bytes.WaitN(ctx, bytes) != nil {
		return context.Cause(ctx) // neither asks for more than its burst
	}
	return nil
}
