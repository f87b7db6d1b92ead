package piv

import (
	"slices"
	"strings"
)

// holders are the programs that are known to keep cards to themselves, the
// most likely first, by the beginning of their process names.
var holders = []struct{ process, name string }{
	{"scdaemon", "GnuPG (scdaemon)"},
	{"gpg-agent", "GnuPG"},
	{"yubikey-agent", "yubikey-agent"},
	{"ykman", "YubiKey Manager"},
	{"yubico-authenti", "Yubico Authenticator"},
	{"authenticator", "Yubico Authenticator"},
	{"ssh-agent", "the SSH agent"},
	{"ssh-pkcs11-help", "the SSH agent"},
	{"opensc", "OpenSC"},
	{"pkcs11-tool", "OpenSC"},
	{"pkcs15", "OpenSC"},
	{"piv-tool", "OpenSC"},
	{"firefox", "Firefox"},
	{"thunderbird", "Thunderbird"},
	{"chrome", "Chrome"},
	{"chromium", "Chromium"},
	{"msedge", "Microsoft Edge"},
	{"outlook", "Outlook"},
	{"acrobat", "Adobe Acrobat"},
	{"acrord", "Adobe Acrobat"},
	{"vpn", "the VPN client"},
	{"openvpn", "the VPN client"},
	{"globalprotect", "the VPN client"},
}

// holder names the program that most likely holds the card, or "".
func holder() string { return likely(suspects()) }

// likely picks from names of processes one that is known to hold cards.
func likely(processes []string) string {
	for _, h := range holders {
		if slices.ContainsFunc(processes, func(p string) bool {
			return strings.HasPrefix(strings.ToLower(p), h.process)
		}) {
			return h.name
		}
	}
	return ""
}
