package mls

import (
	"bytes"
	"crypto"
	"testing"
	"time"
)

func TestVectorTreeOperations(t *testing.T) {
	type vector struct {
		Suite      Suite `json:"cipher_suite"`
		Before     hexed `json:"tree_before"`
		Proposal   hexed
		Sender     uint32 `json:"proposal_sender"`
		After      hexed  `json:"tree_after"`
		HashBefore hexed  `json:"tree_hash_before"`
		HashAfter  hexed  `json:"tree_hash_after"`
	}
	load(t, "tree-operations.json", func(v vector) Suite { return v.Suite }, func(t *testing.T, p *params, v vector) {
		before := must[*tree](t)(decode("tree", v.Before, readTree(p)))
		equal(t, "tree", before.bytes(), v.Before)
		equal(t, "hash before", before.hash(before.root()), v.HashBefore)
		pr := must[Proposal](t)(decode("proposal", v.Proposal, readProposal))
		c := &change{tree: before.clone()}
		switch pr.Type {
		case ProposeAdd:
			c.tree.add(pr.add.leaf)
		default:
			c.applyOne(sourced{Proposal: &pr, from: sender{fromMember, v.Sender}})
			c.tree.truncate()
		}
		equal(t, "tree after", c.tree.bytes(), v.After)
		equal(t, "hash after", c.tree.hash(c.tree.root()), v.HashAfter)
		equal(t, "hash before, still", before.hash(before.root()), v.HashBefore)
	})
}

func TestVectorTreeValidation(t *testing.T) {
	type vector struct {
		Suite       Suite `json:"cipher_suite"`
		Tree        hexed
		GroupID     hexed   `json:"group_id"`
		Hashes      []hexed `json:"tree_hashes"`
		Resolutions [][]nodeIndex
	}
	load(t, "tree-validation.json", func(v vector) Suite { return v.Suite }, func(t *testing.T, p *params, v vector) {
		tr := must[*tree](t)(decode("tree", v.Tree, readTree(p)))
		for i, want := range v.Hashes {
			equal(t, "tree hash", tr.hash(nodeIndex(i)), want)
		}
		for i, want := range v.Resolutions {
			got := tr.resolve(nil, nodeIndex(i))
			if len(got) != len(want) {
				t.Fatalf("resolution of %d = %v, want %v", i, got, want)
			}
			for k := range got {
				if got[k] != want[k] {
					t.Fatalf("resolution of %d = %v, want %v", i, got, want)
				}
			}
		}
		o := Options{Suite: p.id, Validate: anyone}
		must[*params](t)(o.fill())
		if err := tr.verify(&o, v.GroupID, nil, noon); err != nil {
			t.Fatal(err)
		}
	})
}

func TestVectorTreeKEM(t *testing.T) {
	type vector struct {
		Suite      Suite `json:"cipher_suite"`
		GroupID    hexed `json:"group_id"`
		Epoch      uint64
		Transcript hexed `json:"confirmed_transcript_hash"`
		Tree       hexed `json:"ratchet_tree"`
		Leaves     []struct {
			Index         LeafIndex
			EncryptionKey hexed `json:"encryption_priv"`
			SignatureKey  hexed `json:"signature_priv"`
			PathSecrets   []struct {
				Node   nodeIndex
				Secret hexed `json:"path_secret"`
			} `json:"path_secrets"`
		} `json:"leaves_private"`
		Paths []struct {
			Sender       LeafIndex
			Path         hexed `json:"update_path"`
			CommitSecret hexed `json:"commit_secret"`
			HashAfter    hexed `json:"tree_hash_after"`
		} `json:"update_paths"`
	}
	load(t, "treekem.json", func(v vector) Suite { return v.Suite }, func(t *testing.T, p *params, v vector) {
		tr := must[*tree](t)(decode("tree", v.Tree, readTree(p)))
		o := Options{Suite: p.id, Validate: anyone}
		must[*params](t)(o.fill())
		private := map[LeafIndex]privateKeys{}
		signers := map[LeafIndex]crypto.Signer{}
		for _, l := range v.Leaves {
			key, err := p.kem.NewPrivateKey(l.EncryptionKey)
			if err != nil {
				t.Fatal(err)
			}
			keys := privateKeys{l.Index.node(): key}
			for _, s := range l.PathSecrets {
				if keys[s.Node], err = p.nodeKey(secret(s.Secret)); err != nil {
					t.Fatal(err)
				}
			}
			if len(tr.keep(keys, nil)) != len(keys) {
				t.Fatalf("leaf %d has keys that are not the tree's", l.Index)
			}
			private[l.Index], signers[l.Index] = keys, signerOf(t, p, l.SignatureKey)
		}
		context := func(tr *tree) []byte {
			c := groupContext{
				suite: p.id, groupID: v.GroupID, epoch: v.Epoch,
				treeHash: tr.hash(tr.root()), transcript: v.Transcript,
			}
			return c.bytes()
		}
		receive := func(from LeafIndex, raw []byte, want []byte, hash []byte) {
			t.Helper()
			for own, keys := range private {
				if own == from {
					continue
				}
				u := must[*updatePath](t)(decode("update path", raw, readUpdatePath))
				after := tr.clone()
				steps := must[[]step](t)(after.applyPath(from, u, nil))
				if hash != nil {
					equal(t, "tree hash", after.hash(after.root()), hash)
				}
				_, got, err := after.openPath(own, keys, u, steps, nil, context(after))
				if err != nil {
					t.Fatal(err)
				}
				equal(t, "commit secret", got, want)
			}
		}
		for _, u := range v.Paths {
			receive(u.Sender, u.Path, u.CommitSecret, u.HashAfter)
		}
		for from, signer := range signers {
			after := tr.clone()
			old := tr.leaves[from]
			leaf, key, err := newLeaf(p, &o, Identity{old.credential, signer})
			if err != nil {
				t.Fatal(err)
			}
			path := must[*newPath](t)(after.newPath(&o, from, leaf, key))
			if err := leaf.sign(p, &o, signer, v.GroupID, from); err != nil {
				t.Fatal(err)
			}
			after.setLeaf(from, leaf)
			u := must[*updatePath](t)(path.sealTo(p, after, context(after), nil))
			receive(from, u.append(nil), path.commitSecret, nil)
		}
	})
}

func TestVectorPassiveWelcome(t *testing.T) { passive(t, "passive-client-welcome.json") }
func TestVectorPassiveCommit(t *testing.T)  { passive(t, "passive-client-handling-commit.json") }

// A passiveVector is a member that follows a group.
type passiveVector struct {
	Suite Suite `json:"cipher_suite"`
	PSKs  []struct {
		ID  hexed `json:"psk_id"`
		PSK hexed `json:"psk"`
	} `json:"external_psks"`
	KeyPackage    hexed          `json:"key_package"`
	SignatureKey  hexed          `json:"signature_priv"`
	EncryptionKey hexed          `json:"encryption_priv"`
	InitKey       hexed          `json:"init_priv"`
	Welcome       hexed          `json:"welcome"`
	Tree          hexed          `json:"ratchet_tree"`
	Authenticator hexed          `json:"initial_epoch_authenticator"`
	Epochs        []passiveEpoch `json:"epochs"`
}

type passiveEpoch struct {
	Proposals     []hexed `json:"proposals"`
	Commit        hexed   `json:"commit"`
	Authenticator hexed   `json:"epoch_authenticator"`
}

func passive(t *testing.T, name string) {
	load(t, name, func(v passiveVector) Suite { return v.Suite }, func(t *testing.T, p *params, v passiveVector) { v.follow(t, p) })
}

func (v passiveVector) follow(t *testing.T, p *params) {
	t.Helper()
	id := Identity{Signer: signerOf(t, p, v.SignatureKey)}
	kp := must[*KeyPackageSecrets](t)(OpenKeyPackage(v.KeyPackage, v.InitKey, v.EncryptionKey, id))
	at := time.Unix(int64(kp.kp.leaf.notBefore)+1, 0)
	o := Options{Suite: v.Suite, Validate: anyone, MaxLifetime: -1, PastEpochs: 16, PSKs: func(id PSKID) ([]byte, bool) {
		for _, k := range v.PSKs {
			if bytes.Equal(k.ID, id.ID) {
				return k.PSK, true
			}
		}
		return nil, false
	}}
	g := must[*Group](t)(Join(v.Welcome, v.Tree, kp, o, nil, at))
	equal(t, "authenticator", g.Authenticator(), v.Authenticator)
	for _, e := range v.Epochs {
		for _, pr := range e.Proposals {
			must[ProposalRef](t)(g.HandleProposal(pr))
		}
		s := must[*Staged](t)(g.Stage(e.Commit, at))
		if err := g.Merge(must[*Admitted](t)(s.Admit(agree))); err != nil {
			t.Fatal(err)
		}
		equal(t, "authenticator", g.Authenticator(), e.Authenticator)
	}
}
