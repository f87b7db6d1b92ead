package rehearsal

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"incamera/cmd/incamera/ordercmd"
	"incamera/identity/identitytest/house"
	"incamera/sitting"
)

// PIN is the PIN of every card of a rehearsal.
const PIN = "123456"

// House is the name of a rehearsal's house.
var House = sitting.Names{"en": "House of Rehearsals", "fr": "Chambre des répétitions"}

// sittingID names the rehearsal's sitting.
const sittingID sitting.ID = "rehearsal"

// A player is one person on the rehearsal's roster, with the card.
type player struct {
	sitting.Member
	cert *x509.Certificate
	key  crypto.Signer
}

// people are who may be on the roster; the roster of a large rehearsal goes on
// with numbers.
var people = []struct{ id, name, party, seat string }{
	{"tremblay", "A. Tremblay", "Bleu", "Sherbrooke"},
	{"singh", "B. Singh", "Green", "Brampton East"},
	{"roy", "C. Roy", "Bleu", "Gaspésie"},
	{"macdonald", "D. MacDonald", "Amber", "Cape Breton"},
	{"okafor", "E. Okafor", "Green", "Halifax West"},
	{"levesque", "F. Lévesque", "Amber", "Rimouski"},
	{"chen", "G. Chen", "Green", "Richmond Centre"},
	{"ouellet", "H. Ouellet", "Bleu", "Beauce"},
}

// The players with a part.
const (
	mine    = 0 // who sits at this machine
	speaker = 1 // speaks for as long as it is measured
	removed = 2 // is removed
	chair   = 3 // presides, unless the one at this machine does; the last where there are fewer
)

// How many are needed: at all, and for what is measured.
const (
	Fewest         = 2
	fewestMeasured = 4
)

// A stage is the folder and the people of one rehearsal.
type stage struct {
	dir   string
	house *house.House
	cast  []player
	chair int    // who of the cast presides, unless the one at this machine does
	clerk player // signs the order; sits only if the one at this machine is the clerk
	order *sitting.Order
}

// newStage founds a House, hands out cards and has a clerk sign the order.
func newStage(dir string, members int, as sitting.Role, kind sitting.Kind, now time.Time) (*stage, error) {
	h, err := house.New(house.Options{Name: House["en"], At: now})
	if err != nil {
		return nil, err
	}
	s := &stage{dir: dir, house: h, chair: min(chair, members-1)}
	for i := range members {
		m := sitting.Member{ID: sitting.MemberID(fmt.Sprintf("member-%d", i+1)), Role: sitting.RoleMember}
		m.Name, m.Party, m.Seat = fmt.Sprintf("Member %d", i+1), "Green", fmt.Sprintf("Seat %d", i+1)
		if i < len(people) {
			p := people[i]
			m.ID, m.Name, m.Party, m.Seat = sitting.MemberID(p.id), p.name, p.party, p.seat
		}
		switch {
		case i == mine:
			m.Role = as
		case i == s.chair && as != sitting.RoleChair:
			m.Role = sitting.RoleChair
		}
		if err := s.enlist(m); err != nil {
			return nil, err
		}
	}
	if as != sitting.RoleClerk {
		err = s.enlist(sitting.Member{ID: "clerk", Name: "I. Clark", Seat: "Clerk of the House", Role: sitting.RoleClerk})
		if err != nil {
			return nil, err
		}
		s.clerk, s.cast = s.cast[members], s.cast[:members]
	} else {
		s.clerk = s.cast[mine]
	}
	return s, s.write(kind, now)
}

func (s *stage) enlist(m sitting.Member) error {
	cert, key, err := s.house.IssueCard(house.Person{Common: m.Name})
	if err != nil {
		return err
	}
	m.Cards = []string{ordercmd.CardName(cert)}
	s.cast = append(s.cast, player{m, cert, key})
	return nil
}

// write leaves in the folder what the processes need: anchors, the service's
// certificate, the delegates' cards, the signed order.
func (s *stage) write(kind sitting.Kind, now time.Time) error {
	roster := make([]sitting.Member, 0, len(s.cast)+1)
	for _, p := range s.cast {
		roster = append(roster, p.Member)
	}
	if s.clerk.ID != s.cast[mine].ID {
		roster = append(roster, s.clerk.Member)
	}
	s.order = &sitting.Order{
		House: House, Sitting: sittingID, Kind: kind,
		Title:     map[string]string{"en": "Rehearsal", "fr": "Répétition"},
		Languages: []string{"en", "fr"}, Suite: ordercmd.DefaultSuite,
		Opens: now.Add(-time.Minute), Closes: now.Add(12 * time.Hour), Roster: roster,
	}
	signed, err := ordercmd.Sign(s.order, s.clerk.cert, s.clerk.key)
	if err != nil {
		return err
	}
	server, err := s.house.ServerCertificate("127.0.0.1", "localhost")
	if err != nil {
		return err
	}
	cert := pemOf("CERTIFICATE", server.Certificate...)
	key, err := x509.MarshalPKCS8PrivateKey(server.PrivateKey)
	if err != nil {
		return err
	}
	files := map[string][]byte{
		"orders/rehearsal.order": signed,
		"anchors.pem":            s.house.AnchorsPEM(),
		"service.pem":            cert,
		"service.key":            pemOf("PRIVATE KEY", key),
	}
	for _, p := range s.cast[1:] {
		der, err := x509.MarshalPKCS8PrivateKey(p.key)
		if err != nil {
			return err
		}
		files[p.cardFile()] = append(pemOf("CERTIFICATE", p.cert.Raw), pemOf("PRIVATE KEY", der)...)
	}
	for name, data := range files {
		if err := s.put(name, data); err != nil {
			return err
		}
	}
	return nil
}

func (p player) cardFile() string { return "cards/" + string(p.ID) + ".pem" }

func (s *stage) put(name string, data []byte) error {
	file := s.path(name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o600)
}

func (s *stage) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

func pemOf(kind string, ders ...[]byte) (out []byte) {
	for _, der := range ders {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})...)
	}
	return out
}
