package mls

import (
	"crypto/ecdsa"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "make the vectors in testdata anew")

// ownVectors is a passive client's file, in the working group's format, for
// what the working group's vectors do not have: hybrid suites and X.509
// credentials.
var ownVectors = filepath.Join("testdata", "passive-client.json")

// TestOwnVectors follows groups that an earlier build of this package has
// recorded: what they agreed on then must be agreed on now.
func TestOwnVectors(t *testing.T) {
	if *update {
		var all []passiveVector
		for _, c := range []struct {
			s      Suite
			k      kind
			epochs int
		}{{MLKEM768P256, basic, 1}, {MLKEM768P256, certified, 4}, {MLKEM1024P384, certified, 2}, {P256AES128, certified, 4}, {P384AES256, certified, 1}} {
			v := record(t, c.s, c.k)
			v.Epochs = v.Epochs[:c.epochs] // the file is to stay small
			all = append(all, v)
		}
		b := must[[]byte](t)(json.MarshalIndent(all, "", " "))
		if err := os.WriteFile(ownVectors, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var all []passiveVector
	if err := json.Unmarshal(must[[]byte](t)(os.ReadFile(ownVectors)), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 5 {
		t.Fatalf("%d vectors", len(all))
	}
	for _, v := range all {
		v.follow(t, suites[v.Suite])
	}
}

// record has a small group live and writes down what its member at leaf 1 saw.
func record(t *testing.T, s Suite, k kind) passiveVector {
	t.Helper()
	sc := newScene(t, s, k)
	me := sc.joiner()
	init, encryption, err := me.kp.PrivateKeys()
	if err != nil {
		t.Fatal(err)
	}
	v := passiveVector{
		Suite: s, KeyPackage: me.kp.Bytes(), InitKey: init, EncryptionKey: encryption,
		SignatureKey: must[[]byte](t)(me.id.Signer.(*ecdsa.PrivateKey).Bytes()),
	}
	p := sc.commit(0, CommitParams{Adds: [][]byte{me.kp.Bytes()}})
	me.g = must[*Group](t)(Join(p.Welcome, p.Tree, me.kp, sc.o, nil, noon))
	sc.people = append(sc.people, me)
	v.Welcome, v.Tree, v.Authenticator = p.Welcome, p.Tree, me.g.Authenticator()
	saw := func(message []byte, proposals ...hexed) {
		v.Epochs = append(v.Epochs, passiveEpoch{Proposals: proposals, Commit: message, Authenticator: me.g.Authenticator()})
	}
	other := sc.joiner()
	p = sc.commit(0, CommitParams{Adds: [][]byte{other.kp.Bytes()}})
	saw(p.Message)
	other.g = must[*Group](t)(Join(p.Welcome, p.Tree, other.kp, sc.o, nil, noon))
	sc.people = append(sc.people, other)

	up := must[*SentProposal](t)(other.g.ProposeUpdate(nil, ProposalParams{Public: true}, noon))
	sc.hear(other, up.Message)
	p = sc.commit(0, CommitParams{References: []ProposalRef{up.Ref}, Public: true})
	saw(p.Message, up.Message)

	outsider := newIdentity(t, s, k, "outsider")
	info := must[[]byte](t)(sc.people[0].g.GroupInfo(true))
	_, commit, err := JoinExternal(info, nil, outsider, sc.o, ExternalParams{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	sc.deliver(commit)
	saw(commit)
	p = sc.commit(2, CommitParams{Removes: []LeafIndex{0}})
	saw(p.Message)
	return v
}
