package main

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"slices"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"incamera/e2ee/mls"
	pb "incamera/e2ee/mls/interop/harness"
)

// The harness's scripts, played by two servers over gRPC on the loopback
// address.

// peer is another implementation's server, or a second one of this module. It
// takes the place of our second server: go test -peer 127.0.0.1:50052.
var peer = flag.String("peer", "", "address of another client of the harness to play against")

// dial starts a server and returns a client for it.
func dial(t *testing.T) pb.MLSClientClient {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	pb.RegisterMLSClientServer(s, newServer())
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		s.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return pb.NewMLSClientClient(conn)
}

// other is the second server, and the suites that both speak.
func other(t *testing.T) (pb.MLSClientClient, []mls.Suite) {
	t.Helper()
	if *peer == "" {
		return dial(t), mls.Suites()
	}
	conn, err := grpc.NewClient(*peer, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := pb.NewMLSClientClient(conn)
	theirs := must[*pb.SupportedCiphersuitesResponse](t)(c.SupportedCiphersuites(t.Context(), &pb.SupportedCiphersuitesRequest{}))
	return c, slices.DeleteFunc(mls.Suites(), func(s mls.Suite) bool { return !slices.Contains(theirs.Ciphersuites, uint32(s)) })
}

// A troupe plays one script: actors are spread over the servers, and each step
// fails the test if a member disagrees.
type troupe struct {
	t       *testing.T
	servers []pb.MLSClientClient
	cast    uint64 // which server plays whom, a bit for each in order of appearance
	suite   mls.Suite
	suites  []mls.Suite // those that both servers speak
	private bool

	plays   map[string]pb.MLSClientClient
	state   map[string]uint32
	offer   map[string]uint32
	signer  map[string]uint32
	members []string
	keys    int // pre-shared keys so far
}

func (tr *troupe) actor(name string) pb.MLSClientClient {
	if c, ok := tr.plays[name]; ok {
		return c
	}
	c := tr.servers[tr.cast>>(len(tr.plays)%8)&1]
	tr.plays[name] = c
	return c
}

func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (tr *troupe) agree(who string, got, want []byte) {
	tr.t.Helper()
	if !bytes.Equal(got, want) {
		tr.t.Fatalf("%s disagrees on the epoch authenticator", who)
	}
}

func (tr *troupe) create(name string, members ...string) {
	tr.t.Helper()
	r := must[*pb.CreateGroupResponse](tr.t)(tr.actor(name).CreateGroup(tr.t.Context(), &pb.CreateGroupRequest{
		GroupId: []byte("group"), CipherSuite: uint32(tr.suite), EncryptHandshake: tr.private, Identity: []byte(name),
	}))
	tr.state[name], tr.members = r.StateId, []string{name}
	if len(members) == 0 {
		return
	}
	var adds []*pb.ProposalDescription
	for _, m := range members {
		adds = append(adds, addition(tr.keyPackage(m)))
	}
	tr.commit(name, step{values: adds, joiners: members})
}

func (tr *troupe) keyPackage(name string) []byte {
	tr.t.Helper()
	r := must[*pb.CreateKeyPackageResponse](tr.t)(tr.actor(name).CreateKeyPackage(tr.t.Context(), &pb.CreateKeyPackageRequest{
		CipherSuite: uint32(tr.suite), Identity: []byte(name),
	}))
	if len(r.InitPriv) == 0 || len(r.EncryptionPriv) == 0 || len(r.SignaturePriv) == 0 {
		tr.t.Fatal("private keys are missing")
	}
	tr.offer[name] = r.TransactionId
	return r.KeyPackage
}

// A step is a full commit.
type step struct {
	refs    [][]byte
	values  []*pb.ProposalDescription
	joiners []string
	removed []string
	path    bool
	apart   bool // tree
}

func (tr *troupe) commit(by string, s step) {
	tr.t.Helper()
	ctx := tr.t.Context()
	c := must[*pb.CommitResponse](tr.t)(tr.actor(by).Commit(ctx, &pb.CommitRequest{
		StateId: tr.state[by], ByReference: s.refs, ByValue: s.values, ForcePath: s.path, ExternalTree: s.apart,
	}))
	if (len(c.RatchetTree) > 0) != (s.apart && len(s.joiners) > 0) {
		tr.t.Fatal("tree is not where it should be")
	}
	own := must[*pb.HandleCommitResponse](tr.t)(tr.actor(by).HandlePendingCommit(ctx, &pb.HandlePendingCommitRequest{StateId: tr.state[by]}))
	tr.state[by] = own.StateId
	tr.members = slices.DeleteFunc(tr.members, func(m string) bool { return slices.Contains(s.removed, m) })
	tr.hear(by, s.refs, c.Commit, own.EpochAuthenticator)
	for _, j := range s.joiners {
		r := must[*pb.JoinGroupResponse](tr.t)(tr.actor(j).JoinGroup(ctx, &pb.JoinGroupRequest{
			TransactionId: tr.offer[j], Welcome: c.Welcome, EncryptHandshake: tr.private, Identity: []byte(j), RatchetTree: c.RatchetTree,
		}))
		tr.agree(j, r.EpochAuthenticator, own.EpochAuthenticator)
		tr.state[j] = r.StateId
		tr.members = append(tr.members, j)
	}
}

// hear has all members but one take a commit.
func (tr *troupe) hear(but string, refs [][]byte, commit, authenticator []byte) {
	tr.t.Helper()
	for _, m := range tr.members {
		if m == but {
			continue
		}
		r := must[*pb.HandleCommitResponse](tr.t)(tr.actor(m).HandleCommit(tr.t.Context(), &pb.HandleCommitRequest{
			StateId: tr.state[m], Proposal: refs, Commit: commit,
		}))
		tr.agree(m, r.EpochAuthenticator, authenticator)
		tr.state[m] = r.StateId
	}
}

// An outside says how to join from there.
type outside struct {
	apart bool // tree
	prior bool // remove the own old leaf
	psks  []*pb.PreSharedKey
}

func (tr *troupe) externalJoin(via, name string, o outside) {
	tr.t.Helper()
	info := tr.info(via, o.apart)
	r := must[*pb.ExternalJoinResponse](tr.t)(tr.actor(name).ExternalJoin(tr.t.Context(), &pb.ExternalJoinRequest{
		GroupInfo: info.GroupInfo, RatchetTree: info.RatchetTree, EncryptHandshake: tr.private,
		Identity: []byte(name), RemovePrior: o.prior, Psks: o.psks,
	}))
	tr.members = slices.DeleteFunc(tr.members, func(m string) bool { return m == name })
	tr.hear("", nil, r.Commit, r.EpochAuthenticator)
	tr.state[name] = r.StateId
	tr.members = append(tr.members, name)
}

func (tr *troupe) info(of string, apart bool) *pb.GroupInfoResponse {
	tr.t.Helper()
	return must[*pb.GroupInfoResponse](tr.t)(tr.actor(of).GroupInfo(tr.t.Context(), &pb.GroupInfoRequest{
		StateId: tr.state[of], ExternalTree: apart,
	}))
}

// psk gives a fresh key to all who are named.
func (tr *troupe) psk(names ...string) *pb.PreSharedKey {
	tr.t.Helper()
	tr.keys++
	k := &pb.PreSharedKey{PskId: fmt.Appendf(nil, "key %d", tr.keys), PskSecret: fmt.Appendf(nil, "secret %d", tr.keys)}
	for _, n := range names {
		at, ok := tr.state[n]
		if !ok {
			at = tr.offer[n]
		}
		must[*pb.StorePSKResponse](tr.t)(tr.actor(n).StorePSK(tr.t.Context(), &pb.StorePSKRequest{
			StateOrTransactionId: at, PskId: k.PskId, PskSecret: k.PskSecret,
		}))
	}
	return k
}

// A said is an application message, with what it should open to.
type said struct{ from, words, sealed string }

func (tr *troupe) say(from, words string) said {
	tr.t.Helper()
	p := must[*pb.ProtectResponse](tr.t)(tr.actor(from).Protect(tr.t.Context(), &pb.ProtectRequest{
		StateId: tr.state[from], Plaintext: []byte(words), AuthenticatedData: []byte(from),
	}))
	return said{from, words, string(p.Ciphertext)}
}

func (tr *troupe) hearAll(to string, all ...said) {
	tr.t.Helper()
	for _, s := range all {
		u := must[*pb.UnprotectResponse](tr.t)(tr.actor(to).Unprotect(tr.t.Context(), &pb.UnprotectRequest{
			StateId: tr.state[to], Ciphertext: []byte(s.sealed),
		}))
		if string(u.Plaintext) != s.words || string(u.AuthenticatedData) != s.from {
			tr.t.Fatalf("%s heard %q of %q", to, u.Plaintext, u.AuthenticatedData)
		}
	}
}

// talk has each member say something that all others hear, and export alike.
func (tr *troupe) talk() {
	tr.t.Helper()
	ctx := tr.t.Context()
	var exported, auth []byte
	for _, from := range tr.members {
		words := tr.say(from, "order, order")
		for _, to := range tr.members {
			if to != from {
				tr.hearAll(to, words)
			}
		}
		e := must[*pb.ExportResponse](tr.t)(tr.actor(from).Export(ctx, &pb.ExportRequest{
			StateId: tr.state[from], Label: "label", Context: []byte("context"), KeyLength: 40,
		})).ExportedSecret
		a := must[*pb.StateAuthResponse](tr.t)(tr.actor(from).StateAuth(ctx, &pb.StateAuthRequest{StateId: tr.state[from]})).StateAuthSecret
		if exported == nil {
			exported, auth = e, a
		}
		if !bytes.Equal(e, exported) || !bytes.Equal(a, auth) || len(e) != 40 {
			tr.t.Fatalf("%s exports something else", from)
		}
	}
}

func (tr *troupe) free() {
	tr.t.Helper()
	for name, n := range tr.state {
		must[*pb.FreeResponse](tr.t)(tr.actor(name).Free(tr.t.Context(), &pb.FreeRequest{StateId: n}))
	}
}

// all has every script played in every casting. Between two servers of ours one
// is as good as another.
var all = flag.Bool("all", false, "play the scripts with the servers in all combinations of roles")

// castings are those to play for a script with so many actors.
func castings(actors int) []uint64 {
	if !*all {
		return []uint64{0xAA}
	}
	out := make([]uint64, 1<<actors)
	for i := range out {
		out[i] = uint64(i)
	}
	return out
}

// TestScripts plays all scripts, in all suites, with public and private
// handshakes.
func TestScripts(t *testing.T) {
	second, suites := other(t)
	servers := []pb.MLSClientClient{dial(t), second}
	for name, play := range scripts {
		for _, suite := range suites {
			for _, private := range []bool{false, true} {
				actors := 8
				for i, cast := range castings(actors) {
					if i > 0 && i >= 1<<actors {
						break
					}
					t.Run(fmt.Sprintf("%s/%04x/%t/%x", name, uint16(suite), private, cast), func(t *testing.T) {
						tr := newTroupe(t, servers, cast)
						tr.suite, tr.suites, tr.private = suite, suites, private
						play(tr)
						actors = min(actors, len(tr.plays))
						tr.talk()
						tr.free()
					})
				}
			}
		}
	}
}

func newTroupe(t *testing.T, servers []pb.MLSClientClient, cast uint64) *troupe {
	return &troupe{
		t: t, servers: servers, cast: cast, plays: map[string]pb.MLSClientClient{},
		state: map[string]uint32{}, offer: map[string]uint32{}, signer: map[string]uint32{},
	}
}

func TestName(t *testing.T) {
	c := dial(t)
	if n := must[*pb.NameResponse](t)(c.Name(t.Context(), &pb.NameRequest{})).Name; n == "" {
		t.Error("no name")
	}
	s := must[*pb.SupportedCiphersuitesResponse](t)(c.SupportedCiphersuites(t.Context(), &pb.SupportedCiphersuitesRequest{}))
	if len(s.Ciphersuites) != len(mls.Suites()) {
		t.Errorf("%d suites", len(s.Ciphersuites))
	}
	for _, call := range []error{
		second(c.GroupInfo(t.Context(), &pb.GroupInfoRequest{StateId: 99})),
		second(c.JoinGroup(t.Context(), &pb.JoinGroupRequest{TransactionId: 99})),
		second(c.CreateGroup(t.Context(), &pb.CreateGroupRequest{CipherSuite: 99})),
	} {
		if call == nil {
			t.Error("nonsense is answered")
		}
	}
}

func second[T any](_ T, err error) error { return err }
