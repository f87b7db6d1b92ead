package wire

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"flag"
	"io"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"incamera/sitting"
)

var update = flag.Bool("update", false, "write the golden files")

// A fixedKey signs alike each time, RFC 6979.
type fixedKey struct{ *ecdsa.PrivateKey }

func (k fixedKey) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.PrivateKey.Sign(nil, digest, opts)
}

func keyOf(t testing.TB, curve elliptic.Curve, n byte) fixedKey {
	t.Helper()
	raw := make([]byte, (curve.Params().BitSize+7)/8)
	raw[len(raw)-1] = n
	k, err := ecdsa.ParseRawPrivateKey(curve, raw)
	if err != nil {
		t.Fatal(err)
	}
	return fixedKey{k}
}

func certOf(t testing.TB, key crypto.Signer, serial int64) []byte {
	t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(serial), NotBefore: noon, NotAfter: noon.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func testOrder() *sitting.Order {
	return &sitting.Order{
		House: sitting.Names{"": "Test House"}, Sitting: "budget", Title: map[string]string{"en": "Budget", "fr": "Budget, séance"},
		Kind: sitting.InCamera, Languages: []string{"en", "fr"}, Suite: "MLS_128", Opens: noon, Closes: noon.Add(time.Hour),
		Roster: []sitting.Member{
			{ID: "ann", Name: "Ann Roy", Party: "P", Seat: "North", Role: sitting.RoleChair, Cards: []string{"upn:ann@house"}},
			{ID: "bob", Name: "Bob", Role: sitting.RoleMember, Cards: []string{"upn:bob@house", "uuid:1"}},
		},
	}
}

func testBodies() map[string]sitting.Body {
	return map[string]sitting.Body{
		"arrive": sitting.Arrive{KeyPackage: []byte("key package")}, "leave": sitting.Leave{},
		"raise": sitting.RaiseHand{}, "lower": sitting.LowerHand{}, "give": sitting.GiveFloor{To: "bob"},
		"take": sitting.TakeFloor{From: "bob"}, "admit": sitting.Admit{Who: "bob"},
		"remove": sitting.Remove{Who: "bob", Why: "noise"},
		"commit": sitting.Commit{
			Founding: 2, Epoch: 3, Message: sitting.Hash{1}, Welcome: sitting.Hash{2}, Tree: sitting.Hash{3},
			Adds: []uint64{4, 5}, Removes: []uint64{1},
		},
		"confirm": sitting.Confirm{Founding: 2, Epoch: 3, Authenticator: []byte("auth")}, "close": sitting.Close{},
	}
}

func testRequest(b sitting.Body) sitting.Request {
	return sitting.Request{
		Sitting: "budget", Order: sitting.Hash{7}, Member: "ann", Counter: 9,
		Seen: sitting.Head{Seq: 8, Hash: sitting.Hash{8}}, Body: b,
	}
}

// golden compares b with the file, byte for byte.
func golden(t *testing.T, name string, b []byte) {
	t.Helper()
	file := filepath.Join("testdata", name+".hex")
	if *update {
		if err := os.WriteFile(file, []byte(hex.Dump(b)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if hex.Dump(b) != string(want) {
		t.Errorf("%s: encodes as\n%s", name, hex.Dump(b))
	}
}

func TestRequests(t *testing.T) {
	key := keyOf(t, elliptic.P256(), 5)
	chain := [][]byte{certOf(t, key, 1), certOf(t, key, 2)}
	for name, body := range testBodies() {
		r := testRequest(body)
		signed, err := SignRequest(r, key, chain)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		golden(t, name, signed)
		got, err := ReadRequest(signed)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r.Session = HashOf(chain[0])
		if _, ok := body.(sitting.Arrive); ok {
			r.Body = sitting.Arrive{KeyPackage: []byte("key package"), Chain: chain}
		}
		if !reflect.DeepEqual(got, r) {
			t.Errorf("%s: read %+v, want %+v", name, got, r)
		}
		if err := VerifyRequest(signed, chain); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := VerifyRequest(signed, chain[1:]); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: another certificate: %v", name, err)
		}
		altered(t, name, signed, chain)
	}
	if len(testBodies()) != len(bodies) {
		t.Error("not all kinds of request are tested")
	}
}

// altered changes each byte in turn: none may still be read and verify.
func altered(t *testing.T, name string, signed []byte, chain [][]byte) {
	t.Helper()
	for i := range signed {
		b := bytes.Clone(signed)
		b[i] ^= 0x10
		if VerifyRequest(b, chain) == nil {
			t.Errorf("%s: byte %d can be altered", name, i)
		}
	}
}

func TestKeys(t *testing.T) {
	large, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{
		"P-256": keyOf(t, elliptic.P256(), 3), "P-384": keyOf(t, elliptic.P384(), 3), "RSA": large,
	} {
		chain := [][]byte{certOf(t, key, 1)}
		signed, err := SignOrder(testOrder(), key, chain)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		o, got, err := OpenOrder(signed)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := testOrder()
		want.Hash = HashOf(signed)
		if !reflect.DeepEqual(o, want) || !reflect.DeepEqual(got, chain) {
			t.Errorf("%s: %+v", name, o)
		}
		signed[len(signed)-1] ^= 1
		if _, _, err := OpenOrder(signed); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: altered signature: %v", name, err)
		}
	}
	key := keyOf(t, elliptic.P521(), 3)
	if _, err := SignOrder(testOrder(), key, [][]byte{certOf(t, key, 1)}); !errors.Is(err, ErrSignature) {
		t.Errorf("P-521: %v", err)
	}
}

// A house has one name, or one for each language; one name is written as orders
// had it before there could be more, and no other way.
func TestHouse(t *testing.T) {
	key := keyOf(t, elliptic.P256(), 5)
	for _, house := range []sitting.Names{{"": "House"}, {"en": "House", "fr": "Chambre"}} {
		o := testOrder()
		o.House = house
		signed, err := SignOrder(o, key, [][]byte{certOf(t, key, 1)})
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := OpenOrder(signed); err != nil || !maps.Equal(got.House, house) {
			t.Errorf("opened %v, %v; want %v", got, err, house)
		}
	}
	plain, _ := encode("House")
	if got, err := encode(names{"": "House"}); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("one name is %x, %v; want %x", got, err, plain)
	}
	table, _ := encode(map[string]string{"": "House"})
	for _, b := range [][]byte{table, {0x07}, {0x80}} {
		var n names
		if err := decode(b, &n); err == nil {
			t.Errorf("%x is read as %v", b, n)
		}
	}
}

// A session key signs no order, though its chain is a clerk's.
func TestOrderBySession(t *testing.T) {
	key := keyOf(t, elliptic.P256(), 5)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: noon, NotAfter: noon.AddDate(1, 0, 0),
		ExtraExtensions: []pkix.Extension{{Id: proxyCertInfo, Critical: true, Value: []byte{0x30, 0}}},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := SignOrder(testOrder(), key, [][]byte{der})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenOrder(signed); !errors.Is(err, ErrSignature) {
		t.Errorf("OpenOrder = %v", err)
	}
}

func TestEntries(t *testing.T) {
	key := keyOf(t, elliptic.P256(), 5)
	chain := [][]byte{certOf(t, key, 1)}
	order, err := SignOrder(testOrder(), key, chain)
	if err != nil {
		t.Fatal(err)
	}
	request, err := SignRequest(testRequest(sitting.RaiseHand{}), key, chain)
	if err != nil {
		t.Fatal(err)
	}
	r, _ := ReadRequest(request)
	base := sitting.Entry{Seq: 9, Prev: sitting.Hash{8}, At: noon.Add(1234 * time.Millisecond)}
	o, _, _ := OpenOrder(order)
	for name, change := range map[string]func(*sitting.Entry){
		"opened":  func(e *sitting.Entry) { e.Fact, e.Signed = sitting.Opened{Order: o}, order },
		"request": func(e *sitting.Entry) { e.Request, e.Signed = &r, request },
		"away":    func(e *sitting.Entry) { e.Fact = sitting.Away{Arrival: 3} },
		"back":    func(e *sitting.Entry) { e.Fact = sitting.Back{Arrival: 3} },
		"left":    func(e *sitting.Entry) { e.Fact = sitting.Left{Arrival: 3, Why: "lost"} },
		"revoked": func(e *sitting.Entry) { e.Fact = sitting.Revoked{Arrival: 3} },
		"closed":  func(e *sitting.Entry) { e.Fact = sitting.Closed{} },
	} {
		e := base
		change(&e)
		b, err := EncodeEntry(e)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		golden(t, "entry-"+name, b)
		got, err := ReadEntry(b)
		e.Hash = HashOf(b)
		if err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("%s: read %+v, %v; want %+v", name, got, err, e)
		}
	}
	for name, e := range map[string]sitting.Entry{
		"nothing": base, "unsigned request": {Request: &r}, "unsigned order": {Fact: sitting.Opened{}},
		"signed fact": {Fact: sitting.Closed{}, Signed: request},
	} {
		if _, err := EncodeEntry(e); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHead(t *testing.T) {
	key := keyOf(t, elliptic.P256(), 5)
	cert := certOf(t, key, 1)
	h := Head{"budget", sitting.Head{Seq: 4, Hash: sitting.Hash{4}}, noon}
	signed, err := SignHead(h, key, cert)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "head", signed)
	if got, err := OpenHead(signed, cert); err != nil || got != h {
		t.Errorf("OpenHead = %+v, %v", got, err)
	}
	if _, err := OpenHead(signed, certOf(t, key, 2)); !errors.Is(err, ErrSignature) {
		t.Errorf("another certificate: %v", err)
	}
	if _, err := ReadRequest(signed); !errors.Is(err, ErrMalformed) {
		t.Errorf("a head read as a request: %v", err)
	}
}

func TestMessages(t *testing.T) {
	for _, m := range []Message{
		Hello{7},
		Entry{[]byte("entry")},
		Request{[]byte("request")},
		Refused{3, CodeFull},
		SignedHead{[]byte("head")},
		Ping{1},
		Pong{1},
		Bye{"closed"},
	} {
		b, err := EncodeMessage(m)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, strings.ToLower(reflect.TypeOf(m).Name())+"-message", b)
		if got, err := ReadMessage(b); err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("read %+v, %v; want %+v", got, err, m)
		}
		if _, err := ReadMessage(append(b, 0)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%T with a byte behind it: %v", m, err)
		}
	}
	if _, err := ReadMessage(make([]byte, MaxMessage+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
}

func TestAnswers(t *testing.T) {
	b, err := EncodeProblem("not-on-roster", "no such member")
	if err != nil {
		t.Fatal(err)
	}
	if code, text, err := ReadProblem(b); code != "not-on-roster" || text != "no such member" || err != nil {
		t.Errorf("ReadProblem = %q, %q, %v", code, text, err)
	}
	b, err = EncodeTicket("wss://x", "token")
	if err != nil {
		t.Fatal(err)
	}
	if url, token, err := ReadTicket(b); url != "wss://x" || token != "token" || err != nil {
		t.Errorf("ReadTicket = %q, %q, %v", url, token, err)
	}
	b, err = EncodeOrders([][]byte{[]byte("one"), []byte("two")})
	if err != nil {
		t.Fatal(err)
	}
	if list, err := ReadOrders(b); len(list) != 2 || string(list[1]) != "two" || err != nil {
		t.Errorf("ReadOrders = %q, %v", list, err)
	}
}
