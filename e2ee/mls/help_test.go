package mls

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"testing"
	"time"
)

// noon is the time at which all tests happen.
var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func anyone(Credential, []byte, time.Time) error { return nil }

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newSigner(t testing.TB, s Suite) crypto.Signer {
	t.Helper()
	switch suites[s].sig {
	case elliptic.P256(), elliptic.P384():
		return must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(suites[s].sig, rand.Reader))
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return must[ed25519.PrivateKey](t)(key, err)
}

// kind chooses the credentials of a test.
type kind int

const (
	basic kind = iota
	certified
)

func (k kind) String() string { return [...]string{"basic", "x509"}[k] }

func newIdentity(t testing.TB, s Suite, k kind, name string) Identity {
	t.Helper()
	key := newSigner(t, s)
	if k == basic {
		return Identity{Basic([]byte(name)), key}
	}
	ca := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	card := newCertificate(t, name, ca, ca)
	return Identity{X509(newCertificate(t, name+" session", key, ca), card), key}
}

func newCertificate(t testing.TB, name string, key, issuer crypto.Signer) []byte {
	t.Helper()
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: noon.Add(-time.Hour), NotAfter: noon.Add(12 * time.Hour),
	}
	return must[[]byte](t)(x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), issuer))
}

// A person is a member of a test's group.
type person struct {
	id Identity
	kp *KeyPackageSecrets
	g  *Group
}

type scene struct {
	t       testing.TB
	o       Options
	kind    kind
	people  []*person // those in the group
	created int
}

func newScene(t testing.TB, s Suite, k kind) *scene {
	t.Helper()
	sc := &scene{t: t, o: Options{Suite: s, Validate: anyone}, kind: k}
	p := sc.person()
	p.g = must[*Group](t)(Create([]byte("group"), p.id, sc.o, nil, noon))
	sc.people = []*person{p}
	return sc
}

func (sc *scene) person() *person {
	sc.t.Helper()
	sc.created++
	return &person{id: newIdentity(sc.t, sc.o.Suite, sc.kind, fmt.Sprintf("member %d", sc.created))}
}

func (sc *scene) joiner() *person {
	sc.t.Helper()
	p := sc.person()
	p.kp = must[*KeyPackageSecrets](sc.t)(NewKeyPackage(p.id, sc.o, noon))
	return p
}

func agree(*Staged) error { return nil }

// deliver has all of the group take a commit.
func (sc *scene) deliver(message []byte) {
	sc.t.Helper()
	var stay []*person
	for _, p := range sc.people {
		s := must[*Staged](sc.t)(p.g.Stage(message, noon))
		a := must[*Admitted](sc.t)(s.Admit(agree))
		if err := p.g.Merge(a); err != nil {
			sc.t.Fatal(err)
		}
		if !p.g.Left() {
			stay = append(stay, p)
		}
	}
	sc.people = stay
}

func (sc *scene) commit(by int, in CommitParams) *Pending {
	sc.t.Helper()
	p := must[*Pending](sc.t)(sc.people[by].g.Commit(in, noon))
	sc.deliver(p.Message)
	return p
}

func (sc *scene) add(by, n int, in CommitParams) {
	sc.t.Helper()
	var joiners []*person
	for range n {
		p := sc.joiner()
		joiners = append(joiners, p)
		in.Adds = append(in.Adds, p.kp.Bytes())
	}
	pending := sc.commit(by, in)
	for _, p := range joiners {
		p.g = must[*Group](sc.t)(Join(pending.Welcome, pending.Tree, p.kp, sc.o, nil, noon))
		sc.people = append(sc.people, p)
	}
	sc.same()
}

// same checks that all see one group.
func (sc *scene) same() {
	sc.t.Helper()
	first := sc.people[0].g
	for _, p := range sc.people[1:] {
		if string(p.g.Authenticator()) != string(first.Authenticator()) || p.g.Epoch() != first.Epoch() {
			sc.t.Fatalf("leaf %d sees another group than leaf %d", p.g.OwnLeaf(), first.OwnLeaf())
		}
		if len(p.g.Members()) != len(sc.people) {
			sc.t.Fatalf("%d members, want %d", len(p.g.Members()), len(sc.people))
		}
	}
}

func (sc *scene) talk() {
	sc.t.Helper()
	for i, from := range sc.people {
		m := must[[]byte](sc.t)(from.g.Protect([]byte("order"), []byte("clear")))
		for k, to := range sc.people {
			if i == k {
				continue
			}
			d := must[*ApplicationData](sc.t)(to.g.Unprotect(m))
			if string(d.Data) != "order" || string(d.AuthenticatedData) != "clear" || d.Sender != from.g.OwnLeaf() {
				sc.t.Fatalf("got %+v", d)
			}
			if _, err := to.g.Unprotect(m); err == nil {
				sc.t.Fatal("a message opens twice")
			}
		}
	}
}

// refuseBad is an application that knows a bad credential when it sees one.
func refuseBad(c Credential, _ []byte, _ time.Time) error {
	if string(c.Identity) == "bad" {
		return fmt.Errorf("bad")
	}
	return nil
}
