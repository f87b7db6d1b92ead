package chamber

import (
	"fmt"
	"image"
	"maps"

	"fyne.io/fyne/v2"

	"incamera/media"
	"incamera/sitting"
	"incamera/ui/kit"
	"incamera/ui/lobby"
	"incamera/ui/look"
	"incamera/ui/look/words"
)

// stage is the member who has the floor, large, and the others in a row.
type stage struct {
	speaker sitting.MemberID // large; "" for nobody
	grant   *sitting.Grant
	order   []sitting.MemberID // who is in which tile, see arrange
	first   int                // of the tiles on show
	fit     int                // how many tiles fit
	low     bool               // there is no room for tiles
	view    *View
	seen    map[string]image.Point // last told to Pictures

	large       *kit.Tile
	plate       *plate
	nobody      *fyne.Container
	nobodyIcon  *kit.Icon
	nobodyTitle *kit.Text
	nobodyText  *kit.Text
	tiles       []*small
	row         *fyne.Container
	back, next  *kit.Button
	content     *fyne.Container
}

// plate is what stands under the large picture.
type plate struct {
	name, about, clock *kit.Text
	seal               *kit.Icon
	heard              *kit.Meter // how loud the member is here
	content            fyne.CanvasObject
}

// small is one tile of the row.
type small struct {
	tile        *kit.Tile
	name, about *kit.Text
	whole       *kit.Text // the name in two lines, instead of name and about
	mark        *kit.Icon
}

func newStage(v *View) *stage {
	s := &stage{view: v, fit: 6}
	s.plate = newPlate()
	s.large = kit.NewTile(s.plate.content, true)
	s.nobodyIcon = kit.NewIcon(look.Floor, look.Muted, 2.6)
	s.nobodyTitle, s.nobodyText = kit.Bold("", look.Name, look.Ink), kit.Wrapped("", look.Body, look.Muted, 420)
	s.nobodyTitle.Align, s.nobodyText.Align = fyne.TextAlignCenter, fyne.TextAlignCenter
	ground := kit.NewPanel(kit.With(&kit.Middle{}, kit.Column(look.Gap,
		kit.With(&kit.Middle{}, s.nobodyIcon), s.nobodyTitle, s.nobodyText)), look.Room)
	ground.Fill, ground.Edge, ground.Radius = look.Raised, nil, 0
	s.nobody = kit.With(&kit.Stack{}, ground)
	s.row = kit.With(&strip{})
	s.back = kit.NewButton(kit.Quiet, look.Back, "", func() { s.turn(-1) })
	s.next = kit.NewButton(kit.Quiet, look.Forward, "", func() { s.turn(+1) })
	s.content = kit.With(&boards{stage: s}, kit.With(&kit.Stack{}, s.large, s.nobody), s.row, s.back, s.next)
	return s
}

func newPlate() *plate {
	p := &plate{
		name: kit.Bold("", look.Name, look.Ink), about: kit.NewText("", look.Body, look.Muted),
		clock: kit.Bold("", look.Clock, look.Ink), seal: kit.NewIcon(look.Seal, look.AccentInk, 1),
		heard: kit.NewMeter(7),
	}
	p.name.Cut, p.about.Cut, p.heard.Dark = true, true, look.None
	p.content = kit.NewStrip(kit.With(&kit.Trail{Gap: look.Room},
		kit.With(&titled{p}, p.name, p.seal, p.about), kit.Row(look.Room, p.heard, p.clock)), look.Surface, 14, 10)
	return p
}

func newSmall() *small {
	t := &small{name: kit.Bold("", look.Body, look.Ink), about: kit.NewText("", look.Caption, look.Muted), mark: kit.NewIcon(look.Seal, look.AccentInk, 0.8)}
	t.whole = kit.Bold("", look.Body, look.Ink)
	t.name.Cut, t.about.Cut, t.whole.Cut, t.whole.Lines = true, true, true, 2
	t.tile = kit.NewTile(kit.NewStrip(kit.With(&kit.Trail{Gap: 4},
		kit.With(&nameplate{t}, t.name, t.about, t.whole), t.mark), look.Surface, 8, 5), false)
	return t
}

// show sets the stage from the scene.
func (s *stage) show(v *View) {
	st := &v.scene.Sitting
	s.speaker, s.grant = "", nil
	if n := len(st.Floor); n > 0 {
		s.grant = &st.Floor[n-1]
		s.speaker = s.grant.To
	}
	s.order = arrange(s.order, st.Seats)
	s.showLarge(v)
	s.showRow(v)
}

func (s *stage) showLarge(v *View) {
	w := v.words.Chamber
	s.large.Hidden = s.speaker == ""
	s.nobody.Hidden = s.speaker != ""
	title, text := w.NobodyFloor, v.nobodyHint()
	icon := look.Floor
	switch {
	case v.waits(v.scene.Me):
		title, text, icon = w.WaitingYou, w.WaitingYouHint, look.Lock
	case len(v.scene.Sitting.Seats) <= 1:
		text = w.Empty
	}
	s.nobodyIcon.Set(icon, look.Muted)
	s.nobodyTitle.Set(title)
	s.nobodyText.Wrap = 420 * look.Grown(-0.3) // as wide at large text: the sidebar needs the room
	s.nobodyText.Set(text)
	if s.speaker != "" {
		s.large.Person(v.name(s.speaker), v.o.Pictures.Screen(string(s.speaker)))
		s.plate.show(v, s.speaker)
	}
	s.clock(v)
	s.content.Refresh()
}

// nobodyHint says what the person can do while nobody has the floor.
func (v *View) nobodyHint() string {
	w, s := v.words, &v.scene.Sitting
	switch at := place(s.Hands, v.scene.Me); {
	case v.givesFloor() && len(s.Hands) > 0:
		return w.Chair.NobodyHint
	case v.givesFloor():
		return w.Chamber.QueueEmpty
	case at > 0:
		return fmt.Sprintf(w.Chamber.HandUp, at)
	case v.may(sitting.RaiseHand{}):
		return w.Chamber.NobodyFloorHint
	}
	return ""
}

func (p *plate) show(v *View, id sitting.MemberID) {
	m := v.roster[id]
	p.name.Set(m.Name)
	p.about.Set(about(m, v.words))
	p.seal.Hidden = !v.holds(id)
	p.heard.Say(v.words.Chamber.Heard)
	p.content.Refresh()
}

// clock shows how long the member has had the floor.
func (s *stage) clock(v *View) {
	if s.grant != nil && !v.now.IsZero() {
		s.plate.clock.Set(words.Since(v.now.Sub(s.grant.Since)))
	}
	level, heard := v.meter.Members[string(s.speaker)]
	if !heard {
		level = media.Silence
	}
	s.plate.heard.Set(level)
}

// party says a member's party, or the role of one who sits for none.
func party(m sitting.Member, w *words.Catalogue) string {
	switch {
	case m.Role != sitting.RoleMember && m.Role != "":
		return lobby.Role(m.Role, w)
	case m.Party == "":
		return w.Sitting.Indy
	}
	return m.Party
}

// about says party or role, and seat.
func about(m sitting.Member, w *words.Catalogue) string {
	if m.Seat == "" {
		return party(m, w)
	}
	return party(m, w) + " · " + m.Seat
}

// holds reports whether a member's card was verified and the member holds the keys.
func (v *View) holds(id sitting.MemberID) bool {
	return v.scene.Security != nil && v.scene.Security.Holds(id)
}

// showRow sets the tiles on show.
func (s *stage) showRow(v *View) {
	w := v.words
	all := len(s.order)
	first, last := page(s.first, s.fit, all)
	s.first = first
	for len(s.tiles) < last-first {
		s.tiles = append(s.tiles, newSmall())
	}
	s.row.Objects = s.row.Objects[:0]
	for i, id := range s.order[first:last] {
		s.tiles[i].show(v, id)
		s.row.Objects = append(s.row.Objects, s.tiles[i].tile)
	}
	which := ", " + fmt.Sprintf(w.Chamber.TilesOf, first+1, last, all)
	s.back.Say("", w.Common.Previous+which)
	s.next.Say("", w.Common.Next+which)
	s.back.Allow(first > 0)
	s.next.Allow(last < all)
	more := all > s.fit && !s.low
	s.row.Hidden = all == 0 || s.low
	s.back.Hidden, s.next.Hidden = !more, !more
	s.row.Refresh()
	s.content.Refresh()
}

func (t *small) show(v *View, id sitting.MemberID) {
	if t.tile.Hidden = id == ""; id == "" {
		t.tile.Person("", nil)
		return
	}
	m := v.roster[id]
	t.name.Set(m.Name)
	t.whole.Set(m.Name)
	t.about.Set(party(m, v.words))
	if id == v.scene.Me {
		t.about.Set(v.words.Chamber.ThisIsYou)
	}
	var screen media.Screen
	if id != v.stage.speaker {
		screen = v.o.Pictures.Screen(string(id))
	}
	t.tile.Person(m.Name, screen)
	t.tile.Mark(id == v.stage.speaker)
	away, _ := v.away(id)
	switch {
	case away:
		t.mark.Set(look.Away, look.AmberInk)
	case id == v.stage.speaker:
		t.mark.Set(look.Floor, look.AccentInk)
	default:
		t.mark.Set(look.Seal, look.AccentInk)
	}
	t.mark.Hidden = !away && id != v.stage.speaker && !v.holds(id)
}

// turn goes to the next tiles, or back.
func (s *stage) turn(by int) {
	s.first, _ = page(s.first+by*s.fit, s.fit, len(s.order))
	s.showRow(s.view)
}

// tick paints the pictures that are new, and says which can be seen.
func (s *stage) tick(v *View) {
	seen := map[string]image.Point{}
	if s.speaker != "" {
		s.large.Tick(v.now)
		see(seen, s.speaker, s.large)
	}
	first, last := page(s.first, s.fit, len(s.order))
	for i, id := range s.order[first:last] {
		if !s.low && i < len(s.tiles) && id != "" && id != s.speaker {
			s.tiles[i].tile.Tick(v.now)
			see(seen, id, s.tiles[i].tile)
		}
	}
	if !maps.Equal(seen, s.seen) {
		s.seen = seen
		v.o.Pictures.Visible(maps.Clone(seen))
	}
}

func see(seen map[string]image.Point, id sitting.MemberID, t *kit.Tile) {
	if p := t.Pixels(); p != (image.Point{}) {
		seen[string(id)] = p
	}
}

// resized says how many tiles fit side by side, and whether it is too low for any.
func (s *stage) resized(fit int, low bool) {
	if fit == s.fit && low == s.low {
		return
	}
	s.fit, s.low = fit, low
	if s.content != nil { // nil while the stage is being built
		s.showRow(s.view)
	}
}
