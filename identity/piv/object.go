package piv

import (
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"errors"
	"io"

	"incamera/identity"
)

// tagDiscovery is the discovery object's, SP 800-73-4 part 1, table 3.
var tagDiscovery = []byte{0x7E}

// certificateMax bounds a certificate, unpacked. SP 800-73-4 asks cards for
// room for 1,856 bytes; some issue three times that.
const certificateMax = 32 * 1024

// damaged reports a certificate that cannot be read, though the card gives it.
func damaged(why string) error {
	return &identity.BadCertificate{What: identity.CardCertificate, Why: why}
}

// parseCertificate reads a certificate's data object, SP 800-73-4 part 1,
// appendix A: 53 { 70 certificate, 71 CertInfo, FE }. An empty object is none.
func parseCertificate(b []byte) (*x509.Certificate, error) {
	outer, _, err := next(b)
	if err != nil || outer.tag != 0x53 {
		return nil, damaged("its data object cannot be read")
	}
	der, ok := find(outer.value, 0x70)
	if !ok && len(outer.value) > 0 {
		return nil, damaged("its data object is another, or cut short")
	}
	if len(der) == 0 {
		return nil, identity.ErrNoCertificate
	}
	info, _ := find(outer.value, 0x71)
	if compressed(der, info) {
		if der, err = unpack(der); err != nil {
			return nil, damaged("it cannot be unpacked: " + err.Error())
		}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, damaged(err.Error())
	}
	return cert, nil
}

// compressed reports gzip: bit 1 of CertInfo, or bit 8 on older cards, which
// numbered from the other end. What begins like gzip is gzip, whatever is said.
func compressed(der, info []byte) bool {
	said := len(info) == 1 && info[0]&0x81 != 0
	return bytes.HasPrefix(der, []byte{0x1f, 0x8b}) || said && der[0] != 0x30
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	der, err := io.ReadAll(io.LimitReader(r, certificateMax+1))
	if err == nil && len(der) > certificateMax {
		err = errors.New("longer than any certificate")
	}
	return der, err
}

// primaryPIN reads from the discovery object which PIN the holder uses: the
// card's global PIN if the object says so, else the PIV application's. SP
// 800-73-4 part 1, section 3.3.2.
func primaryPIN(discovery []byte) byte {
	outer, _, err := next(discovery)
	if err != nil || outer.tag != 0x7E {
		return refPIN
	}
	usage, ok := find(outer.value, 0x5F2F)
	if ok && len(usage) == 2 && usage[0]&0x20 != 0 && usage[1] == 0x20 {
		return refGlobalPIN
	}
	return refPIN
}

// parseResponse returns the response of a GENERAL AUTHENTICATE: 7C { 82 response }.
func parseResponse(b []byte) ([]byte, error) {
	outer, _, err := next(b)
	if err != nil || outer.tag != 0x7C {
		return nil, errAnswer
	}
	response, ok := find(outer.value, 0x82)
	if !ok || len(response) == 0 {
		return nil, errAnswer
	}
	return response, nil
}
