package mls

import (
	"strings"
	"testing"
)

// TestFramingRules breaks each rule of RFC 9420 sections 6 and 12.4.2 for
// messages.
func TestFramingRules(t *testing.T) {
	c := newCourt(t)
	for name, v := range map[string]struct {
		f   forgery
		why string
	}{
		"12.4.2 older epoch":          {forgery{framed: func(f *framed) { f.epoch-- }}, "another epoch"},
		"12.4.2 later epoch":          {forgery{framed: func(f *framed) { f.epoch++ }}, "another epoch"},
		"another group":               {forgery{framed: func(f *framed) { f.groupID = []byte("other") }}, "another group"},
		"6.1 signature":               {forgery{message: func(m *publicMessage) { m.signature[9] ^= 1 }}, "membership tag"},
		"6.1 key of another":          {forgery{signer: newSigner(t, P256AES128)}, "signature is not valid"},
		"6.1 as another member":       {forgery{framed: func(f *framed) { f.sender.index = 3 }}, "signature is not valid"},
		"6.2 membership tag":          {forgery{message: func(m *publicMessage) { m.membership[0] ^= 1 }}, "membership tag"},
		"6.1 blank leaf":              {forgery{framed: func(f *framed) { f.sender.index = 6 }}, "blank leaf"},
		"6.1 leaf outside":            {forgery{framed: func(f *framed) { f.sender.index = 1 << 31 }}, "blank leaf"},
		"6 commit by external sender": {forgery{framed: func(f *framed) { f.sender = sender{fromExternal, 0} }}, "may not send"},
		"6 commit by new member":      {forgery{framed: func(f *framed) { f.sender = sender{kind: fromNewMemberProposal} }}, "may not send"},
		"6 proposal as external commit": {forgery{framed: func(f *framed) {
			f.sender, f.kind, f.proposal = sender{kind: fromNewMemberCommit}, contentProposal, &Proposal{Type: ProposeRemove}
		}}, "may not send"},
		"6.2 application in the clear": {forgery{framed: func(f *framed) { f.kind, f.application = contentApplication, []byte("x") }}, "in the clear"},
		"a proposal where a commit is": {forgery{framed: func(f *framed) { f.kind, f.proposal = contentProposal, &Proposal{Type: ProposeRemove} }}, "not a commit"},
		"as the victim itself":         {forgery{framed: func(f *framed) { f.sender.index = 2 }, signer: c.people[2].id.Signer}, "own commit"},
		"12.4.2 confirmation tag gone": {forgery{message: func(m *publicMessage) {
			m.tag = nil
			m.membership = c.insider.p.mac(c.insider.now.secrets.membership, m.membershipInput(c.insider.now.raw))
		}}, "confirmation tag"},
	} {
		c.refuses(name, v.f.forge(t, c.insider), v.why)
	}
	kp := c.joiner().kp.Bytes()
	c.refuses("a key package", kp, "not for a group")
	c.refuses("nothing", nil, "malformed")
	c.refuses("more than a message", append(forgery{}.forge(t, c.insider), 0), "malformed")
	for _, m := range [][]byte{kp, forgery{}.forge(t, c.insider)} {
		if _, err := c.victim.HandleProposal(m); err == nil {
			t.Error("accepted as a proposal")
		}
		if _, err := c.victim.Unprotect(m); err == nil {
			t.Error("accepted as application data")
		}
	}
}

// TestPrivateRules breaks the rules of section 6.3 for private messages.
func TestPrivateRules(t *testing.T) {
	c := newCourt(t)
	p, from := c.insider.p, c.insider
	data := func() *parsed {
		a := &parsed{wire: wirePrivate, content: framed{
			groupID: from.GroupID(), epoch: from.Epoch(), sender: sender{fromMember, 1},
			kind: contentApplication, application: []byte("order"),
		}}
		if err := a.sign(p, from.o.Rand, from.signer, from.now.raw); err != nil {
			t.Fatal(err)
		}
		return a
	}
	seal := func(a *parsed) *privateMessage {
		return must[*privateMessage](t)(p.sealPrivate(from.o.Rand, 64, from.now.messages, from.now.secrets.senderData, a))
	}
	for name, v := range map[string]struct {
		make func() *privateMessage
		why  string
	}{
		"6.1 signature":             {func() *privateMessage { a := data(); a.signature[9] ^= 1; return seal(a) }, "signature is not valid"},
		"6.3.2 sender data":         {func() *privateMessage { m := seal(data()); m.senderData[0] ^= 1; return m }, "cannot be opened"},
		"6.3.1 ciphertext":          {func() *privateMessage { m := seal(data()); m.ciphertext[70] ^= 1; return m }, "cannot be opened"},
		"6.3.1 authenticated data":  {func() *privateMessage { m := seal(data()); m.authenticated = []byte("x"); return m }, "cannot be opened"},
		"6.3.1 content type":        {func() *privateMessage { m := seal(data()); m.kind = contentProposal; return m }, "cannot be opened"},
		"6.3.2 from a blank leaf":   {func() *privateMessage { return resend(t, from, seal(data()), senderData{leaf: 6}) }, "blank leaf"},
		"6.3.2 from a leaf outside": {func() *privateMessage { return resend(t, from, seal(data()), senderData{leaf: 1 << 31}) }, "blank leaf"},
		"9.2 too far ahead":         {func() *privateMessage { return resend(t, from, seal(data()), senderData{leaf: 1, generation: 5000}) }, "too far ahead"},
		"9.2 last generation": {func() *privateMessage {
			return resend(t, from, seal(data()), senderData{leaf: 1, generation: 1<<32 - 1})
		}, "too far ahead"},
		"6.3.1 another's key": {func() *privateMessage { return resend(t, from, seal(data()), senderData{leaf: 3}) }, "cannot be opened"},
	} {
		_, err := c.victim.Unprotect(appendMessage(wirePrivate, v.make().bytes()))
		if err == nil || !strings.Contains(err.Error(), v.why) {
			t.Errorf("%s: %v, want %q", name, err, v.why)
		}
	}
	// None of these has cost a key.
	must[*ApplicationData](t)(c.victim.Unprotect(appendMessage(wirePrivate, seal(data()).bytes())))
	if err := padded(t, p, 1); err == nil {
		t.Error("padding that is not zero")
	}
	if err := padded(t, p, 0); err != nil {
		t.Error(err)
	}
}

// padded decodes content that is padded with b.
func padded(t *testing.T, p *params, b byte) error {
	t.Helper()
	m := &privateMessage{kind: contentApplication}
	_, err := m.readPlain(append(appendOpaque(appendOpaque(nil, "order"), "signature"), 0, 0, b), 1)
	return err
}

// resend seals other sender data to a message.
func resend(t *testing.T, from *Group, m *privateMessage, d senderData) *privateMessage {
	t.Helper()
	p := from.p
	k := p.senderDataKey(from.now.secrets.senderData, m.ciphertext)
	m.senderData = p.aeadOf(k.key).Seal(nil, k.nonce, d.bytes(), m.senderDataAAD())
	return m
}

// TestRatchetWindow: messages may come out of order within the window of
// section 9.2, each opens once, and what fell out of the window is gone.
func TestRatchetWindow(t *testing.T) {
	c := newCourt(t)
	var all [][]byte
	for range maxSkipped + 3 {
		all = append(all, must[[]byte](t)(c.insider.Protect([]byte("order"), nil)))
	}
	last := len(all) - 1
	must[*ApplicationData](t)(c.victim.Unprotect(all[last]))
	for i := range all {
		_, err := c.victim.Unprotect(all[i])
		if want := i < last && i >= last-maxSkipped; (err == nil) != want {
			t.Errorf("message %d of %d: %v", i, len(all), err)
		}
	}
	r := c.victim.now.messages.ratchets[1][application]
	if len(r.skipped) != 0 {
		t.Errorf("%d keys left", len(r.skipped))
	}
}

// TestExternalRules breaks the rules of sections 12.2 and 12.4.3.2 for external
// commits, and of 12.1.8 for external proposals.
func TestExternalRules(t *testing.T) {
	c := newCourt(t)
	info := must[[]byte](t)(c.insider.GroupInfo(true))
	id := newIdentity(t, P256AES128, basic, "joiner")
	o := c.o
	other := c.joiner()
	init := Proposal{Type: ProposeExternalInit, externalInit: make([]byte, 65)}
	two, three := Remove(2), Remove(3)
	add := Proposal{Type: ProposeAdd, add: other.kp.kp}
	for name, v := range map[string]struct {
		list   func(good []sourced) []sourced
		commit func(*commit)
		signer *Identity
		why    string
	}{
		"12.2 no external init":   {list: func(l []sourced) []sourced { return l[1:] }, why: "without exactly one external init"},
		"12.2 two external inits": {list: func(l []sourced) []sourced { return append(l, sourced{&init, l[0].from, nil}) }, why: "without exactly one external init"},
		"12.2 two removals": {list: func(l []sourced) []sourced {
			return append(l, sourced{&two, l[0].from, nil}, sourced{&three, l[0].from, nil})
		}, why: "removes more than one"},
		"12.2 an addition":            {list: func(l []sourced) []sourced { return append(l, sourced{&add, l[0].from, nil}) }, why: "not for it"},
		"12.4.3.2 by reference":       {commit: func(c *commit) { c.proposals = append(c.proposals, proposalOrRef{ref: nil}) }, why: "by reference"},
		"12.4.3.2 no path":            {commit: func(c *commit) { c.path = nil }, why: "may not send"},
		"12.4.3.2 signed by another":  {signer: &other.id, why: "signature is not valid"},
		"8.3 KEM output":              {list: func(l []sourced) []sourced { return []sourced{{&init, l[0].from, nil}} }, why: "HPKE key or ciphertext"},
		"12.4.3.2 nothing wrong here": {why: ""},
	} {
		m := forgeExternal(t, info, id, o, v.list, v.commit, v.signer)
		if name == "12.4.3.2 by reference" {
			sent := must[*SentProposal](t)(c.people[3].g.Propose(Remove(4), ProposalParams{}, noon))
			must[ProposalRef](t)(c.victim.HandleProposal(sent.Message))
			m = forgeExternal(t, info, id, o, nil, func(c *commit) {
				c.proposals = append(c.proposals, proposalOrRef{ref: []byte(sent.Ref)})
			}, nil)
		}
		_, err := c.victim.Stage(m, noon)
		if (err == nil) != (v.why == "") || err != nil && !strings.Contains(err.Error(), v.why) {
			t.Errorf("%s: %v, want %q", name, err, v.why)
		}
	}
}

func forgeExternal(t *testing.T, info []byte, id Identity, o Options, edit func([]sourced) []sourced, spoil func(*commit), signer *Identity) []byte {
	t.Helper()
	out := must[*outside](t)(lookIn(info, nil, &o, noon))
	pub, _ := findExtension(out.info.extensions, ExtExternalPub)
	raw := must[[]byte](t)(decode("key", pub, readOpaqueOnly))
	kem, init, err := out.p.sealExternal(&publicKey{raw: raw})
	if err != nil {
		t.Fatal(err)
	}
	m := must[*making](t)(out.external(kem, id, &o, ExternalParams{}, noon))
	m.init = init
	if edit != nil {
		m.list = edit(m.list)
	}
	if err := m.build(); err != nil {
		t.Fatal(err)
	}
	if spoil != nil {
		spoil(m.content.content.commit)
	}
	if signer != nil {
		id = *signer
	}
	if err := m.content.sign(m.p, o.Rand, id.Signer, m.raw); err != nil {
		t.Fatal(err)
	}
	if edit == nil && spoil == nil {
		// The signature is new, so the transcript and its tag are too.
		ctx := m.next.ctx
		ctx.transcript = m.p.confirmedHash(m.interim, m.content.transcriptInput())
		joiner := m.p.joiner(init, m.path.commitSecret, ctx.bytes())
		s := m.p.schedule(m.p.epochSecret(m.p.member(joiner, m.psk), ctx.bytes()))
		m.content.tag = m.p.mac(s.confirmation, ctx.transcript)
	}
	return appendMessage(wirePublic, (&publicMessage{parsed: m.content}).bytes())
}

// TestOutsideProposalRules: what those outside may not propose, section 12.1.8.
func TestOutsideProposalRules(t *testing.T) {
	c := newCourt(t)
	clerk := newSigner(t, P256AES128)
	key := must[[]byte](t)(c.victim.p.signatureKey(clerk.Public()))
	c.commit(1, CommitParams{Proposals: []Proposal{SetExtensions(ExternalSendersExtension([]ExternalSender{{key, Basic([]byte("clerk"))}}))}})
	info := must[[]byte](t)(c.insider.GroupInfo(true))
	leaf, _, err := newLeaf(c.insider.p, &c.insider.o, c.people[3].id)
	if err != nil {
		t.Fatal(err)
	}
	leaf.source = fromUpdate
	if err := leaf.sign(c.insider.p, &c.insider.o, c.people[3].id.Signer, c.insider.GroupID(), 0); err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]struct {
		p   Proposal
		why string
	}{
		"12.1.8 update":        {Proposal{Type: ProposeUpdate, update: leaf}, "may not send"},
		"12.1.8 external init": {Proposal{Type: ProposeExternalInit, externalInit: []byte("x")}, "may not send"},
		"12.1.8 removal":       {Remove(1), ""},
		"12.1.8 extensions":    {SetExtensions(), ""},
	} {
		m := must[[]byte](t)(ProposeExternally(info, v.p, 0, clerk, c.o, noon))
		if _, err := c.victim.HandleProposal(m); (err == nil) != (v.why == "") || err != nil && !strings.Contains(err.Error(), v.why) {
			t.Errorf("%s: %v, want %q", name, err, v.why)
		}
	}
	c.refuses("6.1 commit", forgery{framed: func(f *framed) { f.sender = sender{fromExternal, 0} }, signer: clerk}.forge(t, c.insider), "may not send")
	j := c.joiner()
	m := must[[]byte](t)(outsideProposal(info, Remove(1), sender{kind: fromNewMemberProposal}, j.id.Signer, c.o, noon))
	if _, err := c.victim.HandleProposal(m); err == nil || !strings.Contains(err.Error(), "may not send") {
		t.Errorf("removal by a new member: %v", err)
	}
}

// TestResyncRules: section 12.2, one who replaces its old leaf from outside must
// bring a new key, and may not replace nobody.
func TestResyncRules(t *testing.T) {
	c := newCourt(t)
	info := must[[]byte](t)(c.insider.GroupInfo(true))
	lost, blank := LeafIndex(3), LeafIndex(6)
	o := c.o
	out := must[*outside](t)(lookIn(info, nil, &o, noon))
	pub, _ := findExtension(out.info.extensions, ExtExternalPub)
	raw := must[[]byte](t)(decode("key", pub, readOpaqueOnly))
	kem, init, err := out.p.sealExternal(&publicKey{raw: raw})
	if err != nil {
		t.Fatal(err)
	}
	m := must[*making](t)(out.external(kem, c.people[3].id, &o, ExternalParams{Resync: &lost}, noon))
	m.init = init
	m.leafKey = c.people[3].g.now.keys[lost.node()]
	m.leaf.encryption = newPublicKey(m.leafKey.PublicKey())
	if err := m.build(); err != nil {
		t.Fatal(err)
	}
	c.refuses("old key", appendMessage(wirePublic, (&publicMessage{parsed: m.content}).bytes()), "key occurs twice")
	other := newIdentity(t, P256AES128, basic, "someone else")
	if _, _, err := JoinExternal(info, nil, other, o, ExternalParams{Resync: &lost}, noon); err == nil {
		t.Error("someone else takes a leaf")
	}
	anybody := o
	anybody.Same = func(Credential, Credential) bool { return true }
	_, taken, err := JoinExternal(info, nil, other, anybody, ExternalParams{Resync: &lost}, noon)
	if err != nil {
		t.Fatal(err)
	}
	c.refuses("someone else", taken, "credential of someone else")
	if _, _, err := JoinExternal(info, nil, c.people[3].id, o, ExternalParams{Resync: &blank}, noon); err == nil {
		t.Error("nobody was replaced")
	}
	if _, _, err := JoinExternal(info, nil, c.people[3].id, o, ExternalParams{}, noon); err == nil {
		t.Error("a member came in twice")
	}
}
