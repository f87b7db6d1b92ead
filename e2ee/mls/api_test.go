package mls

import (
	"bytes"
	"testing"
	"time"
)

// TestRefusals: what cannot be right is refused before anything is made.
func TestRefusals(t *testing.T) {
	good := newIdentity(t, P256AES128, certified, "good")
	other := newIdentity(t, P256AES128, basic, "other")
	o := Options{Suite: P256AES128, Validate: anyone}
	kp := must[*KeyPackageSecrets](t)(NewKeyPackage(good, o, noon))
	init, leaf, err := kp.PrivateKeys()
	if err != nil {
		t.Fatal(err)
	}
	again := must[*KeyPackageSecrets](t)(OpenKeyPackage(kp.Bytes(), init, leaf, good))
	if !bytes.Equal(again.Ref(), kp.Ref()) {
		t.Error("a key package comes back as another")
	}
	no := func(Credential, []byte, time.Time) error { return errSignature }
	for name, err := range map[string]error{
		"no validation":        second(Create(nil, good, Options{Suite: P256AES128}, nil, noon)),
		"no suite":             second(Create(nil, good, Options{Validate: anyone}, nil, noon)),
		"suite not known":      second(NewKeyPackage(good, Options{Suite: 5, Validate: anyone}, noon)),
		"no signer":            second(Create(nil, Identity{Credential: Basic(nil)}, o, nil, noon)),
		"signer of no suite":   second(Create(nil, newIdentity(t, X25519AES128, basic, "x"), o, nil, noon)),
		"signer of P-384":      second(NewKeyPackage(newIdentity(t, P384AES256, basic, "x"), o, noon)),
		"certificate for else": second(NewKeyPackage(Identity{good.Credential, other.Signer}, o, noon)),
		"own credential":       second(Create(nil, good, Options{Suite: P256AES128, Validate: no}, nil, noon)),
		"extension not known":  second(Create(nil, good, o, []Extension{{Type: 0xF00D}}, noon)),
		"keys exchanged":       second(OpenKeyPackage(kp.Bytes(), leaf, init, good)),
		"leaf's key twice":     second(OpenKeyPackage(kp.Bytes(), leaf, leaf, good)),
		"init key twice":       second(OpenKeyPackage(kp.Bytes(), init, init, good)),
		"no keys":              second(OpenKeyPackage(kp.Bytes(), nil, nil, good)),
		"no suite by name":     second(ParseSuite("none")),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, s := range Suites() {
		if got := must[Suite](t)(ParseSuite(s.String())); got != s {
			t.Errorf("%v is read as %v", s, got)
		}
	}
}

// TestViews: what a group, a staged commit and an outsider see of a change.
func TestViews(t *testing.T) {
	sc := newScene(t, MLKEM768P256, certified)
	sc.add(0, 3, CommitParams{})
	j := sc.joiner()
	p := must[*Pending](t)(sc.people[2].g.Commit(CommitParams{
		Adds: [][]byte{j.kp.Bytes()}, Removes: []LeafIndex{3}, AuthenticatedData: []byte("head"),
	}, noon))
	s := must[*Staged](t)(sc.people[0].g.Stage(p.Message, noon))
	_, set := s.Extensions()
	switch {
	case s.Committer() != 2 || !s.CommitterInfo().Credential.Equal(sc.people[2].id.Credential):
		t.Error("committer")
	case s.External() || s.RemovesSelf() || set || s.Restarts() != nil || len(s.PSKs()) != 0 || len(s.Updates()) != 0:
		t.Error("it does what it does not")
	case s.Epoch() != 2 || string(s.AuthenticatedData()) != "head" || len(s.Members()) != 4:
		t.Error("epoch, data or members")
	case len(s.Adds()) != 1 || s.Adds()[0].Index != 3 || !s.Adds()[0].Credential.Equal(j.id.Credential):
		t.Error("additions")
	case len(s.Removed()) != 1 || !s.Removed()[0].Credential.Equal(sc.people[3].id.Credential) || s.Removes()[0] != 3:
		t.Error("removals")
	}
	gone := must[*Staged](t)(sc.people[3].g.Stage(p.Message, noon))
	if !gone.RemovesSelf() {
		t.Error("the removed member does not see it")
	}
	info := must[[]byte](t)(p.GroupInfo(true))
	sum := must[GroupInfoSummary](t)(ReadGroupInfo(info))
	if sum.Epoch != 2 || sum.Suite != MLKEM768P256 || string(sum.GroupID) != "group" {
		t.Errorf("group info: %+v", sum)
	}
	if m := must[[]LeafInfo](t)(ReadTree(InlineTree(info), sum.Suite)); len(m) != 4 || !bytes.Equal(InlineTree(info), p.Tree) {
		t.Error("tree")
	}
	sc.deliver(p.Message)
	if _, err := sc.people[0].g.Unprotect(must[[]byte](t)(sc.people[1].g.Protect(nil, nil))); err != nil {
		t.Error(err)
	}
	// The info of before is the info of now: it is enough to join.
	outsider := sc.person()
	g, commit, err := JoinExternal(info, nil, outsider.id, sc.o, ExternalParams{AuthenticatedData: []byte("hello")}, noon)
	if err != nil {
		t.Fatal(err)
	}
	ext := must[*Staged](t)(sc.people[1].g.Stage(commit, noon))
	if !ext.External() || ext.Committer() != g.OwnLeaf() || string(ext.AuthenticatedData()) != "hello" || len(ext.Adds()) != 0 {
		t.Error("external commit")
	}
	a := must[[]byte](t)(g.Exporter("label", []byte("x"), 64))
	if b := must[[]byte](t)(g.Exporter("label", []byte("y"), 64)); bytes.Equal(a, b) || len(a) != 64 {
		t.Error("exporter")
	}
	for _, length := range []int{-1, 1 << 20} {
		if _, err := g.Exporter("label", nil, length); err == nil {
			t.Errorf("exporter of %d bytes", length)
		}
	}
}
