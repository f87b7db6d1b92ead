package mls

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The working group's vectors; their format is test-vectors.md of
// mlswg/mls-implementations. They lie beside the repository.
const vectors = "../../../shared/vectors/mls"

// A hexed is bytes in a vector.
type hexed []byte

func (h *hexed) UnmarshalJSON(b []byte) error {
	var s *string
	if err := json.Unmarshal(b, &s); err != nil || s == nil {
		return err
	}
	v, err := hex.DecodeString(*s)
	*h = v
	return err
}

func (h hexed) MarshalJSON() ([]byte, error) { return json.Marshal(hex.EncodeToString(h)) }

// notOurs are the suites of the working group that this package does not have:
// X448, P-521, and X448 with ChaCha20.
var notOurs = []Suite{4, 5, 6}

func haveVectors(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(vectors); err != nil {
		t.Skip("vectors are not here")
	}
}

// load reads a vector file and runs test for each entry whose suite is ours.
func load[T any](t *testing.T, name string, suite func(T) Suite, test func(*testing.T, *params, T)) {
	t.Helper()
	haveVectors(t)
	var all []T
	if err := json.Unmarshal(must[[]byte](t)(os.ReadFile(filepath.Join(vectors, name))), &all); err != nil {
		t.Fatal(err)
	}
	run := map[Suite]int{}
	for i, v := range all {
		s := suite(v)
		if p := suites[s]; p != nil {
			test(t, p, v)
			run[s]++
		} else if !slices.Contains(notOurs, s) {
			t.Fatalf("entry %d is of suite %v", i, s)
		}
	}
	if len(run) == 0 {
		t.Fatal("no vector was run")
	}
	t.Logf("of %d entries: %v", len(all), run)
}

// TestVectorFiles: no file of the working group's is left out.
func TestVectorFiles(t *testing.T) {
	haveVectors(t)
	var source []byte
	for _, name := range must[[]string](t)(filepath.Glob("vectors*_test.go")) {
		source = append(source, must[[]byte](t)(os.ReadFile(name))...)
	}
	files := must[[]string](t)(filepath.Glob(filepath.Join(vectors, "*.json")))
	if len(files) < 15 {
		t.Errorf("%d files only", len(files))
	}
	for _, f := range files {
		if !bytes.Contains(source, []byte(`"`+filepath.Base(f)+`"`)) {
			t.Errorf("%s is not run", filepath.Base(f))
		}
	}
}

func equal(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Fatalf("%s = %x, want %x", what, got, want)
	}
}

func signerOf(t *testing.T, p *params, raw []byte) crypto.Signer {
	t.Helper()
	if p.sig == nil {
		return ed25519.NewKeyFromSeed(raw)
	}
	return must[*ecdsa.PrivateKey](t)(ecdsa.ParseRawPrivateKey(p.sig, raw))
}

func TestVectorTreeMath(t *testing.T) {
	type vector struct {
		NLeaves int `json:"n_leaves"`
		NNodes  int `json:"n_nodes"`
		Root    nodeIndex
		Left    []*nodeIndex
		Right   []*nodeIndex
		Parent  []*nodeIndex
		Sibling []*nodeIndex
	}
	load(t, "tree-math.json", func(vector) Suite { return P256AES128 }, func(t *testing.T, _ *params, v vector) {
		if rootOf(v.NLeaves) != v.Root || 2*v.NLeaves-1 != v.NNodes {
			t.Fatalf("root of %d leaves", v.NLeaves)
		}
		for i := range nodeIndex(v.NNodes) {
			if want := v.Left[i]; want != nil && *want != i.left() || (want == nil) != i.isLeaf() {
				t.Fatalf("left of %d", i)
			}
			if want := v.Right[i]; want != nil && *want != i.right() {
				t.Fatalf("right of %d", i)
			}
			if want := v.Parent[i]; want != nil && *want != i.parent() || (want == nil) != (i == v.Root) {
				t.Fatalf("parent of %d", i)
			}
			if want := v.Sibling[i]; want != nil && *want != i.sibling() {
				t.Fatalf("sibling of %d", i)
			}
		}
	})
}

func TestVectorDeserialization(t *testing.T) {
	type vector struct {
		Header hexed `json:"vlbytes_header"`
		Length int
	}
	load(t, "deserialization.json", func(vector) Suite { return P256AES128 }, func(t *testing.T, _ *params, v vector) {
		r := &reader{b: v.Header}
		if n := r.varint(); n != v.Length || r.bad || len(r.b) > 0 {
			t.Fatalf("length of %x = %d, want %d", v.Header, n, v.Length)
		}
		equal(t, "header", appendVarint(nil, v.Length), v.Header)
	})
}

func TestVectorCryptoBasics(t *testing.T) {
	type vector struct {
		Suite   Suite `json:"cipher_suite"`
		RefHash struct {
			Label      string
			Value, Out hexed
		} `json:"ref_hash"`
		Expand struct {
			Secret, Context, Out hexed
			Label                string
			Length               int
		} `json:"expand_with_label"`
		Derive struct {
			Secret, Out hexed
			Label       string
		} `json:"derive_secret"`
		Tree struct {
			Secret, Out hexed
			Label       string
			Generation  uint32
			Length      int
		} `json:"derive_tree_secret"`
		Sign struct {
			Priv, Pub, Content, Signature hexed
			Label                         string
		} `json:"sign_with_label"`
		Encrypt struct {
			Priv, Pub, Context, Plaintext, Ciphertext hexed
			KEM                                       hexed `json:"kem_output"`
			Label                                     string
		} `json:"encrypt_with_label"`
	}
	load(t, "crypto-basics.json", func(v vector) Suite { return v.Suite }, func(t *testing.T, p *params, v vector) {
		equal(t, "RefHash", p.refHash(v.RefHash.Label, v.RefHash.Value), v.RefHash.Out)
		equal(t, "ExpandWithLabel", p.expand(secret(v.Expand.Secret), v.Expand.Label, v.Expand.Context, v.Expand.Length), v.Expand.Out)
		equal(t, "DeriveSecret", p.derive(secret(v.Derive.Secret), v.Derive.Label), v.Derive.Out)
		equal(t, "DeriveTreeSecret", p.deriveTree(secret(v.Tree.Secret), v.Tree.Label, v.Tree.Generation, v.Tree.Length), v.Tree.Out)

		key := &verifier{raw: v.Sign.Pub}
		if err := p.verify(key, v.Sign.Label, v.Sign.Content, v.Sign.Signature); err != nil {
			t.Fatal(err)
		}
		o := Options{Suite: p.id, Validate: anyone}
		must[*params](t)(o.fill())
		sig := must[[]byte](t)(p.sign(o.Rand, signerOf(t, p, v.Sign.Priv), v.Sign.Label, v.Sign.Content))
		if err := p.verify(key, v.Sign.Label, v.Sign.Content, sig); err != nil {
			t.Fatal(err)
		}

		priv, err := p.kem.NewPrivateKey(v.Encrypt.Priv)
		if err != nil {
			t.Fatal(err)
		}
		s := sealed{v.Encrypt.KEM, v.Encrypt.Ciphertext}
		for range 2 {
			plain := must[secret](t)(p.unseal(priv, v.Encrypt.Label, v.Encrypt.Context, s))
			equal(t, "plaintext", plain, v.Encrypt.Plaintext)
			s = must[sealed](t)(p.seal(&publicKey{raw: v.Encrypt.Pub}, v.Encrypt.Label, v.Encrypt.Context, secret(v.Encrypt.Plaintext)))
		}
	})
}

func TestVectorKeySchedule(t *testing.T) {
	type epochVector struct {
		CommitSecret  hexed `json:"commit_secret"`
		PSKSecret     hexed `json:"psk_secret"`
		TreeHash      hexed `json:"tree_hash"`
		Transcript    hexed `json:"confirmed_transcript_hash"`
		Context       hexed `json:"group_context"`
		Joiner        hexed `json:"joiner_secret"`
		Welcome       hexed `json:"welcome_secret"`
		Init          hexed `json:"init_secret"`
		SenderData    hexed `json:"sender_data_secret"`
		Encryption    hexed `json:"encryption_secret"`
		Exporter      hexed `json:"exporter_secret"`
		Authenticator hexed `json:"epoch_authenticator"`
		External      hexed `json:"external_secret"`
		Confirmation  hexed `json:"confirmation_key"`
		Membership    hexed `json:"membership_key"`
		Resumption    hexed `json:"resumption_psk"`
		ExternalPub   hexed `json:"external_pub"`
		Export        struct {
			Label   string
			Context hexed
			Length  int
			Secret  hexed
		} `json:"exporter"`
	}
	type vector struct {
		Suite   Suite `json:"cipher_suite"`
		GroupID hexed `json:"group_id"`
		Init    hexed `json:"initial_init_secret"`
		Epochs  []epochVector
	}
	load(t, "key-schedule.json", func(v vector) Suite { return v.Suite }, func(t *testing.T, p *params, v vector) {
		init := secret(v.Init)
		for i, e := range v.Epochs {
			ctx := groupContext{suite: p.id, groupID: v.GroupID, epoch: uint64(i), treeHash: e.TreeHash, transcript: e.Transcript}
			equal(t, "group_context", ctx.bytes(), e.Context)
			joiner := p.joiner(init, secret(e.CommitSecret), ctx.bytes())
			equal(t, "joiner_secret", joiner, e.Joiner)
			member := p.member(joiner, secret(e.PSKSecret))
			equal(t, "welcome_secret", p.welcomeSecret(member), e.Welcome)
			s := p.schedule(p.epochSecret(member, ctx.bytes()))
			equal(t, "init_secret", s.init, e.Init)
			equal(t, "sender_data_secret", s.senderData, e.SenderData)
			equal(t, "encryption_secret", s.encryption, e.Encryption)
			equal(t, "exporter_secret", s.exporter, e.Exporter)
			equal(t, "epoch_authenticator", s.authenticator, e.Authenticator)
			equal(t, "external_secret", s.external, e.External)
			equal(t, "confirmation_key", s.confirmation, e.Confirmation)
			equal(t, "membership_key", s.membership, e.Membership)
			equal(t, "resumption_psk", s.resumption, e.Resumption)
			key, err := p.kem.DeriveKeyPair(s.external)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "external_pub", key.PublicKey().Bytes(), e.ExternalPub)
			equal(t, "exporter", p.export(s.exporter, e.Export.Label, e.Export.Context, e.Export.Length), e.Export.Secret)
			init = s.init
		}
	})
}

func TestVectorPSKSecret(t *testing.T) {
	type vector struct {
		Suite Suite `json:"cipher_suite"`
		PSKs  []struct {
			ID    hexed `json:"psk_id"`
			PSK   hexed
			Nonce hexed `json:"psk_nonce"`
		}
		Secret hexed `json:"psk_secret"`
	}
	load(t, "psk_secret.json", func(v vector) Suite { return v.Suite }, func(t *testing.T, p *params, v vector) {
		var ids []PSKID
		keys := map[string][]byte{}
		for _, k := range v.PSKs {
			ids = append(ids, PSKID{Type: ExternalPSK, ID: k.ID, nonce: k.Nonce})
			keys[string(k.ID)] = k.PSK
		}
		got := must[secret](t)(p.pskSecret(ids, func(id PSKID) ([]byte, bool) { k, ok := keys[string(id.ID)]; return k, ok }))
		equal(t, "psk_secret", got, v.Secret)
	})
}

func TestVectorTranscriptHashes(t *testing.T) {
	type vector struct {
		Suite   Suite `json:"cipher_suite"`
		Key     hexed `json:"confirmation_key"`
		Content hexed `json:"authenticated_content"`
		Before  hexed `json:"interim_transcript_hash_before"`
		After   hexed `json:"confirmed_transcript_hash_after"`
		Interim hexed `json:"interim_transcript_hash_after"`
	}
	load(t, "transcript-hashes.json", func(v vector) Suite { return v.Suite }, func(t *testing.T, p *params, v vector) {
		a := must[*parsed](t)(decode("authenticated content", v.Content, readAuthenticated))
		equal(t, "content", a.bytes(), v.Content)
		confirmed := p.confirmedHash(v.Before, a.transcriptInput())
		equal(t, "confirmed_transcript_hash", confirmed, v.After)
		if !p.checkMAC(secret(v.Key), confirmed, a.tag) {
			t.Fatal("confirmation tag")
		}
		equal(t, "interim_transcript_hash", p.interimHash(confirmed, a.tag), v.Interim)
	})
}

func readAuthenticated(r *reader) *parsed {
	a := &parsed{wire: wireFormat(r.u16())}
	start := r.b
	a.content = readFramed(r)
	a.raw = start[:len(start)-len(r.b)]
	a.readAuth(r)
	return a
}

func TestVectorSecretTree(t *testing.T) {
	type generation struct {
		Generation uint32
		AppKey     hexed `json:"application_key"`
		AppNonce   hexed `json:"application_nonce"`
		HandKey    hexed `json:"handshake_key"`
		HandNonce  hexed `json:"handshake_nonce"`
	}
	type vector struct {
		Suite      Suite `json:"cipher_suite"`
		Encryption hexed `json:"encryption_secret"`
		SenderData struct {
			Secret     hexed `json:"sender_data_secret"`
			Ciphertext hexed
			Key, Nonce hexed
		} `json:"sender_data"`
		Leaves [][]generation
	}
	load(t, "secret-tree.json", func(v vector) Suite { return v.Suite }, func(t *testing.T, p *params, v vector) {
		k := p.senderDataKey(secret(v.SenderData.Secret), v.SenderData.Ciphertext)
		equal(t, "sender data key", k.key, v.SenderData.Key)
		equal(t, "sender data nonce", k.nonce, v.SenderData.Nonce)
		s := newSecretTree(p, secret(v.Encryption).clone(), len(v.Leaves))
		for i, leaf := range v.Leaves {
			for _, g := range leaf {
				want := [2]messageKey{{secret(g.HandKey), secret(g.HandNonce)}, {secret(g.AppKey), secret(g.AppNonce)}}
				for kind := range want {
					err := s.try(LeafIndex(i), ratchetKind(kind), g.Generation, true, func(k messageKey) error {
						equal(t, "key", k.key, want[kind].key)
						equal(t, "nonce", k.nonce, want[kind].nonce)
						return nil
					})
					if err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	})
}

func TestVectorMessages(t *testing.T) {
	type vector map[string]hexed
	proposals := map[string]ProposalType{
		"add_proposal": ProposeAdd, "update_proposal": ProposeUpdate, "remove_proposal": ProposeRemove,
		"pre_shared_key_proposal": ProposePSK, "re_init_proposal": ProposeReInit,
		"external_init_proposal": ProposeExternalInit, "group_context_extensions_proposal": ProposeExtensions,
	}
	load(t, "messages.json", func(vector) Suite { return X25519AES128 }, func(t *testing.T, p *params, v vector) {
		for name, b := range v {
			var again []byte
			var err error
			kind, isProposal := proposals[name]
			switch {
			case isProposal:
				var pr Proposal
				b = append(appendU16(nil, uint16(kind)), b...)
				pr, err = decode(name, b, readProposal)
				if err == nil {
					again = pr.append(nil)
				}
			case name == "commit":
				var c *commit
				if c, err = decode(name, b, readCommit); err == nil {
					again = c.append(nil)
				}
			case name == "ratchet_tree":
				var tr *tree
				if tr, err = decode(name, b, readTree(p)); err == nil {
					again = tr.bytes()
				}
			case name == "group_secrets":
				var s groupSecrets
				if s, err = decode(name, b, readGroupSecrets); err == nil {
					again = s.bytes()
				}
			default:
				var m *message
				if m, err = parseMessage(b); err == nil {
					again = m.bytes()
				}
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			equal(t, name, again, b)
		}
	})
}

func TestVectorMessageProtection(t *testing.T) {
	type vector struct {
		Suite           Suite `json:"cipher_suite"`
		GroupID         hexed `json:"group_id"`
		Epoch           uint64
		TreeHash        hexed `json:"tree_hash"`
		Transcript      hexed `json:"confirmed_transcript_hash"`
		SignaturePriv   hexed `json:"signature_priv"`
		SignaturePub    hexed `json:"signature_pub"`
		Encryption      hexed `json:"encryption_secret"`
		SenderData      hexed `json:"sender_data_secret"`
		Membership      hexed `json:"membership_key"`
		Proposal        hexed
		ProposalPriv    hexed `json:"proposal_priv"`
		ProposalPub     hexed `json:"proposal_pub"`
		Commit          hexed
		CommitPriv      hexed `json:"commit_priv"`
		CommitPub       hexed `json:"commit_pub"`
		Application     hexed
		ApplicationPriv hexed `json:"application_priv"`
	}
	load(t, "message-protection.json", func(v vector) Suite { return v.Suite }, func(t *testing.T, p *params, v vector) {
		ctx := groupContext{suite: p.id, groupID: v.GroupID, epoch: v.Epoch, treeHash: v.TreeHash, transcript: v.Transcript}
		leaf := &leafNode{verifier: &verifier{raw: v.SignaturePub}, encryption: &publicKey{}}
		o := Options{Suite: p.id, Validate: anyone}
		must[*params](t)(o.fill())
		// Two groups that agree: the vector's messages are from leaf 1.
		group := func() *Group {
			e := &epoch{p: p, ctx: ctx, raw: ctx.bytes(), tree: &tree{p: p, leaves: []*leafNode{leaf, leaf}}, own: 1}
			e.secrets = epochSecrets{senderData: secret(v.SenderData).clone(), membership: secret(v.Membership).clone()}
			e.messages = newSecretTree(p, secret(v.Encryption).clone(), 2)
			return newGroup(p, o, signerOf(t, p, v.SignaturePriv), e)
		}
		check := func(raw []byte, kind contentType, want []byte) {
			t.Helper()
			m := must[*message](t)(parseMessage(raw))
			err := group().open(m, true, func(a *verified) error {
				if a.content.kind != kind {
					t.Fatal("kind of content")
				}
				if kind == contentApplication {
					equal(t, "content", a.content.application, want)
					return nil
				}
				equal(t, "content", a.content.appendBody(nil), want)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		own := func(wire wireFormat, f framed) []byte {
			t.Helper()
			f.groupID, f.epoch, f.sender = v.GroupID, v.Epoch, sender{fromMember, 1}
			g := group()
			a := parsed{wire: wire, content: f, tag: []byte("tag")}
			if err := a.sign(p, o.Rand, g.signer, ctx.bytes()); err != nil {
				t.Fatal(err)
			}
			return must[[]byte](t)(g.frame(&a))
		}
		pr := must[Proposal](t)(decode("proposal", v.Proposal, readProposal))
		cm := must[*commit](t)(decode("commit", v.Commit, readCommit))
		for _, wire := range []wireFormat{wirePublic, wirePrivate} {
			check(own(wire, framed{kind: contentProposal, proposal: &pr}), contentProposal, v.Proposal)
			check(own(wire, framed{kind: contentCommit, commit: cm}), contentCommit, v.Commit)
		}
		check(own(wirePrivate, framed{kind: contentApplication, application: v.Application}), contentApplication, v.Application)
		check(v.ProposalPriv, contentProposal, v.Proposal)
		check(v.ProposalPub, contentProposal, v.Proposal)
		check(v.CommitPriv, contentCommit, v.Commit)
		check(v.CommitPub, contentCommit, v.Commit)
		check(v.ApplicationPriv, contentApplication, v.Application)
	})
}

func TestVectorWelcome(t *testing.T) {
	type vector struct {
		Suite      Suite `json:"cipher_suite"`
		InitPriv   hexed `json:"init_priv"`
		KeyPackage hexed `json:"key_package"`
		SignerPub  hexed `json:"signer_pub"`
		Welcome    hexed
	}
	load(t, "welcome.json", func(v vector) Suite { return v.Suite }, func(t *testing.T, p *params, v vector) {
		kp := &KeyPackageSecrets{kp: must[*keyPackage](t)(parseKeyPackage(v.KeyPackage)), p: p}
		var err error
		if kp.init, err = p.kem.NewPrivateKey(v.InitPriv); err != nil {
			t.Fatal(err)
		}
		m := must[*message](t)(parseMessage(v.Welcome))
		gs := must[groupSecrets](t)(m.welcome.open(p, kp))
		member := p.member(gs.joiner, make(secret, p.nh()))
		info := must[*groupInfo](t)(m.welcome.openInfo(p, member))
		signed := &tree{p: p, leaves: make([]*leafNode, info.signer+1)}
		signed.leaves[info.signer] = &leafNode{verifier: &verifier{raw: v.SignerPub}}
		if err := info.verify(p, signed); err != nil {
			t.Fatal(err)
		}
		s := p.schedule(p.epochSecret(member, info.context.bytes()))
		if !p.checkMAC(s.confirmation, info.context.transcript, info.tag) {
			t.Fatal("confirmation tag")
		}
	})
}
