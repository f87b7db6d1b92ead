package mls

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"
)

// An ExtensionType says what an extension is, RFC 9420 section 17.3.
type ExtensionType uint16

// The extensions of RFC 9420. Every client has them, so capabilities do not
// list them (section 7.2).
const (
	ExtApplicationID        ExtensionType = 1
	ExtRatchetTree          ExtensionType = 2
	ExtRequiredCapabilities ExtensionType = 3
	ExtExternalPub          ExtensionType = 4
	ExtExternalSenders      ExtensionType = 5
)

func (t ExtensionType) isDefault() bool { return t >= 1 && t <= 5 }

// An Extension is data that RFC 9420 or the application adds to a key package,
// a leaf, a group's context or a GroupInfo (section 13).
type Extension struct {
	Type ExtensionType
	Data []byte
}

func readExtension(r *reader) Extension {
	return Extension{ExtensionType(r.u16()), r.opaque()}
}

func readExtensions(r *reader) []Extension { return list(r, readExtension) }

func appendExtensions(b []byte, es []Extension) []byte {
	return appendVector(b, func(b []byte) []byte {
		for _, e := range es {
			b = appendOpaque(appendU16(b, uint16(e.Type)), e.Data)
		}
		return b
	})
}

func findExtension(es []Extension, t ExtensionType) ([]byte, bool) {
	for _, e := range es {
		if e.Type == t {
			return e.Data, true
		}
	}
	return nil, false
}

func cloneExtensions(es []Extension) []Extension {
	out := slices.Clone(es)
	for i := range out {
		out[i].Data = bytes.Clone(out[i].Data)
	}
	return out
}

func sameExtensions(a, b []Extension) bool {
	return slices.EqualFunc(a, b, func(x, y Extension) bool {
		return x.Type == y.Type && bytes.Equal(x.Data, y.Data)
	})
}

// uniqueTypes: section 13.4, no list of extensions has a type twice.
func uniqueTypes(es []Extension) error {
	seen := make(map[ExtensionType]bool, len(es))
	for _, e := range es {
		if seen[e.Type] {
			return fmt.Errorf("mls: extension 0x%04x occurs twice", uint16(e.Type))
		}
		seen[e.Type] = true
	}
	return nil
}

// RequiredCapabilities is what a group demands of each member's client,
// section 11.1.
type RequiredCapabilities struct {
	Extensions  []ExtensionType
	Proposals   []ProposalType
	Credentials []CredentialType
}

// Extension returns the context extension that demands c.
func (c RequiredCapabilities) Extension() Extension {
	b := appendU16s(nil, c.Extensions)
	b = appendU16s(b, c.Proposals)
	return Extension{ExtRequiredCapabilities, appendU16s(b, c.Credentials)}
}

func readRequired(r *reader) RequiredCapabilities {
	return RequiredCapabilities{u16s[ExtensionType](r), u16s[ProposalType](r), u16s[CredentialType](r)}
}

func requiredOf(es []Extension) (RequiredCapabilities, error) {
	data, ok := findExtension(es, ExtRequiredCapabilities)
	if !ok {
		return RequiredCapabilities{}, nil
	}
	return decode("required capabilities", data, readRequired)
}

// An ExternalSender may send proposals to a group without being a member,
// section 12.1.8.1.
type ExternalSender struct {
	SignatureKey []byte
	Credential   Credential
}

func readExternalSender(r *reader) ExternalSender {
	return ExternalSender{r.opaque(), readCredential(r)}
}

// ExternalSendersExtension returns the context extension that admits senders.
// A proposal names its sender by the place in this list.
func ExternalSendersExtension(senders []ExternalSender) Extension {
	data := appendVector(nil, func(b []byte) []byte {
		for _, s := range senders {
			b = s.Credential.append(appendOpaque(b, s.SignatureKey))
		}
		return b
	})
	return Extension{ExtExternalSenders, data}
}

// ParseExternalSender decodes one ExternalSender.
func ParseExternalSender(b []byte) (ExternalSender, error) {
	return decode("external sender", bytes.Clone(b), readExternalSender)
}

// Bytes encodes s.
func (s ExternalSender) Bytes() []byte {
	return s.Credential.append(appendOpaque(nil, s.SignatureKey))
}

func readExternalSenders(r *reader) []ExternalSender { return list(r, readExternalSender) }

// ExternalSenders decodes the external senders in a group's extensions.
func ExternalSenders(es []Extension) ([]ExternalSender, error) {
	data, ok := findExtension(es, ExtExternalSenders)
	if !ok {
		return nil, nil
	}
	return decode("external senders", data, readExternalSenders)
}

func readOpaqueOnly(r *reader) []byte { return r.opaque() }

// checkContext refuses context extensions that cannot be read, that do not
// belong into a GroupContext or that this client does not support (sections
// 12.1.7 and 13.4), and external senders whose credentials the application does
// not accept (5.3.1).
func (o *Options) checkContext(p *params, es []Extension, at time.Time) error {
	if err := uniqueTypes(es); err != nil {
		return err
	}
	for _, e := range es {
		switch e.Type {
		case ExtRatchetTree, ExtExternalPub:
			return errors.New("mls: extension has no place in a group context")
		}
	}
	req, err := requiredOf(es)
	if err != nil {
		return err
	}
	if err := o.supported().meets(req, es); err != nil {
		return err
	}
	senders, err := ExternalSenders(es)
	if err != nil {
		return err
	}
	for _, s := range senders {
		if err := o.validate(p, s.Credential, s.SignatureKey, at); err != nil {
			return err
		}
	}
	return nil
}

// ExternalSender is id as a sender that a group can admit.
func (id Identity) ExternalSender(s Suite) (ExternalSender, error) {
	p, err := lookup(s)
	if err != nil {
		return ExternalSender{}, err
	}
	key, err := id.signatureKey(p)
	return ExternalSender{key, id.Credential}, err
}
