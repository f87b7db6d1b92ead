package chamber

import (
	"slices"
	"strings"
	"testing"

	"incamera/sitting"
	"incamera/ui/look/words"
)

func seats(names string) []sitting.Seat {
	var s []sitting.Seat
	for n := range strings.FieldsSeq(names) {
		s = append(s, sitting.Seat{Member: sitting.MemberID(n)})
	}
	return s
}

func TestTilesNeverJump(t *testing.T) {
	var order []sitting.MemberID
	for _, step := range []struct{ here, want string }{
		{"a b c d", "a b c d"},
		{"a c d", "a - c d"},   // b leaves: nobody moves
		{"a c d e", "a e c d"}, // e takes the free place
		{"a c d e f", "a e c d f"},
		{"a c d e", "a e c d"}, // f was last: no gap stays at the end
		{"d", "- - - d"},
		{"", ""},
		{"x y", "x y"},
	} {
		order = arrange(order, seats(step.here))
		var got []string
		for _, m := range order {
			if m == "" {
				m = "-"
			}
			got = append(got, string(m))
		}
		if s := strings.Join(got, " "); s != step.want {
			t.Errorf("with %q here: %q, want %q", step.here, s, step.want)
		}
	}
}

func TestArrangeLeavesBeforeAlone(t *testing.T) {
	before := []sitting.MemberID{"a", "b"}
	arrange(before, seats("b"))
	if !slices.Equal(before, []sitting.MemberID{"a", "b"}) {
		t.Error("the old order was changed")
	}
}

func TestPage(t *testing.T) {
	for _, tt := range []struct{ from, fit, all, first, last int }{
		{0, 7, 10, 0, 7}, {7, 7, 10, 3, 10}, {0, 7, 3, 0, 3}, {-7, 7, 10, 0, 7}, {5, 7, 0, 0, 0},
	} {
		if first, last := page(tt.from, tt.fit, tt.all); first != tt.first || last != tt.last {
			t.Errorf("page(%d, %d, %d) = %d, %d", tt.from, tt.fit, tt.all, first, last)
		}
	}
}

func TestSearch(t *testing.T) {
	s := sitting.State{Order: &sitting.Order{Roster: []sitting.Member{
		{ID: "roy", Name: "C. Roy", Party: "Conservative", Seat: "Red Deer"},
		{ID: "bedard", Name: "F. Bédard", Party: "Bloc Québécois", Seat: "Drummond"},
		{ID: "bell", Name: "A. Bell", Party: "Liberal", Seat: "Bedford"},
	}}, Seats: seats("roy bedard")}
	for _, tt := range []struct {
		words string
		by    sorting
		want  string
	}{
		{"", byName, "bedard roy bell"}, // who is here first, then by last name
		{"bedard", byName, "bedard"},
		{"QUÉBÉCOIS drum", byName, "bedard"},
		{"bed", byName, "bedard bell"},
		{"nobody", byName, ""},
		{"", byParty, "bedard roy bell"},
		{"", bySeat, "bell bedard roy"},
	} {
		var got []string
		for _, m := range sought(&s, tt.words, tt.by, words.Of("en")) {
			got = append(got, string(m.ID))
		}
		if g := strings.Join(got, " "); g != tt.want {
			t.Errorf("%q finds %q, want %q", tt.words, g, tt.want)
		}
	}
}

func TestSurname(t *testing.T) {
	for name, want := range map[string]string{
		"A. Tremblay": "tremblay a.", "Dr. L. Arsenault": "arsenault dr. l.", "Élodie": "elodie ", "": "",
	} {
		if got := surname(name); got != want {
			t.Errorf("%q is sorted by %q, want %q", name, got, want)
		}
	}
}

func TestReasonIsCutAtACharacter(t *testing.T) {
	long := strings.Repeat("é", sitting.MaxWhy)
	if got := reason(long); len(got) > sitting.MaxWhy || !strings.HasPrefix(long, got) || len(got)%2 != 0 {
		t.Errorf("%d bytes are left", len(got))
	}
	if reason("short") != "short" {
		t.Error("a short reason was cut")
	}
}
