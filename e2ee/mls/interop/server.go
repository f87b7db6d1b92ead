package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"incamera/e2ee/mls"
	pb "incamera/e2ee/mls/interop/harness"
)

// A server holds what the harness has had it make, by number.
type server struct {
	pb.UnimplementedMLSClientServer

	mu      sync.Mutex // held by each call from start to end
	last    uint32
	states  map[uint32]*state
	offers  map[uint32]*offer
	reinits map[uint32]*reinit
	signers map[uint32]mls.Identity
}

// A client is one of the harness's actors in one group, or on the way into one.
type client struct {
	id   mls.Identity
	o    mls.Options
	psks map[string][]byte
}

// A state is a client in a group.
type state struct {
	*client
	g       *mls.Group
	public  bool // handshakes are sent in the clear
	pending *mls.Pending
	seen    map[string]mls.ProposalRef // proposals sent or handled, by message
	earlier []*mls.Group               // the group as it was in its last epochs, newest first
}

// An offer is a key package that waits for its Welcome.
type offer struct {
	*client
	kp *mls.KeyPackageSecrets
}

// A reinit is a client between a closed group and the one that follows it.
type reinit struct {
	*offer
	old *state
}

func newServer() *server {
	return &server{
		states: map[uint32]*state{}, offers: map[uint32]*offer{},
		reinits: map[uint32]*reinit{}, signers: map[uint32]mls.Identity{},
	}
}

func (s *server) number() uint32 {
	s.last++
	return s.last
}

func newSigner(suite mls.Suite) (crypto.Signer, error) {
	switch suite {
	case mls.X25519AES128, mls.X25519ChaCha:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case mls.P384AES256, mls.MLKEM1024P384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

func signerBytes(key crypto.Signer) ([]byte, error) {
	switch key := key.(type) {
	case ed25519.PrivateKey:
		return key.Seed(), nil
	case *ecdsa.PrivateKey:
		return key.Bytes()
	}
	return nil, errors.New("signer of unknown kind")
}

func newClient(suite uint32, name []byte) (*client, error) {
	c := &client{psks: map[string][]byte{}}
	key, err := newSigner(mls.Suite(suite))
	if err != nil {
		return nil, err
	}
	c.id = mls.Identity{Credential: mls.Basic(bytes.Clone(name)), Signer: key}
	c.o = mls.Options{
		Suite:       mls.Suite(suite),
		Validate:    func(mls.Credential, []byte, time.Time) error { return nil },
		MaxLifetime: -1,
		// mlspp leaves 0x0007 out of its capabilities; some releases of OpenMLS refuse
		// leaves that carry grease.
		UnlistedSuite: true,
		NoGrease:      true,
		PastEpochs:    64,
		PSKs: func(id mls.PSKID) ([]byte, bool) {
			key, ok := c.psks[string(id.ID)]
			return key, ok && id.Type == mls.ExternalPSK
		},
	}
	return c, nil
}

func newOffer(suite uint32, name []byte) (*offer, error) {
	c, err := newClient(suite, name)
	if err != nil {
		return nil, err
	}
	kp, err := mls.NewKeyPackage(c.id, c.o, time.Now())
	return &offer{c, kp}, err
}

func (s *server) enter(c *client, g *mls.Group, public bool) uint32 {
	n := s.number()
	s.states[n] = &state{client: c, g: g, public: public, seen: map[string]mls.ProposalRef{}}
	return n
}

func find[T any](m map[uint32]T, what string, n uint32) (T, error) {
	v, ok := m[n]
	if !ok {
		return v, fmt.Errorf("no %s %d", what, n)
	}
	return v, nil
}

func (s *server) Name(context.Context, *pb.NameRequest) (*pb.NameResponse, error) {
	return &pb.NameResponse{Name: "incamera"}, nil
}

func (s *server) SupportedCiphersuites(context.Context, *pb.SupportedCiphersuitesRequest) (*pb.SupportedCiphersuitesResponse, error) {
	out := &pb.SupportedCiphersuitesResponse{}
	for _, suite := range mls.Suites() {
		out.Ciphersuites = append(out.Ciphersuites, uint32(suite))
	}
	return out, nil
}

func (s *server) CreateGroup(_ context.Context, r *pb.CreateGroupRequest) (*pb.CreateGroupResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := newClient(r.CipherSuite, r.Identity)
	if err != nil {
		return nil, err
	}
	g, err := mls.Create(r.GroupId, c.id, c.o, nil, time.Now())
	if err != nil {
		return nil, err
	}
	return &pb.CreateGroupResponse{StateId: s.enter(c, g, !r.EncryptHandshake)}, nil
}

// privates are an offer's private keys as the harness wants them.
func (o *offer) privates() (init, encryption, signature []byte, err error) {
	if init, encryption, err = o.kp.PrivateKeys(); err != nil {
		return nil, nil, nil, err
	}
	signature, err = signerBytes(o.id.Signer)
	return init, encryption, signature, err
}

func (s *server) CreateKeyPackage(_ context.Context, r *pb.CreateKeyPackageRequest) (*pb.CreateKeyPackageResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := newOffer(r.CipherSuite, r.Identity)
	if err != nil {
		return nil, err
	}
	out := &pb.CreateKeyPackageResponse{TransactionId: s.number(), KeyPackage: o.kp.Bytes()}
	s.offers[out.TransactionId] = o
	out.InitPriv, out.EncryptionPriv, out.SignaturePriv, err = o.privates()
	return out, err
}

// apart is a tree that was sent, or nil: in a message of the harness, nothing
// and empty look alike.
func apart(tree []byte) []byte {
	if len(tree) == 0 {
		return nil
	}
	return tree
}

func (s *server) JoinGroup(_ context.Context, r *pb.JoinGroupRequest) (*pb.JoinGroupResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := find(s.offers, "transaction", r.TransactionId)
	if err != nil {
		return nil, err
	}
	g, err := mls.Join(r.Welcome, apart(r.RatchetTree), o.kp, o.o, nil, time.Now())
	if err != nil {
		return nil, err
	}
	return &pb.JoinGroupResponse{StateId: s.enter(o.client, g, !r.EncryptHandshake), EpochAuthenticator: g.Authenticator()}, nil
}

func (s *server) ExternalJoin(_ context.Context, r *pb.ExternalJoinRequest) (*pb.ExternalJoinResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := mls.ReadGroupInfo(r.GroupInfo)
	if err != nil {
		return nil, err
	}
	c, err := newClient(uint32(info.Suite), r.Identity)
	if err != nil {
		return nil, err
	}
	var in mls.ExternalParams
	for _, k := range r.Psks {
		c.psks[string(k.PskId)] = k.PskSecret
		in.PSKs = append(in.PSKs, mls.PSKID{Type: mls.ExternalPSK, ID: k.PskId})
	}
	if r.RemovePrior {
		prior, err := inTree(info.Suite, r.GroupInfo, r.RatchetTree, r.Identity)
		if err != nil {
			return nil, err
		}
		in.Resync = &prior
	}
	g, commit, err := mls.JoinExternal(r.GroupInfo, apart(r.RatchetTree), c.id, c.o, in, time.Now())
	if err != nil {
		return nil, err
	}
	return &pb.ExternalJoinResponse{
		StateId: s.enter(c, g, !r.EncryptHandshake), Commit: commit, EpochAuthenticator: g.Authenticator(),
	}, nil
}

// inTree finds a member by its identity in a group that one is not in.
func inTree(suite mls.Suite, info, tree, name []byte) (mls.LeafIndex, error) {
	if len(tree) == 0 {
		tree = mls.InlineTree(info)
	}
	members, err := mls.ReadTree(tree, suite)
	if err != nil {
		return 0, err
	}
	return among(members, name)
}

func among(members []mls.LeafInfo, name []byte) (mls.LeafIndex, error) {
	for _, m := range members {
		if bytes.Equal(m.Credential.Identity, name) {
			return m.Index, nil
		}
	}
	return 0, fmt.Errorf("no member %q", name)
}

func (s *server) StorePSK(_ context.Context, r *pb.StorePSKRequest) (*pb.StorePSKResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st, ok := s.states[r.StateOrTransactionId]; ok {
		st.psks[string(r.PskId)] = bytes.Clone(r.PskSecret)
		return &pb.StorePSKResponse{}, nil
	}
	o, err := find(s.offers, "state or transaction", r.StateOrTransactionId)
	if err != nil {
		return nil, err
	}
	o.psks[string(r.PskId)] = bytes.Clone(r.PskSecret)
	return &pb.StorePSKResponse{}, nil
}

func (s *server) Free(_ context.Context, r *pb.FreeRequest) (*pb.FreeResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st, ok := s.states[r.StateId]; ok {
		st.g.Wipe()
		delete(s.states, r.StateId)
	}
	return &pb.FreeResponse{}, nil
}
