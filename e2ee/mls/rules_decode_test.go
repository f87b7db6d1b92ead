package mls

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// An encoding is bytes that are right, and where one of them decides.
type encoding struct {
	name  string
	right []byte
	at    int // negative: from the end
	wrong []byte
	again func([]byte) ([]byte, error)
}

// again decodes with parse and encodes with back.
func again[T any](parse func(*reader) T, back func(T) []byte) func([]byte) ([]byte, error) {
	return func(b []byte) ([]byte, error) {
		v, err := decode("thing", b, parse)
		if err != nil {
			return nil, err
		}
		return back(v), nil
	}
}

// TestDecodersRefuse: a byte of each kind that chooses what follows, or whether
// it does, has the values of RFC 9420 and no others (2.1, 6, 7.1, 7.2, 8.1, 8.4,
// 12.1, 12.4).
func TestDecodersRefuse(t *testing.T) {
	c := newCourt(t)
	p := c.insider.p
	msg := again(readMessage, (*message).bytes)
	framing := again(readFramed, func(f framed) []byte { return f.append(nil) })
	commits := again(readCommit, func(c *commit) []byte { return c.append(nil) })
	psk := again(readPSKID, func(id PSKID) []byte { return id.append(nil) })
	kp := c.joiner().kp
	private := must[[]byte](t)(c.insider.Protect([]byte("x"), nil))
	kindAt := 4 + len(appendOpaque(nil, c.insider.GroupID())) + 8
	remove := Remove(3)
	content := framed{groupID: []byte("g"), sender: sender{fromMember, 1}, kind: contentApplication}
	ctx := groupContext{suite: p.id}
	leafSource := len(kp.kp.leaf.appendUnsigned(nil)) - len(appendExtensions(nil, kp.kp.leaf.extensions)) - 17
	parent := &parentNode{encryption: &publicKey{}, unmerged: []LeafIndex{1, 2}}
	secrets := groupSecrets{joiner: secret("j"), path: secret("p"), psks: []PSKID{{Type: ResumptionPSK, Usage: UseBranch}}}
	both := &commit{proposals: []proposalOrRef{{proposal: &remove}, {ref: []byte("ref")}}}
	nodes := newTree(p, kp.kp.leaf).bytes()
	head := varintLen(len(nodes) - 4)
	for _, e := range []encoding{
		{"version of a message", kp.Bytes(), 1, []byte{0, 2}, msg},
		{"wire format", kp.Bytes(), 3, []byte{0, 6}, msg},
		{"content type of a private message", private, kindAt, []byte{0, 4}, msg},
		{"sender type", content.append(nil), 10, []byte{0, 5}, framing},
		{"content type", content.append(nil), 16, []byte{0, 4}, framing},
		{"version of a context", ctx.bytes(), 1, []byte{0, 2}, again(readContext, func(c groupContext) []byte { return c.bytes() })},
		{"leaf node source", kp.kp.leaf.raw, leafSource, []byte{0, 4}, again(readLeaf, func(l *leafNode) []byte { return l.raw })},
		{"credential type", Basic(nil).append(nil), 1, []byte{0, 3}, again(readCredential, func(c Credential) []byte { return c.append(nil) })},
		{"order of unmerged leaves", parent.append(nil), 6, []byte{2, 3}, again(readParent, func(n *parentNode) []byte { return n.append(nil) })},
		{"presence of a path secret", secrets.bytes(), 2, []byte{2, 0xff}, again(readGroupSecrets, func(s groupSecrets) []byte { return s.bytes() })},
		{"PSK type", secrets.psks[0].append(nil), 0, []byte{0, 3}, psk},
		{"PSK usage", secrets.psks[0].append(nil), 1, []byte{0, 4}, psk},
		{"proposal type", remove.append(nil), 1, []byte{0, 8}, again(readProposal, func(p Proposal) []byte { return p.append(nil) })},
		{"proposal or reference", both.append(nil), 1, []byte{0, 3}, commits},
		{"presence of an update path", both.append(nil), -1, []byte{2}, commits},
		{"presence of a node", nodes, head, []byte{2}, again(readTree(p), (*tree).bytes)},
		{"node type", nodes, head + 1, []byte{0, 2, 3}, again(readTree(p), (*tree).bytes)},
		{"length of a list", appendU16s(nil, []Suite{1, 2}), 0, []byte{1, 2, 3, 5}, again(u16s[Suite], func(s []Suite) []byte { return appendU16s(nil, s) })},
		{"length in a list", appendExtensions(nil, []Extension{{1, []byte("x")}}), 3, []byte{0, 2, 0x3f}, again(readExtensions, func(es []Extension) []byte { return appendExtensions(nil, es) })},
	} {
		if b, err := e.again(e.right); err != nil || !bytes.Equal(b, e.right) {
			t.Errorf("%s: %x decodes to %x, %v", e.name, e.right, b, err)
		}
		if e.at < 0 {
			e.at += len(e.right)
		}
		for _, w := range e.wrong {
			b := slices.Clone(e.right)
			b[e.at] = w
			if _, err := e.again(b); err == nil || !strings.Contains(err.Error(), "malformed") {
				t.Errorf("%s: %x is accepted: %v", e.name, b, err)
			}
		}
		for _, b := range [][]byte{e.right[:len(e.right)-1], append(slices.Clone(e.right), 0)} {
			if _, err := e.again(b); err == nil {
				t.Errorf("%s: accepted with another length", e.name)
			}
		}
	}
	if _, err := p.pskSecret(make([]PSKID, 1<<16), nil); err == nil { // 8.4: the count has 16 bits
		t.Error("too many pre-shared keys")
	}
}

// TestSignatures: section 5.1.2, a signature is of one key, label and content,
// and a key of another shape verifies nothing.
func TestSignatures(t *testing.T) {
	forSuites(t, func(t *testing.T, s Suite) {
		p, key := suites[s], newSigner(t, s)
		o := Options{Suite: s, Validate: anyone}
		must[*params](t)(o.fill())
		raw := must[[]byte](t)(p.signatureKey(key.Public()))
		sig := must[[]byte](t)(p.sign(o.Rand, key, "label", []byte("content")))
		other := must[[]byte](t)(p.signatureKey(newSigner(t, s).Public()))
		check := func(key []byte, label, content string, sig []byte) error {
			return p.verify(&verifier{raw: key}, label, []byte(content), sig)
		}
		if err := check(raw, "label", "content", sig); err != nil {
			t.Error(err)
		}
		for name, err := range map[string]error{
			"another key":     check(other, "label", "content", sig),
			"another label":   check(raw, "lab", "elcontent", sig),
			"another content": check(raw, "label", "contents", sig),
			"no signature":    check(raw, "label", "content", nil),
			"no key":          check(nil, "label", "content", sig),
			"short key":       check(raw[1:], "label", "content", sig),
			"key of zeros":    check(make([]byte, len(raw)), "label", "content", sig),
		} {
			if err == nil {
				t.Errorf("%s: verified", name)
			}
		}
	})
}
