package policy

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Kind is the shape of a value.
type Kind string

// The kinds, as administrative templates name them.
const (
	Text   Kind = "text"
	List   Kind = "list of texts"
	Switch Kind = "true or false"
	Choice Kind = "one word of a list"
)

// A Key is one thing that a House can decide.
type Key struct {
	Name    string
	Kind    Kind
	Choices []string // of a Choice, or of each text of a List; nil: any that fits the rule
	Default string   // as text; "": nothing
	Doc     string   // one paragraph for administrators
	Example string   // a line of TOML

	set func(*Policy, value) error
	say func(*Policy) string // the value, as a person may read it
}

// Set is what somebody has set, for the window to show.
type Set struct{ Name, Value, By string }

// Settled lists the keys that somebody has set, in the order of [Keys].
func (p *Policy) Settled() (all []Set) {
	for _, key := range Keys {
		if by := p.By(key.Name); by != "" {
			all = append(all, Set{key.Name, key.say(p), by})
		}
	}
	return all
}

// suites are those that a House may allow, see e2ee.
var suites = []string{
	"MLS_128_MLKEM768P256_AES256GCM_SHA384_P256",
	"MLS_192_MLKEM1024P384_AES256GCM_SHA384_P384",
	"MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
	"MLS_256_DHKEMP384_AES256GCM_SHA384_P384",
}

// Keys is the table: all that a House can decide, in the order of its paper.
var Keys = []Key{
	{
		Name: "anchors", Kind: List,
		Doc:     "The House's certificates in PEM: at least one self-signed root, and the authorities below it. Each text is a file, or the PEM itself. A card is good only if it leads to one of the roots.",
		Example: `anchors = ["house.pem"]`,
		say:     func(p *Policy) string { return subjects(p.Anchors) },
		set: func(p *Policy, v value) (err error) {
			p.Anchors, err = v.certificates()
			return err
		},
	},
	{
		Name: "services", Kind: List,
		Doc:     "The sitting services that this workstation may reach, as host or host:port. Unset, any service with a certificate of the House.",
		Example: `services = ["sittings.house.example", "sittings.house.example:8443"]`,
		say:     func(p *Policy) string { return strings.Join(p.Services, ", ") },
		set: func(p *Policy, v value) (err error) {
			p.Services, err = texts(v, service)
			return err
		},
	},
	{
		Name: "policy_oids", Kind: List,
		Doc:     "Certificate policies, as dotted object identifiers. A card certificate must have been issued under one of them. Unset, under any.",
		Example: `policy_oids = ["2.16.840.1.101.3.2.1.3.13"]`,
		say:     func(p *Policy) string { return strings.Join(p.PolicyOIDs, ", ") },
		set: func(p *Policy, v value) (err error) {
			p.PolicyOIDs, err = texts(v, objectIdentifier)
			return err
		},
	},
	{
		Name: "suites", Kind: List, Choices: suites,
		Doc:     "The MLS cipher suites that a sitting may use. A sitting whose order names another is not entered. Unset, any that the client has.",
		Example: `suites = ["MLS_128_MLKEM768P256_AES256GCM_SHA384_P256"]`,
		say:     func(p *Policy) string { return strings.Join(p.Suites, ", ") },
		set: func(p *Policy, v value) (err error) {
			p.Suites, err = texts(v, oneOf(suites))
			return err
		},
	},
	{
		Name: "relay_addresses", Kind: List,
		Doc:     "The address ranges in which the relay may be reached, in CIDR notation. Sound and picture go nowhere else. Unset, anywhere.",
		Example: `relay_addresses = ["192.0.2.0/24", "2001:db8::/48"]`,
		say: func(p *Policy) string {
			var out []string
			for _, r := range p.RelayAddresses {
				out = append(out, r.String())
			}
			return strings.Join(out, ", ")
		},
		set: func(p *Policy, v value) (err error) {
			p.RelayAddresses, err = texts(v, prefix)
			return err
		},
	},
	{
		Name: "shared", Kind: Switch, Default: "false",
		Doc:     "Whether several people use this machine: sign-in by card only, and nothing of a member stays behind when the card is taken out.",
		Example: `shared = true`,
		say:     func(p *Policy) string { return strconv.FormatBool(p.Shared) },
		set: func(p *Policy, v value) (err error) {
			p.Shared, err = v.boolean()
			return err
		},
	},
	{
		Name: "revocation", Kind: Choice, Choices: []string{"off", "soft", "hard"}, Default: "soft",
		Doc:     "Whether certificates are looked up in their issuer's revocation list or with its responder. With soft, a card passes when nobody answers; with hard, it is refused; with off, nobody is asked.",
		Example: `revocation = "hard"`,
		say:     func(p *Policy) string { return string(p.Revocation) },
		set: func(p *Policy, v value) (err error) {
			p.Revocation, err = mode(v, Off, Soft, Hard)
			return err
		},
	},
	{
		Name: "revocation_interval", Kind: Text, Default: "10m",
		Doc:     "From 1m to 24h. A card that was revoked is out of the sitting within this time: it is looked up again while its holder sits.",
		Example: `revocation_interval = "10m"`,
		say:     func(p *Policy) string { return p.RevocationInterval.String() },
		set: func(p *Policy, v value) (err error) {
			p.RevocationInterval, err = duration(v, time.Minute, 24*time.Hour)
			return err
		},
	},
	{
		Name: "attestation", Kind: Choice, Choices: []string{"off", "report", "require"}, Default: "report",
		Doc:     "Whether the card's maker has to vouch that the key was made on the card. With report, the roster shows it; with require, a card without is refused.",
		Example: `attestation = "require"`,
		say:     func(p *Policy) string { return string(p.Attestation) },
		set: func(p *Policy, v value) (err error) {
			p.Attestation, err = mode(v, Off, Report, Demand)
			return err
		},
	},
	{
		Name: "attesters", Kind: List,
		Doc:     "Certificates of card makers in PEM, beyond those built in: a maker's newer intermediates, or another maker's root. Each text is a file, or the PEM itself.",
		Example: `attesters = ["makers.pem"]`,
		say:     func(p *Policy) string { return subjects(p.Attesters) },
		set: func(p *Policy, v value) (err error) {
			p.Attesters, err = v.certificates()
			return err
		},
	},
	{
		Name: "features_off", Kind: List, Choices: words(features),
		Doc:     "Features that are switched off on this workstation.",
		Example: `features_off = ["rehearsal", "file-devices"]`,
		say:     func(p *Policy) string { return strings.Join(words(p.FeaturesOff), ", ") },
		set: func(p *Policy, v value) (err error) {
			p.FeaturesOff, err = texts(v, func(text string) (Feature, error) {
				word, err := oneOf(words(features))(text)
				return Feature(word), err
			})
			return err
		},
	},
	{
		Name: "log_level", Kind: Choice, Choices: []string{"debug", "info", "warn", "error"}, Default: "info",
		Doc:     "How much is written to the log. No level writes secrets.",
		Example: `log_level = "warn"`,
		say:     func(p *Policy) string { return strings.ToLower(p.LogLevel.String()) },
		set: func(p *Policy, v value) error {
			word, err := choice(v, "debug", "info", "warn", "error")
			if err != nil {
				return err
			}
			return p.LogLevel.UnmarshalText([]byte(word))
		},
	},
	{
		Name: "language", Kind: Choice, Choices: []string{"en", "fr"},
		Doc:     "The language of the window, which nobody can change then. Unset, the system's, until the person chooses the other.",
		Example: `language = "fr"`,
		say:     func(p *Policy) string { return p.Language },
		set: func(p *Policy, v value) (err error) {
			p.Language, err = choice(v, "en", "fr")
			return err
		},
	},
}

var features = []Feature{Rehearsal, Camera, ChangePIN, FileDevices, Details}

// find returns the key of that name, nil if there is none.
func find(name string) *Key {
	i := slices.IndexFunc(Keys, func(k Key) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return &Keys[i]
}

// nearest suggests the key that was probably meant: the same but for case,
// dashes and underscores.
func nearest(name string) string {
	plain := func(s string) string { return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(s)) }
	for _, key := range Keys {
		if plain(key.Name) == plain(name) {
			return fmt.Sprintf("; is %q meant?", key.Name)
		}
	}
	return ""
}

// subjects are the common names of certificates in PEM.
func subjects(text []byte) string {
	var out []string
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil {
			out = append(out, cert.Subject.CommonName)
		}
	}
	return strings.Join(out, ", ")
}

func words[S ~string](in []S) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	return out
}

// The rules, from text to value.

var hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)

// service reads "host", "host:port", or an IP address in either form.
func service(text string) (string, error) {
	text = strings.ToLower(text)
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = text, "443"
	}
	if _, err := netip.ParseAddr(host); err != nil && (len(host) > 253 || !hostName.MatchString(host)) {
		return "", fmt.Errorf("%q is neither host nor host:port", text)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("%q has no port from 1 to 65535", text)
	}
	return text, nil
}

var dotted = regexp.MustCompile(`^[0-2](\.(0|[1-9][0-9]*))+$`)

func objectIdentifier(text string) (string, error) {
	if !dotted.MatchString(text) || len(text) > 256 {
		return "", fmt.Errorf("%q is no dotted object identifier", text)
	}
	return text, nil
}

func prefix(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is no address range such as 192.0.2.0/24", text)
	}
	if p != p.Masked() {
		return netip.Prefix{}, fmt.Errorf("%q has bits beyond its length; is %v meant?", text, p.Masked())
	}
	return p, nil
}

func oneOf(choices []string) func(string) (string, error) {
	return func(text string) (string, error) {
		if !slices.Contains(choices, text) {
			return "", fmt.Errorf("%q is none of %s", text, strings.Join(choices, ", "))
		}
		return text, nil
	}
}

func choice(v value, choices ...string) (string, error) {
	text, err := v.text()
	if err != nil {
		return "", err
	}
	return oneOf(choices)(text)
}

func mode(v value, modes ...Mode) (Mode, error) {
	word, err := choice(v, words(modes)...)
	return Mode(word), err
}

func duration(v value, least, most time.Duration) (time.Duration, error) {
	text, err := v.text()
	if err != nil {
		return 0, err
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is no duration such as 10m", text)
	}
	if d < least || d > most {
		return 0, fmt.Errorf("%v is not between %v and %v", d, least, most)
	}
	return d, nil
}

// texts reads a list with a rule for each of its texts.
func texts[T any](v value, rule func(string) (T, error)) ([]T, error) {
	list, err := v.list()
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("an empty list would allow nothing; leave the key out to allow all")
	}
	out := make([]T, 0, len(list))
	for _, text := range list {
		item, err := rule(text)
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, nil
}
