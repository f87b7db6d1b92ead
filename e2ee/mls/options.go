package mls

import (
	"crypto/rand"
	"errors"
	"io"
	"slices"
	"time"
)

// Options are what a client brings to a group. They never change.
type Options struct {
	Suite    Suite
	Validate Validate  // no group works without it
	Rand     io.Reader // nil: crypto/rand

	// Lifetime is how long a new key package is good; 0: 12 hours.
	Lifetime time.Duration
	// MaxLifetime is the longest total lifetime of others' key packages that is
	// accepted (RFC 9420 section 7.2 demands one); 0: 90 days; negative: any.
	MaxLifetime time.Duration

	// Extensions are the types, beyond those of RFC 9420, that the application
	// understands; a group that uses another cannot be joined.
	Extensions []ExtensionType
	// LeafExtensions go into the member's own leaf.
	LeafExtensions []Extension
	// Credentials are the types that the application understands; nil: both.
	Credentials []CredentialType

	// UnlistedSuite lets in members whose capabilities leave out the group's suite
	// against RFC 9420 sections 7.2 and 11.1, as those of some clients do: their
	// key packages are of the suite all the same.
	UnlistedSuite bool

	// NoGrease leaves out what nobody knows, which RFC 9420 section 13.5 would have
	// everybody say, for groups with clients that trip over it.
	NoGrease bool

	// PSKs finds the pre-shared keys that commits ask for; nil: there are none.
	PSKs PSKs
	// PastEpochs is for how many epochs before the current one the resumption
	// key is kept.
	PastEpochs int

	// Same says whether two credentials are of one client: when a member takes a
	// new one (RFC 9420 section 5.3.1), and for restarts and branches (11.3).
	// nil: whether they are equal.
	Same func(old, new Credential) bool

	// PadTo is what the length of a private message is rounded up to, in bytes;
	// 0: 64.
	PadTo int
}

const (
	defaultLifetime    = 12 * time.Hour
	defaultMaxLifetime = 90 * 24 * time.Hour
	defaultPadTo       = 64
	// lifetimeSlack is how long before its making a key package is good, for
	// clocks that are behind.
	lifetimeSlack = 5 * time.Minute
)

// fill completes o and returns its suite's parameters.
func (o *Options) fill() (*params, error) {
	p, err := lookup(o.Suite)
	if err != nil {
		return nil, err
	}
	if o.Validate == nil {
		return nil, errors.New("mls: options without a Validate function")
	}
	if slices.ContainsFunc(o.Extensions, ExtensionType.isDefault) { // 7.2: must not be listed
		return nil, errors.New("mls: options list an extension of RFC 9420")
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Lifetime == 0 {
		o.Lifetime = defaultLifetime
	}
	if o.MaxLifetime == 0 {
		o.MaxLifetime = defaultMaxLifetime
	}
	if o.Credentials == nil {
		o.Credentials = []CredentialType{BasicCredential, X509Credential}
	}
	if o.Same == nil {
		o.Same = Credential.Equal
	}
	if o.PadTo <= 0 {
		o.PadTo = defaultPadTo
	}
	return p, nil
}

// supported is what this client supports, section 7.2.
func (o *Options) supported() capabilities {
	return capabilities{
		versions: []uint16{mls10}, suites: Suites(),
		extensions: slices.Clone(o.Extensions), credentials: slices.Clone(o.Credentials),
	}
}

// greased is what this client says that it supports: one value of each kind is
// one that nobody does, since others must be used to that (section 13.5).
func (o *Options) greased() (capabilities, error) {
	if o.NoGrease {
		return o.supported(), nil
	}
	dice, err := random(o.Rand, 4)
	if err != nil {
		return capabilities{}, err
	}
	c := o.supported()
	c.suites = append(c.suites, Suite(grease(dice[0])))
	c.extensions = append(c.extensions, ExtensionType(grease(dice[1])))
	c.proposals = append(c.proposals, ProposalType(grease(dice[2])))
	c.credentials = append(c.credentials, CredentialType(grease(dice[3])))
	return c, nil
}

// grease is one of the fifteen values 0x0A0A, 0x1A1A, … 0xEAEA.
func grease(dice byte) uint16 { return 0x0A0A + uint16(dice%15)*0x1010 }
