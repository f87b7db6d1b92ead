package mls

import (
	"strings"
	"testing"
)

// A forgedSubgroup is a new group that an insider makes of an old one, with
// parameters of its own choosing.
type forgedSubgroup struct {
	use        PSKUsage
	id         string
	extensions []Extension
	late       bool // in epoch 2
	psks       int  // how many keys of the old group go in
	psk        func(*PSKID)
	with       [][]byte
}

func (f forgedSubgroup) make(t *testing.T, old *Group, id Identity, o Options) *Pending {
	t.Helper()
	key := old.now.secrets.resumption.clone()
	o.PSKs = func(PSKID) ([]byte, bool) { return key, true }
	n := must[*Group](t)(Create([]byte(f.id), id, o, f.extensions, noon))
	if f.late {
		p := must[*Pending](t)(n.Commit(CommitParams{}, noon))
		s := must[*Staged](t)(n.Stage(p.Message, noon))
		if err := n.Merge(must[*Admitted](t)(s.Admit(agree))); err != nil {
			t.Fatal(err)
		}
	}
	in := CommitParams{Adds: f.with, InlineTree: true}
	for range f.psks {
		id := PSKID{Type: ResumptionPSK, Usage: f.use, GroupID: old.GroupID(), Epoch: old.Epoch()}
		if f.psk != nil {
			f.psk(&id)
		}
		in.PSKs = append(in.PSKs, id)
	}
	return must[*Pending](t)(n.commit(in, noon, f.use))
}

// TestRestartRules breaks the rules of RFC 9420 sections 11.2, 11.3 and
// 12.4.3.1 for groups that continue others.
func TestRestartRules(t *testing.T) {
	sc := newScene(t, P256AES128, basic)
	sc.add(0, 2, CommitParams{})
	branchFrom := must[[]byte](t)(sc.people[1].g.Marshal())
	sc.commit(0, CommitParams{Proposals: []Proposal{Restart(ReInit{GroupID: []byte("next"), Suite: P256AES128})}})
	maker, victim, third := sc.people[0], sc.people[1], sc.people[2]
	open := must[*Group](t)(Unmarshal(branchFrom, victim.id, sc.o)) // as it was before it was closed
	kp := func(p *person) *KeyPackageSecrets {
		return must[*KeyPackageSecrets](t)(NewKeyPackage(Identity{p.id.Credential, newSigner(t, P256AES128)}, sc.o, noon))
	}
	id := Identity{maker.id.Credential, newSigner(t, P256AES128)}
	stranger := sc.joiner().kp.Bytes()
	ext := []Extension{RequiredCapabilities{}.Extension()}
	for name, v := range map[string]struct {
		f   forgedSubgroup
		why string
	}{
		"11.2 nothing":              {forgedSubgroup{use: UseReInit, id: "next", psks: 1}, ""},
		"11.2 group ID":             {forgedSubgroup{use: UseReInit, id: "other", psks: 1}, "not the one that was agreed on"},
		"11.2 extensions":           {forgedSubgroup{use: UseReInit, id: "next", psks: 1, extensions: ext}, "not the one that was agreed on"},
		"12.4.3.1 epoch":            {forgedSubgroup{use: UseReInit, id: "next", psks: 1, late: true}, "first epoch"},
		"12.4.3.1 no key":           {forgedSubgroup{use: UseReInit, id: "next"}, "exactly one key"},
		"12.4.3.1 two keys":         {forgedSubgroup{use: UseReInit, id: "next", psks: 2}, "exactly one key"},
		"11.2 another group's key":  {forgedSubgroup{use: UseReInit, id: "next", psks: 1, psk: func(id *PSKID) { id.GroupID = []byte("other") }}, "continues another group"},
		"11.2 an older epoch's key": {forgedSubgroup{use: UseReInit, id: "next", psks: 1, psk: func(id *PSKID) { id.Epoch-- }}, "continues another group"},
		"11.2 used for a branch":    {forgedSubgroup{use: UseBranch, id: "next", psks: 1}, "restart or branch"},
		"12.4.3.1 one left behind":  {forgedSubgroup{use: UseReInit, id: "next", psks: 1}, "without a member"},
	} {
		mine := kp(victim)
		v.f.with = append(v.f.with, mine.Bytes())
		if !strings.HasSuffix(name, "behind") {
			v.f.with = append(v.f.with, kp(third).Bytes())
		}
		p := v.f.make(t, maker.g, id, sc.o)
		_, err := victim.g.JoinRestart(p.Welcome, nil, mine, sc.o, nil, noon)
		if (err == nil) != (v.why == "") || err != nil && !strings.Contains(err.Error(), v.why) {
			t.Errorf("%s: %v, want %q", name, err, v.why)
		}
	}
	for name, v := range map[string]struct {
		f   forgedSubgroup
		why string
	}{
		"11.3 nothing":             {forgedSubgroup{use: UseBranch, psks: 1}, ""},
		"11.3 epoch":               {forgedSubgroup{use: UseBranch, psks: 1, late: true}, "first epoch"},
		"11.3 a stranger":          {forgedSubgroup{use: UseBranch, psks: 1, with: [][]byte{stranger}}, "not a member"},
		"11.3 another group's key": {forgedSubgroup{use: UseBranch, psks: 1, psk: func(id *PSKID) { id.GroupID = []byte("other") }}, "continues another group"},
		"11.3 used for a restart":  {forgedSubgroup{use: UseReInit, psks: 1}, "restart or branch"},
	} {
		mine := kp(victim)
		v.f.id, v.f.with = "branch", append(v.f.with, mine.Bytes())
		p := v.f.make(t, open, id, sc.o)
		_, err := open.JoinBranch(p.Welcome, nil, mine, sc.o, nil, noon)
		if (err == nil) != (v.why == "") || err != nil && !strings.Contains(err.Error(), v.why) {
			t.Errorf("%s: %v, want %q", name, err, v.why)
		}
	}
	other := sc.o
	other.Suite = X25519AES128
	elsewhere := Identity{victim.id.Credential, newSigner(t, X25519AES128)}
	mine := must[*KeyPackageSecrets](t)(NewKeyPackage(elsewhere, other, noon))
	far := forgedSubgroup{use: UseBranch, id: "branch", psks: 1, with: [][]byte{mine.Bytes()}}.make(
		t, open, Identity{maker.id.Credential, newSigner(t, X25519AES128)}, other)
	late := forgery{}.forge(t, maker.g)
	closing := must[*Pending](t)(open.Commit(CommitParams{Proposals: []Proposal{Restart(ReInit{Suite: P256AES128})}}, noon))
	offered := kp(victim)
	p := forgedSubgroup{use: UseReInit, id: "next", psks: 1, with: [][]byte{offered.Bytes(), kp(third).Bytes()}}.make(t, maker.g, id, sc.o)
	agreed := *victim.g.reInit
	agreedOn := func(change func(*ReInit)) error {
		plan := agreed
		change(&plan)
		victim.g.reInit = &plan
		defer func() { victim.g.reInit = &agreed }()
		return second(victim.g.JoinRestart(p.Welcome, nil, offered, sc.o, nil, noon))
	}
	refusals(t, map[string]struct {
		err error
		why string
	}{
		"11.3 suite":               {second(open.JoinBranch(far.Welcome, nil, mine, other, nil, noon)), "branch is of another suite"},
		"restart of an open group": {second(open.Restart(SubgroupParams{}, id, sc.o, noon)), "not been closed"},
		"join of such":             {second(open.JoinRestart(nil, nil, nil, sc.o, nil, noon)), "not been closed"},
		"11.2 agreed suite":        {agreedOn(func(r *ReInit) { r.Suite = P384AES256 }), "not the one that was agreed on"},
		"11.2 agreed version":      {agreedOn(func(r *ReInit) { r.version = 2 }), "not the one that was agreed on"},
		"11.2 suite":               {second(victim.g.Restart(SubgroupParams{}, elsewhere, other, noon)), "another suite than agreed"},
		"commit in a closed group": {second(victim.g.Commit(CommitParams{}, noon)), "has been closed"},
		"stage in a closed group":  {second(victim.g.Stage(late, noon)), "has been closed"},
		"propose in one":           {second(victim.g.Propose(Remove(1), ProposalParams{}, noon)), "has been closed"},
		"group info of the next":   {second(closing.GroupInfo(true)), "no epoch to join"},
		"group info of one":        {second(victim.g.GroupInfo(true)), "has been closed"},
	})
}

func second[T any](_ T, err error) error { return err }
