package policy

import (
	"encoding/hex"
	"reflect"
	"slices"
	"testing"
)

// managed is a property list in both forms, as a configuration profile leaves
// it: shared true, language fr, a number, two services, one not in ASCII.
const managedXML = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>language</key><string>fr</string>
	<key>number</key><integer>300</integer>
	<key>off</key><false/>
	<key>services</key><array><string>a.example</string><string>é.example</string></array>
	<key>shared</key><true/>
</dict>
</plist>
`

var managedValues = map[string]any{
	"language": "fr", "number": int64(300), "off": false, "shared": true,
	"services": []any{"a.example", "é.example"},
}

func TestPlist(t *testing.T) {
	binary, err := hex.DecodeString(managedBinary)
	if err != nil {
		t.Fatal(err)
	}
	for form, data := range map[string][]byte{"xml": []byte(managedXML), "binary": binary} {
		got, err := parsePlist(data)
		if err != nil || !reflect.DeepEqual(got, managedValues) {
			t.Errorf("%s: %v, %v", form, got, err)
		}
		for n := range len(data) - 10 { // the XML may lose its last tag unnoticed
			if _, err := parsePlist(data[:n]); err == nil {
				t.Fatalf("%s cut off at %d was read", form, n)
			}
		}
	}
}

func TestBadPlist(t *testing.T) {
	for _, text := range []string{
		"", "<plist/>", "<plist><array/></plist>", "<plist><dict><key>a</key></dict></plist>",
		"<plist><dict><key>a</key><date>2026-05-04T12:00:00Z</date></dict></plist>",
		"<plist><dict><true/><true/></dict></plist>",
		"<plist><dict><key>a</key><array><array><array><array/></array></array></array></dict></plist>",
	} {
		if got, err := parsePlist([]byte(text)); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func FuzzPlist(f *testing.F) {
	binary, err := hex.DecodeString(managedBinary)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(binary)
	f.Add([]byte(managedXML))
	f.Fuzz(func(t *testing.T, data []byte) {
		values, err := parsePlist(data)
		if (values == nil) == (err == nil) {
			t.Errorf("read %v, %v", values, err)
		}
	})
}

func TestSystemLeftovers(t *testing.T) {
	got := forced(map[string]any{"PayloadUUID": "x", "_manualProfile": true, "shared": true})
	if len(got) != 1 || got["shared"] != true {
		t.Errorf("forced = %v", got)
	}
	names := []string{"10", "x", "2", "1"}
	slices.SortFunc(names, byNumber)
	if !slices.Equal(names, []string{"1", "2", "10", "x"}) {
		t.Errorf("sorted as %q", names)
	}
	if list := anys([]string{"a"}); len(list) != 1 || list[0] != "a" {
		t.Errorf("anys = %v", list)
	}
}

const managedBinary = "" +
	"62706c6973743030d50102030405060708090c586c616e6775616765566e756d62657253" +
	"6f66665873657276696365735673686172656452667211012c08a20a0b59612e6578616d" +
	"706c656900e9002e006500780061006d0070006c00650908131c232730373a3d3e414b5e" +
	"0000000000000101000000000000000d0000000000000000000000000000005f"
