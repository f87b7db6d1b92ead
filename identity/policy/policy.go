// Package policy is what the House has decided for this workstation: which
// roots it trusts, which services may be reached, how strict revocation is,
// whether the machine is shared. It owns the table of keys ([Keys]), which is
// the one source for reading, checking and documenting them, and reads
// sources: Windows' registry under Software\Policies, macOS' managed
// preferences, /etc/incamera/policy.toml. It touches files and the registry,
// only to read, only when asked to; what it returns never changes.
//
// A key that is not in the table, or a value that breaks its rule, is an error
// that names key, value and who set it: a House must not believe in a policy
// that nobody obeys.
package policy

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// A Policy is what a House has decided. Fields that nobody set hold the
// defaults of [Keys]. A Policy never changes once read.
type Policy struct {
	Anchors            []byte         // PEM; empty: none given
	Services           []string       // "host" or "host:port", lower case; empty: any
	PolicyOIDs         []string       // dotted; empty: any
	Suites             []string       // MLS suites by name; empty: any that the client has
	RelayAddresses     []netip.Prefix // empty: any
	Shared             bool
	Revocation         Mode
	RevocationInterval time.Duration
	Attestation        Mode
	Attesters          []byte // PEM; empty: none beyond those built in
	FeaturesOff        []Feature
	LogLevel           slog.Level
	Language           string // "en", "fr"; "": as the system says

	by map[string]string // key → the source that set it
}

// A Mode is how strictly a check is taken.
type Mode string

// The modes. Of revocation: not asked; asked, and an unknown answer lets pass;
// asked, and an unknown answer refuses. Of attestation: not looked at; shown
// on the roster; required.
const (
	Off    Mode = "off"
	Soft   Mode = "soft"
	Hard   Mode = "hard"
	Report Mode = "report"
	Demand Mode = "require"
)

// A Feature is something a House can switch off.
type Feature string

// The features.
const (
	Rehearsal   Feature = "rehearsal"    // a dry run with software cards
	Camera      Feature = "camera"       // sending a picture
	ChangePIN   Feature = "change-pin"   // changing the card's PIN from the client
	FileDevices Feature = "file-devices" // a file as microphone or camera
	Details     Feature = "details"      // copying details for the service desk
)

// By says who set key, as a person may read it; "" if nobody did. A value that
// somebody set cannot be changed in the window.
func (p *Policy) By(key string) string { return p.by[key] }

// AllowsService reports whether the service at address, "host:port", may be
// reached. An entry without a port allows all ports.
func (p *Policy) AllowsService(address string) bool {
	if len(p.Services) == 0 {
		return true
	}
	address = strings.ToLower(address)
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	return slices.ContainsFunc(p.Services, func(s string) bool { return s == address || s == host })
}

// AllowsRelay reports whether the relay may be reached at a.
func (p *Policy) AllowsRelay(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return len(p.RelayAddresses) == 0 ||
		slices.ContainsFunc(p.RelayAddresses, func(r netip.Prefix) bool { return r.Contains(a) })
}

// AllowsSuite reports whether a sitting may use the MLS suite of that name.
func (p *Policy) AllowsSuite(name string) bool {
	return len(p.Suites) == 0 || slices.Contains(p.Suites, name)
}

// Has reports whether a feature has not been switched off.
func (p *Policy) Has(f Feature) bool { return !slices.Contains(p.FeaturesOff, f) }

// A Mistake is a key or value that cannot be obeyed.
type Mistake struct {
	Key string
	By  string // the source
	Why string
}

func (m *Mistake) Error() string { return "policy: " + m.Key + ", set by " + m.By + ": " + m.Why }

// A Source is one place where policy is set, already read.
type Source struct {
	// Name says who set it, as a person may read it.
	Name string
	// Dir is where relative file names start from; "" refuses them.
	Dir string
	// Values are by key: string, bool, int64, or []any of strings.
	Values map[string]any
}

// Read makes a policy of sources. Where two set one key, the earlier wins; the
// later is checked all the same. All mistakes are reported at once.
func Read(sources ...Source) (*Policy, error) {
	p := &Policy{by: map[string]string{}}
	var mistakes []error
	for _, source := range slices.Backward(sources) {
		mistakes = append(mistakes, p.read(source)...)
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	for _, key := range Keys {
		if _, set := p.by[key.Name]; set || key.Default == "" {
			continue
		}
		if err := key.set(p, value{raw: key.Default}); err != nil {
			return nil, &Mistake{Key: key.Name, By: "default", Why: err.Error()}
		}
	}
	return p, nil
}

// read lets one source overwrite what p holds.
func (p *Policy) read(source Source) []error {
	var mistakes []error
	for _, name := range sorted(source.Values) {
		wrong := func(why string) { mistakes = append(mistakes, &Mistake{Key: name, By: source.Name, Why: why}) }
		key := find(name)
		if key == nil {
			wrong("there is no such key" + nearest(name))
			continue
		}
		if err := key.set(p, value{raw: source.Values[name], dir: source.Dir}); err != nil {
			wrong(err.Error())
			continue
		}
		p.by[name] = source.Name
	}
	return mistakes
}

func sorted(values map[string]any) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
