package trust

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"strings"
	"testing"
	"unicode"

	"incamera/identity/identitytest/house"
)

func TestOddNames(t *testing.T) {
	for upn, want := range map[string]string{
		"a.tremblay@house.example":             "upn:a.tremblay@house.example",
		"A.Tremblay@HOUSE.example":             "upn:a.tremblay@house.example",
		"élodie@house.example":                 "upn:élodie@house.example",
		"a@house.example under House Root CA":  "",
		"a@house.example\u00a0under\u00a0Root": "",
		"a\x00b@house.example":                 "",
		"a\u202eb@house.example":               "",
		strings.Repeat("a", 300):               "",
	} {
		ext, err := house.AltNames(upn, "")
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(givenNames(&x509.Certificate{Extensions: []pkix.Extension{*ext}}), " ")
		if got != want {
			t.Errorf("%q gives %q, want %q", upn, got, want)
		}
	}
	for uuid, want := range map[string]bool{
		"f81d4fae-7dec-11d0-a765-00a0c91e6bf6": true, "f81d4fae7dec11d0a76500a0c91e6bf6": false,
		"f81d4fae-7dec-11d0-a765-00a0c91e6bfg": false, "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6": false,
		"f81d4fae-7dec-11d0-a765-00a0c91e6bf": false, "": false, "f81d4fae-7dec-11d0-a765000a0c91e6bf6": false,
	} {
		if isUUID(uuid) != want {
			t.Errorf("isUUID(%q) = %v", uuid, !want)
		}
	}
}

func TestReadName(t *testing.T) {
	key := strings.Repeat("0A", 32)
	for text, want := range map[string]string{
		"spki:" + key:                               "spki:" + strings.ToLower(key),
		"UPN:A.Tremblay@House.Example":              "upn:a.tremblay@house.example",
		" upn:a@house.example under House Root CA ": "upn:a@house.example under House Root CA",
		"UUID:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6": "uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
		"fascn:" + strings.Repeat("d4", 25):         "fascn:" + strings.Repeat("d4", 25),
		"":                                          "",
		"a.tremblay@house.example":                  "",
		"upn:":                                      "",
		"upn:a b":                                   "",
		"upn:a under ":                              "",
		"uuid:1":                                    "",
		"spki:" + key[2:]:                           "",
		"fascn:00":                                  "",
		"serial:7":                                  "",
		"uuid:{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}": "",
		"upn:a@house.example under":                   "",
	} {
		got, err := ReadName(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("ReadName(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
}

// What a card is called, a clerk may write, and it stays what it is.
func TestReadOwnNames(t *testing.T) {
	h, err := house.New(house.Options{At: noon})
	if err != nil {
		t.Fatal(err)
	}
	card, _, err := h.IssueCard(house.Person{UPN: "É.Roy@house.example", UUID: "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Names(card) {
		for _, text := range []string{name, strings.ToUpper(name)} {
			if got, err := ReadName(text); got != name || err != nil {
				t.Errorf("ReadName(%q) = %q, %v", text, got, err)
			}
		}
	}
}

// Whatever an extension holds, a name that comes out of it is in lower case
// and has no space: it cannot be taken for one that stands under a root.
func FuzzNames(f *testing.F) {
	ext, err := house.AltNames("A.Tremblay@house.example", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(ext.Value)
	f.Fuzz(func(t *testing.T, der []byte) {
		cert := &x509.Certificate{Extensions: []pkix.Extension{{Id: oidSubjectAltName, Value: der}}}
		for _, name := range givenNames(cert) {
			if strings.ContainsFunc(name, unicode.IsSpace) || name != strings.ToLower(name) {
				t.Errorf("the name %q", name)
			}
		}
		if _, err := directoryNames(&x509.Certificate{RawSubject: []byte{0x30, 0}, Extensions: cert.Extensions}); err != nil {
			return
		}
	})
}

// A directory name stands below itself and below nothing longer.
func FuzzDirectory(f *testing.F) {
	h, err := house.New(house.Options{At: noon})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(h.Root().RawSubject)
	f.Add([]byte{0x30, 0})
	f.Fuzz(func(t *testing.T, der []byte) {
		d, err := readDirectory(der)
		if err != nil {
			return
		}
		if !d.below(d) || !d.below(nil) || d.below(append(append(directory{}, d...), "CN=x")) {
			t.Errorf("%q", d)
		}
	})
}
