package wire

import (
	"bytes"
	"crypto/elliptic"
	"errors"
	"testing"

	"incamera/sitting"
)

// What a decoder takes has one encoding only: encoding it again gives the
// same bytes. What it does not take, it says in one of three ways.

func typed(t *testing.T, err error) {
	if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrSignature) {
		t.Errorf("untyped error %v", err)
	}
}

func seeds(f *testing.F) {
	key := keyOf(f, elliptic.P256(), 5)
	chain := [][]byte{certOf(f, key, 1), certOf(f, key, 2)}
	order, err := SignOrder(testOrder(), key, chain)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(order)
	opened, err := EncodeEntry(sitting.Entry{Seq: 1, At: noon, Fact: sitting.Opened{}, Signed: order})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(opened)
	for _, b := range testBodies() {
		signed, err := SignRequest(testRequest(b), key, chain)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(signed)
		r, _ := ReadRequest(signed)
		e, err := EncodeEntry(sitting.Entry{Seq: 1, At: noon, Request: &r, Signed: signed})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(e)
		m, err := EncodeMessage(Entry{e})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(m)
	}
	f.Add([]byte{0xd2, 0x84})
}

func FuzzOrder(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		o, chain, err := OpenOrder(b)
		if err != nil {
			typed(t, err)
			return
		}
		if o.Check() != nil || len(chain) == 0 || o.Hash != HashOf(b) {
			t.Errorf("opened %+v", o)
		}
	})
}

func FuzzRequest(f *testing.F) {
	seeds(f)
	key := keyOf(f, elliptic.P256(), 5)
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ReadRequest(b)
		if err != nil {
			typed(t, err)
			return
		}
		chain := [][]byte{certOf(t, key, 1)}
		signed, err := SignRequest(r, key, chain)
		if err != nil {
			t.Fatalf("read but not written: %v", err)
		}
		again, err := ReadRequest(signed)
		if err != nil || again.Counter != r.Counter || again.Member != r.Member || again.Seen != r.Seen {
			t.Errorf("read %+v, then %+v, %v", r, again, err)
		}
	})
}

func FuzzEntry(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ReadEntry(b)
		if err != nil {
			typed(t, err)
			return
		}
		if again, err := EncodeEntry(e); err != nil || !bytes.Equal(again, b) {
			t.Errorf("encodes as %x, %v", again, err)
		}
	})
}

func FuzzMessage(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ReadMessage(b)
		if err != nil {
			typed(t, err)
			return
		}
		if again, err := EncodeMessage(m); err != nil || !bytes.Equal(again, b) {
			t.Errorf("encodes as %x, %v", again, err)
		}
	})
}

func FuzzHead(f *testing.F) {
	key := keyOf(f, elliptic.P256(), 5)
	cert := certOf(f, key, 1)
	want := Head{"budget", sitting.Head{Seq: 4}, noon}
	signed, err := SignHead(want, key, cert)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := OpenHead(b, cert)
		if err != nil {
			typed(t, err)
			return
		}
		if h != want {
			t.Errorf("a forged head: %+v", h)
		}
	})
}

func FuzzAnswers(f *testing.F) {
	problem, err := EncodeProblem("code", "text")
	if err != nil {
		f.Fatal(err)
	}
	list, err := EncodeOrders([][]byte{problem, {}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(problem)
	f.Add(list)
	f.Fuzz(func(t *testing.T, b []byte) {
		var again [3][]byte
		var errs [3]error
		if code, text, err := ReadProblem(b); err == nil {
			again[0], errs[0] = EncodeProblem(code, text)
		}
		if url, token, err := ReadTicket(b); err == nil {
			again[1], errs[1] = EncodeTicket(url, token)
		}
		if orders, err := ReadOrders(b); err == nil {
			again[2], errs[2] = EncodeOrders(orders)
		}
		for i, a := range again {
			if errs[i] != nil || a != nil && !bytes.Equal(a, b) {
				t.Errorf("encodes as %x, %v", a, errs[i])
			}
		}
	})
}
