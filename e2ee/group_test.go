package e2ee

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"incamera/e2ee/mls"
)

var testTime = time.Unix(1_800_000_000, 0)

// newIdentity certifies a session key for name, by itself.
func newIdentity(t *testing.T, name string) Identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: testTime.Add(-time.Hour), NotAfter: testTime.Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return Identity{Signer: key, Chain: [][]byte{der}}
}

// byName judges by the common name; strangers are good for nothing.
func byName(chain [][]byte, at time.Time) (string, error) {
	cert, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return "", err
	}
	if name := cert.Subject.CommonName; !strings.HasPrefix(name, "stranger") && at.Before(cert.NotAfter) {
		return name, nil
	}
	return "", errors.New("not on the roster")
}

type member struct {
	Config
	*Group
	offer *KeyPackage
}

const hybrid = "MLS_128_MLKEM768P256_AES256GCM_SHA384_P256"

func newMember(t *testing.T, suite, name string) *member {
	t.Helper()
	me := newIdentity(t, name)
	offer, err := NewKeyPackage(suite, me, testTime)
	if err != nil {
		t.Fatal(err)
	}
	return &member{offer: offer, Config: Config{
		Suite: suite, Me: me, Judge: byName, GroupID: []byte("42/1"), OrderHash: [32]byte{1, 2, 3},
	}}
}

// found returns the members of a new group, all added by the first.
func found(t *testing.T, suite string, names ...string) []*member {
	t.Helper()
	var ms []*member
	var offers [][]byte
	for _, n := range names {
		m := newMember(t, suite, n)
		ms = append(ms, m)
		if len(ms) > 1 {
			offers = append(offers, m.offer.Bytes())
		}
	}
	var err error
	if ms[0].Group, err = Found(ms[0].Config, testTime); err != nil {
		t.Fatal(err)
	}
	p := commit(t, ms[:1], ms[0], offers, nil)
	for _, m := range ms[1:] {
		if m.Group, err = Join(m.Config, m.offer, p.Welcome, p.Tree, testTime); err != nil {
			t.Fatal(err)
		}
	}
	return ms
}

// commit has by commit, and all of ms merge it.
func commit(t *testing.T, ms []*member, by *member, adds [][]byte, removes []Leaf) *Pending {
	t.Helper()
	p, err := by.Commit(adds, removes, []byte("head"), testTime)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range ms {
		s, err := m.Stage(p.Message, testTime)
		if err != nil {
			t.Fatal(err)
		}
		a, err := s.Admit(func(s *Staged) error {
			if len(s.Adds()) != len(adds) || len(s.Removes()) != len(removes) || string(s.AAD()) != "head" {
				return fmt.Errorf("adds %d, removes %d, aad %q", len(s.Adds()), len(s.Removes()), s.AAD())
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Merge(a); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func TestGroupOfThree(t *testing.T) {
	for _, suite := range []string{"MLS_128_DHKEMP256_AES128GCM_SHA256_P256", hybrid} {
		t.Run(suite, func(t *testing.T) {
			ms := found(t, suite, "a", "b", "c")
			for _, m := range ms {
				e := m.Epoch()
				if e.Number != 1 || e.Suite != suite || len(e.Leaves) != 3 {
					t.Errorf("%+v", e)
				}
				if !bytes.Equal(e.Authenticator, ms[0].Epoch().Authenticator) {
					t.Error("authenticators differ")
				}
				if got := e.owners(); !slices.Equal(got, []string{"a", "b", "c"}) {
					t.Errorf("leaves of %v", got)
				}
			}
			heard(t, ms[0], ms[1], nil)
			c := ms[2].Epoch().Leaf()
			old := ms[2]
			ms = ms[:2]
			commit(t, ms, ms[0], nil, []Leaf{c})
			if names := ms[1].Epoch().owners(); slices.Contains(names, "c") {
				t.Errorf("still there: %v", names)
			}
			heard(t, ms[0], ms[1], nil)
			heardBy(t, ms[0], old, false)
		})
	}
}

func heard(t *testing.T, from, to *member, _ []byte) { t.Helper(); heardBy(t, from, to, true) }

// heardBy sends a frame from one to the other, in their own epochs.
func heardBy(t *testing.T, from, to *member, want bool) {
	t.Helper()
	now := func() time.Time { return testTime }
	send := NewKeyring(KeyringOptions{Now: now, Signer: from.Me.Signer})
	send.Advance(from.Epoch(), 0)
	receive := NewKeyring(KeyringOptions{Now: now, Signer: to.Me.Signer})
	receive.Advance(to.Epoch(), 0)
	f, err := send.Sealer(1).Seal(nil, nil, []byte("order"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := receive.Opener(from.Epoch().Leaf().Member, 1).Open(nil, nil, f)
	if ok := err == nil && string(got) == "order"; ok != want {
		t.Errorf("heard %q, %v; want heard: %v", got, err, want)
	}
}

func TestReplacedInOneCommit(t *testing.T) {
	ms := found(t, hybrid, "a", "b", "c")
	again := newMember(t, hybrid, "c")
	p := commit(t, ms[:2], ms[0], [][]byte{again.offer.Bytes()}, []Leaf{ms[2].Epoch().Leaf()})
	var err error
	if again.Group, err = Join(again.Config, again.offer, p.Welcome, p.Tree, testTime); err != nil {
		t.Fatal(err)
	}
	if key, _ := KeyOf(again.offer.Bytes()); again.Epoch().Leaf().Key != key {
		t.Error("KeyOf is not the leaf's key")
	}
	heard(t, again, ms[1], nil)
}

func TestStrangerIsNotAdded(t *testing.T) {
	ms := found(t, hybrid, "a", "b")
	s := newMember(t, hybrid, "stranger")
	if _, err := ms[0].Commit([][]byte{s.offer.Bytes()}, nil, nil, testTime); err == nil {
		t.Error("a member added one who is not on the roster")
	}
}

func TestWelcomeElsewhere(t *testing.T) {
	for name, alter := range map[string]func(*Config){
		"another order": func(c *Config) { c.OrderHash[0]++ },
		"another group": func(c *Config) { c.GroupID = []byte("43/1") },
	} {
		t.Run(name, func(t *testing.T) {
			a, b := found(t, hybrid, "a")[0], newMember(t, hybrid, "b")
			p := commit(t, []*member{a}, a, [][]byte{b.offer.Bytes()}, nil)
			alter(&b.Config)
			if _, err := Join(b.Config, b.offer, p.Welcome, p.Tree, testTime); !errors.Is(err, ErrOtherGroup) {
				t.Errorf("Join: %v, want %v", err, ErrOtherGroup)
			}
		})
	}
}

func TestForkShows(t *testing.T) {
	ms := found(t, hybrid, "a", "b", "c")
	x, y := newMember(t, hybrid, "x"), newMember(t, hybrid, "y")
	commit(t, ms[:1], ms[0], [][]byte{x.offer.Bytes()}, nil)
	commit(t, ms[1:2], ms[1], [][]byte{y.offer.Bytes()}, nil)
	if slices.Equal(ms[0].Epoch().Words("fr"), ms[1].Epoch().Words("fr")) {
		t.Error("two histories, one code")
	}
}

func TestRefusedCommitChangesNothing(t *testing.T) {
	ms := found(t, hybrid, "a", "b")
	p, err := ms[0].Commit(nil, []Leaf{ms[1].Epoch().Leaf()}, nil, testTime)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ms[1].Stage(p.Message, testTime)
	if err != nil {
		t.Fatal(err)
	}
	no := errors.New("b has not left")
	if _, err := s.Admit(func(*Staged) error { return no }); !errors.Is(err, no) {
		t.Errorf("Admit: %v", err)
	}
	if ms[1].Epoch().Number != 1 {
		t.Error("the group has moved")
	}
}

// TestUnusualCommits: what MLS allows to a member, or to one whom it lets in from
// outside, and a sitting to nobody.
func TestUnusualCommits(t *testing.T) {
	ms := found(t, hybrid, "a", "b", "c")
	a, b := ms[0].Group.mls, ms[1]
	by := func(in mls.CommitParams) []byte {
		p, err := a.Commit(in, testTime)
		if err != nil {
			t.Fatal(err)
		}
		return p.Message
	}
	outsider := newMember(t, hybrid, "x")
	info, err := a.GroupInfo(true)
	if err != nil {
		t.Fatal(err)
	}
	o, err := outsider.options(&judged{judge: byName, member: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	_, outside, err := mls.JoinExternal(info, nil, outsider.Me.mls(), o, mls.ExternalParams{}, testTime)
	if err != nil {
		t.Fatal(err)
	}
	otherOrder := mls.Extension{Type: orderExtension, Data: []byte("another order")}
	for name, message := range map[string][]byte{
		"another order":    by(mls.CommitParams{Proposals: []mls.Proposal{mls.SetExtensions(otherOrder)}}),
		"no order":         by(mls.CommitParams{Proposals: []mls.Proposal{mls.SetExtensions()}}),
		"closing":          by(mls.CommitParams{Proposals: []mls.Proposal{mls.Restart(mls.ReInit{Suite: a.Suite()})}}),
		"from outside":     outside,
		"a pre-shared key": by(mls.CommitParams{PSKs: []mls.PSKID{{Type: mls.ResumptionPSK, Usage: mls.UseApplication, GroupID: a.GroupID(), Epoch: a.Epoch()}}}),
	} {
		if _, err := b.Stage(message, testTime); !errors.Is(err, ErrUnusual) {
			t.Errorf("%s: Stage: %v, want %v", name, err, ErrUnusual)
		}
	}
	if _, err := b.Stage(by(mls.CommitParams{}), testTime); err != nil {
		t.Error(err)
	}
}
