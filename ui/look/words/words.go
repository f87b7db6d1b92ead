// Package words holds what the window says, in English and in French. One
// field per sentence: a word that is missing does not compile, one that no
// view uses fails a test. It owns the shape of the catalogue; the sentences
// are in assets/words. It may touch assets and nothing else.
package words

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"

	"incamera/assets"
)

// A Catalogue is every word of one language. It never changes. A field with
// "%" in its words is a format for [fmt.Sprintf]; both languages take the same
// arguments.
type Catalogue struct {
	Lang    string `json:"-"` // "en", "fr"
	Months  []string
	First   string // the first day of a month; "%d" for all others
	Date    string // day as text, month, year
	DayOnly string // day as text, month
	Time    string // hours, minutes
	Seconds string // hours, minutes, seconds

	Common   Common
	Sitting  Sitting
	SignIn   SignIn
	Lobby    Lobby
	Devices  Devices
	Chamber  Chamber
	Chair    Chair
	Security Security
	Settings Settings
	Steps    Steps
	Trouble  Trouble
}

// Common are words of more than one room.
type Common struct {
	Language, LanguageName, Settings, Security, Close, Cancel, Back, TryAgain, Details, Copy, Copied string
	Previous, Next, You                                                                              string
}

// Sitting are the words of the subject.
type Sitting struct {
	Public, InCamera                                                     string
	Member, Chair, Clerk, Interpreter, Staff, Witness, Broadcaster, Indy string
}

// SignIn are the words of the sign-in room.
type SignIn struct {
	Title, Lead, NoReader, NoReaderHint, NoCard, NoCardHint, Choose       string
	PIN, PINHint, Submit, Touch, TouchHint, LastTry, Blocked, BlockedHint string
	Tries                                                                 Plural
	Reading, ChangePIN                                                    string
	AskSign, AskOld, AskNew, AskRepeat, Differ, Confirm                   string
}

// Lobby are the words of the lobby.
type Lobby struct {
	Title, Lead, Empty, EmptyHint, Enter, OpenNow, OpensAt, Ended, Until, YourRole, Refresh string
	SignOut, DoorsOpen                                                                      string
}

// Devices are the words of the check before a sitting.
type Devices struct {
	Title, Lead, Microphone, Loudspeaker, Camera, None, Level, Preview, Enter, Done      string
	PlayTest, Playing, StopTest, Trial, TrialHint, Record, Recording, Replaying, Stop    string
	NoSound, TooQuiet, TooLoud, Good, SpeakNow, CameraGood, CameraWait, MicrophoneFollow string
}

// Chamber are the words of the sitting room.
type Chamber struct {
	Live, LiveHint, NotLive, MicrophoneOn, MicrophoneOff, Microphone, CameraOn, CameraOff, Camera                                             string
	MayNotSpeak, HoldSpace, YouHaveFloor, HandUp, Hand, LowerHand, Leave, LeaveAsk, LeaveText, Stay                                           string
	Sealed, SealedHint, NotSealed, Queue, QueueEmpty, HasFloor, NobodyFloor, NobodyFloorHint, HandMark                                        string
	Members, Of, Find, Search, Sorted, ByName, ByParty, BySeat, SearchNone, AwayMark, WaitingMark, WaitingYou, WaitingYouHint, TilesOf, Empty string
	LinkLost, LinkLostHint, Relay, RelayHint, NoSeat, ThisIsYou, Heard, Table, Join                                                           string
	Verified                                                                                                                                  Plural
}

// Chair are the words of the one who presides.
type Chair struct {
	Give, GiveAlso, GiveNext, Take, TakeBack, Remove, RemoveAsk, RemoveText, RemoveYes, RemoveKeep, RemoveWhy, CloseSitting, NobodyHint string
	Waiting, Admit, AdmitAll, AdmitAsk, AdmitText, AdmitKeep                                                                            string
}

// Security are the words of the security panel.
type Security struct {
	Count                                                                                               Plural // of alarms
	Title, Suite, Epoch, Since, Compare, CompareHint, Certificates, Card, Issuer, ValidTo, NotConfirmed string
	Confirmed, AllConfirmed, NoGroup, Alarms, NoAlarms, Split, SplitHint, Forged, ForgedHint            string
	Impostor, ImpostorHint, OtherKeys, OtherKeysHint, NotVerified, Attested                             string
}

// Settings are the words of the settings.
type Settings struct {
	Title, Theme, System, Light, Dark, Contrast, TextSize, Devices, Policy, PolicyNone, FixedBy, Check         string
	Anchors, Service, Cards, Suite, Relay, Shared, Revocation, Interval, Attestation, Attesters, Features, Log string
	Percent                                                                                                    string
}

// Steps are what long work says of itself.
type Steps struct {
	Card, Service, Sittings, Enter, Keys, Media, Leave string
}

// Trouble are what the window says when something is wrong, and what to do next.
type Trouble struct {
	Other, NoService, NotPIV, NoCertificate, Busy, BusyWith, PINFormat, PINBlocked          Saying
	Contactless, PINChanged                                                                 Saying
	WrongPIN, LastPIN, CardRemoved, NotTouched, Cancelled                                   Saying
	Expired, NotYetValid, UnknownIssuer, WrongPolicy, WrongPurpose, Revoked, Unknown        Saying
	NotAttested, BadCertificate, NotOnRoster, NoSittings                                    Saying
	OrderUnsigned, OrderAltered, OrderExpired, OrderNotClerk, OrderCard, OrderChanged       Saying
	NoSitting, NotOpen                                                                      Saying
	ServiceUnreachable, ServiceStranger, ServiceOld, ServiceBusy, LinkLost, RelayLost       Saying
	MicrophoneMissing, MicrophoneTaken, MicrophonePulled, MicrophoneHung                    Saying
	CameraMissing, CameraTaken, CameraPulled, CameraHung                                    Saying
	LoudspeakerMissing, LoudspeakerHung                                                     Saying
	SessionOver, CardRefused, CardRevoked                                                   Saying
	Reason                                                                                  string // of a removal
	Closed, Removed, Replaced, Left, NotAdmitted, Split, NoSuite, Refused, Full, NoSeatHere Saying
}

// A Saying is one trouble in words: what is the matter, and what to do next.
type Saying struct {
	Title, Text string
	Next        string // on the button, "" where there is nothing to press
}

// A Plural is words for one and for more; each takes the number.
type Plural struct{ One, Other string }

// For says n, as French and English each count one: French also counts nought so.
func (c *Catalogue) For(p Plural, n int) string {
	if n == 1 || n == 0 && c.Lang == "fr" {
		return fmt.Sprintf(p.One, n)
	}
	return fmt.Sprintf(p.Other, n)
}

// Languages are the languages of the window.
var Languages = []string{"en", "fr"}

// Of returns the words of a language; any but "fr" is English.
func Of(language string) *Catalogue {
	if language == "fr" {
		return french()
	}
	return english()
}

var (
	english = sync.OnceValue(func() *Catalogue { return load("en") })
	french  = sync.OnceValue(func() *Catalogue { return load("fr") })
)

// load panics on words that do not fit the catalogue: they are compiled in.
func load(language string) *Catalogue {
	c := &Catalogue{Lang: language}
	d := json.NewDecoder(bytes.NewReader(assets.Words(language)))
	d.DisallowUnknownFields()
	if err := d.Decode(c); err != nil {
		panic("words: " + language + ": " + err.Error())
	}
	return c
}
