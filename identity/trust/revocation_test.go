package trust_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"incamera/identity"
	"incamera/identity/identitytest/house"
	"incamera/identity/trust"
)

var errNoNetwork = errors.New("no network")

// A press publishes what a House says, and counts who asked.
type press struct {
	house *house.House
	at    time.Time // when lists and answers are made
	life  time.Duration
	list  func(*x509.RevocationList)
	reply func(*house.Answer)
	raw   []byte          // if not nil, the answer to everything
	half  bool            // only what is said of cards is altered; what is said of authorities is right
	shut  map[string]bool // by the end of the URL: nobody answers
	mu    sync.Mutex
	asked map[string]int // guarded by mu; by the end of the URL
}

func (p *press) fetch(_ context.Context, url string, body []byte) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := url[strings.LastIndex(url, "/")+1:]
	if p.asked == nil {
		p.asked = map[string]int{}
	}
	p.asked[name]++
	switch {
	case p.half && name == "root.crl":
		return p.house.RootList(noon, time.Hour, nil)
	case p.half && name == "root.ocsp":
		return p.house.Answer(body, noon, time.Hour, nil)
	case p.shut[name] || p.shut["*"]:
		return nil, errNoNetwork
	case p.raw != nil:
		return p.raw, nil
	case name == "root.crl":
		return p.house.RootList(p.at, p.life, p.list)
	case strings.HasSuffix(name, ".crl"):
		return p.house.List(p.at, p.life, p.list)
	}
	return p.house.Answer(body, p.at, p.life, p.reply)
}

// pressed returns a House that publishes, one card of it, and its press.
func pressed(t testing.TB) (*press, *trust.Anchors, [][]byte, *x509.Certificate) {
	t.Helper()
	h, anchors := founded(t, house.Options{Address: "http://house.example"})
	chain, card := signedIn(t, h, tremblay)
	return &press{house: h, at: noon, life: time.Hour, shut: map[string]bool{}}, anchors, chain, card
}

func (p *press) revocation(anchors *trust.Anchors, mode trust.Mode) *trust.Revocation {
	return trust.NewRevocation(trust.RevocationOptions{Anchors: anchors, Mode: mode, Fetch: p.fetch, Interval: 10 * time.Minute})
}

// kinds are the two ways to learn of a revocation, by shutting the other.
var kinds = map[string]func(*press){
	"list":      func(p *press) { p.shut["issuing.ocsp"], p.shut["root.ocsp"] = true, true },
	"responder": func(p *press) { p.shut["issuing.crl"], p.shut["root.crl"] = true, true },
}

func TestRevoked(t *testing.T) {
	for kind, only := range kinds {
		t.Run(kind, func(t *testing.T) {
			p, anchors, chain, card := pressed(t)
			only(p)
			r := p.revocation(anchors, trust.Hard)
			if err := r.Check(t.Context(), chain, noon); err != nil {
				t.Fatalf("a good card: %v", err)
			}
			p.house.Revoke(card, noon.Add(time.Minute), 1)
			p.at = noon.Add(time.Minute)
			if err := r.Check(t.Context(), chain, noon.Add(9*time.Minute)); err != nil {
				t.Errorf("within the interval nobody is asked again: %v", err)
			}
			err := r.Check(t.Context(), chain, noon.Add(11*time.Minute))
			back, ok := errors.AsType[*identity.Revoked](err)
			if !ok || back.What != identity.CardCertificate || !back.On.Equal(noon.Add(time.Minute)) || back.Reason != "keyCompromise" {
				t.Errorf("Check = %v", err)
			}
		})
	}
}

func TestRevokedAuthority(t *testing.T) {
	for kind, only := range kinds {
		t.Run(kind, func(t *testing.T) {
			p, anchors, chain, _ := pressed(t)
			only(p)
			p.house.Revoke(p.house.Issuing(), noon, 2)
			err := p.revocation(anchors, trust.Soft).Check(t.Context(), chain, noon)
			if back, ok := errors.AsType[*identity.Revoked](err); !ok || back.What != identity.IssuerCertificate || back.Reason != "cACompromise" {
				t.Errorf("Check = %v", err)
			}
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	p, anchors, chain, _ := pressed(t)
	p.shut["*"] = true
	for mode, refuses := range map[trust.Mode]bool{trust.Off: false, trust.Soft: false, trust.Hard: true} {
		err := p.revocation(anchors, mode).Check(t.Context(), chain, noon)
		if _, unknown := errors.AsType[*identity.RevocationUnknown](err); unknown != refuses || (err != nil) != refuses {
			t.Errorf("%s: %v", mode, err)
		}
	}
	r := p.revocation(anchors, trust.Hard)
	p.asked = nil
	for range 5 {
		if r.Check(t.Context(), chain, noon) == nil {
			t.Error("passed")
		}
	}
	if n := p.asked["issuing.crl"]; n != 1 {
		t.Errorf("a silent server was asked %d times in a moment", n)
	}
	p.shut = map[string]bool{}
	if err := r.Check(t.Context(), chain, noon.Add(2*time.Minute)); err != nil {
		t.Errorf("after the server came back: %v", err)
	}
}

// What is held counts while the network is away, until it says itself that it
// is over.
func TestHeldAnswers(t *testing.T) {
	for kind, only := range kinds {
		t.Run(kind, func(t *testing.T) {
			p, anchors, chain, _ := pressed(t)
			only(p)
			r := p.revocation(anchors, trust.Hard)
			if err := r.Check(t.Context(), chain, noon); err != nil {
				t.Fatal(err)
			}
			p.shut["*"] = true
			if err := r.Check(t.Context(), chain, noon.Add(59*time.Minute)); err != nil {
				t.Errorf("held and fresh: %v", err)
			}
			if err := r.Check(t.Context(), chain, noon.Add(61*time.Minute)); err == nil {
				t.Error("held and over: passed")
			}
		})
	}
}

// A newer list that calls the card back counts for more than a held answer of
// a responder that is kept from answering.
func TestNewerListBeatsHeldAnswer(t *testing.T) {
	p, anchors, chain, card := pressed(t)
	r := p.revocation(anchors, trust.Soft)
	if err := r.Check(t.Context(), chain, noon); err != nil {
		t.Fatal(err)
	}
	kinds["list"](p)
	p.house.Revoke(card, noon, 0)
	p.at = noon.Add(20 * time.Minute)
	if err := r.Check(t.Context(), chain, p.at); err == nil {
		t.Error("the held answer won")
	}
}

func TestWrongLists(t *testing.T) {
	point := func(id asn1.ObjectIdentifier, value any) func(*x509.RevocationList) {
		return func(l *x509.RevocationList) {
			der, err := asn1.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			l.ExtraExtensions = append(l.ExtraExtensions, pkix.Extension{Id: id, Critical: true, Value: der})
		}
	}
	type flags struct {
		Users      bool           `asn1:"optional,tag:1"`
		CAs        bool           `asn1:"optional,tag:2"`
		Reasons    asn1.BitString `asn1:"optional,tag:3"`
		Indirect   bool           `asn1:"optional,tag:4"`
		Attributes bool           `asn1:"optional,tag:5"`
	}
	type elsewhere struct {
		Point struct {
			Full []asn1.RawValue `asn1:"tag:0"`
		} `asn1:"tag:0"`
	}
	type relative struct {
		Point struct {
			Name []pkix.AttributeTypeAndValue `asn1:"tag:1,set"`
		} `asn1:"tag:0"`
	}
	var beside relative
	beside.Point.Name = []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: "part"}}
	var other elsewhere
	other.Point.Full = []asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte("http://house.example/part-2.crl")}}
	issuingPoint, delta := asn1.ObjectIdentifier{2, 5, 29, 28}, asn1.ObjectIdentifier{2, 5, 29, 27}
	stranger, _ := founded(t, house.Options{})
	foreign, err := stranger.List(noon, time.Hour, nil)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]func(*press){
		"over":      func(p *press) { p.at = noon.Add(-2 * time.Hour) },
		"not yet":   func(p *press) { p.at = noon.Add(time.Hour) },
		"another's": func(p *press) { p.raw = foreign },
		"rubbish":   func(p *press) { p.raw = []byte("<html>sign in to the guest network</html>") },
		"empty":     func(p *press) { p.raw = []byte{} },
		"delta":     func(p *press) { p.list = point(delta, big.NewInt(1)) },
		"delta, not critical": func(p *press) {
			p.list = func(l *x509.RevocationList) {
				point(delta, big.NewInt(1))(l)
				l.ExtraExtensions[0].Critical = false
			}
		},
		"some reasons": func(p *press) {
			p.list = point(issuingPoint, flags{Reasons: asn1.BitString{Bytes: []byte{0x40}, BitLength: 2}})
		},
		"relative point":   func(p *press) { p.list = point(issuingPoint, beside) },
		"authorities only": func(p *press) { p.list = point(issuingPoint, flags{CAs: true}) },
		"indirect":         func(p *press) { p.list = point(issuingPoint, flags{Indirect: true}) },
		"attributes":       func(p *press) { p.list = point(issuingPoint, flags{Attributes: true}) },
		"another part":     func(p *press) { p.list = point(issuingPoint, other) },
		"unknown":          func(p *press) { p.list = point(asn1.ObjectIdentifier{1, 2, 3}, 1) },
	}
	for name, wrong := range cases {
		t.Run(name, func(t *testing.T) {
			p, anchors, chain, _ := pressed(t)
			kinds["list"](p)
			p.half = true
			if err := p.revocation(anchors, trust.Hard).Check(t.Context(), chain, noon); err != nil {
				t.Fatalf("the right list: %v", err)
			}
			wrong(p)
			err := p.revocation(anchors, trust.Hard).Check(t.Context(), chain, noon)
			if _, ok := errors.AsType[*identity.RevocationUnknown](err); !ok {
				t.Errorf("Check = %v", err)
			}
		})
	}
	p, anchors, chain, _ := pressed(t)
	kinds["list"](p)
	p.list, p.half = point(issuingPoint, flags{Users: true}), true
	if err := p.revocation(anchors, trust.Hard).Check(t.Context(), chain, noon); err != nil {
		t.Errorf("a list for people only: %v", err)
	}
	p.half = false // so is the root's, which is asked about an authority
	err = p.revocation(anchors, trust.Hard).Check(t.Context(), chain, noon)
	if unknown, ok := errors.AsType[*identity.RevocationUnknown](err); !ok || unknown.What != identity.IssuerCertificate {
		t.Errorf("a list for people only, about an authority: %v", err)
	}
}

func TestTamperedList(t *testing.T) {
	p, anchors, _, _ := pressed(t)
	kinds["list"](p)
	marked := tremblay
	marked.Alter = func(c *x509.Certificate) { c.SerialNumber = new(big.Int).SetBytes([]byte("sixteen bytes :)")) }
	chain, card := signedIn(t, p.house, marked)
	p.house.Revoke(card, noon, 0)
	good, err := p.house.List(noon, time.Hour, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.raw = bytes.Replace(good, []byte("sixteen bytes :)"), []byte("another number :"), 1)
	if bytes.Equal(p.raw, good) {
		t.Fatal("the list lacks the serial number")
	}
	p.half = true
	if _, ok := errors.AsType[*identity.RevocationUnknown](p.revocation(anchors, trust.Hard).Check(t.Context(), chain, noon)); !ok {
		t.Error("a list that was written over was believed")
	}
}

func TestOldListDoesNotComeBack(t *testing.T) {
	p, anchors, chain, card := pressed(t)
	kinds["list"](p)
	old, err := p.house.List(noon, 24*time.Hour, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.house.Revoke(card, noon, 0)
	p.life = 24 * time.Hour
	r := p.revocation(anchors, trust.Soft)
	if err := r.Check(t.Context(), chain, noon); err == nil {
		t.Fatal("passed")
	}
	p.raw = old
	if err := r.Check(t.Context(), chain, noon.Add(time.Hour)); err == nil {
		t.Error("the list from before the revocation was believed again")
	}
}

// Nor does an answer from before the revocation, however long it says it lasts.
func TestOldAnswerDoesNotComeBack(t *testing.T) {
	p, anchors, chain, card := pressed(t)
	kinds["responder"](p)
	p.half, p.life = true, 24*time.Hour
	var old []byte
	r := trust.NewRevocation(trust.RevocationOptions{
		Anchors: anchors, Mode: trust.Soft,
		Fetch: func(ctx context.Context, url string, body []byte) ([]byte, error) {
			if strings.HasSuffix(url, "issuing.ocsp") && old == nil {
				var err error
				if old, err = p.house.Answer(body, noon.Add(-time.Minute), 24*time.Hour, nil); err != nil {
					t.Error(err)
				}
				p.house.Revoke(card, noon, 0)
			}
			return p.fetch(ctx, url, body)
		},
	})
	if err := r.Check(t.Context(), chain, noon); err == nil {
		t.Fatal("passed")
	}
	p.raw = old
	if err := r.Check(t.Context(), chain, noon.Add(time.Minute)); err == nil {
		t.Error("the answer from before the revocation was believed again")
	}
}

// A list by an authority that may not sign lists.
func TestUnauthorisedList(t *testing.T) {
	h, anchors := founded(t, house.Options{Address: "http://house.example", AlterIssuing: func(c *x509.Certificate) {
		c.KeyUsage = x509.KeyUsageCertSign
	}})
	p := &press{house: h, at: noon, life: time.Hour, shut: map[string]bool{"issuing.ocsp": true}, half: true}
	chain, _ := signedIn(t, h, tremblay)
	err := p.revocation(anchors, trust.Hard).Check(t.Context(), chain, noon)
	if unknown, ok := errors.AsType[*identity.RevocationUnknown](err); !ok || !strings.Contains(unknown.Why, "may not sign lists") {
		t.Errorf("Check = %v", err)
	}
}

func TestWrongAnswers(t *testing.T) {
	cases := map[string]func(*testing.T, *press){
		"over":    func(_ *testing.T, p *press) { p.at = noon.Add(-2 * time.Hour) },
		"not yet": func(_ *testing.T, p *press) { p.at = noon.Add(time.Hour) },
		"unknown": func(_ *testing.T, p *press) { p.reply = func(a *house.Answer) { a.Template.Status = ocsp.Unknown } },
		"rubbish": func(_ *testing.T, p *press) { p.raw = []byte("<html>") },
		"no":      func(_ *testing.T, p *press) { p.raw = ocsp.UnauthorizedErrorResponse },
		"no next": func(_ *testing.T, p *press) {
			p.at = noon.Add(-time.Hour)
			p.reply = func(a *house.Answer) { a.Template.NextUpdate = time.Time{} }
		},
		"of other": func(_ *testing.T, p *press) {
			p.reply = func(a *house.Answer) { a.Template.SerialNumber = big.NewInt(7) }
		},
		"by a member": func(t *testing.T, p *press) {
			card, key, err := p.house.IssueCard(house.Person{Common: "Mallory"})
			if err != nil {
				t.Fatal(err)
			}
			p.reply = func(a *house.Answer) { a.By = house.Responder{Cert: card, Key: key} }
		},
		"by a stranger": func(t *testing.T, p *press) {
			other, _ := founded(t, house.Options{})
			p.reply = func(a *house.Answer) { a.By = responder(t, other, nil) }
		},
		"by an authority's clerk": func(t *testing.T, p *press) {
			by := responder(t, p.house, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment })
			p.reply = func(a *house.Answer) { a.By = by }
		},
		"by one with odd limits": func(t *testing.T, p *press) {
			by := responder(t, p.house, func(c *x509.Certificate) {
				c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}})
			})
			p.reply = func(a *house.Answer) { a.By = by }
		},
		"by one that is over": func(t *testing.T, p *press) {
			by := responder(t, p.house, func(c *x509.Certificate) { c.NotAfter = noon.Add(-time.Second) })
			p.reply = func(a *house.Answer) { a.By = by }
		},
	}
	for name, wrong := range cases {
		t.Run(name, func(t *testing.T) {
			p, anchors, chain, _ := pressed(t)
			kinds["responder"](p)
			p.half = true
			if err := p.revocation(anchors, trust.Hard).Check(t.Context(), chain, noon); err != nil {
				t.Fatalf("the right answer: %v", err)
			}
			wrong(t, p)
			err := p.revocation(anchors, trust.Hard).Check(t.Context(), chain, noon)
			if _, ok := errors.AsType[*identity.RevocationUnknown](err); !ok {
				t.Errorf("Check = %v", err)
			}
		})
	}
}

// An answer that does not say when the next one comes counts for ten minutes.
func TestAnswerWithoutNext(t *testing.T) {
	p, anchors, chain, _ := pressed(t)
	kinds["responder"](p)
	p.half, p.reply = true, func(a *house.Answer) { a.Template.NextUpdate = time.Time{} }
	for after, good := range map[time.Duration]bool{0: true, 9 * time.Minute: true, 11 * time.Minute: false} {
		if err := p.revocation(anchors, trust.Hard).Check(t.Context(), chain, noon.Add(after)); (err == nil) != good {
			t.Errorf("after %v: %v", after, err)
		}
	}
}

// With revocation off nobody is asked, whatever is published.
func TestOff(t *testing.T) {
	p, anchors, chain, card := pressed(t)
	p.house.Revoke(card, noon, 1)
	if err := p.revocation(anchors, trust.Off).Check(t.Context(), chain, noon); err != nil || len(p.asked) > 0 {
		t.Errorf("Check = %v, asked %v", err, p.asked)
	}
}

func responder(t *testing.T, h *house.House, alter func(*x509.Certificate)) house.Responder {
	t.Helper()
	by, err := h.Responder(alter)
	if err != nil {
		t.Fatal(err)
	}
	return by
}

func TestDelegatedResponder(t *testing.T) {
	p, anchors, chain, card := pressed(t)
	by := responder(t, p.house, nil)
	p.reply = func(a *house.Answer) {
		if a.Template.SerialNumber.Cmp(card.SerialNumber) == 0 {
			a.By = by
		}
	}
	p.shut["issuing.crl"], p.shut["root.crl"] = true, true
	if err := p.revocation(anchors, trust.Hard).Check(t.Context(), chain, noon); err != nil {
		t.Errorf("Check = %v", err)
	}
}

// An authority that the House configured and that points nowhere is its own
// affair; a card that points nowhere is not.
func TestNoPointers(t *testing.T) {
	h, anchors := founded(t, house.Options{Address: "http://house.example", AlterIssuing: func(c *x509.Certificate) {
		c.CRLDistributionPoints, c.OCSPServer = nil, nil
	}})
	p := &press{house: h, at: noon, life: time.Hour}
	chain, _ := signedIn(t, h, tremblay)
	if err := p.revocation(anchors, trust.Hard).Check(t.Context(), chain, noon); err != nil {
		t.Errorf("configured authority: %v", err)
	}
	unknowing, err := trust.LoadAnchors(pemOf(h.Root())) // the authority comes along with the card
	if err != nil {
		t.Fatal(err)
	}
	err = p.revocation(unknowing, trust.Hard).Check(t.Context(), append(slices.Clone(chain), h.Issuing().Raw), noon)
	if unknown, ok := errors.AsType[*identity.RevocationUnknown](err); !ok || unknown.What != identity.IssuerCertificate {
		t.Errorf("an authority that came along: %v", err)
	}
	bare := tremblay
	bare.Alter = func(c *x509.Certificate) {
		c.CRLDistributionPoints = []string{"ldap://house.example/cn=x"}
		c.OCSPServer = nil
	}
	chain, _ = signedIn(t, h, bare)
	err = p.revocation(anchors, trust.Hard).Check(t.Context(), chain, noon)
	if _, ok := errors.AsType[*identity.RevocationUnknown](err); !ok {
		t.Errorf("card without pointers: %v", err)
	}
}

func TestDiskCache(t *testing.T) {
	for kind, only := range kinds {
		t.Run(kind, func(t *testing.T) {
			p, anchors, chain, _ := pressed(t)
			only(p)
			dir := filepath.Join(t.TempDir(), "cache")
			fresh := func() *trust.Revocation {
				return trust.NewRevocation(trust.RevocationOptions{Anchors: anchors, Mode: trust.Hard, Fetch: p.fetch, Interval: 10 * time.Minute, Dir: dir})
			}
			if err := fresh().Check(t.Context(), chain, noon); err != nil {
				t.Fatal(err)
			}
			p.shut["*"] = true
			p.asked = nil
			if err := fresh().Check(t.Context(), chain, noon.Add(5*time.Minute)); err != nil {
				t.Errorf("from disk: %v", err)
			}
			if err := fresh().Check(t.Context(), chain, noon.Add(2*time.Hour)); err == nil {
				t.Error("an answer on disk outlived itself")
			}
			postdate(t, dir)
			p.asked = nil
			if err := fresh().Check(t.Context(), chain, noon.Add(5*time.Minute)); err != nil {
				t.Errorf("kept, and dated in the future: %v", err)
			}
			if len(p.asked) == 0 {
				t.Error("a file from the future kept everybody from being asked")
			}
			spoil(t, dir)
			if err := fresh().Check(t.Context(), chain, noon.Add(5*time.Minute)); err == nil {
				t.Error("a changed file was believed")
			}
		})
	}
}

// postdate has the files of dir claim that they were asked for tomorrow.
func postdate(t *testing.T, dir string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if err := os.Chtimes(filepath.Join(dir, f.Name()), noon.AddDate(0, 0, 1), noon.AddDate(0, 0, 1)); err != nil {
			t.Fatal(err)
		}
	}
}

// spoil changes one byte in the middle of each file of dir.
func spoil(t *testing.T, dir string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		path := filepath.Join(dir, f.Name())
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)/2] ^= 1
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A hundred members who arrive at once cost one list.
func TestOneFetchForAll(t *testing.T) {
	p, anchors, chain, _ := pressed(t)
	kinds["list"](p)
	r := p.revocation(anchors, trust.Hard)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if err := r.Check(t.Context(), chain, noon); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := p.asked["issuing.crl"]; n != 1 {
		t.Errorf("the list was fetched %d times", n)
	}
}

// Giving up says nothing of the server: the next one asks it again.
func TestCancelledFetch(t *testing.T) {
	p, anchors, chain, _ := pressed(t)
	kinds["list"](p)
	ctx, cancel := context.WithCancel(t.Context())
	fetch := func(ctx context.Context, url string, body []byte) ([]byte, error) {
		if cancel != nil {
			cancel()
			return nil, context.Cause(ctx)
		}
		return p.fetch(ctx, url, body)
	}
	r := trust.NewRevocation(trust.RevocationOptions{Anchors: anchors, Mode: trust.Hard, Fetch: fetch})
	if err := r.Check(ctx, chain, noon); err == nil {
		t.Error("passed")
	}
	cancel = nil
	if err := r.Check(t.Context(), chain, noon); err != nil {
		t.Errorf("asked again: %v", err)
	}
}

// The whole way over a real server on loopback.
func TestOverHTTP(t *testing.T) {
	var h *house.House
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.Handler(func() time.Time { return noon }, time.Hour).ServeHTTP(w, r)
	}))
	defer server.Close()
	var anchors *trust.Anchors
	h, anchors = founded(t, house.Options{Address: server.URL})
	chain, card := signedIn(t, h, tremblay)
	o := trust.RevocationOptions{Anchors: anchors, Mode: trust.Hard, Fetch: trust.HTTP(server.Client())}
	if err := trust.NewRevocation(o).Check(t.Context(), chain, noon); err != nil {
		t.Errorf("good: %v", err)
	}
	h.Revoke(card, noon, 4)
	err := trust.NewRevocation(o).Check(t.Context(), chain, noon)
	if back, ok := errors.AsType[*identity.Revoked](err); !ok || back.Reason != "superseded" {
		t.Errorf("revoked: %v", err)
	}
	if _, err := trust.HTTP(server.Client())(t.Context(), server.URL+"/none.ocsp", nil); err == nil {
		t.Error("an error page was taken for an answer")
	}
}
