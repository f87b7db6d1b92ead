// Package security shows what holds a sitting together: the suite, the epoch,
// the code to compare aloud, who has confirmed, each certificate, and the
// alarms. It shows facts and decides nothing. It may touch the words of
// sitting and identity.
package security

import (
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"incamera/identity"
	"incamera/sitting"
	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/look/words"
)

// Facts are what a session knows of its keys, as of one moment. They never change.
type Facts struct {
	Suite     string
	Epoch     uint64
	Since     time.Time                  // when the epoch began; zero before the first
	Code      func(lang string) []string // the words to compare aloud; nil before the first epoch
	Confirmed int                        // how many have confirmed the epoch,
	Of        int                        // of how many in the group
	Holders   []Holder                   // everyone in the group, in leaf order
	Alarms    []Alarm                    // the newest last
}

// A Holder is someone who holds the keys.
type Holder struct {
	Member    sitting.MemberID
	Person    identity.Person // as judged on this machine
	Chain     [][]byte        // session certificate, card certificate, …: DER
	Confirmed bool
}

// Same reports whether g shows nothing that f does not.
func (f *Facts) Same(g *Facts) bool {
	if f == nil || g == nil {
		return f == g
	}
	return f.Epoch == g.Epoch && f.Since.Equal(g.Since) && f.Confirmed == g.Confirmed && f.Of == g.Of &&
		len(f.Holders) == len(g.Holders) && len(f.Alarms) == len(g.Alarms)
}

// Holds reports whether a member holds the keys: the card was verified on this machine.
func (f *Facts) Holds(m sitting.MemberID) bool {
	for _, h := range f.Holders {
		if h.Member == m {
			return true
		}
	}
	return false
}

// An AlarmKind is what somebody must be told of.
type AlarmKind uint8

// The alarms.
const (
	Split     AlarmKind = iota // the service showed two records
	Forged                     // a request that the rules do not allow was passed on
	Impostor                   // frames in the name of one who did not send them; they are withheld
	OtherKeys                  // a member has other keys than this machine
)

// An Alarm is one of them.
type Alarm struct {
	Kind AlarmKind
	Who  sitting.MemberID // in whose name; "" for a split
	At   time.Time
}

const width = 620

// Sheet builds the panel's content. name says the name of a member.
func Sheet(f *Facts, name func(sitting.MemberID) string, w *words.Catalogue) fyne.CanvasObject {
	if f == nil || f.Since.IsZero() {
		return kit.Wrapped(w.Security.NoGroup, look.Body, look.Ink, width)
	}
	blocks := []fyne.CanvasObject{}
	if len(f.Alarms) > 0 {
		blocks = append(blocks, alarms(f.Alarms, name, w))
	}
	blocks = append(blocks, code(f, w), numbers(f, w), holders(f, name, w))
	return kit.Column(look.Margin, blocks...)
}

// code shows the words to compare aloud, large.
func code(f *Facts, w *words.Catalogue) fyne.CanvasObject {
	said := kit.Bold(strings.Join(f.Code(w.Lang), " – "), look.Name, look.AccentInk)
	said.Wrap = width - 40
	inner := kit.Column(look.Hair, kit.NewText(w.Security.Compare, look.Body, look.Muted), said,
		kit.Wrapped(w.Security.CompareHint, look.Body, look.Ink, width-40))
	p := kit.NewPanel(inner, look.Room)
	p.Fill, p.Edge = look.AccentWash, look.AccentWash
	return p
}

// numbers shows suite, epoch and confirmations.
func numbers(f *Facts, w *words.Catalogue) fyne.CanvasObject {
	confirmed := fmt.Sprintf(w.Security.AllConfirmed, f.Of)
	icon, tone := look.Check, look.Tone(look.AccentInk)
	if f.Confirmed < f.Of {
		confirmed = fmt.Sprintf(w.Security.Confirmed, f.Confirmed, f.Of)
		icon, tone = look.Info, look.AmberInk
	}
	calm := kit.Row(look.Gap, kit.NewIcon(look.Check, look.AccentInk, 1), kit.NewText(w.Security.NoAlarms, look.Body, look.Ink))
	calm.Hidden = len(f.Alarms) > 0
	suite := kit.NewText(f.Suite, look.Body, look.Ink)
	suite.Mono = true
	return kit.Column(look.Gap,
		pair(w.Security.Suite, suite),
		pair(w.Security.Epoch, kit.NewText(fmt.Sprintf(w.Security.Since, f.Epoch, w.Moment(f.Since)), look.Body, look.Ink)),
		kit.Row(look.Gap, kit.NewIcon(icon, tone, 1), kit.Bold(confirmed, look.Body, tone)),
		calm)
}

func pair(name string, value fyne.CanvasObject) fyne.CanvasObject {
	return kit.Row(look.Room, kit.Sized(90, 0, kit.NewText(name, look.Body, look.Muted)), value)
}

// holders lists everyone who holds the keys, with the certificate that says so.
func holders(f *Facts, name func(sitting.MemberID) string, w *words.Catalogue) fyne.CanvasObject {
	rows := []fyne.CanvasObject{kit.Bold(w.Security.Certificates, look.Body, look.Ink)}
	for _, h := range f.Holders {
		rows = append(rows, holder(h, name(h.Member), w))
	}
	return kit.Column(look.Gap+2, rows...)
}

func holder(h Holder, name string, w *words.Catalogue) fyne.CanvasObject {
	about := fmt.Sprintf(w.Security.Issuer, h.Person.Issuer)
	if serial, to, ok := card(h.Chain); ok {
		about = fmt.Sprintf(w.Security.Card, serial) + ", " + about + ", " + fmt.Sprintf(w.Security.ValidTo, w.Day(to))
		if h.Person.Attested {
			about += ", " + w.Security.Attested
		}
	}
	lines := []fyne.CanvasObject{kit.Bold(name, look.Body, look.Ink), kit.Wrapped(about, look.Caption, look.Muted, width-50)}
	icon, tone := look.Seal, look.Tone(look.AccentInk)
	if !h.Confirmed {
		icon, tone = look.Info, look.AmberInk
		lines = append(lines, kit.NewText(w.Security.NotConfirmed, look.Caption, look.AmberInk))
	}
	return kit.Row(12, kit.NewIcon(icon, tone, 1.1), kit.Column(1, lines...))
}

// card reads the card certificate of a chain: the start of its serial number,
// and its last day.
func card(chain [][]byte) (serial string, to time.Time, ok bool) {
	if len(chain) < 2 {
		return "", time.Time{}, false
	}
	c, err := x509.ParseCertificate(chain[1])
	if err != nil {
		return "", time.Time{}, false
	}
	serial = fmt.Sprintf("%X", c.SerialNumber)
	if len(serial) > 8 {
		serial = serial[:8] + "…"
	}
	return serial, c.NotAfter, true
}

// alarms shows each alarm in red, with what to do.
func alarms(list []Alarm, name func(sitting.MemberID) string, w *words.Catalogue) fyne.CanvasObject {
	rows := []fyne.CanvasObject{}
	for _, a := range list {
		title, text := Words(a, name, w)
		b := kit.NewBanner(width, nil)
		b.Say(w.Moment(a.At)+"  "+title, text, "", true)
		rows = append(rows, b)
	}
	return kit.Column(look.Gap, rows...)
}

// Words says an alarm: what happened, and what to do.
func Words(a Alarm, name func(sitting.MemberID) string, w *words.Catalogue) (title, text string) {
	switch a.Kind {
	case Split:
		return w.Security.Split, w.Security.SplitHint
	case Forged:
		return w.Security.Forged, fmt.Sprintf(w.Security.ForgedHint, name(a.Who))
	}
	if a.Kind == OtherKeys {
		return fmt.Sprintf(w.Security.OtherKeys, name(a.Who)), w.Security.OtherKeysHint
	}
	return fmt.Sprintf(w.Security.Impostor, name(a.Who)), w.Security.ImpostorHint
}
