package mls

import (
	"crypto/hpke"
	"fmt"
	"runtime"
	"testing"
	"time"
)

// The benchmarks measure one operation of one member. Each measures its own
// floor in the same run: what the cryptography that cannot be avoided costs by
// itself. "cpu-ms" is the processor time of an operation, garbage collection
// included; "×floor" is that as a multiple of the floor's; "bytes" is what goes
// over the wire.
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

func (h *hall) merge(b testing.TB, message []byte) {
	b.Helper()
	for _, g := range []*Group{h.creator, h.other} {
		if g == nil {
			continue
		}
		s := must[*Staged](b)(g.Stage(message, noon))
		if err := g.Merge(must[*Admitted](b)(s.Admit(agree))); err != nil {
			b.Fatal(err)
		}
	}
}

func (h *hall) addBlank(b testing.TB, key hallKey) {
	b.Helper()
	kps, messages := h.newcomers(b, key, key.n-1)
	p := must[*Pending](b)(h.creator.Commit(CommitParams{Adds: messages}, noon))
	h.merge(b, p.Message)
	h.other = must[*Group](b)(Join(p.Welcome, p.Tree, kps[0], h.o, nil, noon))
}

func (h *hall) addWarm(b testing.TB, key hallKey) {
	b.Helper()
	for i := 1; i < key.n; i++ {
		kps, messages := h.newcomers(b, key, 1)
		p := must[*Pending](b)(h.creator.Commit(CommitParams{Adds: messages, NoPath: true}, noon))
		h.merge(b, p.Message)
		if i == 1 {
			h.other = must[*Group](b)(Join(p.Welcome, p.Tree, kps[0], h.o, nil, noon))
			continue
		}
		p = must[*Pending](b)(h.puppet(LeafIndex(i)).Commit(CommitParams{}, noon))
		h.merge(b, p.Message)
	}
	for _, g := range []*Group{h.other, h.creator} {
		h.merge(b, must[*Pending](b)(g.Commit(CommitParams{}, noon)).Message)
	}
}

// puppet is a member that can commit and nothing else: for that it needs its
// signer and what all members know.
func (h *hall) puppet(l LeafIndex) *Group {
	e := *h.creator.now
	e.own, e.keys = l, privateKeys{}
	e.messages = newSecretTree(e.p, nil, len(e.tree.leaves))
	for x, s := range h.creator.now.messages.nodes {
		e.messages.nodes[x] = s.clone()
	}
	return newGroup(e.p, h.creator.o, h.members[l].Signer, &e)
}

// costs are what primitives take here and now.
type costs struct{ verify, sign, seal, open time.Duration }

func timed(f func()) time.Duration {
	const n = 300
	start := processorTime()
	for range n {
		f()
	}
	return (processorTime() - start) / n
}

// measure times the primitives on what the protocol feeds them.
func (h *hall) measure(b *testing.B) costs {
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
	return costs{
		verify: timed(func() { _ = p.verify(l.verifier, "LeafNodeTBS", tbs, l.signature) }),
		sign:   timed(func() { _, _ = p.sign(h.creator.o.Rand, h.creator.signer, "LeafNodeTBS", tbs) }),
		seal: timed(func() {
			_, c, _ := hpke.NewSender(to.key, p.kdf, p.aead, info)
			_, _ = c.Seal(nil, plain)
		}),
		open: timed(func() {
			c, _ := hpke.NewRecipient(s.kem, key, p.kdf, p.aead, info)
			_, _ = c.Open(nil, s.text)
		}),
	}
}

func (c costs) of(verify, sign, seal, open int) time.Duration {
	return time.Duration(verify)*c.verify + time.Duration(sign)*c.sign + time.Duration(seal)*c.seal + time.Duration(open)*c.open
}

// race runs op on one processor (two threads of one core slow each other, which
// would count as processor time) and reports it against its floor, which is
// measured before and after.
func (h *hall) race(b *testing.B, bytes int, floor func(costs) time.Duration, op func()) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	before := floor(h.measure(b))
	var used time.Duration
	for b.Loop() {
		start := processorTime()
		op()
		used += processorTime() - start
	}
	after := floor(h.measure(b))
	per := float64(used) / float64(b.N)
	b.ReportMetric(2*per/float64(before+after), "×floor")
	b.ReportMetric(per/1e6, "cpu-ms")
	b.ReportMetric(float64(bytes), "bytes")
}

// seals counts the ciphertexts of the creator's next path.
func (h *hall) seals(g *Group) int {
	n := 0
	for _, s := range g.now.tree.filteredPath(g.now.own) {
		n += len(s.under)
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
		h.race(b, len(p.Welcome)+len(p.Tree), func(c costs) time.Duration { return c.of(key.n, 0, 0, 0) }, func() {
			must[*Group](b)(Join(p.Welcome, p.Tree, kps[0], h.o, nil, noon))
		})
	})
}

func BenchmarkJoinWarm(b *testing.B)  { benchJoin(b, true) }
func BenchmarkJoinBlank(b *testing.B) { benchJoin(b, false) }

func benchCommit(b *testing.B, warm bool, in func(*testing.B, *hall, hallKey) CommitParams) {
	forHalls(b, warm, func(b *testing.B, h *hall, key hallKey) {
		params := in(b, h, key)
		adds := len(params.Adds)
		p := must[*Pending](b)(h.creator.Commit(params, noon))
		seals := h.seals(h.creator) + adds
		signs := 2
		if adds > 0 {
			signs = 3
		}
		b.Run("create", func(b *testing.B) {
			floor := func(c costs) time.Duration { return c.of(2*adds, signs, seals, 0) }
			h.race(b, len(p.Message)+len(p.Welcome), floor, func() {
				must[*Pending](b)(h.creator.Commit(params, noon))
			})
		})
		b.Run("process", func(b *testing.B) {
			floor := func(c costs) time.Duration { return c.of(2+2*adds, 0, 0, 1) }
			h.race(b, len(p.Message), floor, func() {
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
		h.race(b, len(commit), func(c costs) time.Duration { return c.of(key.n, 2, h.seals(h.creator), 0) }, func() {
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
