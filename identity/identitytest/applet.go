package identitytest

import (
	"context"
	"crypto"
	"crypto/rand"
	"slices"
	"sync"
)

// A Slot of a card: a key, its certificate and its rules.
type Slot struct {
	Ref         byte          // key reference: 0x9A, 0x9C, 0x9D, 0x9E
	Key         crypto.Signer // *ecdsa.PrivateKey of P-256 or P-384, or *rsa.PrivateKey
	Certificate []byte        // DER; nil: none
	Gzip        bool          // the certificate is stored compressed
	Touch       bool          // the key asks to be touched (YubiKey)
	PINAlways   bool          // the PIN is good for one signature
	Imported    bool          // the key was not made on the card
}

// AppletConfig says what a card is like.
type AppletConfig struct {
	ATR     []byte
	T0      bool              // the card speaks T=0, else T=1
	PIN     string            // "123456"
	PUK     string            // "12345678"
	Tries   int               // 3
	Slots   []Slot            // at most one for each reference
	YubiKey *YubiKey          // nil: a plain PIV card
	GUID    [16]byte          // the card's UUID
	Global  bool              // the PIN is the card's global PIN (SP 800-73-4 part 1, 3.3.2)
	Objects map[uint32][]byte // further data objects, as stored, by tag
	Foreign bool              // the card has no PIV application
	// Rubbish answers each command instead of the card. nil: the card answers.
	Rubbish func(command []byte) []byte
	// Touch waits for the person's finger and reports whether it came, or ctx
	// ended first: the card was pulled. nil: a touch comes at once.
	Touch func(ctx context.Context) bool
	// Before is called before each command and says what becomes of it. nil: an answer.
	Before func(Command) Fate
}

// A Fate is what becomes of a command.
type Fate uint8

// The fates of a command.
const (
	Answered   Fate = iota
	CardPulled      // the card is pulled before it answers
	PowerLost       // the card loses power for a moment: it has no application selected, no PIN
	PINDropped      // the card has dropped the PIN that it had checked
)

// An Applet is the PIV application of a card, SP 800-73-4 part 2, as if the
// reader had just powered it. Its methods may be called from any goroutine;
// commands are answered one after the other.
type Applet struct {
	config AppletConfig

	mu       sync.Mutex // held while a command is answered; guards all below
	slots    map[byte]*Slot
	objects  map[uint32][]byte
	pin, puk secret
	selected application
	verified bool   // the PIN was checked since power came
	fresh    bool   // and no key has signed since
	admin    bool   // the management key was checked
	witness  []byte // of a mutual authentication under way
	chain    *Command
	pending  []byte // of an answer that is being fetched
}

// A secret is a PIN or a PUK.
type secret struct {
	value []byte // eight bytes, padded with FF
	left  int
	tries int
}

type application uint8

const (
	noApplication application = iota
	pivApplication
	managementApplication // YubiKey
	otpApplication        // YubiKey
)

// NewApplet returns a card as c says.
func NewApplet(c AppletConfig) *Applet {
	c.Tries = or(c.Tries, 3)
	a := &Applet{config: c, slots: map[byte]*Slot{}}
	a.pin = secret{padded(or(c.PIN, PIN)), c.Tries, c.Tries}
	a.puk = secret{padded(or(c.PUK, "12345678")), 3, 3}
	for _, s := range c.Slots {
		a.slots[s.Ref] = &s
	}
	a.objects = a.issued()
	return a
}

func padded(pin string) []byte {
	return append([]byte(pin), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)[:8]
}

// ATR returns the answer to reset.
func (a *Applet) ATR() []byte { return slices.Clone(a.config.ATR) }

// Reset is what happens when power comes.
func (a *Applet) Reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reset()
}

func (a *Applet) reset() {
	a.selected, a.verified, a.admin = noApplication, false, false
	a.witness, a.chain, a.pending = nil, nil, nil
}

// Restore gives the card back the PIN and the tries that it was issued with.
func (a *Applet) Restore() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pin = secret{padded(or(a.config.PIN, PIN)), a.config.Tries, a.config.Tries}
	a.verified = false
}

// Tries returns how many tries the PIN has left.
func (a *Applet) Tries() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.pin.left
}

// Verified reports whether a PIN stands checked.
func (a *Applet) Verified() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.verified
}

// Transmit answers one command APDU. ctx ends when the card is pulled. ok is
// false if no answer comes: the card is to be pulled.
func (a *Applet) Transmit(ctx context.Context, raw []byte) (answer []byte, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.config.Rubbish != nil {
		return a.config.Rubbish(raw), true
	}
	c, sw := a.parse(raw)
	if sw != swOK {
		return status(nil, sw), true
	}
	if a.config.Before != nil {
		switch a.config.Before(c) {
		case CardPulled:
			return nil, false
		case PowerLost:
			a.reset()
		case PINDropped:
			a.verified = false
		}
	}
	return a.answer(ctx, c), ctx.Err() == nil
}

func (a *Applet) parse(raw []byte) (Command, uint16) {
	if a.config.T0 {
		return parseT0(raw, func(ins byte) bool { return ins == insGetResponse })
	}
	return parseT1(raw, a.config.YubiKey != nil)
}

func status(data []byte, sw uint16) []byte {
	return append(slices.Clone(data), byte(sw>>8), byte(sw))
}

// answer answers c, or files it if it is not the last of its chain.
func (a *Applet) answer(ctx context.Context, c Command) []byte {
	if c.Ins == insGetResponse {
		return a.fetch(c)
	}
	a.pending = nil
	c, sw := a.chained(c)
	if sw != 0 {
		return status(nil, sw)
	}
	data, sw := a.perform(ctx, c)
	if sw != swOK || len(data) == 0 {
		return status(nil, sw)
	}
	a.pending = data
	if c.le < 0 {
		if a.config.YubiKey == nil { // T=0, or T=1 with nothing expected
			return status(nil, a.more())
		}
		c.le = shortMax // a YubiKey answers at once, whatever is expected
	}
	return a.fetch(c)
}

// chained collects command chaining, ISO/IEC 7816-4 section 5.1.1.1. It
// returns the whole command, or a status that is not 0.
func (a *Applet) chained(c Command) (Command, uint16) {
	if a.chain != nil && (a.chain.Ins != c.Ins || a.chain.P1 != c.P1 || a.chain.P2 != c.P2) {
		a.chain = nil // the chain is given up
	}
	if a.chain != nil {
		c.Data = slices.Concat(a.chain.Data, c.Data)
	}
	a.chain = nil
	if len(c.Data) > longestIncoming {
		return c, swNoSpace
	}
	switch c.Class {
	case 0x00:
		return c, 0
	case 0x10:
		c.Data = slices.Clone(c.Data)
		a.chain = &c
		return c, swOK
	case 0x0C, 0x1C:
		return c, swNoSecure
	default:
		return c, swUnknownClass
	}
}

// more says how much of the answer is still there.
func (a *Applet) more() uint16 {
	return swMore | uint16(min(len(a.pending), shortMax)&0xff)
}

// fetch answers with as much as is expected of what is pending.
func (a *Applet) fetch(c Command) []byte {
	switch {
	case len(a.pending) == 0:
		return status(nil, swConditions)
	case a.config.T0 && c.le > len(a.pending):
		return status(nil, swExactLength|uint16(len(a.pending)&0xff))
	}
	n := min(orMax(c.le, shortMax), len(a.pending))
	if c.le < 0 {
		n = min(shortMax, len(a.pending))
	}
	out := a.pending[:n]
	a.pending = a.pending[n:]
	if len(a.pending) > 0 {
		return status(out, a.more())
	}
	return status(out, swOK)
}

// The instructions of SP 800-73-4 part 2, section 3.
const (
	insVerify      = 0x20
	insChange      = 0x24
	insReset       = 0x2C
	insGenerate    = 0x47
	insAuth        = 0x87
	insSelect      = 0xA4
	insGetResponse = 0xC0
	insGetData     = 0xCB
	insPutData     = 0xDB
)

// perform does what c says. Data comes with swOK only.
func (a *Applet) perform(ctx context.Context, c Command) ([]byte, uint16) {
	if c.Ins == insSelect {
		return a.doSelect(c)
	}
	switch a.selected {
	case managementApplication:
		return a.manage(c)
	case pivApplication:
	default:
		return nil, swUnknownIns
	}
	switch c.Ins {
	case insVerify:
		return nil, a.doVerify(c)
	case insChange:
		return nil, a.doChange(c)
	case insReset:
		return nil, a.doUnblock(c)
	case insGetData:
		return a.doGetData(c)
	case insPutData:
		return nil, a.doPutData(c)
	case insAuth:
		return a.doAuth(ctx, c)
	case insGenerate:
		return a.doGenerate(c)
	}
	if a.config.YubiKey != nil {
		return a.extension(c)
	}
	return nil, swUnknownIns
}

// random returns n random bytes.
func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
