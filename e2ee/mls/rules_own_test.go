package mls

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

// refusals checks that each error is there and says why.
func refusals(t *testing.T, all map[string]struct {
	err error
	why string
},
) {
	t.Helper()
	for name, v := range all {
		if v.err == nil || !strings.Contains(v.err.Error(), v.why) {
			t.Errorf("%s: %v, want %q", name, v.err, v.why)
		}
	}
}

// TestOwnProposalRules: sections 7.3, 10.1 and 12.1, nothing is proposed that
// others would refuse.
func TestOwnProposalRules(t *testing.T) {
	c := newCourt(t)
	info := must[[]byte](t)(c.insider.GroupInfo(true))
	kp := c.joiner().kp
	add := must[Proposal](t)(Add(kp.Bytes()))
	late := noon.Add(defaultLifetime + time.Second)
	old := Restart(ReInit{})
	old.reInit.version = 0
	propose := func(p Proposal, at time.Time) error {
		_, err := c.insider.Propose(p, ProposalParams{}, at)
		return err
	}
	refusals(t, map[string]struct {
		err error
		why string
	}{
		"7.3 expired":            {propose(add, late), "not good at this time"},
		"7.3 expired, one's own": {second(ProposeSelf(info, kp, c.o, late)), "not good at this time"},
		"7.3 expired, outside":   {second(ProposeExternally(info, add, 0, kp.id.Signer, c.o, late)), "not good at this time"},
		"12.1.3 blank leaf":      {propose(Remove(6), noon), "blank leaf"},
		"12.1.4 use":             {propose(InjectPSK(PSKID{Type: ResumptionPSK, Usage: UseBranch}), noon), "restart or branch"},
		"12.1.5 version":         {propose(old, noon), "older version"},
		"12.1.7 extension twice": {propose(SetExtensions(Extension{Type: 1}, Extension{Type: 1}), noon), "occurs twice"},
		"empty":                  {propose(Proposal{}, noon), "is empty"},
		"empty addition":         {propose(Proposal{Type: ProposeAdd}, noon), "is empty"},
		"empty update":           {propose(Proposal{Type: ProposeUpdate}, noon), "is empty"},
		"empty restart":          {propose(Proposal{Type: ProposeReInit}, noon), "is empty"},
		"empty, outside":         {second(ProposeExternally(info, Proposal{}, 0, kp.id.Signer, c.o, noon)), "is empty"},
	})
	if len(c.insider.Proposals()) != 0 {
		t.Error("a refused proposal is kept")
	}
	must[*SentProposal](t)(c.insider.Propose(add, ProposalParams{}, noon))
	must[[]byte](t)(ProposeSelf(info, kp, c.o, noon))
}

// TestGrease: section 13.5, we say things that nobody knows, are used to it from
// others, and do not believe ourselves.
func TestGrease(t *testing.T) {
	c := newCourt(t)
	grease := func(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }
	one := func(what string, es []Extension) {
		t.Helper()
		if !slices.ContainsFunc(es, func(e Extension) bool { return grease(uint16(e.Type)) }) {
			t.Errorf("%s without grease", what)
		}
	}
	kp := c.joiner().kp
	one("leaf", kp.kp.leaf.extensions)
	one("key package", kp.kp.extensions)
	m := must[*message](t)(parseMessage(must[[]byte](t)(c.insider.GroupInfo(true))))
	one("group info", m.groupInfo.extensions)
	own := c.insider.now.tree.leaves[1].capabilities
	switch {
	case !slices.ContainsFunc(own.suites, func(s Suite) bool { return grease(uint16(s)) }),
		!slices.ContainsFunc(own.proposals, func(p ProposalType) bool { return grease(uint16(p)) }),
		!slices.ContainsFunc(own.credentials, func(c CredentialType) bool { return grease(uint16(c)) }):
		t.Error("capabilities without grease")
	}
	// What all members but pretend to support is not supported.
	extension := c.insider.o.unknown(own)
	required := []Extension{RequiredCapabilities{Proposals: own.proposals}.Extension()}
	for _, es := range [][]Extension{extension, required} {
		if err := c.insider.o.checkContext(c.insider.p, es, noon); err == nil {
			t.Error("a group with an extension that nobody knows")
		}
	}
	// A newcomer that has many things which we do not know.
	o := c.o
	o.Extensions = []ExtensionType{0xF00D, 0xF00E}
	o.LeafExtensions = []Extension{{0xF00D, []byte("x")}}
	o.Credentials = []CredentialType{BasicCredential, 0xF00D}
	pr := spoiledPackage{pack: func(k *keyPackage) { k.extensions = append(k.extensions, Extension{0xF00E, []byte("y")}) }}.make(t, c.person().id, o)
	c.commit(1, CommitParams{Proposals: []Proposal{pr}})
}

// TestWrongMessages: what is not what it should be is refused by name.
func TestWrongMessages(t *testing.T) {
	c := newCourt(t)
	info := must[[]byte](t)(c.insider.GroupInfo(true))
	kp := c.joiner().kp
	pending := must[*Pending](t)(c.insider.Commit(CommitParams{}, noon))
	pending.Wipe()
	_, outside := c.insider.Member(99)
	_, blank := c.insider.Member(6)
	if outside || blank || InlineTree(kp.Bytes()) != nil || InlineTree(nil) != nil {
		t.Error("a member or tree that is not there")
	}
	c.victim.received = make([]received, maxReceived)
	sent := must[*SentProposal](t)(c.insider.Propose(Remove(3), ProposalParams{}, noon))
	refusals(t, map[string]struct {
		err error
		why string
	}{
		"no key package to add":       {second(Add(info)), "not a key package"},
		"no key package to read":      {second(ReadKeyPackage(info)), "not a key package"},
		"no group info to read":       {second(ReadGroupInfo(kp.Bytes())), "not a group info"},
		"no group info for oneself":   {second(ProposeSelf(kp.Bytes(), kp, c.o, noon)), "not a group info"},
		"a commit that will not be":   {second(pending.GroupInfo(true)), "no epoch to join"},
		"reference to nothing":        {second(c.insider.Commit(CommitParams{References: []ProposalRef{"?"}}, noon)), "has not been seen"},
		"removal of nobody":           {second(c.insider.Commit(CommitParams{Removes: []LeafIndex{99}}, noon)), "blank leaf"},
		"proposals without end":       {second(c.victim.HandleProposal(sent.Message)), "too many proposals"},
		"7.2 default extension named": {second(NewKeyPackage(c.people[0].id, Options{Suite: P256AES128, Validate: anyone, Extensions: []ExtensionType{ExtExternalSenders}}, noon)), "of RFC 9420"},
	})
}

// TestMessageKeysEnd: section 9.2, a member whose message keys are used up or
// gone sends nothing.
func TestMessageKeysEnd(t *testing.T) {
	c := newCourt(t)
	must[[]byte](t)(c.insider.Protect(nil, nil))
	c.insider.now.messages.ratchets[1][application].at = 1<<32 - 1
	clear(c.victim.now.messages.nodes)
	clear(c.victim.now.messages.ratchets)
	stranded := must[*Group](t)(Unmarshal(must[[]byte](t)(c.people[3].g.Marshal()), c.people[3].id, c.o))
	commit := forgery{}.forge(t, c.insider)
	clear(stranded.now.keys)
	refusals(t, map[string]struct {
		err error
		why string
	}{
		"used up": {second(c.insider.Protect(nil, nil)), "used up"},
		"gone":    {second(c.victim.Protect(nil, nil)), "gone"},
		"9.2 last of all": {func() error {
			_, err := c.insider.p.seek(&ratchet{next: make(secret, 32), at: 1<<32 - 2}, 1<<32-1)
			return err
		}(), "too far ahead"},
		"no key for path": {second(stranded.Stage(commit, noon)), "no key to open it"},
	})
}

// TestPathOrNot: section 12.4, a commit has a path unless that is not wanted and
// not needed.
func TestPathOrNot(t *testing.T) {
	c := newCourt(t)
	kp := c.joiner().kp.Bytes()
	next := Identity{c.people[1].id.Credential, newSigner(t, P256AES128)}
	for name, v := range map[string]struct {
		in   CommitParams
		path bool
	}{
		"by default":       {CommitParams{Adds: [][]byte{kp}}, true},
		"not wanted":       {CommitParams{Adds: [][]byte{kp}, NoPath: true}, false},
		"for a removal":    {CommitParams{Removes: []LeafIndex{3}, NoPath: true}, true},
		"for nothing else": {CommitParams{NoPath: true}, true},
		"for an identity":  {CommitParams{Adds: [][]byte{kp}, Identity: &next, NoPath: true}, true},
	} {
		v.in.Public = true
		p := must[*Pending](t)(c.insider.Commit(v.in, noon))
		m := must[*message](t)(parseMessage(p.Message))
		if (m.public.content.commit.path != nil) != v.path {
			t.Errorf("%s: path %v", name, !v.path)
		}
		must[*Staged](t)(c.victim.Stage(p.Message, noon))
	}
}

// TestWhoSignsTheContext: section 6.1, members and those who join by a commit
// sign the group's context; others do not know it. No static vector has the
// second.
func TestWhoSignsTheContext(t *testing.T) {
	context := []byte("group context")
	for kind, signs := range map[senderType]bool{
		fromMember: true, fromExternal: false, fromNewMemberProposal: false, fromNewMemberCommit: true,
	} {
		a := parsed{content: framed{sender: sender{kind: kind}}, raw: []byte("content")}
		if bytes.HasSuffix(a.toBeSigned(context), context) != signs {
			t.Errorf("sender type %d: signs the context: %v", kind, !signs)
		}
	}
}
