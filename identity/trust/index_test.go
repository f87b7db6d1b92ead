package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"runtime"
	"testing"
	"time"

	"incamera/identity/identitytest/house"
)

var noon = time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)

// bulk is a list of n entries, the serial numbers multiples of seven.
func bulk(t testing.TB, n int) (der []byte, issuer *x509.Certificate) {
	t.Helper()
	h, err := house.New(house.Options{At: noon})
	if err != nil {
		t.Fatal(err)
	}
	der, err = h.List(noon, time.Hour, func(l *x509.RevocationList) {
		for i := range n {
			l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{
				SerialNumber: serialAt(i), RevocationTime: noon, ReasonCode: i % 7,
			})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return der, h.Issuing()
}

// serialAt is sixteen bytes long, as issued ones are.
func serialAt(i int) *big.Int {
	return new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 127), big.NewInt(int64(7*i)))
}

func TestIndex(t *testing.T) {
	const n = 3000
	der, issuer := bulk(t, n)
	l, err := readList(der, issuer)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		back, err := l.index.find(serialAt(i))
		if err != nil || back == nil || !back.on.Equal(noon) || back.reason != i%7 {
			t.Fatalf("entry %d: %+v, %v", i, back, err)
		}
		none, err := l.index.find(new(big.Int).Add(serialAt(i), big.NewInt(1)))
		if err != nil || none != nil {
			t.Fatalf("beside entry %d: %+v, %v", i, none, err)
		}
	}
}

func TestEmptyList(t *testing.T) {
	der, issuer := bulk(t, 0)
	l, err := readList(der, issuer)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := l.index.find(big.NewInt(1)); back != nil || err != nil {
		t.Errorf("find = %v, %v", back, err)
	}
}

func TestCutList(t *testing.T) {
	der, issuer := bulk(t, 3)
	for n := range der {
		if _, err := readList(der[:n], issuer); err == nil {
			t.Fatalf("a list cut off at %d was read", n)
		}
	}
	if _, err := readList(append(bytes.Clone(der), 0), issuer); err == nil {
		t.Error("a byte too many was not noticed")
	}
}

// A list of half a million is read and asked within the memory that its bytes
// and a table of eight bytes an entry need, and no more than that again.
func TestLargeListMemory(t *testing.T) {
	der, issuer := bulk(t, 100_000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	l, err := readList(der, issuer)
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > uint64(len(der)) {
		t.Errorf("%d bytes allocated for a list of %d", used, len(der))
	}
	runtime.KeepAlive(l)
}

// What is found in a list here is what crypto/x509 finds in it; a list that
// crypto/x509 refuses may be refused later here, at the signature, but never
// reads otherwise.
func FuzzList(f *testing.F) {
	der, _ := bulk(f, 3)
	f.Add(der)
	empty, _ := bulk(f, 0)
	f.Add(empty)
	f.Fuzz(func(t *testing.T, der []byte) {
		parts, err := splitList(der)
		if err != nil {
			return
		}
		oracle, err := x509.ParseRevocationList(der)
		if err != nil {
			return
		}
		x, err := newIndex(parts.entries)
		if err != nil {
			return
		}
		if x.count != len(oracle.RevokedCertificateEntries) || !bytes.Equal(parts.signed, oracle.RawTBSRevocationList) {
			t.Fatalf("%d entries here, %d there", x.count, len(oracle.RevokedCertificateEntries))
		}
		for _, e := range oracle.RevokedCertificateEntries {
			if e.SerialNumber.Sign() < 0 {
				continue
			}
			if back, err := x.find(e.SerialNumber); err == nil && back == nil {
				t.Errorf("serial %v was not found", e.SerialNumber)
			}
		}
	})
}

// What next splits off is what it says: putting tag and contents together
// again gives the same bytes, since DER has one form.
func FuzzElement(f *testing.F) {
	for _, v := range []any{1, "text", []byte{1, 2, 3}, bytes.Repeat([]byte{7}, 300), noon} {
		der, err := asn1.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(der)
	}
	f.Add(appendElement(nil, tagSequence, make([]byte, 1<<16)))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, rest, err := next(b)
		if err != nil {
			return
		}
		if again := appendElement(nil, e.tag, e.content); !bytes.Equal(again, e.whole) {
			t.Errorf("%x became %x", e.whole, again)
		}
		if len(e.whole)+len(rest) != len(b) {
			t.Errorf("%d and %d bytes of %d", len(e.whole), len(rest), len(b))
		}
	})
}

func BenchmarkIndex(b *testing.B) {
	for _, n := range []int{1_000, 500_000} {
		der, issuer := bulk(b, n)
		l, err := readList(der, issuer)
		if err != nil {
			b.Fatal(err)
		}
		there, absent := serialAt(n/2), big.NewInt(1)
		name := map[int]string{1_000: "1k", 500_000: "500k"}[n]
		b.Run("find/"+name, func(b *testing.B) {
			for b.Loop() {
				if back, err := l.index.find(there); back == nil || err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("absent/"+name, func(b *testing.B) {
			for b.Loop() {
				if back, err := l.index.find(absent); back != nil || err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("read/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(der)))
			for b.Loop() {
				if _, err := readList(der, issuer); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
