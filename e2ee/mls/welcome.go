package mls

import (
	"bytes"
	"errors"
	"fmt"
)

// A groupInfo tells one who joins about the group, RFC 9420 section 12.4.3.
type groupInfo struct {
	context    groupContext
	contextRaw []byte
	extensions []Extension
	tag        []byte // confirmation
	signer     LeafIndex
	signature  []byte
	toBe       []byte // GroupInfoTBS
}

func readGroupInfo(r *reader) *groupInfo {
	start := r.b
	g := &groupInfo{context: readContext(r)}
	g.contextRaw = start[:len(start)-len(r.b)]
	g.extensions, g.tag, g.signer = readExtensions(r), r.opaque(), LeafIndex(r.u32())
	g.toBe = start[:len(start)-len(r.b)]
	g.signature = r.opaque()
	return g
}

func (g *groupInfo) appendUnsigned(b []byte) []byte {
	b = appendExtensions(g.context.append(b), g.extensions)
	return appendU32(appendOpaque(b, g.tag), uint32(g.signer))
}

func (g *groupInfo) bytes() []byte {
	return appendOpaque(g.toBe[:len(g.toBe):len(g.toBe)], g.signature)
}

// tree returns the group's tree, from where the sender says it is.
func (g *groupInfo) tree(p *params, apart []byte) (*tree, error) {
	raw := bytes.Clone(apart)
	if raw == nil {
		inside, ok := findExtension(g.extensions, ExtRatchetTree)
		if !ok {
			return nil, errors.New("mls: no ratchet tree")
		}
		raw = inside
	}
	t, err := decode("ratchet tree", raw, readTree(p))
	if err != nil {
		return nil, err
	}
	// 12.4.3.1: the tree is the one that the group has agreed on.
	if !bytes.Equal(t.hash(t.root()), g.context.treeHash) {
		return nil, fmt.Errorf("%w: hash", errTree)
	}
	return t, nil
}

// verify checks the signature with the signer's leaf, section 12.4.3. Extensions
// that are not known are ignored (13.4).
func (g *groupInfo) verify(p *params, t *tree) error {
	if err := uniqueTypes(g.extensions); err != nil {
		return err
	}
	l := t.leaf(g.signer)
	if l == nil {
		return errors.New("mls: group info signed by a blank leaf")
	}
	return p.verify(l.verifier, "GroupInfoTBS", g.toBe, g.signature)
}

// groupSecrets are what a joiner is told, section 12.4.3.1.
type groupSecrets struct {
	joiner secret
	path   secret // nil: none
	psks   []PSKID
}

func readGroupSecrets(r *reader) groupSecrets {
	s := groupSecrets{joiner: r.opaque()}
	if r.present() {
		if s.path = r.opaque(); s.path == nil {
			s.path = secret{}
		}
	}
	s.psks = list(r, readPSKID)
	return s
}

func (s groupSecrets) bytes() secret {
	b := appendBool(appendOpaque(nil, s.joiner), s.path != nil)
	if s.path != nil {
		b = appendOpaque(b, s.path)
	}
	return appendVector(b, func(b []byte) []byte {
		for _, id := range s.psks {
			b = id.append(b)
		}
		return b
	})
}

// A joinerSecrets is an EncryptedGroupSecrets: for one key package.
type joinerSecrets struct {
	ref    []byte
	sealed sealed
}

// A welcome lets those in whom a commit has added, section 12.4.3.1.
type welcome struct {
	suite   Suite
	secrets []joinerSecrets
	info    []byte // encrypted
}

func readWelcome(r *reader) *welcome {
	return &welcome{
		suite:   Suite(r.u16()),
		secrets: list(r, func(r *reader) joinerSecrets { return joinerSecrets{r.opaque(), readSealed(r)} }),
		info:    r.opaque(),
	}
}

func (w *welcome) bytes() []byte {
	b := appendU16(make([]byte, 0, len(w.info)+512*len(w.secrets)+64), uint16(w.suite))
	b = appendVector(b, func(b []byte) []byte {
		for _, s := range w.secrets {
			b = s.sealed.append(appendOpaque(b, s.ref))
		}
		return b
	})
	return appendOpaque(b, w.info)
}

// infoKey seals the group info of a Welcome.
func (p *params) infoKey(welcome secret) messageKey {
	return messageKey{p.expand(welcome, "key", nil, p.nk), p.expand(welcome, "nonce", nil, nonceSize)}
}

// sealWelcome makes the Welcome for joiners. Section 12.4.1, last steps.
func (p *params) sealWelcome(info *groupInfo, member, joiner secret, psks []PSKID, joiners []addition, path *newPath) (*welcome, error) {
	ws := p.welcomeSecret(member)
	key := p.infoKey(ws)
	defer key.wipe()
	ws.wipe()
	w := &welcome{suite: p.id, secrets: make([]joinerSecrets, len(joiners))}
	w.info = p.aeadOf(key.key).Seal(nil, key.nonce, info.bytes(), nil)
	err := parallel(len(joiners), func(i int) (err error) {
		s := groupSecrets{joiner: joiner, psks: psks}
		if path != nil {
			s.path = path.secretFor(joiners[i].leaf)
		}
		plain := s.bytes()
		defer plain.wipe()
		w.secrets[i].ref = joiners[i].kp.ref(p)
		w.secrets[i].sealed, err = p.seal(joiners[i].kp.init, "Welcome", w.info, plain)
		return err
	})
	return w, err
}

// open finds what is for kp and opens it, section 12.4.3.1.
func (w *welcome) open(p *params, kp *KeyPackageSecrets) (groupSecrets, error) {
	if w.suite != p.id || kp.kp.suite != p.id {
		return groupSecrets{}, errors.New("mls: welcome is of another suite")
	}
	if kp.init == nil {
		return groupSecrets{}, errors.New("mls: key package has been wiped")
	}
	ref := kp.Ref()
	for _, s := range w.secrets {
		if bytes.Equal(s.ref, ref) {
			plain, err := p.unseal(kp.init, "Welcome", w.info, s.sealed)
			if err != nil {
				return groupSecrets{}, err
			}
			return decode("group secrets", plain, readGroupSecrets)
		}
	}
	return groupSecrets{}, errors.New("mls: welcome is not for this key package")
}

func (w *welcome) openInfo(p *params, member secret) (*groupInfo, error) {
	ws := p.welcomeSecret(member)
	key := p.infoKey(ws)
	defer key.wipe()
	ws.wipe()
	plain, err := p.aeadOf(key.key).Open(nil, key.nonce, w.info, nil)
	if err != nil {
		return nil, errors.New("mls: group info of welcome cannot be opened")
	}
	return decode("group info", plain, readGroupInfo)
}
