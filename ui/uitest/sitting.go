// Package uitest holds a canned sitting to show, rooms that answer nothing,
// and the helpers of golden tests. It owns no state of the program; only tests
// and the gallery use it. It may touch the words of sitting, media and
// identity, and every room of ui.
package uitest

import (
	"fmt"
	"strings"
	"time"

	"incamera/identity"
	"incamera/sitting"
	"incamera/ui/chamber"
	"incamera/ui/security"
)

// Now is when everything here happens.
var Now = time.Date(2026, time.November, 24, 14, 6, 31, 0, time.UTC)

// Me is the member at the machine.
const Me sitting.MemberID = "m.lafontaine"

var people = []sitting.Member{
	{ID: "chair", Name: "H. Beaulieu", Party: "", Seat: "Gatineau", Role: sitting.RoleChair},
	{ID: "clerk", Name: "P. Wexford", Seat: "", Role: sitting.RoleClerk},
	{ID: Me, Name: "M. Lafontaine", Party: "Libéral", Seat: "Louis-Hébert", Role: sitting.RoleMember},
	{ID: "tremblay", Name: "A. Tremblay", Party: "Bloc Québécois", Seat: "Sherbrooke", Role: sitting.RoleMember},
	{ID: "singh", Name: "B. Singh", Party: "New Democratic", Seat: "Burnaby South", Role: sitting.RoleMember},
	{ID: "roy", Name: "C. Roy", Party: "Conservative", Seat: "Red Deer—Lacombe", Role: sitting.RoleMember},
	{ID: "okafor", Name: "D. Okafor", Party: "Liberal", Seat: "Scarborough Centre", Role: sitting.RoleMember},
	{ID: "macdonald", Name: "E. MacDonald-Stewart", Party: "Conservative", Seat: "Central Nova", Role: sitting.RoleMember},
	{ID: "bedard", Name: "F. Bédard", Party: "Bloc Québécois", Seat: "Drummond", Role: sitting.RoleMember},
	{ID: "chen", Name: "G. Chen", Party: "Liberal", Seat: "Richmond Centre", Role: sitting.RoleMember},
	{ID: "kowalczyk", Name: "J. Kowalczyk", Party: "", Seat: "Spadina—Harbourfront", Role: sitting.RoleMember},
	{ID: "witness", Name: "Dr. L. Arsenault", Seat: "Université Laval", Role: sitting.RoleWitness},
}

// Order is a canned order of the day, with as many members as asked for.
func Order(kind sitting.Kind, members int) *sitting.Order {
	o := &sitting.Order{
		House: sitting.Names{"en": "House of Commons", "fr": "Chambre des communes"}, Sitting: "sitting-42", Kind: kind, Languages: []string{"en", "fr"},
		Title: map[string]string{"en": "Sitting 42", "fr": "Séance 42"},
		Suite: "MLS_128_MLKEM768P256_AES128GCM_SHA256_P256",
		Opens: Now.Add(-12 * time.Minute), Closes: Now.Add(4 * time.Hour),
	}
	o.Roster = append(o.Roster, people[:min(members, len(people))]...)
	for i := len(people); i < members; i++ {
		o.Roster = append(o.Roster, sitting.Member{
			ID: sitting.MemberID(fmt.Sprintf("m%03d", i)), Name: fmt.Sprintf("%c. Member-%03d", 'A'+rune(i%26), i),
			Party: []string{"Liberal", "Conservative", "Bloc Québécois", "New Democratic"}[i%4],
			Seat:  fmt.Sprintf("Riding %d", i), Role: sitting.RoleMember,
		})
	}
	return o
}

// State is that sitting, with everyone seated but the last two on the roster,
// A. Tremblay on the floor and two hands up.
func State(kind sitting.Kind, members int) sitting.State {
	s := sitting.State{Order: Order(kind, members), Seq: 61, At: Now, Founding: 3}
	for i, m := range s.Order.Roster[:max(1, members-2)] {
		s.Seats = append(s.Seats, sitting.Seat{
			Member: m.ID, Arrival: uint64(3 + i), Since: Now.Add(-10 * time.Minute),
			Chain: Chain(i), Group: 3, Confirmed: 17, Away: m.ID == "okafor",
		})
	}
	s.Floor = []sitting.Grant{{To: "tremblay", By: "chair", Since: Now.Add(-4*time.Minute - 12*time.Second)}}
	s.Hands = []sitting.Hand{{By: "singh", Since: Now.Add(-3 * time.Minute)}, {By: "roy", Since: Now.Add(-time.Minute)}}
	return s
}

// Scene is that sitting as one member sees it.
func Scene(kind sitting.Kind, members int, me sitting.MemberID) chamber.Scene {
	s := chamber.Scene{Sitting: State(kind, members), Me: me}
	s.Security = Facts(&s.Sitting)
	return s
}

// Facts are canned facts on the keys of a sitting.
func Facts(s *sitting.State) *security.Facts {
	f := &security.Facts{
		Suite: s.Order.Suite, Epoch: 17, Since: Now.Add(-4*time.Minute - 20*time.Second), Code: code, Of: len(s.Seats),
	}
	for i, seat := range s.Seats {
		confirmed := i != 5
		if confirmed {
			f.Confirmed++
		}
		f.Holders = append(f.Holders, security.Holder{
			Member: seat.Member, Chain: seat.Chain, Confirmed: confirmed,
			Person: identity.Person{Common: string(seat.Member), Issuer: "House CA", NotAfter: Now.AddDate(1, 0, 0)},
		})
	}
	return f
}

func code(lang string) []string {
	if lang == "fr" {
		return strings.Fields("rivière érable sept canot")
	}
	return strings.Fields("river maple seven canoe")
}
