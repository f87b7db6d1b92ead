package ordercmd

import (
	"cmp"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"incamera/e2ee/mls"
	"incamera/identity/trust"
	"incamera/sitting"
)

// A file is the order of the day as a clerk writes it, in TOML.
type file struct {
	House     names
	Sitting   string
	Kind      string
	Languages []string
	Suite     string
	Opens     time.Time
	Closes    time.Time
	Title     map[string]string
	Roster    []struct {
		ID, Name, Party, Seat, Role string
		Card                        string   // a certificate file, beside the order's
		Cards                       []string // or the names by which cards are known
	}
}

// names are one name, or a table of them by language.
type names sitting.Names

// UnmarshalTOML implements [toml.Unmarshaler].
func (n *names) UnmarshalTOML(v any) error {
	if plain, ok := v.(string); ok {
		*n = names{"": plain}
		return nil
	}
	table, ok := v.(map[string]any)
	if !ok {
		return errors.New("house is a name, or names by language")
	}
	*n = names{}
	for l, name := range table {
		if (*n)[l], ok = name.(string); !ok {
			return fmt.Errorf("house in %q is no name", l)
		}
	}
	return nil
}

// DefaultSuite is the suite of an order that names none.
const DefaultSuite = "MLS_128_MLKEM768P256_AES256GCM_SHA384_P256"

// Read reads an order of the day. What is wrong is said in the clerk's terms,
// with the line of the file.
func Read(name string) (*sitting.Order, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	src := newSource(name, text)
	f := file{Suite: DefaultSuite, Languages: []string{"en", "fr"}, Kind: string(sitting.Public)}
	meta, err := toml.Decode(string(text), &f)
	if bad, ok := errors.AsType[toml.ParseError](err); ok {
		return nil, src.at(bad.Position.Line, cmp.Or(bad.Message, bad.Error()))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", src.name, err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		last := extra[0][len(extra[0])-1]
		return nil, src.at(src.stray(last), fmt.Sprintf("no such thing as %q in an order", extra[0]))
	}
	o := &sitting.Order{
		House: sitting.Names(f.House), Sitting: sitting.ID(f.Sitting), Title: f.Title, Kind: sitting.Kind(f.Kind),
		Languages: f.Languages, Suite: f.Suite, Opens: f.Opens, Closes: f.Closes,
	}
	for i, r := range f.Roster {
		m := sitting.Member{
			ID: sitting.MemberID(r.ID), Name: r.Name, Party: r.Party, Seat: r.Seat, Role: sitting.Role(r.Role),
		}
		if m.Cards, err = cards(filepath.Dir(name), r.Card, r.Cards); err != nil {
			return nil, src.wrong(&sitting.OrderError{Field: "cards", At: i, What: fmt.Sprintf("card of %q: %v", r.ID, err)})
		}
		o.Roster = append(o.Roster, m)
	}
	err = o.Check()
	if _, unknown := mls.ParseSuite(o.Suite); err == nil && (unknown != nil || !strings.HasSuffix(o.Suite, "_P256")) {
		err = &sitting.OrderError{Field: "suite", At: -1, What: fmt.Sprintf("no client has the suite %q", o.Suite)}
	}
	if bad, ok := errors.AsType[*sitting.OrderError](err); ok {
		return nil, src.wrong(bad)
	}
	return o, err
}

// cards are the names of a member's cards: as written, or of a certificate in
// a file beside the order's.
func cards(dir, file string, written []string) (names []string, err error) {
	for _, w := range written {
		name, err := trust.ReadName(w)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	if file == "" {
		return names, nil
	}
	name, err := cardName(filepath.Join(dir, file))
	return append(names, name), err
}

// cardName is the name under which the roster knows the card whose
// certificate is in a PEM or DER file.
func cardName(name string) (string, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	if block, _ := pem.Decode(data); block != nil {
		data = block.Bytes
	}
	cert, err := x509.ParseCertificate(data)
	if err != nil {
		return "", fmt.Errorf("%s holds no certificate: %w", filepath.Base(name), err)
	}
	return CardName(cert), nil
}

// CardName is the strongest name of a card: that of its key.
func CardName(cert *x509.Certificate) string { return trust.Names(cert)[0] }
