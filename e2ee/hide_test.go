package e2ee

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"math/big"
	"path/filepath"
	"reflect"
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
	secrets := [][]byte{m.Epoch().mediaKey, stage.rings[0].epoch(1).mediaKey}
	for _, key := range []*ecdsa.PrivateKey{m.Me.Signer.(*ecdsa.PrivateKey), stage.keys[0]} {
		d, err := key.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, d)
	}
	nothingShows(t, ".", values, secrets)
}

func TestFramesPrintNoKey(t *testing.T) {
	base := []byte("a base key of 32 bytes, no more.")
	key, err := sframe.NewKey(sframe.AES256GCM, base, 1)
	if err != nil {
		t.Fatal(err)
	}
	ring := sframe.NewKeyring(sframe.AES256GCM, time.Now)
	e := sframe.Epoch{Number: 1, Base: base, Owners: []string{"a"}}
	ring.Advance(e, 0)
	sealer, opener := ring.Sealer(), ring.Opener("a")
	if _, _, err := sealer.Seal(nil, 0, nil, nil); err != nil {
		t.Fatal(err)
	}
	nothingShows(t, "sframe", map[string]any{
		"Key": key, "Epoch": e, "Keyring": ring, "Sealer": sealer, "Opener": opener,
		"Header": sframe.Header{}, "Frame": sframe.Frame{},
	}, [][]byte{base})
	if text := fmt.Sprintf("%+v", key); text != "sframe: key" {
		t.Errorf("a key is printed as %s", text)
	}
}

// nothingShows prints values, one of every exported struct in dir, in every way
// that a log knows, and looks for secrets.
func nothingShows(t *testing.T, dir string, values map[string]any, secrets [][]byte) {
	t.Helper()
	for _, name := range exportedStructs(t, dir) {
		v, ok := values[name]
		if !ok {
			t.Errorf("no value of type %s is tried", name)
			continue
		}
		for _, v := range []any{v, reflect.Indirect(reflect.ValueOf(v)).Interface()} {
			for how, text := range printed(v) {
				for _, secret := range secrets {
					if leaks(text, secret) {
						t.Errorf("%s of a %T shows a secret", how, v)
					}
				}
			}
		}
	}
}

// TestLeaksAreSeen holds that each way of printing would show a secret, were
// it not hidden.
func TestLeaksAreSeen(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, open := range []any{struct{ Base []byte }{d}, &struct{ Base []byte }{d}} {
		for how, text := range printed(open) {
			if !leaks(text, d) {
				t.Errorf("%s of a %T hides its secret: %s", how, open, text)
			}
		}
	}
	if text := printed(struct{ Signer any }{key})["json"]; !leaks(text, d) {
		t.Errorf("json hides a key: %s", text)
	}
}

// printed is v in every way.
func printed(v any) map[string]string {
	texts := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		texts[verb] = fmt.Sprintf(verb, v)
	}
	if b, err := json.Marshal(v); err == nil {
		texts["json"] = string(b)
	} else {
		texts["json"] = err.Error()
	}
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("text", "v", v)
	texts["slog text"] = b.String()
	b.Reset()
	slog.New(slog.NewJSONHandler(&b, nil)).Info("json", "v", v)
	texts["slog json"] = b.String()
	return texts
}

// leaks looks for secret as text prints bytes, and numbers.
func leaks(text string, secret []byte) bool {
	part := secret[:9] // whole groups of base64
	forms := []string{
		hex.EncodeToString(part), base64.StdEncoding.EncodeToString(part),
		strings.Trim(fmt.Sprint(part), "[]"),
		strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", part), "[]byte{"), "}"),
		new(big.Int).SetBytes(secret).String(),
	}
	// A secret may hold what reads as a letter of several bytes, which its part
	// may have cut: one of the parts has none cut.
	for i := range len(secret) - len(part) {
		part := secret[i : i+len(part)]
		forms = append(forms, string(part), strings.Trim(fmt.Sprintf("%q", part), `"`))
	}
	text = strings.ToLower(text)
	return slices.ContainsFunc(forms, func(form string) bool { return strings.Contains(text, strings.ToLower(form)) })
}

// exportedStructs are those of the package in dir, read from its source.
func exportedStructs(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
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
