package ui_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"incamera/identity"
	"incamera/ui/kit"
	"incamera/ui/trouble"
	"incamera/ui/uitest"
)

// A pin is what a call of Asker.PIN answered.
type pin struct {
	text string
	err  error
}

// ask has the program ask for a PIN, as a card does, on a goroutine of its own.
func (s *screen) ask(ctx context.Context, q identity.PINQuestion) <-chan pin {
	answer := make(chan pin, 1)
	go func() {
		text, err := s.PIN(ctx, q)
		answer <- pin{string(text), err}
	}()
	s.loop.Settle()
	return answer
}

func (s *screen) typed(text string) {
	for _, r := range text {
		s.rune(r)
	}
}

func (s *screen) says(words string) bool {
	return strings.Contains(uitest.Outline(s.loop.Canvas()), words)
}

// signIn shows the room to sign in with one card.
func (s *screen) signIn(card identity.Card) *uitest.Door {
	d := &uitest.Door{}
	s.ShowSignIn(uitest.Readers{{Name: "A", Card: card}}, d)
	s.pass(100 * time.Millisecond)
	return d
}

func TestPINTypedBeforeIsTheAnswerOnce(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		d := s.signIn(uitest.A1)
		s.typed("12345")
		s.key(fyne.KeyReturn)
		if len(d.Asked) > 0 {
			t.Fatal("signed in with five characters")
		}
		s.typed("6")
		s.key(fyne.KeyReturn)
		if !slices.Equal(d.Asked, []string{"sign in"}) {
			t.Fatalf("asked %q", d.Asked)
		}
		if got := <-s.ask(t.Context(), identity.PINQuestion{Left: 5}); got.text != "123456" || got.err != nil {
			t.Errorf("the card is answered %v", got)
		}
		again := s.ask(t.Context(), identity.PINQuestion{Left: 4})
		select {
		case got := <-again:
			t.Fatalf("a PIN was given twice: %v", got)
		default:
		}
		s.typed("654321")
		s.key(fyne.KeyReturn)
		if got := <-again; got.text != "654321" {
			t.Errorf("the card is answered %v", got)
		}
	})
}

func TestLastTryIsWarnedOf(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		// The card does not tell how many tries are left before it is asked.
		s.signIn(&uitest.Card{About: identity.CardInfo{Make: "PIV card", Tries: -1}})
		s.typed("123456")
		s.key(fyne.KeyReturn)
		answer := s.ask(t.Context(), identity.PINQuestion{Left: 1})
		select {
		case <-answer:
			t.Fatal("the last try was spent without a warning")
		default:
		}
		if !s.says("This is the last try.") || !s.says("1 try left") {
			t.Error("the last try is not warned of")
		}
		s.typed("123456")
		s.key(fyne.KeyReturn)
		if got := <-answer; got.text != "123456" {
			t.Errorf("the card is answered %v", got)
		}
	})
}

func TestWrongPINCountsDown(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		s.signIn(uitest.A1)
		s.typed("123456")
		s.key(fyne.KeyReturn)
		<-s.ask(t.Context(), identity.PINQuestion{Left: 5})
		s.Tell(&identity.WrongPINError{Left: 4})
		s.loop.Settle()
		if !s.says("That PIN is not right") || !s.says("4 tries left") {
			t.Error("the tries are not told")
		}
		if p, ok := s.loop.Canvas().Focused().(*kit.PIN); !ok || p.Len() != 0 {
			t.Error("the PIN cannot be typed again at once")
		}
		s.Tell(&identity.WrongPINError{Left: 0})
		s.loop.Settle()
		if !s.says("The PIN of this card is blocked") || s.says("pin     ") {
			t.Error("a blocked card still takes a PIN")
		}
	})
}

func TestEscapeCancels(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		d := s.signIn(uitest.A1)
		answer := s.ask(t.Context(), identity.PINQuestion{Left: 5})
		s.key(fyne.KeyEscape)
		if got := <-answer; !errors.Is(got.err, identity.ErrCancelled) || !slices.Contains(d.Asked, "cancel") {
			t.Errorf("the card is answered %v, the program asked %q", got, d.Asked)
		}
	})
}

func TestQuestionEndsWithItsContext(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		s.signIn(uitest.A1)
		ctx, cancel := context.WithCancelCause(t.Context())
		answer := s.ask(ctx, identity.PINQuestion{Left: 5})
		cancel(identity.ErrCardRemoved)
		s.loop.Settle()
		if got := <-answer; !errors.Is(got.err, identity.ErrCardRemoved) {
			t.Errorf("the card is answered %v", got)
		}
	})
}

func TestTouchIsAskedFor(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		s.signIn(uitest.A1)
		ctx, cancel := context.WithCancel(t.Context())
		go s.Touch(ctx, uitest.A1.Info())
		s.loop.Settle()
		if !s.says("Touch your card now") {
			t.Error("nobody is told to touch the card")
		}
		cancel()
		s.loop.Settle()
		if s.says("Touch your card now") {
			t.Error("the request stays")
		}
	})
}

func TestPINElsewhereIsAskedOnASheet(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		s.sit(uitest.Me, nil)
		answer := s.ask(t.Context(), identity.PINQuestion{Card: uitest.A1.Info(), Left: 3})
		if !s.says("Sign with your card") {
			t.Fatal("nothing asks")
		}
		s.typed("123456")
		s.key(fyne.KeyReturn)
		if got := <-answer; got.text != "123456" || s.loop.Canvas().Overlays().Top() != nil {
			t.Errorf("the card is answered %v", got)
		}
		answer = s.ask(t.Context(), identity.PINQuestion{Left: 3})
		s.key(fyne.KeyEscape)
		if got := <-answer; !errors.Is(got.err, identity.ErrCancelled) {
			t.Errorf("the card is answered %v", got)
		}
	})
}

func TestNewPINIsTypedTwice(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		s.sit(uitest.Me, nil)
		answer := s.ask(t.Context(), identity.PINQuestion{Which: identity.PINNew, Left: -1})
		var pins []*kit.PIN
		find := func() {
			pins = nil
			uitest.Shown(s.loop.Canvas(), func(th uitest.Thing) {
				if p, ok := th.Object.(*kit.PIN); ok {
					pins = append(pins, p)
				}
			})
		}
		both := func(a, b string) {
			find()
			for i, text := range []string{a, b} {
				s.loop.Canvas().Focus(pins[i])
				s.typed(text)
			}
			s.key(fyne.KeyReturn)
		}
		both("123456", "123457")
		if !s.says("The two do not match") {
			t.Error("two PINs that differ are taken")
		}
		both("123456", "123456")
		if got := <-answer; got.text != "123456" {
			t.Errorf("the card is answered %v", got)
		}
	})
}

// The PIN is changed from the room to sign in: the old one is asked for, then
// the new one, and the room says what has come of it.
func TestPINIsChanged(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		d := s.signIn(uitest.A1)
		s.typed("111111")
		s.press("Change PIN…")
		if !slices.Equal(d.Asked, []string{"change PIN"}) {
			t.Fatalf("asked %q", d.Asked)
		}
		old := s.ask(t.Context(), identity.PINQuestion{Card: uitest.A1.Info(), Which: identity.PINOld, Left: 1})
		if !s.says("The PIN you have now") || !s.says("This is the last try.") {
			t.Error("the old PIN is not asked for with a warning")
		}
		s.typed("123456")
		s.key(fyne.KeyReturn)
		if got := <-old; got.text != "123456" {
			t.Errorf("the card is answered %v", got)
		}
		s.Tell(&trouble.Trouble{Kind: trouble.PINChanged})
		s.loop.Settle()
		if !s.says("Your PIN was changed") {
			t.Error("nobody is told that the PIN was changed")
		}
		s.typed("654321")
		s.key(fyne.KeyReturn)
		if !slices.Equal(d.Asked, []string{"change PIN", "sign in"}) {
			t.Errorf("asked %q", d.Asked)
		}
	})
}

func TestCardsComeAndGo(t *testing.T) {
	english(t, func(t *testing.T, s *screen) {
		changed := make(chan []identity.Reader)
		s.ShowSignIn(readers(changed), &uitest.Door{})
		s.loop.Settle()
		for _, step := range []struct {
			readers []identity.Reader
			says    string
		}{
			{nil, "Connect a card reader"},
			{[]identity.Reader{{Name: "A"}}, "Put your card in the reader"},
			{[]identity.Reader{{Name: "A", Reading: true}}, "Reading your card"},
			{[]identity.Reader{{Name: "A", Card: uitest.A1}}, "5 tries left"},
			{[]identity.Reader{{Name: "A", Card: uitest.A1}, {Name: "B", Card: uitest.A2}}, "5 tries left"},
			{[]identity.Reader{{Name: "B", Card: uitest.A2}}, "3 tries left"},
			{[]identity.Reader{{Name: "A", Err: identity.ErrNotPIV}}, "This is not a House card"},
			{[]identity.Reader{{Err: identity.ErrNoService}}, "smartcard service is not running"},
		} {
			changed <- step.readers
			s.loop.Settle()
			if !s.says(step.says) {
				t.Errorf("with %v the room does not say %q", step.readers, step.says)
			}
		}
	})
}

// readers are readers that change as a test says.
type readers chan []identity.Reader

func (r readers) Watch(ctx context.Context, changed func([]identity.Reader)) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-r:
			changed(now)
		}
	}
}
