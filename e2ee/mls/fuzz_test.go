package mls

import (
	"bytes"
	"runtime"
	"testing"
)

// The property of all decoders: what parses encodes to the same bytes, nothing
// panics, and no length field makes the decoder take more memory than a small
// multiple of what the input really holds.
func roundTrip(t *testing.T, in []byte, again func([]byte) ([]byte, bool)) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	out, ok := again(in)
	runtime.ReadMemStats(&after)
	if used, room := after.TotalAlloc-before.TotalAlloc, uint64(512*len(in)+1<<16); used > room {
		t.Fatalf("%d bytes of input took %d bytes of memory", len(in), used)
	}
	if ok && !bytes.Equal(in, out) {
		t.Fatalf("%x\nencodes again to\n%x", in, out)
	}
}

// seeds are messages of a small group.
func seeds(f *testing.F) (messages [][]byte, g *Group) {
	f.Helper()
	sc := newScene(f, X25519AES128, basic)
	sc.add(0, 2, CommitParams{})
	g = sc.people[0].g
	kp := sc.joiner().kp.Bytes()
	for _, public := range []bool{true, false} {
		p := must[*Pending](f)(g.Commit(CommitParams{
			Adds: [][]byte{kp}, Removes: []LeafIndex{1}, Public: public, InlineTree: public,
			Proposals: []Proposal{SetExtensions(RequiredCapabilities{}.Extension())},
		}, noon))
		messages = append(messages, p.Message, p.Welcome)
		sent := must[*SentProposal](f)(g.Propose(InjectPSK(PSKID{Type: ResumptionPSK, Usage: UseApplication}), ProposalParams{Public: public}, noon))
		messages = append(messages, sent.Message)
		sent = must[*SentProposal](f)(g.Propose(Restart(ReInit{Suite: P256AES128}), ProposalParams{Public: public}, noon))
		messages = append(messages, sent.Message, must[[]byte](f)(g.GroupInfo(public)))
	}
	return append(messages, kp), g
}

func FuzzMessage(f *testing.F) {
	messages, _ := seeds(f)
	for _, m := range messages {
		f.Add(m)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		roundTrip(t, in, func(in []byte) ([]byte, bool) {
			m, err := parseMessage(in)
			if err != nil {
				return nil, false
			}
			return m.bytes(), true
		})
	})
}

// FuzzContent fuzzes what is inside of messages: all of it is read anew from
// the parsed form.
func FuzzContent(f *testing.F) {
	messages, _ := seeds(f)
	for _, m := range messages {
		if p := must[*message](f)(parseMessage(m)); p.public != nil {
			f.Add(p.public.raw)
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		roundTrip(t, in, func(in []byte) ([]byte, bool) {
			c, err := decode("content", in, readFramed)
			return c.append(nil), err == nil
		})
	})
}

func FuzzTree(f *testing.F) {
	_, g := seeds(f)
	f.Add(g.Tree())
	f.Fuzz(func(t *testing.T, in []byte) {
		roundTrip(t, in, func(in []byte) ([]byte, bool) {
			tr, err := decode("tree", in, readTree(g.p))
			if err != nil {
				return nil, false
			}
			return tr.bytes(), true
		})
		if tr, err := decode("tree", in, readTree(g.p)); err == nil {
			o := Options{Suite: g.p.id, Validate: anyone}
			must[*params](t)(o.fill())
			_ = tr.verify(&o, nil, nil, noon)
		}
	})
}

func FuzzGroupSecrets(f *testing.F) {
	f.Add([]byte(groupSecrets{joiner: secret("joiner"), path: secret("path"), psks: []PSKID{{Type: ExternalPSK}}}.bytes()))
	f.Fuzz(func(t *testing.T, in []byte) {
		roundTrip(t, in, func(in []byte) ([]byte, bool) {
			s, err := decode("group secrets", in, readGroupSecrets)
			if err != nil {
				return nil, false
			}
			return s.bytes(), true
		})
	})
}

func FuzzExtensions(f *testing.F) {
	f.Add(RequiredCapabilities{Extensions: []ExtensionType{7}}.Extension().Data)
	f.Add(ExternalSendersExtension([]ExternalSender{{[]byte("key"), Basic([]byte("id"))}, {[]byte("key"), X509([]byte("der"))}}).Data)
	f.Fuzz(func(t *testing.T, in []byte) {
		roundTrip(t, in, func(in []byte) ([]byte, bool) {
			r, err := decode("required capabilities", in, readRequired)
			return r.Extension().Data, err == nil
		})
		roundTrip(t, in, func(in []byte) ([]byte, bool) {
			s, err := decode("external senders", in, readExternalSenders)
			return ExternalSendersExtension(s).Data, err == nil
		})
		roundTrip(t, in, func(in []byte) ([]byte, bool) {
			s, err := ParseExternalSender(in)
			return s.Bytes(), err == nil
		})
	})
}

func FuzzState(f *testing.F) {
	_, g := seeds(f)
	f.Add(must[[]byte](f)(g.Marshal()))
	id := Identity{g.now.tree.leaves[0].credential, g.signer}
	f.Fuzz(func(t *testing.T, in []byte) {
		roundTrip(t, in, func(in []byte) ([]byte, bool) {
			g, err := Unmarshal(in, id, Options{Suite: X25519AES128, Validate: anyone})
			if err != nil {
				return nil, false
			}
			out, err := g.Marshal()
			return out, err == nil
		})
	})
}

// FuzzStage hands anything to a member; it must stay as it is.
func FuzzStage(f *testing.F) {
	messages, g := seeds(f)
	for _, m := range messages {
		f.Add(m)
	}
	state := must[[]byte](f)(g.Marshal())
	id := Identity{g.now.tree.leaves[0].credential, g.signer}
	f.Fuzz(func(t *testing.T, in []byte) {
		g := must[*Group](t)(Unmarshal(state, id, Options{Suite: X25519AES128, Validate: anyone}))
		_, _ = g.Stage(in, noon)
		if !bytes.Equal(state, must[[]byte](t)(g.Marshal())) {
			t.Fatal("the group has changed")
		}
		_, _ = g.HandleProposal(in)
		_, _ = g.Unprotect(in)
	})
}

// FuzzJoin hands a joiner any tree and any Welcome: only the right ones will do.
func FuzzJoin(f *testing.F) {
	sc := newScene(f, X25519AES128, basic)
	sc.add(0, 2, CommitParams{})
	j := sc.joiner()
	p := sc.commit(1, CommitParams{Adds: [][]byte{j.kp.Bytes()}})
	f.Add(p.Welcome, p.Tree)
	f.Fuzz(func(t *testing.T, welcome, tree []byte) {
		_, err := Join(welcome, tree, j.kp, sc.o, nil, noon)
		if right := bytes.Equal(welcome, p.Welcome) && bytes.Equal(tree, p.Tree); right != (err == nil) {
			t.Fatalf("Join: %v", err)
		}
	})
}

func TestVarintIsMinimal(t *testing.T) {
	for _, c := range []struct {
		in string
		ok bool
	}{
		{"\x00", true},
		{"\x3f" + string(make([]byte, 63)), true},
		{"\x40\x00", false},
		{"\x40\x3f" + string(make([]byte, 63)), false},
		{"\x40\x40" + string(make([]byte, 64)), true},
		{"\x80\x00\x00\x01x", false},
		{"\x80\x00\x40\x00" + string(make([]byte, 1<<14)), true},
		{"\xc0\x00\x00\x00\x00\x00\x00\x01x", false},
		{"\x40", false},
		{"", false},
		{"\xbf\xff\xff\xff", false},
	} {
		_, err := decode("vector", []byte(c.in), readOpaqueOnly)
		if (err == nil) != c.ok {
			t.Errorf("%.8x…: %v", c.in, err)
		}
	}
}
