package mls

import (
	"cmp"
	"crypto/hpke"
	"fmt"
	"math/bits"
	"runtime"
	"slices"
	"testing"
)

// The benchmarks measure one operation of one member. Each measures its own
// floor in the same breath, again after every operation: what the cryptography
// that cannot be avoided costs by itself. "×floor" is the operation as a multiple
// of that. "cpu-ms" is its processor time, garbage collection included, and
// "ms@64µs" what that would be on a machine where a P-256 verification takes
// 64 µs. "bytes" is what goes over the wire.
//
// A warm tree is one in which each member has committed; in a blank one all were
// added at once.

var benchSizes = []int{50, 338, 1000}

// A hall is a large group of which two members are real: the creator at leaf 0
// and its neighbour at leaf 1, who is the receiver that has most to derive.
type hall struct {
	o       Options
	creator *Group
	other   *Group
	members []Identity
}

type hallKey struct {
	s    Suite
	k    kind
	n    int
	warm bool
}

var halls = map[hallKey]*hall{}

func newHall(b testing.TB, key hallKey) *hall {
	b.Helper()
	if h := halls[key]; h != nil {
		return h
	}
	h := &hall{o: Options{Suite: key.s, Validate: anyone}}
	id := newIdentity(b, key.s, key.k, "creator")
	h.members = []Identity{id}
	h.creator = must[*Group](b)(Create(nil, id, h.o, nil, noon))
	if key.warm {
		h.addWarm(b, key)
	} else {
		h.addBlank(b, key)
	}
	halls[key] = h
	return h
}

func (h *hall) newcomers(b testing.TB, key hallKey, n int) (kps []*KeyPackageSecrets, messages [][]byte) {
	b.Helper()
	for range n {
		id := newIdentity(b, key.s, key.k, fmt.Sprintf("member %d", len(h.members)))
		h.members = append(h.members, id)
		kp := must[*KeyPackageSecrets](b)(NewKeyPackage(id, h.o, noon))
		kps, messages = append(kps, kp), append(messages, kp.Bytes())
	}
	return kps, messages
}

func (h *hall) addBlank(b testing.TB, key hallKey) {
	b.Helper()
	kps, messages := h.newcomers(b, key, key.n-1)
	p := must[*Pending](b)(h.creator.Commit(CommitParams{Adds: messages}, noon))
	follow(b, h.creator, p.Message)
	h.other = must[*Group](b)(Join(p.Welcome, p.Tree, kps[0], h.o, nil, noon))
}

func follow(b testing.TB, g *Group, message []byte) {
	b.Helper()
	s := must[*Staged](b)(g.Stage(message, noon))
	if err := g.Merge(must[*Admitted](b)(s.Admit(agree))); err != nil {
		b.Fatal(err)
	}
}

// addWarm adds all at once and has each commit. Nobody else has to follow: who
// commits knows the epoch that begins, and the next committer needs no more than
// that and a signer.
func (h *hall) addWarm(b testing.TB, key hallKey) {
	b.Helper()
	h.addBlank(b, key)
	e := h.creator.now
	for _, l := range spread(key.n) {
		if l > 1 {
			e = h.commitAs(b, l, e).now
		}
	}
	h.other = h.commitAs(b, 1, e)
	h.creator = newGroup(e.p, h.creator.o, h.members[0].Signer, h.other.withoutKeys(0))
	p := must[*Pending](b)(h.creator.Commit(CommitParams{}, noon))
	follow(b, h.other, p.Message)
	follow(b, h.creator, p.Message)
}

// spread orders n leaves so that each commits as early as others can seal to a
// node instead of to leaves: by the bits of their number, reversed.
func spread(n int) []LeafIndex {
	out := make([]LeafIndex, n)
	for i := range out {
		out[i] = LeafIndex(i)
	}
	slices.SortFunc(out, func(a, b LeafIndex) int {
		return cmp.Compare(bits.Reverse32(uint32(a)), bits.Reverse32(uint32(b)))
	})
	return out
}

// commitAs has the member at l renew its keys in epoch e, and returns its group
// after that.
func (h *hall) commitAs(b testing.TB, l LeafIndex, e *epoch) *Group {
	b.Helper()
	g := newGroup(e.p, h.creator.o, h.members[l].Signer, (&Group{now: e}).withoutKeys(l))
	follow(b, g, must[*Pending](b)(g.Commit(CommitParams{}, noon)).Message)
	return g
}

// withoutKeys is the group's epoch as the member at l sees it, who has lost its
// private keys.
func (g *Group) withoutKeys(l LeafIndex) *epoch {
	e := *g.now
	e.own, e.keys = l, privateKeys{}
	e.secrets = epochSecrets{}
	for i, s := range e.secrets.all() {
		*s = g.now.secrets.all()[i].clone()
	}
	e.messages = newSecretTree(e.p, nil, len(e.tree.leaves))
	for x, s := range g.now.messages.nodes {
		e.messages.nodes[x] = s.clone()
	}
	return &e
}

// costs are how many of each primitive a floor has.
type costs struct{ verify, sign, seal, open float64 }

// primitives are what the floor is made of, on what the protocol feeds them, in
// the order of costs.
func (h *hall) primitives(b *testing.B) [4]func() {
	p, t := h.creator.p, h.creator.now.tree
	l := t.leaves[1]
	tbs := l.signed(h.creator.GroupID(), 1)
	key, err := p.kem.GenerateKey()
	if err != nil {
		b.Fatal(err)
	}
	to := newPublicKey(key.PublicKey())
	plain := make(secret, p.nh())
	s := must[sealed](b)(p.seal(to, "UpdatePathNode", h.creator.now.raw, plain))
	info := sealContext("UpdatePathNode", h.creator.now.raw)
	return [4]func(){
		func() { _ = p.verify(l.verifier, "LeafNodeTBS", tbs, l.signature) },
		func() { _, _ = p.sign(h.creator.o.Rand, h.creator.signer, "LeafNodeTBS", tbs) },
		func() {
			_, c, _ := hpke.NewSender(to.key, p.kdf, p.aead, info)
			_, _ = c.Seal(nil, plain)
		},
		func() {
			c, _ := hpke.NewRecipient(s.kem, key, p.kdf, p.aead, info)
			_, _ = c.Open(nil, s.text)
		},
	}
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// timed is the processor time of f, in seconds.
func timed(f func()) float64 {
	start := processorTime()
	f()
	return (processorTime() - start).Seconds()
}

// race runs op on one processor (two threads of one core slow each other, which
// would count as processor time) and reports it against its floor.
func (h *hall) race(b *testing.B, bytes int, floor costs, op func()) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	primitives := h.primitives(b)
	var used float64
	var costs [4][]float64
	for b.Loop() {
		used += timed(op)
		b.StopTimer()
		for i, f := range primitives {
			f() // its code and tables are in the cache when it counts
			costs[i] = append(costs[i], timed(f))
		}
		b.StartTimer()
	}
	used /= float64(b.N)
	verify, sign, seal, open := median(costs[0]), median(costs[1]), median(costs[2]), median(costs[3])
	least := floor.verify*verify + floor.sign*sign + floor.seal*seal + floor.open*open
	b.ReportMetric(used/least, "×floor")
	b.ReportMetric(used/verify*0.064, "ms@64µs")
	b.ReportMetric(1e3*used, "cpu-ms")
	b.ReportMetric(float64(bytes), "bytes")
}

// seals counts the ciphertexts of the creator's next path.
func (h *hall) seals() (n float64) {
	for _, s := range h.creator.now.tree.filteredPath(0) {
		n += float64(len(s.under))
	}
	return n
}

func forHalls(b *testing.B, warm bool, run func(b *testing.B, h *hall, key hallKey)) {
	for _, s := range []Suite{P256AES128, MLKEM768P256} {
		for _, k := range []kind{basic, certified} {
			if s != P256AES128 && k == basic {
				continue // the hybrid is for the product, whose credentials are X.509
			}
			for _, n := range benchSizes {
				key := hallKey{s, k, n, warm}
				b.Run(fmt.Sprintf("%04x/%v/%d", uint16(s), k, n), func(b *testing.B) { run(b, newHall(b, key), key) })
			}
		}
	}
}

func benchJoin(b *testing.B, warm bool) {
	forHalls(b, warm, func(b *testing.B, h *hall, key hallKey) {
		kps, messages := h.newcomers(b, key, 1)
		p := must[*Pending](b)(h.creator.Commit(CommitParams{Adds: messages}, noon))
		h.race(b, len(p.Welcome)+len(p.Tree), costs{verify: float64(key.n)}, func() {
			must[*Group](b)(Join(p.Welcome, p.Tree, kps[0], h.o, nil, noon))
		})
	})
}

func BenchmarkJoinWarm(b *testing.B)  { benchJoin(b, true) }
func BenchmarkJoinBlank(b *testing.B) { benchJoin(b, false) }

// spare is the creator once more: each commit uses up a message key, which others
// would have to catch up with.
func (h *hall) spare(b *testing.B) *Group {
	h.creator.Discard()
	return must[*Group](b)(Unmarshal(must[[]byte](b)(h.creator.Marshal()), h.members[0], h.o))
}

func benchCommit(b *testing.B, warm bool, in func(*testing.B, *hall, hallKey) CommitParams) {
	forHalls(b, warm, func(b *testing.B, h *hall, key hallKey) {
		params := in(b, h, key)
		adds := float64(len(params.Adds))
		spare := h.spare(b)
		p := must[*Pending](b)(h.creator.Commit(params, noon))
		create := costs{verify: 2 * adds, sign: 2, seal: h.seals() + adds}
		if adds > 0 {
			create.sign++
		}
		b.Run("create", func(b *testing.B) {
			h.race(b, len(p.Message)+len(p.Welcome), create, func() {
				must[*Pending](b)(spare.Commit(params, noon))
			})
		})
		b.Run("process", func(b *testing.B) {
			h.race(b, len(p.Message), costs{verify: 2 + 2*adds, open: 1}, func() {
				must[*Staged](b)(h.other.Stage(p.Message, noon))
			})
		})
	})
}

func adding(n int) func(*testing.B, *hall, hallKey) CommitParams {
	return func(b *testing.B, h *hall, key hallKey) CommitParams {
		_, messages := h.newcomers(b, key, n)
		return CommitParams{Adds: messages}
	}
}

func BenchmarkAddWarm(b *testing.B)   { benchCommit(b, true, adding(1)) }
func BenchmarkAdd50Warm(b *testing.B) { benchCommit(b, true, adding(50)) }

func BenchmarkRemoveWarm(b *testing.B) {
	benchCommit(b, true, func(_ *testing.B, _ *hall, key hallKey) CommitParams {
		return CommitParams{Removes: []LeafIndex{LeafIndex(key.n / 2)}}
	})
}

func renewing(*testing.B, *hall, hallKey) CommitParams { return CommitParams{} }

func BenchmarkCommitWarm(b *testing.B)  { benchCommit(b, true, renewing) }
func BenchmarkCommitBlank(b *testing.B) { benchCommit(b, false, renewing) }

func BenchmarkExternalJoin(b *testing.B) {
	forHalls(b, true, func(b *testing.B, h *hall, key hallKey) {
		info := must[[]byte](b)(h.creator.GroupInfo(true))
		id := newIdentity(b, key.s, key.k, "outsider")
		_, commit, err := JoinExternal(info, nil, id, h.o, ExternalParams{}, noon)
		if err != nil {
			b.Fatal(err)
		}
		h.race(b, len(commit), costs{verify: float64(key.n), sign: 2, seal: h.seals()}, func() {
			if _, _, err := JoinExternal(info, nil, id, h.o, ExternalParams{}, noon); err != nil {
				b.Fatal(err)
			}
		})
	})
}

func BenchmarkRestore(b *testing.B) {
	forHalls(b, true, func(b *testing.B, h *hall, _ hallKey) {
		h.creator.Discard()
		state := must[[]byte](b)(h.creator.Marshal())
		id := h.members[0]
		for b.Loop() {
			must[*Group](b)(Unmarshal(state, id, h.o))
		}
		b.ReportMetric(float64(len(state)), "bytes")
	})
}
