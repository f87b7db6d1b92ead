package uitest

import (
	"context"
	"crypto"
	"crypto/x509"
	"image"
	"image/color"
	"math"
	"time"

	"incamera/identity"
	"incamera/media"
	"incamera/sitting"
	"incamera/ui/chamber"
	"incamera/ui/devices"
	"incamera/ui/security"
	"incamera/ui/trouble"
)

// A Card is a card to be looked at; it signs nothing.
type Card struct{ About identity.CardInfo }

// Info implements [identity.Card].
func (c *Card) Info() identity.CardInfo { return c.About }

// Certificate implements [identity.Card].
func (c *Card) Certificate(context.Context) (*x509.Certificate, error) {
	return nil, identity.ErrNoCertificate
}

// Use implements [identity.Card]: it asks, and refuses what it is told.
func (c *Card) Use(ctx context.Context, ask identity.Asker, _ func(crypto.Signer) error) error {
	pin, err := ask.PIN(ctx, identity.PINQuestion{Card: c.About, Left: c.About.Tries})
	if err != nil {
		return err
	}
	clear(pin)
	return &identity.WrongPINError{Left: c.About.Tries - 1}
}

// ChangePIN implements [identity.Card].
func (c *Card) ChangePIN(context.Context, identity.Asker) error { return identity.ErrCancelled }

// A1 and A2 are two cards.
var (
	A1 = &Card{identity.CardInfo{Reader: "Yubico YubiKey OTP+FIDO+CCID 00 00", Make: "YubiKey 5", Serial: "21 447 032", Tries: 5}}
	A2 = &Card{identity.CardInfo{Reader: "Gemalto PC Twin Reader 01 00", Make: "PIV card", Tries: 3}}
)

// Readers shows the same readers for ever.
type Readers []identity.Reader

// Watch implements [identity.Readers].
func (r Readers) Watch(ctx context.Context, changed func([]identity.Reader)) error {
	changed(r)
	<-ctx.Done()
	return ctx.Err()
}

// A Door answers everything with nothing, and counts what it was asked.
type Door struct{ Asked []string }

func (d *Door) note(s string) error { d.Asked = append(d.Asked, s); return nil }

// SignIn implements [signin.Door].
func (d *Door) SignIn(identity.Card) { _ = d.note("sign in") }

// ChangePIN implements [signin.Door].
func (d *Door) ChangePIN(identity.Card) { _ = d.note("change PIN") }

// Cancel implements [signin.Door].
func (d *Door) Cancel() { _ = d.note("cancel") }

// Enter implements [lobby.Door].
func (d *Door) Enter(id sitting.ID) { _ = d.note("enter " + string(id)) }

// Refresh implements [lobby.Door].
func (d *Door) Refresh() { _ = d.note("refresh") }

// SignOut implements [lobby.Door].
func (d *Door) SignOut() { _ = d.note("sign out") }

// RaiseHand implements [chamber.Hand].
func (d *Door) RaiseHand() error { return d.note("raise hand") }

// LowerHand implements [chamber.Hand].
func (d *Door) LowerHand() error { return d.note("lower hand") }

// GiveFloor implements [chair.Floor].
func (d *Door) GiveFloor(to sitting.MemberID) error { return d.note("give " + string(to)) }

// TakeFloor implements [chair.Floor].
func (d *Door) TakeFloor(from sitting.MemberID) error { return d.note("take " + string(from)) }

// Admit implements [chair.Door].
func (d *Door) Admit(who sitting.MemberID) error { return d.note("admit " + string(who)) }

// Remove implements [chair.Door].
func (d *Door) Remove(who sitting.MemberID, why string) error {
	return d.note("remove " + string(who) + " " + why)
}

// CloseSitting implements [chair.Door].
func (d *Door) CloseSitting() error { return d.note("close") }

// Turn implements [chamber.Table].
func (d *Door) Turn(to sitting.MemberID) { _ = d.note("turn to " + string(to)) }

// Join implements [chamber.Table].
func (d *Door) Join(card identity.Card) { _ = d.note("join " + card.Info().Reader) }

// A Set is a microphone and cameras that show a moving pattern.
type Set struct {
	Now     media.Meter
	On      bool // the microphone
	Picture bool // the camera
	Tiles   map[string]image.Point
	Dark    map[string]bool // members without a picture
}

// Microphone implements [chamber.Set].
func (s *Set) Microphone(on bool) { s.On = on }

// Camera implements [chamber.Set].
func (s *Set) Camera(on bool) { s.Picture = on }

// Meter implements [chamber.Set].
func (s *Set) Meter() media.Meter { return s.Now }

// Screen implements [chamber.Pictures].
func (s *Set) Screen(member string) media.Screen {
	if s.Dark[member] {
		return nil
	}
	return Pattern(member)
}

// Visible implements [chamber.Pictures].
func (s *Set) Visible(tiles map[string]image.Point) { s.Tiles = tiles }

// Pattern is a picture of a person, more or less: one figure for each name.
// It is new at every look.
type Pattern string

// Size implements [media.Screen].
func (Pattern) Size() image.Point { return image.Pt(1280, 720) }

// Paint implements [media.Screen].
func (p Pattern) Paint(dst *image.RGBA) bool {
	h := uint32(2166136261)
	for i := range len(p) {
		h = (h ^ uint32(p[i])) * 16777619
	}
	b := dst.Rect
	w, ht := float64(b.Dx()), float64(b.Dy())
	sway := float64(h%7)/7 - 0.5
	wall := color.RGBA{uint8(70 + h%50), uint8(80 + h/7%40), uint8(85 + h/11%40), 255}
	skin := color.RGBA{uint8(150 + h%80), uint8(110 + h%60), uint8(90 + h%50), 255}
	coat := color.RGBA{uint8(30 + h/3%40), uint8(34 + h/5%30), uint8(48 + h/9%50), 255}
	hair := color.RGBA{uint8(30 + h/13%90), uint8(25 + h/13%60), uint8(20 + h/13%40), 255}
	for y := range b.Dy() {
		for x := range b.Dx() {
			u, v := (float64(x)-w/2)/ht-sway*0.1, float64(y)/ht
			c := wall
			c.G += uint8(20 * v)
			if math.Pow(u/0.42, 2)+math.Pow((v-1.12)/0.42, 2) < 1 {
				c = coat
			}
			if math.Pow(u/0.15, 2)+math.Pow((v-0.40)/0.21, 2) < 1 {
				c = hair
			}
			if math.Pow(u/0.13, 2)+math.Pow((v-0.45)/0.18, 2) < 1 {
				c = skin
			}
			dst.SetRGBA(b.Min.X+x, b.Min.Y+y, c)
		}
	}
	return true
}

// A Rack is a machine's devices, all well.
type Rack struct {
	Faults [3]error
	Loud   media.Level
	At     devices.Doing
}

// Devices implements [devices.Rack].
func (r *Rack) Devices() []media.Device {
	return []media.Device{
		{ID: "m1", Name: "Jabra Evolve 40", Kind: media.MicrophoneDevice, Default: true},
		{ID: "m2", Name: "Built-in Audio Analogue Stereo", Kind: media.MicrophoneDevice},
		{ID: "l1", Name: "Jabra Evolve 40", Kind: media.LoudspeakerDevice, Default: true},
		{ID: "c1", Name: "Integrated Camera", Kind: media.CameraDevice, Default: true},
	}
}

// Choose implements [devices.Rack].
func (r *Rack) Choose(media.Device) {}

// Chosen implements [devices.Rack].
func (r *Rack) Chosen(k media.DeviceKind) (string, error) {
	return []string{"m1", "l1", "c1"}[k], r.Faults[k]
}

// Level implements [devices.Signals].
func (r *Rack) Level() media.Level { return r.Loud }

// Picture implements [devices.Signals].
func (r *Rack) Picture() media.Screen {
	if r.Faults[media.CameraDevice] != nil {
		return nil
	}
	return Pattern("me")
}

// Play implements [devices.Trial].
func (r *Rack) Play() { r.At = devices.Playing }

// Record implements [devices.Trial].
func (r *Rack) Record() { r.At = devices.Recording }

// Stop implements [devices.Trial].
func (r *Rack) Stop() { r.At = devices.Nothing }

// Doing implements [devices.Trial].
func (r *Rack) Doing() devices.Doing { return r.At }

// Expired is a card that has expired.
var Expired = &identity.Expired{What: identity.CardCertificate, On: time.Date(2026, time.May, 3, 12, 0, 0, 0, time.UTC)}

// Unreachable is a service that does not answer.
var Unreachable = &trouble.Trouble{Kind: trouble.ServiceUnreachable}

// Alarmed are facts with two alarms.
func Alarmed(s *sitting.State) *security.Facts {
	f := Facts(s)
	f.Alarms = []security.Alarm{{Kind: security.Forged, Who: "singh", At: Now}, {Kind: security.Impostor, Who: "tremblay", At: Now}}
	return f
}

var _ chamber.Pictures = (*Set)(nil)
