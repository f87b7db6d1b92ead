package mls

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

// Join enters a group by a Welcome, an MLSMessage: RFC 9420 section 12.4.3.1.
// tree is nil if it is in the Welcome. The group ID must be new to the caller,
// who knows its other groups. Wipe kp afterwards.
func Join(welcome, tree []byte, kp *KeyPackageSecrets, o Options, psks PSKs, at time.Time) (*Group, error) {
	j := joining{kp: kp, o: o, psks: psks, at: at}
	return j.join(welcome, tree)
}

// A joining is one attempt to join by a Welcome.
type joining struct {
	kp   *KeyPackageSecrets
	o    Options
	psks PSKs
	at   time.Time
	from *Group   // the group that is restarted or branched off, else nil
	use  PSKUsage // and which of both
}

func (j *joining) join(message, apart []byte) (*Group, error) {
	p, err := j.o.fill()
	if err != nil {
		return nil, err
	}
	m, err := parseMessage(message)
	if err != nil {
		return nil, err
	}
	if m.wire != wireWelcome {
		return nil, errors.New("mls: message is not a welcome")
	}
	gs, err := m.welcome.open(p, j.kp)
	if err != nil {
		return nil, err
	}
	defer wipe(gs.joiner, gs.path)
	if err := j.checkPSKs(p, gs.psks); err != nil {
		return nil, err
	}
	psk, err := p.pskSecret(gs.psks, j.find)
	if err != nil {
		return nil, err
	}
	member := p.member(gs.joiner, psk)
	defer wipe(psk, member)
	info, err := m.welcome.openInfo(p, member)
	if err != nil {
		return nil, err
	}
	e, err := j.enter(p, info, apart, gs.path, member)
	if err != nil {
		return nil, err
	}
	return newGroup(p, j.o, j.kp.id.Signer, e), nil
}

// enter checks group info and tree and builds the joiner's first epoch.
func (j *joining) enter(p *params, info *groupInfo, apart []byte, path, member secret) (*epoch, error) {
	// 12.4.3.1: the suite is the key package's.
	if info.context.suite != p.id {
		return nil, errors.New("mls: group is of another suite than the key package")
	}
	t, err := info.tree(p, apart)
	if err != nil {
		return nil, err
	}
	if err := info.verify(p, t); err != nil {
		return nil, err
	}
	if err := j.o.checkContext(p, info.context.extensions, j.at); err != nil {
		return nil, err
	}
	if err := t.verify(&j.o, info.context.groupID, info.context.extensions, j.at); err != nil {
		return nil, err
	}
	own, ok := t.find(j.kp.kp.leaf)
	if !ok {
		return nil, errors.New("mls: the key package's leaf is not in the tree")
	}
	keys, err := t.joinerKeys(own, info.signer, j.kp, path)
	if err != nil {
		return nil, err
	}
	e := p.newEpoch(info.context, t, own, keys, member)
	if err := j.confirm(e, info.tag); err != nil {
		e.wipe()
		return nil, err
	}
	return e, nil
}

func (j *joining) confirm(e *epoch, tag []byte) error {
	if !e.confirmationOK(tag) {
		return errors.New("mls: confirmation tag of group info is wrong")
	}
	if j.from != nil {
		return j.checkOrigin(e)
	}
	return nil
}

// find returns the place of a leaf.
func (t *tree) find(l *leafNode) (LeafIndex, bool) {
	for i, n := range t.leaves {
		if n != nil && bytes.Equal(n.raw, l.raw) {
			return LeafIndex(i), true
		}
	}
	return 0, false
}

// joinerKeys are the leaf's key, and those of the nodes that the committer has
// just renewed above both.
func (t *tree) joinerKeys(own, committer LeafIndex, kp *KeyPackageSecrets, path secret) (privateKeys, error) {
	keys := privateKeys{own.node(): kp.leaf}
	if path == nil {
		return keys, nil
	}
	if len(path) != t.p.nh() {
		return nil, fmt.Errorf("%w: length of path secret", errPath)
	}
	var nodes []nodeIndex
	for x := common(own, committer); ; x = x.parent() {
		if t.key(x) != nil {
			nodes = append(nodes, x)
		} else if len(nodes) == 0 {
			return nil, fmt.Errorf("%w: path secret for a blank node", errPath)
		}
		if x == t.root() {
			break
		}
	}
	fresh, last, err := t.climb(path.clone(), nodes)
	if err != nil {
		return nil, err
	}
	last.wipe()
	return t.keep(keys, fresh), nil
}

// checkPSKs: 12.4.3.1, a key of a restart or branch is alone of its kind and
// comes only where it is expected; and 8.4, nonces.
func (j *joining) checkPSKs(p *params, ids []PSKID) error {
	found := 0
	for _, id := range ids {
		if len(id.nonce) != p.nh() {
			return errors.New("mls: welcome with a pre-shared key nonce of wrong length")
		}
		if id.Type != ResumptionPSK || id.Usage == UseApplication {
			continue
		}
		if id.Usage != j.use {
			return errors.New("mls: welcome is for a restart or branch")
		}
		// 11.2: a restart continues the epoch after the commit that closed the
		// group, which is its last; a branch may be from any epoch that is known.
		if !bytes.Equal(id.GroupID, j.from.GroupID()) || j.use == UseReInit && id.Epoch != j.from.Epoch() {
			return errors.New("mls: welcome continues another group")
		}
		found++
	}
	if j.use != 0 && found != 1 {
		return errors.New("mls: welcome without exactly one key of the group it continues")
	}
	return nil
}

func (j *joining) find(id PSKID) ([]byte, bool) {
	if j.from != nil {
		if key, ok := j.from.findPSK(id); ok {
			return key, true
		}
	}
	if j.psks != nil {
		if key, ok := j.psks(id); ok {
			return key, true
		}
	}
	if j.o.PSKs != nil {
		return j.o.PSKs(id)
	}
	return nil, false
}
