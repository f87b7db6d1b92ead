package mls

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// secretsOf are all secrets of an epoch as they stand.
func (e *epoch) secretsOf(t testing.TB) []secret {
	t.Helper()
	var out []secret
	for _, s := range e.secrets.all() {
		if *s != nil {
			out = append(out, *s)
		}
	}
	for _, n := range e.messages.nodes {
		out = append(out, n)
	}
	for _, rs := range e.messages.ratchets {
		for _, r := range rs {
			out = append(out, r.next)
			for _, k := range r.skipped {
				out = append(out, k.key, k.nonce)
			}
		}
	}
	return out
}

// TestSecretsArePrintedByNobody walks all exported types of the package and
// prints them in all ways; none may show a byte of a key.
func TestSecretsArePrintedByNobody(t *testing.T) {
	sc := newScene(t, MLKEM768P256, basic)
	sc.add(0, 2, CommitParams{})
	g := sc.people[0].g
	kp := sc.joiner().kp
	pending := must[*Pending](t)(g.Commit(CommitParams{Adds: [][]byte{kp.Bytes()}}, noon))
	staged := must[*Staged](t)(sc.people[1].g.Stage(pending.Message, noon))
	admitted := must[*Admitted](t)(staged.Admit(agree))
	must[*ApplicationData](t)(sc.people[1].g.Unprotect(must[[]byte](t)(g.Protect([]byte("x"), nil))))
	sub := &Subgroup{Group: g}
	id := sc.people[0].id

	secrets := append(g.now.secretsOf(t), pending.staged.next.secretsOf(t)...)
	secrets = append(secrets, staged.next.secretsOf(t)...)
	for _, k := range [...]*KeyPackageSecrets{kp} {
		init, leaf, err := k.PrivateKeys()
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, init, leaf)
	}
	for _, e := range []*epoch{g.now, staged.next} {
		for _, key := range e.keys {
			secrets = append(secrets, must[[]byte](t)(key.Bytes()))
		}
	}
	values := map[string][]any{
		"Group": {g, *g}, "Pending": {pending, *pending}, "Staged": {staged, *staged},
		"Admitted": {admitted, *admitted}, "KeyPackageSecrets": {kp, *kp}, "Subgroup": {sub, *sub},
		"Identity": {id, &id}, "CommitParams": {CommitParams{Identity: &id}}, "Options": {g.o},
		"Suite": {g.Suite()}, "Credential": {id.Credential}, "CredentialType": {BasicCredential},
		"Extension": {Extension{}}, "ExtensionType": {ExtApplicationID}, "ExternalSender": {ExternalSender{}},
		"RequiredCapabilities": {RequiredCapabilities{}}, "ExternalParams": {ExternalParams{}},
		"GroupInfoSummary": {must[GroupInfoSummary](t)(ReadGroupInfo(must[[]byte](t)(g.GroupInfo(true))))},
		"KeyPackageInfo":   {must[KeyPackageInfo](t)(ReadKeyPackage(kp.Bytes()))},
		"LeafIndex":        {g.OwnLeaf()}, "LeafInfo": {g.Members()}, "Proposal": {Remove(1)},
		"ProposalParams": {ProposalParams{}}, "ProposalRef": {ProposalRef("")}, "ProposalType": {ProposeAdd},
		"PSKID": {PSKID{}}, "PSKType": {ExternalPSK}, "PSKUsage": {UseBranch}, "ReInit": {ReInit{}},
		"SentProposal": {SentProposal{}}, "SubgroupParams": {SubgroupParams{}}, "ApplicationData": {ApplicationData{}},
		"MissingPSKError": {&MissingPSKError{}}, "PSKs": {PSKs(nil)}, "Validate": {Validate(nil)},
	}
	for _, name := range exportedTypes(t) {
		vs, ok := values[name]
		if !ok {
			t.Errorf("type %s is not looked at here", name)
		}
		for _, v := range vs {
			showsNothing(t, name, v, secrets)
		}
	}
	showsNothing(t, "secret", struct{ s secret }{secrets[0]}.s, secrets)
}

func showsNothing(t *testing.T, name string, v any, secrets []secret) {
	t.Helper()
	wrapped := struct{ Inside any }{v}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "% x", "%T"} {
		for _, out := range []string{fmt.Sprintf(verb, v), fmt.Sprintf(verb, wrapped), fmt.Sprintf(verb, []any{v})} {
			leaks(t, name+" "+verb, out, secrets)
		}
	}
	if b, err := json.Marshal(v); err == nil {
		leaks(t, name+" JSON", string(b), secrets)
	}
}

func leaks(t *testing.T, where, out string, secrets []secret) {
	t.Helper()
	lower := strings.ToLower(out)
	for _, s := range secrets {
		part := s[:min(8, len(s))]
		decimal := strings.Trim(fmt.Sprint([]byte(part)), "[]")
		for _, form := range []string{string(part), hex.EncodeToString(part), fmt.Sprintf("% x", []byte(part)), decimal, strings.ReplaceAll(decimal, " ", ", ")} {
			if strings.Contains(lower, strings.ToLower(form)) {
				t.Fatalf("%s shows a secret", where)
			}
		}
	}
}

// exportedTypes lists the package's exported types from its source.
func exportedTypes(t *testing.T) []string {
	t.Helper()
	set := token.NewFileSet()
	names := must[[]string](t)(filepath.Glob("*.go"))
	var out []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f := must[*ast.File](t)(parser.ParseFile(set, name, nil, 0))
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.TYPE {
				continue
			}
			for _, s := range g.Specs {
				if n := s.(*ast.TypeSpec).Name; n.IsExported() {
					out = append(out, n.Name)
				}
			}
		}
	}
	if len(out) < 20 {
		t.Fatalf("%d exported types only", len(out))
	}
	return out
}

func zero(s secret) bool { return bytes.Count(s, []byte{0}) == len(s) }

// TestSecretsEndWithTheirEpoch: what Merge leaves behind is overwritten.
func TestSecretsEndWithTheirEpoch(t *testing.T) {
	forSuites(t, func(t *testing.T, s Suite) {
		sc := newScene(t, s, basic)
		sc.add(0, 3, CommitParams{})
		sc.talk()
		var old []secret
		for _, p := range sc.people {
			old = append(old, p.g.now.secretsOf(t)...)
			lost := must[*Pending](t)(p.g.Commit(CommitParams{}, noon))
			old = append(old, lost.staged.next.secretsOf(t)...)
		}
		sc.commit(1, CommitParams{Removes: []LeafIndex{3}})
		for i, k := range old {
			if !zero(k) {
				t.Fatalf("secret %d is still there", i)
			}
		}
		g := sc.people[0].g
		last := g.now.secretsOf(t)
		g.Wipe()
		for _, k := range last {
			if !zero(k) {
				t.Fatal("a secret is there after Wipe")
			}
		}
		if _, err := g.Exporter("x", nil, 32); err == nil {
			t.Error("a wiped group exports")
		}
		if _, err := g.Marshal(); err == nil {
			t.Error("a wiped group is stored")
		}
	})
}

// TestMessageKeysAreUsedOnce: a key is overwritten once its message is open.
func TestMessageKeysAreUsedOnce(t *testing.T) {
	c := newCourt(t)
	m := must[[]byte](t)(c.insider.Protect([]byte("order"), nil))
	must[*ApplicationData](t)(c.victim.Unprotect(m))
	r := c.victim.now.messages.ratchets[1][application]
	if r.at != 1 || len(r.skipped) != 0 {
		t.Errorf("ratchet at %d with %d keys left", r.at, len(r.skipped))
	}
}
