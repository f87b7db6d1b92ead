package e2ee

import (
	"crypto/ecdsa"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"incamera/e2ee/sframe"
)

// TestNothingPrintsASecret prints one value of every exported type that is a
// struct, in every way that fmt knows, and looks for secrets in it.
func TestNothingPrintsASecret(t *testing.T) {
	ms := found(t, hybrid, "a", "b")
	m := ms[0]
	p, err := m.Commit(nil, []Leaf{ms[1].Epoch().Leaf()}, nil, testTime)
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Stage(p.Message, testTime)
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Admit(func(*Staged) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	stage := newStage(t)
	o := KeyringOptions{Signer: m.Me.Signer}
	values := map[string]any{
		"Epoch": m.Epoch(), "Leaf": m.Epoch().Leaf(), "Identity": m.Me, "Config": m.Config,
		"KeyPackage": m.offer, "Group": m.Group, "Pending": p, "Staged": s, "Admitted": a,
		"KeyringOptions": o, "Keyring": stage.rings[0], "Sealer": stage.rings[0].Sealer(1),
		"Opener": stage.rings[0].Opener("b", 1), "Head": Head{}, "Counts": Counts{},
	}
	secrets := [][]byte{m.Epoch().mediaKey, stage.rings[0].epoch(1).mediaKey[:8]}
	for _, key := range []*ecdsa.PrivateKey{m.Me.Signer.(*ecdsa.PrivateKey), stage.keys[0]} {
		d, err := key.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, d)
	}
	for _, name := range exportedStructs(t) {
		v, ok := values[name]
		if !ok {
			t.Errorf("no value of type %s is tried", name)
			continue
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			for _, secret := range secrets {
				if leaks(fmt.Sprintf(verb, v), secret) {
					t.Errorf("%s of %s shows a secret", verb, name)
				}
			}
		}
	}
}

// leaks looks for the first bytes of secret as text prints bytes.
func leaks(text string, secret []byte) bool {
	part := secret[:8]
	decimal := strings.Trim(fmt.Sprint(part), "[]")
	goForm := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", part), "[]byte{"), "}")
	for _, form := range []string{string(part), hex.EncodeToString(part), decimal, goForm} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
			return true
		}
	}
	return false
}

// exportedStructs are the package's own, read from its source.
func exportedStructs(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range g.Specs {
				ts, ok := s.(*ast.TypeSpec)
				if !ok || !ts.Name.IsExported() {
					continue
				}
				if _, ok := ts.Type.(*ast.StructType); ok {
					names = append(names, ts.Name.Name)
				}
			}
		}
	}
	slices.Sort(names)
	return names
}

func TestFramePackagesPrintNoKey(t *testing.T) {
	base := []byte("a base key of 32 bytes, no more.")
	key, err := sframe.NewKey(sframe.AES256GCM, base, 1)
	if err != nil {
		t.Fatal(err)
	}
	ring := sframe.NewKeyring(sframe.AES256GCM, time.Now)
	e := sframe.Epoch{Number: 1, Base: base, Owners: []string{"a"}}
	ring.Advance(e, 0)
	for _, v := range []any{key, *key, e, &e, ring, ring.Sealer(), ring.Opener("a")} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			if text := fmt.Sprintf(verb, v); leaks(text, base) || !strings.HasPrefix(text, "sframe: ") {
				t.Errorf("%s of a %T shows %.40q", verb, v, text)
			}
		}
	}
}
