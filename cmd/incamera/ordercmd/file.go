package ordercmd

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/BurntSushi/toml"

	"incamera/identity/trust"
	"incamera/sitting"
)

// A file is the order of the day as a clerk writes it, in TOML.
type file struct {
	House     string
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

// DefaultSuite is the suite of an order that names none.
const DefaultSuite = "MLS_128_MLKEM768P256_AES256GCM_SHA384_P256"

// Read reads an order of the day. What is wrong is said in the clerk's terms.
func Read(name string) (*sitting.Order, error) {
	f := file{Suite: DefaultSuite, Languages: []string{"en", "fr"}, Kind: string(sitting.Public)}
	meta, err := toml.DecodeFile(name, &f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("%s: no such thing as %q in an order", filepath.Base(name), extra[0].String())
	}
	o := &sitting.Order{
		House: f.House, Sitting: sitting.ID(f.Sitting), Title: f.Title, Kind: sitting.Kind(f.Kind),
		Languages: f.Languages, Suite: f.Suite, Opens: f.Opens, Closes: f.Closes,
	}
	for _, r := range f.Roster {
		m := sitting.Member{
			ID: sitting.MemberID(r.ID), Name: r.Name, Party: r.Party, Seat: r.Seat,
			Role: sitting.Role(r.Role),
		}
		for _, written := range r.Cards {
			card, err := trust.ReadName(written)
			if err != nil {
				return nil, fmt.Errorf("%s: card of %q: %w", filepath.Base(name), r.ID, err)
			}
			m.Cards = append(m.Cards, card)
		}
		if r.Card != "" {
			card, err := cardName(filepath.Join(filepath.Dir(name), r.Card))
			if err != nil {
				return nil, fmt.Errorf("%s: card of %q: %w", filepath.Base(name), r.ID, err)
			}
			m.Cards = append(m.Cards, card)
		}
		o.Roster = append(o.Roster, m)
	}
	if err := o.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return o, nil
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
