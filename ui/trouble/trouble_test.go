package trouble

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"incamera/identity"
	"incamera/media"
	"incamera/sitting"
	"incamera/ui/look/words"
)

var day = time.Date(2027, time.May, 3, 0, 0, 0, 0, time.UTC)

func TestErrorsInWords(t *testing.T) {
	for _, tt := range []struct {
		err    error
		en, fr string // title
		grave  bool
	}{
		{identity.ErrNoService, "The computer’s smartcard service is not running", "Le service de cartes de l’ordinateur ne fonctionne pas", true},
		{identity.ErrNotPIV, "This is not a House card", "Ce n’est pas une carte de la Chambre", false},
		{identity.ErrContactless, "This reader is contactless", "Ce lecteur est sans contact", false},
		{&Trouble{Kind: PINChanged}, "Your PIN was changed", "Votre NIP a été changé", false},
		{identity.ErrNoCertificate, "This card has no certificate", "Cette carte n’a pas de certificat", false},
		{&identity.BusyError{}, "Another program is using the card", "Un autre programme utilise la carte", false},
		{&identity.WrongPINError{Left: 4}, "That PIN is not right", "Ce NIP est erroné", false},
		{&identity.WrongPINError{Left: 1}, "That PIN is not right", "Ce NIP est erroné", true},
		{&identity.WrongPINError{Left: 0}, "The PIN of this card is blocked", "Le NIP de cette carte est bloqué", true},
		{identity.ErrPINBlocked, "The PIN of this card is blocked", "Le NIP de cette carte est bloqué", true},
		{&identity.Expired{On: day}, "Your card has expired on 3 May 2027", "Votre carte a expiré le 3 mai 2027", true},
		{&identity.NotYetValid{From: day}, "Your card is not valid before 3 May 2027", "Votre carte n’est pas valide avant le 3 mai 2027", true},
		{&identity.UnknownIssuer{Issuer: "Acme"}, "This card is not from the House", "Cette carte ne vient pas de la Chambre", true},
		{&identity.Revoked{On: day}, "Your card was revoked on 3 May 2027", "Votre carte a été révoquée le 3 mai 2027", true},
		{&Trouble{Kind: NotOnRoster}, "You are not on the roster of this sitting", "Vous n’êtes pas sur la liste de cette séance", false},
		{&Trouble{Kind: OrderUnsigned}, "The order of the day is not signed", "L’ordre du jour n’est pas signé", true},
		{&Trouble{Kind: OrderAltered}, "The order of the day was altered", "L’ordre du jour a été modifié", true},
		{&Trouble{Kind: OrderExpired, On: day}, "This sitting ended on 3 May 2027", "Cette séance a pris fin le 3 mai 2027", true},
		{&Trouble{Kind: OrderNotClerk, Who: "X"}, "The order was not signed by a clerk", "L’ordre n’a pas été signé par un greffier", true},
		{&Trouble{Kind: ServiceUnreachable}, "The House’s service does not answer", "Le service de la Chambre ne répond pas", false},
		{&Trouble{Kind: ServiceStranger}, "This is not the House’s service", "Ce n’est pas le service de la Chambre", true},
		{&media.DeviceError{Kind: media.MicrophoneDevice, Fault: media.Pulled}, "The microphone was unplugged", "Le microphone a été débranché", true},
		{&media.DeviceError{Kind: media.MicrophoneDevice, Fault: media.Hung}, "The microphone does not answer", "Le microphone ne répond pas", true},
		{&media.DeviceError{Kind: media.LoudspeakerDevice, Fault: media.Hung}, "The loudspeaker does not answer", "Le haut-parleur ne répond pas", true},
		{&media.DeviceError{Kind: media.CameraDevice, Fault: media.Hung}, "The camera does not answer", "La caméra ne répond pas", false},
		{&media.DeviceError{Kind: media.CameraDevice, Fault: media.Taken}, "Another program has the camera", "Un autre programme occupe la caméra", false},
		{sitting.RefusedHand, "The rules of the sitting do not allow this now", "Les règles de la séance ne le permettent pas maintenant", false},
		{sitting.RefusedClosed, "The sitting is closed", "La séance est levée", false},
		{errors.New("boom"), "Something went wrong", "Un problème est survenu", true},
	} {
		wrapped := fmt.Errorf("session: %w", tt.err)
		en, fr := Say(wrapped, words.Of("en")), Say(wrapped, words.Of("fr"))
		if en.Title != tt.en || fr.Title != tt.fr || en.Grave != tt.grave || fr.Grave != tt.grave {
			t.Errorf("%v: %q, %q, grave %v", tt.err, en.Title, fr.Title, en.Grave)
		}
		_, wrong := tt.err.(*identity.WrongPINError)
		if told := en.Details == wrapped.Error(); told == (wrong || en.Calm) {
			t.Errorf("%v: the desk is told %q", tt.err, en.Details)
		}
		if strings.Contains(en.Title+en.Text+fr.Title+fr.Text, "%") {
			t.Errorf("%v: a format is left: %q %q", tt.err, en.Text, fr.Text)
		}
	}
}

// TestEveryKindHasWords holds that no kind falls through to "something went wrong".
func TestEveryKindHasWords(t *testing.T) {
	for k := NotOnRoster; k < kinds; k++ {
		for _, lang := range words.Languages {
			said := Say(&Trouble{Kind: k, On: day, Who: "X"}, words.Of(lang))
			if said.Title == words.Of(lang).Trouble.Other.Title || said.Title == "" {
				t.Errorf("kind %d has no words in %q", k, lang)
			}
		}
	}
}

// TestWhoseCard holds that a clerk's card is not said to be the person's own.
func TestWhoseCard(t *testing.T) {
	cause := fmt.Errorf("order: %w", &identity.Expired{What: identity.CardCertificate, On: day})
	w := words.Of("en")
	if said := Say(&Trouble{Kind: OrderCard, Cause: cause}, w); said.Title != w.Trouble.OrderCard.Title || said.Details != cause.Error() {
		t.Errorf("said as %+v", said)
	}
	if said := Say(&identity.Expired{What: identity.SessionCertificate, On: day}, w); said.Title != w.Trouble.SessionOver.Title {
		t.Errorf("a session that is over is said as %q", said.Title)
	}
}

func TestRemovalSaysWhy(t *testing.T) {
	said := Say(&Trouble{Kind: Removed, Who: "Order!"}, words.Of("en"))
	if !strings.HasSuffix(said.Text, "\nReason: Order!") {
		t.Errorf("the reason is not said: %q", said.Text)
	}
}

func TestNewsIsNoTrouble(t *testing.T) {
	for _, k := range []Kind{Closed, Left} {
		if !Say(&Trouble{Kind: k}, words.Of("en")).Calm {
			t.Errorf("kind %d alarms", k)
		}
	}
}
