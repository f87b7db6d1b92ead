package e2ee

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"fmt"
	"sync"
	"time"

	"incamera/e2ee/mls"
)

// An Identity is what a member signs with in the group.
type Identity struct {
	Signer crypto.Signer // the session key
	Chain  [][]byte      // session certificate, card certificate, …: DER
}

func (i Identity) mls() mls.Identity {
	return mls.Identity{Signer: i.Signer, Credential: mls.X509(i.Chain...)}
}

// A Judge says which member a certificate chain speaks for at a time, or why
// it speaks for nobody. All members of a group must judge alike.
type Judge func(chain [][]byte, at time.Time) (member string, err error)

// A Config is what all members of a group have to agree on, and who we are.
type Config struct {
	Suite     string // name of an MLS cipher suite
	Me        Identity
	Judge     Judge
	GroupID   []byte
	OrderHash [32]byte // of the signed order: bound to the group's keys
}

// orderExtension is the type, for private use, of the group context extension
// that carries the hash of the order of the day.
const orderExtension mls.ExtensionType = 0xf0a1

// ErrOtherGroup reports a welcome into another group, or into one that was
// made for another order.
var ErrOtherGroup = errors.New("e2ee: welcome to another group")

// judged remembers whose each signature key is, so that each credential is
// judged once.
type judged struct {
	judge Judge

	mu     sync.Mutex
	member map[string]string // by signature key
}

func (j *judged) name(signatureKey []byte) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.member[string(signatureKey)]
}

func (j *judged) validate(c mls.Credential, signatureKey []byte, at time.Time) error {
	if c.Type != mls.X509Credential {
		return errors.New("e2ee: a credential without certificates")
	}
	member, err := j.judge(c.Certificates, at)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.member[string(signatureKey)] = member
	return nil
}

func (c *Config) options(j *judged) (mls.Options, error) {
	suite, err := mls.ParseSuite(c.Suite)
	if err != nil {
		return mls.Options{}, err
	}
	return mls.Options{
		Suite:       suite,
		Validate:    j.validate,
		Extensions:  []mls.ExtensionType{orderExtension},
		Credentials: []mls.CredentialType{mls.X509Credential},
	}, nil
}

// A KeyPackage is an offer to be added to a group, with the secrets to accept.
type KeyPackage struct{ secrets *mls.KeyPackageSecrets }

// NewKeyPackage makes an offer that others can take up once.
func NewKeyPackage(suite string, me Identity, at time.Time) (*KeyPackage, error) {
	c := Config{Suite: suite}
	own := func([][]byte, time.Time) (string, error) { return "", nil } // others judge it
	o, err := c.options(&judged{judge: own, member: map[string]string{}})
	if err != nil {
		return nil, err
	}
	secrets, err := mls.NewKeyPackage(me.mls(), o, at)
	if err != nil {
		return nil, err
	}
	return &KeyPackage{secrets}, nil
}

// Bytes is the part that others may see.
func (k *KeyPackage) Bytes() []byte { return k.secrets.Bytes() }

// Wipe forgets the secrets: the offer cannot be accepted any more.
func (k *KeyPackage) Wipe() { k.secrets.Wipe() }

// KeyOf returns the signature key in a key package, which becomes [Leaf.Key].
func KeyOf(keyPackage []byte) (string, error) {
	info, err := mls.ReadKeyPackage(keyPackage)
	if err != nil {
		return "", err
	}
	return string(info.SignatureKey), nil
}

// A Group is one member's place in the group of a sitting. One goroutine owns it.
//
//	bytes ─Stage─► Staged ─Admit─► Admitted ─Merge─► the next Epoch
type Group struct {
	mls    *mls.Group
	judged *judged
	epoch  *Epoch
}

// Found makes a group of one: the first member of a sitting does.
func Found(c Config, at time.Time) (*Group, error) {
	j := &judged{judge: c.Judge, member: map[string]string{}}
	o, err := c.options(j)
	if err != nil {
		return nil, err
	}
	ext := []mls.Extension{{Type: orderExtension, Data: c.OrderHash[:]}}
	g, err := mls.Create(c.GroupID, c.Me.mls(), o, ext, at)
	if err != nil {
		return nil, err
	}
	return open(g, j)
}

// Join enters the group that welcome leads into. The tree travels apart.
func Join(c Config, k *KeyPackage, welcome, tree []byte, at time.Time) (*Group, error) {
	j := &judged{judge: c.Judge, member: map[string]string{}}
	o, err := c.options(j)
	if err != nil {
		return nil, err
	}
	g, err := mls.Join(welcome, tree, k.secrets, o, nil, at)
	if err != nil {
		return nil, err
	}
	hash, ok := g.ContextExtension(orderExtension)
	if !ok || !bytes.Equal(hash, c.OrderHash[:]) || !bytes.Equal(g.GroupID(), c.GroupID) {
		g.Wipe()
		return nil, ErrOtherGroup
	}
	return open(g, j)
}

func open(g *mls.Group, j *judged) (*Group, error) {
	group := &Group{mls: g, judged: j}
	var err error
	group.epoch, err = group.snapshot()
	return group, err
}

// Epoch returns the current epoch.
func (g *Group) Epoch() *Epoch { return g.epoch }

// Wipe forgets all keys of the group.
func (g *Group) Wipe() {
	g.mls.Wipe()
	clear(g.epoch.mediaKey)
}

// A Pending is a commit that the order has not taken yet. The group is not
// changed by it.
type Pending struct {
	Message []byte
	Welcome []byte // nil if nobody is added
	Tree    []byte // goes with the welcome
}

// Commit proposes and commits, in one, to add the members of the key packages
// and to remove leaves. aad is authenticated with it.
func (g *Group) Commit(adds [][]byte, removes []Leaf, aad []byte, at time.Time) (*Pending, error) {
	p := mls.CommitParams{Adds: adds, AuthenticatedData: aad, Public: true}
	for _, l := range removes {
		p.Removes = append(p.Removes, mls.LeafIndex(l.Index))
	}
	c, err := g.mls.Commit(p, at)
	if err != nil {
		return nil, err
	}
	return &Pending{Message: c.Message, Welcome: c.Welcome, Tree: c.Tree}, nil
}

// A Staged commit is correctly signed, but nobody has agreed to it yet.
type Staged struct {
	group *Group
	mls   *mls.Staged
}

// Stage verifies a commit, which may be an own pending one. The group is not
// changed by it.
func (g *Group) Stage(message []byte, at time.Time) (*Staged, error) {
	s, err := g.mls.Stage(message, at)
	if err != nil {
		return nil, err
	}
	if _, set := s.Extensions(); set || s.External() || s.Restarts() != nil || len(s.PSKs())+len(s.Updates()) > 0 {
		s.Discard()
		return nil, ErrUnusual
	}
	return &Staged{g, s}, nil
}

// ErrUnusual reports a commit that does what MLS allows to any member and a
// sitting to none: that binds the group to another order, closes it, or comes
// from outside. A [Staged] commit adds, removes and renews its maker's keys, and
// that is all.
var ErrUnusual = errors.New("e2ee: commit does more than add and remove")

// Committer is who made the commit.
func (s *Staged) Committer() Leaf {
	for _, l := range s.group.epoch.Leaves {
		if l.Index == uint32(s.mls.Committer()) {
			return l
		}
	}
	return Leaf{}
}

// Adds are the members that it adds.
func (s *Staged) Adds() []Leaf {
	var leaves []Leaf
	for _, info := range s.mls.Adds() {
		leaves = append(leaves, s.group.judged.leaf(info))
	}
	return leaves
}

// Removes are the leaves that it removes.
func (s *Staged) Removes() []Leaf {
	gone := map[uint32]bool{}
	for _, i := range s.mls.Removes() {
		gone[uint32(i)] = true
	}
	var leaves []Leaf
	for _, l := range s.group.epoch.Leaves {
		if gone[l.Index] {
			leaves = append(leaves, l)
		}
	}
	return leaves
}

// AAD is the authenticated data that the committer sent with it.
func (s *Staged) AAD() []byte { return s.mls.AuthenticatedData() }

// An Admitted commit may be merged. Only [Staged.Admit] makes one.
type Admitted struct{ mls *mls.Admitted }

// Admit agrees to the commit if check does.
func (s *Staged) Admit(check func(*Staged) error) (*Admitted, error) {
	a, err := s.mls.Admit(func(*mls.Staged) error { return check(s) })
	if err != nil {
		return nil, err
	}
	return &Admitted{a}, nil
}

// ErrRemoved reports that the merged commit has removed us.
var ErrRemoved = errors.New("e2ee: removed from the group")

// Merge moves the group to the commit's epoch.
func (g *Group) Merge(a *Admitted) (*Epoch, error) {
	if err := g.mls.Merge(a.mls); err != nil {
		return nil, err
	}
	if g.mls.Left() {
		return nil, ErrRemoved
	}
	next, err := g.snapshot()
	if err != nil {
		return nil, err
	}
	clear(g.epoch.mediaKey)
	g.epoch = next
	return next, nil
}

// snapshot is the group's present epoch.
func (g *Group) snapshot() (*Epoch, error) {
	media, err := g.mls.Exporter("SFrame 1.0 Base Key", nil, MediaSuite.KeySize())
	if err != nil {
		return nil, err
	}
	e := &Epoch{
		Number:        g.mls.Epoch(),
		Suite:         g.mls.Suite().String(),
		Authenticator: g.mls.Authenticator(),
		Own:           uint32(g.mls.OwnLeaf()),
		mediaKey:      media,
	}
	for _, info := range g.mls.Members() {
		l := g.judged.leaf(info)
		e.Leaves = append(e.Leaves, l)
		for uint32(len(e.keys)) <= l.Index {
			e.keys = append(e.keys, nil)
		}
		if e.keys[l.Index], err = parseKey(info.SignatureKey); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (j *judged) leaf(info mls.LeafInfo) Leaf {
	return Leaf{
		Index:  uint32(info.Index),
		Member: j.name(info.SignatureKey),
		Key:    string(info.SignatureKey),
		Chain:  info.Credential.Certificates,
	}
}

// parseKey reads an uncompressed point; which curve, its length tells.
func parseKey(point []byte) (*ecdsa.PublicKey, error) {
	curve := elliptic.P256()
	if len(point) == 97 {
		curve = elliptic.P384()
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil, fmt.Errorf("e2ee: a leaf's signature key: %w", err)
	}
	return key, nil
}
