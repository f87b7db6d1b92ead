package piv

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
	"math/big"
	"testing"
	"time"

	"incamera/identity"
	"incamera/identity/identitytest"
)

func certificate(tb testing.TB) []byte {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Ada"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	return der
}

// long writes an object with more bytes of length than it needs.
func long(tag byte, value []byte) []byte {
	n := len(value)
	return append([]byte{tag, 0x84, 0, byte(n >> 16), byte(n >> 8), byte(n)}, value...)
}

func valueOf(b []byte) []byte {
	o, _, _ := next(b)
	return o.value
}

func TestParseCertificate(t *testing.T) {
	der := certificate(t)
	whole := identitytest.CertificateObject(der, false)
	zipped := identitytest.CertificateObject(der, true)
	object := func(b []byte) []byte { return put(nil, 0x53, b) }
	for _, tt := range []struct {
		name string
		in   []byte
		want error
	}{
		{"plain", object(whole), nil},
		{"gzip", object(zipped), nil},
		{"gzip said by the other bit", object(bytes.Replace(zipped, []byte{0x71, 1, 1}, []byte{0x71, 1, 0x80}, 1)), nil},
		{"gzip not said", object(bytes.Replace(zipped, []byte{0x71, 1, 1}, []byte{0x71, 1, 0}, 1)), nil},
		{"gzip said of a plain one", object(bytes.Replace(whole, []byte{0x71, 1, 0}, []byte{0x71, 1, 1}, 1)), nil},
		{"other order", object(append(put(nil, 0x71, []byte{0}), put(nil, 0x70, der)...)), nil},
		{"lengths of five bytes", long(0x53, long(0x70, der)), nil},
		{"zeros after it", object(append(bytes.Clone(whole), 0, 0, 0)), nil},
		{"no CertInfo", object(put(nil, 0x70, der)), nil},
		{"no CertInfo, gzip", object(put(nil, 0x70, valueOf(zipped))), nil},
		{"more objects", object(append(put(nil, 0x72, make([]byte, 38)), whole...)), nil},
		{"empty object", object(nil), identity.ErrNoCertificate},
		{"empty certificate", object(put(nil, 0x70, nil)), identity.ErrNoCertificate},
		{"no certificate", object(put(nil, 0x71, []byte{0})), damaged("")},
		{"nothing", nil, damaged("")},
		{"another object", put(nil, 0x54, whole), damaged("")},
		{"truncated", object(whole)[:200], damaged("")},
		{"truncated inside", object(whole[:200]), damaged("")},
		{"truncated gzip", object(put(put(nil, 0x70, zipped[4:100]), 0x71, []byte{1})), damaged("")},
		{"gzip bomb", object(identitytest.CertificateObject(make([]byte, 10<<20), true)), damaged("")},
		{"not DER", object(identitytest.CertificateObject([]byte("hello"), false)), damaged("")},
		{"more after it", object(identitytest.CertificateObject(append(bytes.Clone(der), 0), false)), damaged("")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cert, err := parseCertificate(tt.in)
			_, bad := errors.AsType[*identity.BadCertificate](err)
			_, wantBad := errors.AsType[*identity.BadCertificate](tt.want)
			if bad != wantBad || !bad && !errors.Is(err, tt.want) || tt.want == nil && !bytes.Equal(cert.Raw, der) {
				t.Errorf("parseCertificate = %v, want %v", err, tt.want)
			}
		})
	}
}

// A certificate that is read is one that is written the same way again.
func FuzzParseCertificate(f *testing.F) {
	der := certificate(f)
	f.Add(put(nil, 0x53, identitytest.CertificateObject(der, false)))
	f.Add(put(nil, 0x53, identitytest.CertificateObject(der, true)))
	f.Add([]byte{0x53, 0x00})
	f.Add([]byte{0x53, 0x84, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0x53, 0x04, 0x70, 0x02, 0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, b []byte) {
		cert, err := parseCertificate(b)
		if err != nil {
			return
		}
		if len(cert.Raw) > certificateMax && len(cert.Raw) > len(b) {
			t.Errorf("a certificate of %d bytes", len(cert.Raw))
		}
		again, err := parseCertificate(put(nil, 0x53, identitytest.CertificateObject(cert.Raw, true)))
		if err != nil || !again.Equal(cert) {
			t.Errorf("written and read again: %v", err)
		}
	})
}

// What next splits off is what was there: tag, length, value and rest make up b.
func FuzzNext(f *testing.F) {
	for _, seed := range []string{"", "53", "5300", "5f2f0240ff", "7f4982010000", "5380", "5384ffffffff", "5f2f", "1f8181818100"} {
		b, err := hex.DecodeString(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		o, rest, err := next(b)
		if err != nil {
			return
		}
		head := len(b) - len(rest) - len(o.value)
		if head < 2 || head > 8 || !bytes.Equal(b[head:head+len(o.value)], o.value) || !bytes.HasSuffix(b, rest) {
			t.Errorf("%x: value %x, rest %x", b, o.value, rest)
		}
		if _, ok := find(b, o.tag); !ok {
			t.Error("find does not see what next does")
		}
		_ = primaryPIN(b)
		_, _ = parseResponse(b)
	})
}

func TestPrimaryPIN(t *testing.T) {
	for in, want := range map[string]byte{
		"7e124f0ba0000003080000100001005f2f024000": refPIN,
		"7e124f0ba0000003080000100001005f2f026010": refPIN,
		"7e124f0ba0000003080000100001005f2f026020": refGlobalPIN,
		"7e124f0ba0000003080000100001005f2f024020": refPIN, // there is no global PIN to be primary
		"7e00": refPIN,
		"":     refPIN,
	} {
		b, err := hex.DecodeString(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := primaryPIN(b); got != want {
			t.Errorf("primaryPIN(%s) = %02x, want %02x", in, got, want)
		}
	}
}

// What a card's bare operation makes of a block is a signature that the
// standard library takes.
func TestBlock(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		for _, opts := range []crypto.SignerOpts{
			hash,
			&rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash},
			&rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto, Hash: hash},
			&rsa.PSSOptions{SaltLength: 17, Hash: hash},
		} {
			digest := hash.New().Sum(nil)
			b, err := block(nil, key.Public(), digest, opts)
			if err != nil {
				t.Fatal(err)
			}
			m := new(big.Int).SetBytes(b)
			sig := m.Exp(m, key.D, key.N).FillBytes(make([]byte, 256))
			if err := check(key.Public(), digest, sig, opts); err != nil {
				t.Errorf("%v %v: %v", hash, opts, err)
			}
			sig[7] ^= 1
			if err := check(key.Public(), digest, sig, opts); err == nil {
				t.Errorf("%v %v: a spoilt signature is good", hash, opts)
			}
		}
	}
	for _, bad := range []struct {
		digest []byte
		opts   crypto.SignerOpts
	}{
		{make([]byte, 31), crypto.SHA256},
		{make([]byte, 32), crypto.Hash(0)},
		{make([]byte, 16), crypto.MD5},
		{make([]byte, 64), &rsa.PSSOptions{SaltLength: 200, Hash: crypto.SHA512}},
	} {
		if _, err := block(nil, key.Public(), bad.digest, bad.opts); err == nil {
			t.Errorf("block takes %d bytes for %v", len(bad.digest), bad.opts)
		}
	}
}

func TestLikely(t *testing.T) {
	for want, processes := range map[string][]string{
		"":                 {"bash", "incamera"},
		"Firefox":          {"bash", "Firefox.exe"},
		"GnuPG (scdaemon)": {"firefox", "scdaemon"},
	} {
		if got := likely(processes); got != want {
			t.Errorf("likely(%q) = %q, want %q", processes, got, want)
		}
	}
}
