package cardcmd

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"incamera/identity"
	"incamera/identity/identitytest"
	"incamera/identity/identitytest/house"
)

// quiet is a software card that tells of all its slots, and must never be used.
type quiet struct {
	*identitytest.Card
	t     *testing.T
	extra map[string]*x509.Certificate
	maker [][]byte
	// silent is why the maker's word cannot be had.
	silent error
}

func (q quiet) Use(context.Context, identity.Asker, func(crypto.Signer) error) error {
	q.t.Error("the card was used, which asks for a PIN")
	return identity.ErrCancelled
}

func (q quiet) Slots(ctx context.Context) (map[string]*x509.Certificate, error) {
	cert, err := q.Certificate(ctx)
	all := map[string]*x509.Certificate{}
	for slot, cert := range q.extra {
		all[slot] = cert
	}
	if err == nil {
		all["9A"] = cert
	}
	if errors.Is(err, identity.ErrNoCertificate) {
		err = nil
	}
	return all, err
}

func (q quiet) Attestation(context.Context) ([][]byte, error) { return q.maker, q.silent }

// row is a row of readers that stays as it is.
type row []identity.Reader

func (r row) Watch(ctx context.Context, changed func([]identity.Reader)) error {
	changed(nil) // as real readers do, before they have been looked at
	time.Sleep(100 * time.Millisecond)
	changed(r)
	<-ctx.Done()
	return context.Cause(ctx)
}

// A room is a House, a policy file and what was put into its readers.
type room struct {
	t     *testing.T
	house *house.House
	dir   string
	at    time.Time
}

func newRoom(t *testing.T, policy string) *room {
	t.Helper()
	at := time.Now()
	h, err := house.New(house.Options{At: at, Address: "http://house.example"})
	if err != nil {
		t.Fatal(err)
	}
	r := &room{t, h, t.TempDir(), at}
	r.write("house.pem", string(h.AnchorsPEM()))
	r.write("policy.toml", policy)
	return r
}

func (r *room) write(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// card issues a card for p.
func (r *room) card(p house.Person, config identitytest.Config) quiet {
	r.t.Helper()
	cert, key, err := r.house.IssueCard(p)
	if err != nil {
		r.t.Fatal(err)
	}
	config.Certificate, config.Key, config.Make = cert, key, "Software card"
	return quiet{Card: identitytest.NewCard(config), t: r.t}
}

// run runs the command as args say and returns what it printed.
func (r *room) run(readers identity.Readers, args ...string) (stdout, stderr string, code int) {
	r.t.Helper()
	fetch := func(_ context.Context, url string, body []byte) ([]byte, error) {
		switch {
		case strings.HasSuffix(url, "root.crl"):
			return r.house.RootList(r.at, time.Hour, nil)
		case strings.HasSuffix(url, ".crl"):
			return r.house.List(r.at, time.Hour, nil)
		}
		return r.house.Answer(body, r.at, time.Hour, nil)
	}
	var out, wrong bytes.Buffer
	d := desk{cards: readers, now: time.Now, fetch: fetch}
	code = d.run(r.t.Context(), append([]string{"--policy", filepath.Join(r.dir, "policy.toml")}, args...), &out, &wrong)
	return out.String(), wrong.String(), code
}

const plainPolicy = "anchors = [\"house.pem\"]\npolicy_oids = [\"" + house.Policy + "\"]\nrevocation = \"hard\"\n"

var tremblay = house.Person{Common: "Alice Tremblay", UUID: "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", UPN: "a.tremblay@house.example"}

// What changes from run to run: keys, numbers, the directory.
var changing = []struct {
	find *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`spki:[0-9a-f]{64}`), "spki:…"},
	{regexp.MustCompile(`(number|numéro) [0-9a-f]{20,}`), "$1 …"},
	{regexp.MustCompile(`: /.*/policy.toml`), ": …/policy.toml"},
}

func TestText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, plainPolicy)
		good := r.card(tremblay, identitytest.Config{Serial: "1234567"})
		other, _, err := r.house.IssueCard(house.Person{Common: "Alice Tremblay", Purposes: []string{house.CardAuth}})
		if err != nil {
			t.Fatal(err)
		}
		good.extra = map[string]*x509.Certificate{"9E": other}
		over := r.card(house.Person{Common: "Bob Singh", NotBefore: r.at.AddDate(-3, 0, 0), NotAfter: r.at.AddDate(0, 0, -1)}, identitytest.Config{Tries: 1})
		got, _, code := r.run(row{
			{Name: "Reader A", Card: good},
			{Name: "Reader B", Card: over},
			{Name: "Reader C"},
			{Name: "Reader D", Err: identity.ErrNotPIV},
		})
		for _, c := range changing {
			got = c.find.ReplaceAllString(got, c.with)
		}
		if got != wantText {
			t.Errorf("printed\n%s\nwant\n%s", got, wantText)
		}
		if code != exitAdmitted {
			t.Errorf("exit code %d", code)
		}
	})
}

// The clock of a bubble begins on 1 January 2000.
const wantText = `Policy: …/policy.toml
  Revocation  hard
  Attestation report
  Asks for    2.16.840.1.101.3.2.1.48.11

Reader A
  Card        Software card, serial number 1234567
  PIN         3 tries left
  Slot 9A     CN=Alice Tremblay,O=Test House,C=CA
              issued by CN=Test House Issuing CA,O=Test House,C=CA
              P-256, number …
              valid 2000-01-01 to 2003-01-01
              for clientAuth, smartcardLogon
              policies 2.16.840.1.101.3.2.1.48.11
              spki:…
              uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6
              upn:a.tremblay@house.example
  Slot 9E     CN=Alice Tremblay,O=Test House,C=CA
              issued by CN=Test House Issuing CA,O=Test House,C=CA
              P-256, number …
              valid 2000-01-01 to 2003-01-01
              for cardAuth
              policies 2.16.840.1.101.3.2.1.48.11
              spki:…
  Attested    no
  Admitted    yes, if the PIN is right

Reader B
  Card        Software card
  PIN         1 try left
  Slot 9A     CN=Bob Singh,O=Test House,C=CA
              issued by CN=Test House Issuing CA,O=Test House,C=CA
              P-256, number …
              valid 1997-01-01 to 1999-12-31 (EXPIRED)
              for clientAuth, smartcardLogon
              policies 2.16.840.1.101.3.2.1.48.11
              spki:…
  Attested    no
  Admitted    NO. The card's certificate expired on 1999-12-31. It has to be renewed.
              (identity: the card certificate expired on 1999-12-31T00:00:00Z)

Reader C
  empty

Reader D
  This is no PIV card, or it is the wrong way round.
`

// What is said in French is the same, to the line.
func TestFrench(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, plainPolicy+"language = \"fr\"\n")
		soon := r.card(house.Person{Common: "Zoé Côté", NotAfter: r.at.AddDate(0, 0, 24)}, identitytest.Config{Serial: "1234567", Tries: 1})
		over := r.card(house.Person{Common: "Bob Singh", NotBefore: r.at.AddDate(-3, 0, 0), NotAfter: r.at.AddDate(0, 0, -1)}, identitytest.Config{})
		readers := row{{Name: "Lecteur A", Card: soon}, {Name: "Lecteur B", Card: over}, {Name: "Lecteur C"}, {Name: "Lecteur D", Err: &identity.BusyError{}}}
		got, _, code := r.run(readers)
		for _, c := range changing {
			got = c.find.ReplaceAllString(got, c.with)
		}
		if got != wantFrench || code != exitAdmitted {
			t.Errorf("exit code %d, printed\n%s\nwant\n%s", code, got, wantFrench)
		}
		if got, _, _ := r.run(readers, "--lang", "en"); !strings.Contains(got, "yes, if the PIN is right") {
			t.Errorf("asked for English, printed\n%s", got)
		}
	})
}

const wantFrench = `Politique : …/policy.toml
  Révocation  hard
  Attestation report
  Exige       2.16.840.1.101.3.2.1.48.11

Lecteur A
  Carte       Software card, numéro de série 1234567
  NIP         1 essai restant
  Clé 9A      CN=Zoé Côté,O=Test House,C=CA
              délivré par CN=Test House Issuing CA,O=Test House,C=CA
              P-256, numéro …
              valide du 2000-01-01 au 2000-01-25 (24 jours restants)
              pour clientAuth, smartcardLogon
              politiques 2.16.840.1.101.3.2.1.48.11
              spki:…
  Attestée    non
  Admise      oui, si le NIP est juste

Lecteur B
  Carte       Software card
  NIP         3 essais restants
  Clé 9A      CN=Bob Singh,O=Test House,C=CA
              délivré par CN=Test House Issuing CA,O=Test House,C=CA
              P-256, numéro …
              valide du 1997-01-01 au 1999-12-31 (ÉCHU)
              pour clientAuth, smartcardLogon
              politiques 2.16.840.1.101.3.2.1.48.11
              spki:…
  Attestée    non
  Admise      NON. Le certificat de la carte est échu depuis le 1999-12-31. Il faut le renouveler.
              (identity: the card certificate expired on 1999-12-31T00:00:00Z)

Lecteur C
  vide

Lecteur D
  La carte est utilisée par un autre programme.
`

// Every word is there in both languages, and formats take the same arguments.
func TestWords(t *testing.T) {
	en, fr := reflect.ValueOf(english), reflect.ValueOf(french)
	verbs := regexp.MustCompile(`%[a-z]`)
	for i := range en.NumField() {
		name, one, other := en.Type().Field(i).Name, en.Field(i), fr.Field(i)
		if one.Kind() == reflect.Map {
			for _, key := range one.MapKeys() {
				if other.MapIndex(key).String() == "" {
					t.Errorf("%s of %s is missing", name, key)
				}
			}
			continue
		}
		if one.String() == "" || other.String() == "" {
			t.Errorf("%s is missing", name)
		}
		if a, b := verbs.FindAllString(one.String(), -1), verbs.FindAllString(other.String(), -1); !slices.Equal(a, b) {
			t.Errorf("%s takes %v in English, %v in French", name, a, b)
		}
	}
}

// A card that is slow to be read is waited for, and one that never is is told
// of: its reader is not called empty.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, plainPolicy)
		card := r.card(tremblay, identitytest.Config{})
		if got, _, code := r.run(slow{10 * time.Second, row{{Name: "Reader", Card: card}}}); code != exitAdmitted {
			t.Errorf("exit code %d, printed\n%s", code, got)
		}
		if got, _, code := r.run(slow{time.Hour, nil}); code != exitRefused || !strings.Contains(got, "takes too long") {
			t.Errorf("exit code %d, printed\n%s", code, got)
		}
	})
}

// slow readers take a while to read a card.
type slow struct {
	after time.Duration
	then  row
}

func (s slow) Watch(ctx context.Context, changed func([]identity.Reader)) error {
	changed([]identity.Reader{{Name: "Reader", Reading: true}})
	select {
	case <-time.After(s.after):
		return s.then.Watch(ctx, changed)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Where the maker's word could not be asked for, this is what keeps a card out.
func TestUnattested(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, plainPolicy+"attestation = \"require\"\n")
		card := r.card(tremblay, identitytest.Config{})
		card.silent = &identity.BusyError{Holder: "GnuPG"}
		if got, _, code := r.run(row{{Name: "Reader", Card: card}}); code != exitRefused || !strings.Contains(got, "in use by GnuPG") {
			t.Errorf("exit code %d, printed\n%s", code, got)
		}
	})
}

func TestCauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, plainPolicy)
		strict := newRoom(t, plainPolicy+"attestation = \"require\"\n")
		elsewhere := newRoom(t, plainPolicy)
		revoked := r.card(tremblay, identitytest.Config{})
		cert, err := revoked.Certificate(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.house.Revoke(cert, r.at, 1)
		pulled := r.card(tremblay, identitytest.Config{})
		pulled.Pull()
		nowhere := house.Person{Alter: func(c *x509.Certificate) { c.CRLDistributionPoints, c.OCSPServer = nil, nil }}
		authority := house.Person{Alter: func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageCertSign }}
		cases := map[string]struct {
			room *room
			card identity.Card
		}{
			"":                   {r, r.card(tremblay, identitytest.Config{})},
			"expired":            {r, r.card(house.Person{NotBefore: r.at.AddDate(-1, 0, 0), NotAfter: r.at.Add(-time.Hour)}, identitytest.Config{})},
			"not-yet-valid":      {r, r.card(house.Person{NotBefore: r.at.Add(time.Hour)}, identitytest.Config{})},
			"unknown-issuer":     {r, elsewhere.card(tremblay, identitytest.Config{})},
			"wrong-policy":       {r, r.card(house.Person{PolicyOIDs: []string{}}, identitytest.Config{})},
			"wrong-purpose":      {r, r.card(authority, identitytest.Config{})},
			"no-pin":             {r, r.card(house.Person{Purposes: []string{house.CardAuth}}, identitytest.Config{})},
			"revoked":            {r, revoked},
			"revocation-unknown": {r, r.card(nowhere, identitytest.Config{})},
			"not-attested":       {strict, strict.card(tremblay, identitytest.Config{})},
			"no-certificate":     {r, quiet{Card: identitytest.NewCard(identitytest.Config{}), t: t}},
			"removed":            {r, pulled},
		}
		for cause, c := range cases {
			stdout, _, code := c.room.run(row{{Name: "Reader", Card: c.card}}, "--json")
			var got report
			if err := json.Unmarshal([]byte(stdout), &got); err != nil {
				t.Fatalf("%q: %v in %s", cause, err, stdout)
			}
			card := got.Readers[0].Card
			if card.Cause != cause || card.Admitted != (cause == "") || (card.Why == "") != (cause == "") {
				t.Errorf("%q: cause %q, why %q (%s)", cause, card.Cause, card.Why, card.Detail)
			}
			if want := map[bool]int{true: exitAdmitted, false: exitRefused}[cause == ""]; code != want {
				t.Errorf("%q: exit code %d", cause, code)
			}
		}
	})
}

func TestAttested(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := house.NewMaker(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		r := newRoom(t, plainPolicy+"attestation = \"require\"\nattesters = [\"makers.pem\"]\n")
		r.write("makers.pem", string(m.PEM()))
		card := r.card(tremblay, identitytest.Config{})
		cert, err := card.Certificate(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if card.maker, err = m.Attest(cert.PublicKey, nil); err != nil {
			t.Fatal(err)
		}
		if got, _, code := r.run(row{{Name: "Reader", Card: card}}); code != exitAdmitted || !strings.Contains(got, "Attested    yes") {
			t.Errorf("exit code %d, printed\n%s", code, got)
		}
	})
}

func TestBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, plainPolicy)
		card := r.card(tremblay, identitytest.Config{Tries: 1})
		ask := identitytest.Answer("000000")
		if err := card.Card.Use(t.Context(), ask, func(crypto.Signer) error { return nil }); err == nil {
			t.Fatal("a wrong PIN was taken")
		}
		got, _, code := r.run(row{{Name: "Reader", Card: card}})
		if code != exitRefused || !strings.Contains(got, "BLOCKED") || !strings.Contains(got, "NO. The card's PIN is blocked.") {
			t.Errorf("exit code %d, printed\n%s", code, got)
		}
	})
}

// Offline, nobody is asked, and the report says so.
func TestOffline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, plainPolicy)
		card := r.card(tremblay, identitytest.Config{})
		cert, err := card.Certificate(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.house.Revoke(cert, r.at, 1)
		got, _, code := r.run(row{{Name: "Reader", Card: card}}, "--offline")
		if code != exitAdmitted || !strings.Contains(got, "--offline") {
			t.Errorf("exit code %d, printed\n%s", code, got)
		}
	})
}

// A policy that is wrong is part of the report: the cards are told all the same.
func TestWrongPolicyFile(t *testing.T) {
	for text, says := range map[string]string{
		"shard = true":                              "there is no such key",
		"anchors = [\"none.pem\"]":                  "no such file",
		"language = \"fr\"":                         "names no anchors",
		"language = \"de\"\nlog_level = \"shouts\"": "none of en, fr",
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRoom(t, text)
			got, _, code := r.run(row{{Name: "Reader", Card: r.card(tremblay, identitytest.Config{})}}, "--lang", "en")
			if code != exitRefused || !strings.Contains(got, says) || !strings.Contains(got, "It cannot be judged") || !strings.Contains(got, "Alice Tremblay") {
				t.Errorf("%q: exit code %d, printed\n%s", text, code, got)
			}
		})
	}
}

func TestNoReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, plainPolicy)
		if got, _, code := r.run(row{}); code != exitRefused || !strings.Contains(got, "No card reader.") {
			t.Errorf("exit code %d, printed\n%s", code, got)
		}
		got, _, _ := r.run(row{{Err: identity.ErrNoService}})
		if !strings.Contains(got, "smartcard service is not running") {
			t.Errorf("printed\n%s", got)
		}
		if got, _, _ := r.run(row{}, "--json"); !strings.Contains(got, `"readers": []`) {
			t.Errorf("printed\n%s", got)
		}
	})
}

func TestUsage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, plainPolicy)
		for args, want := range map[string]int{"--pin": exitUsage, "now": exitUsage, "--help": exitAdmitted} {
			if out, wrong, code := r.run(row{}, args); code != want || out != "" || !strings.Contains(wrong, "incamera card [--json]") {
				t.Errorf("%s: exit code %d, %q, %q", args, code, out, wrong)
			}
		}
	})
}

// Readers that never answer do not hold up the desk for ever.
type stuck struct{}

func (stuck) Watch(ctx context.Context, _ func([]identity.Reader)) error {
	<-ctx.Done()
	return fmt.Errorf("watching: %w", context.Cause(ctx))
}

func TestStuckReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, plainPolicy)
		began := time.Now()
		if _, wrong, code := r.run(stuck{}); code != exitUsage || !strings.Contains(wrong, "took too long") {
			t.Errorf("exit code %d, %q", code, wrong)
		}
		if waited := time.Since(began); waited > lookFor {
			t.Errorf("waited %v", waited)
		}
	})
}
