package identitytest

import "bytes"

var (
	aidPIV        = []byte{0xA0, 0, 0, 3, 8, 0, 0, 0x10, 0, 1, 0}
	aidManagement = []byte{0xA0, 0, 0, 5, 0x27, 0x47, 0x11, 0x17}
	aidOTP        = []byte{0xA0, 0, 0, 5, 0x27, 0x20, 1, 1}
)

// doSelect selects an application by its whole or shortened name, SP 800-73-4
// part 2, section 3.1.1. Selecting PIV again leaves its security status alone,
// but on a YubiKey ends it, and so does selecting any other application.
func (a *Applet) doSelect(c Command) ([]byte, uint16) {
	if c.P1 != 0x04 || c.P2 != 0x00 {
		return nil, swWrongP1P2
	}
	named := func(aid []byte) bool { return len(c.Data) >= 5 && bytes.HasPrefix(aid, c.Data) }
	switch {
	case named(aidPIV) && !a.config.Foreign:
		if a.selected != pivApplication || a.config.YubiKey != nil {
			a.reset()
		}
		a.selected = pivApplication
		return a.template(), swOK
	case a.config.YubiKey == nil:
		return nil, swNotFound
	case named(aidManagement):
		a.reset()
		a.selected = managementApplication
		return []byte("Virtual mgr - FW version " + a.config.YubiKey.version()), swOK
	case named(aidOTP):
		a.reset()
		a.selected = otpApplication
		return append(a.config.YubiKey.Version[:], 0, 0, 0), swOK
	}
	return nil, swNotFound
}

// template is the application property template, SP 800-73-4 part 2, table 3.
func (a *Applet) template() []byte {
	return tlv(0x61,
		tlv(0x4F, aidPIV[5:]),
		tlv(0x79, tlv(0x4F, aidPIV[:5])),
		tlv(0x50, []byte("incamera test card")),
		tlv(0xAC, tlv(0x80, []byte{algRSA2048}), tlv(0x80, []byte{algP256}), tlv(0x80, []byte{algP384}), tlv(0x06, []byte{0})),
	)
}
