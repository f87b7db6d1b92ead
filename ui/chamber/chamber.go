// Package chamber is the room of a sitting: the member who has the floor, the
// others in tiles, the order of speakers, the roster, and the bar with the
// truth about the microphone. It shows the newest scene and edits none: what a
// person asks goes up as a request and comes back as a scene. It may touch the
// words of sitting, identity and media.
package chamber

import (
	"image"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"incamera/identity"
	"incamera/media"
	"incamera/sitting"
	"incamera/ui/chair"
	"incamera/ui/devices"
	"incamera/ui/kit"
	"incamera/ui/look"
	"incamera/ui/look/words"
	"incamera/ui/security"
)

// A Hand is what a member may ask of a sitting. A request never waits; an
// error says that it found no room, or that the rules refuse it.
type Hand interface {
	RaiseHand() error
	LowerHand() error
}

// A Set is the member's own microphone and camera, and what comes of them. No
// method waits.
type Set interface {
	Microphone(on bool)
	Camera(on bool)
	Meter() media.Meter
}

// Pictures are the other members' cameras.
type Pictures interface {
	// Screen shows a member's camera; nil if there is none.
	Screen(member string) media.Screen
	// Visible says which members' pictures can be seen, and how large, in pixels.
	Visible(tiles map[string]image.Point)
}

// A Table is asked on a machine where several members sit. No method waits.
type Table interface {
	// Turn shows the place of another who sits here.
	Turn(to sitting.MemberID)
	// Join has whose card it is sign in and sit down.
	Join(identity.Card)
}

// A Scene is all that the room shows, as of one moment. It never changes.
type Scene struct {
	Sitting  sitting.State
	Me       sitting.MemberID
	LinkLost time.Time       // since when the link to the service is lost; zero if it is there
	Security *security.Facts // nil before there are keys
	// Refused is why the last request that was refused was, RefusedAt when; nil
	// if none was.
	Refused   error
	RefusedAt time.Time
	// Table are the members who sit at this machine, and Cards those in its
	// readers that nobody has signed in with; both where there is a [Table].
	Table []sitting.MemberID
	Cards []identity.Card
}

// Options is what the room asks and where.
type Options struct {
	Hand     Hand
	Set      Set
	Pictures Pictures
	Floor    chair.Floor  // asked by a chair; may be nil for others
	Door     chair.Door   // asked by chairs and clerks; may be nil for others
	Table    Table        // where several sit at one machine; nil elsewhere
	Leave    func()       // the person leaves; never waits
	Rack     devices.Rack // to choose other devices during the sitting; nil if one cannot
	Camera   bool         // whether the camera is on from the start
}

// A View is the room. Its fields belong to the UI goroutine.
type View struct {
	o       Options
	words   *words.Catalogue
	sheets  *kit.Sheets
	scene   Scene
	now     time.Time
	meter   media.Meter
	roster  map[sitting.MemberID]sitting.Member
	order   *sitting.Order // that roster was made of
	toldAt  time.Time
	told    error // what a request answered
	watched bool  // the security panel is open
	heeded  int   // of the alarms: the person has seen them

	microphone bool // wanted on
	camera     bool // wanted on
	held       bool // the microphone is on because Space is down
	joined     bool // the relay has been there
	ticks      int

	header  *header
	stage   *stage
	queue   *queue
	members *members
	console *chair.Console
	bar     *bar
	table   *table
	banner  *kit.Banner
	advice  func() // what the banner's button does
	content *fyne.Container
	centre  *fyne.Container
	rim     *kit.Panel // amber in camera
}

// New returns the room with an empty scene. Sheets lie over it.
func New(w *words.Catalogue, sheets *kit.Sheets, o Options) *View {
	v := &View{o: o, words: w, sheets: sheets, camera: o.Camera}
	v.header = newHeader(v.openSecurity)
	v.stage = newStage(v)
	v.queue = newQueue()
	v.members = newMembers(v)
	v.console = chair.New(o.Floor, o.Door, v.Tell, asker{v})
	v.bar = newBar(v)
	v.table = newTable()
	v.rim = kit.NewStrip(kit.Spacer(), look.Amber, 0, 0)
	v.rim.Hidden = true
	v.banner = kit.NewBanner(600, func() { v.advice() })
	v.lay()
	v.bar.show(v)
	v.console.Top().Hide()
	v.console.Bottom().Hide()
	if v.camera {
		o.Set.Camera(true)
	}
	return v
}

// lay puts the parts in their places.
func (v *View) lay() {
	side := kit.With(&side{}, container.NewVScroll(
		kit.Inset(kit.RingRoom, kit.RingRoom, kit.With(&sidebar{}, v.console.Top(), v.queue.content, v.members.content))), v.console.Bottom())
	v.centre = kit.With(&centre{}, v.banner, v.stage.content)
	v.content = kit.With(&floor{v.bar}, v.centre,
		kit.NewBar(side, look.Room, look.Room), kit.NewBar(kit.Column(look.Gap, v.table.content, v.bar.rows), look.Room, 10), v.rim)
}

// Content is what the room shows.
func (v *View) Content() fyne.CanvasObject { return v.content }

// Header is what the room shows in the window's bar: which sitting, its kind,
// and the seal.
func (v *View) Header() fyne.CanvasObject { return v.header.content }

// Say changes the language, or the size of the text.
func (v *View) Say(w *words.Catalogue) {
	v.words = w
	v.Show(v.scene)
}

// Go is the button that goes on: for the chair, the next speaker; for one who
// has the floor, the microphone; nil for all others.
func (v *View) Go() *kit.Button {
	switch {
	case v.presides():
		return v.console.Go()
	case v.maySpeak() && !v.microphone:
		return v.bar.microphone
	}
	return nil
}

// presides reports whether the member is a chair or a clerk, with something to preside by.
func (v *View) presides() bool {
	role := v.scene.Sitting.Role(v.scene.Me)
	return v.o.Door != nil && (role == sitting.RoleChair || role == sitting.RoleClerk)
}

// givesFloor reports whether the member is the one who gives the floor.
func (v *View) givesFloor() bool {
	return v.o.Floor != nil && v.scene.Sitting.Role(v.scene.Me) == sitting.RoleChair
}

// Panes are what F6 walks over.
func (v *View) Panes() []fyne.Focusable {
	panes := []fyne.Focusable{v.bar.first(), v.header.seal, v.members.search, v.members.list}
	if v.givesFloor() {
		panes = append(panes, v.console.Go())
	}
	return panes
}

// Tell says what is wrong; nil says nothing.
func (v *View) Tell(err error) {
	v.told, v.toldAt = err, v.now
	v.showBanner()
}

// patience is for how long the room says what a request answered.
const patience = 10 * time.Second

// Show shows a scene.
func (v *View) Show(s Scene) {
	if s.Sitting.Order == nil {
		return
	}
	before := v.scene
	if s.Security != nil {
		v.heeded = min(v.heeded, len(s.Security.Alarms))
	}
	v.scene = s
	v.readRoster()
	if !v.maySpeak() && (v.microphone || v.held) {
		v.speak(false)
	}
	if s.Refused != nil && !s.RefusedAt.Equal(before.RefusedAt) {
		v.told, v.toldAt = s.Refused, v.now
	}
	v.rim.Hidden = s.Sitting.Order.Kind != sitting.InCamera
	v.header.show(v)
	v.stage.show(v)
	v.queue.show(v)
	v.members.show(v)
	v.showConsole()
	v.bar.show(v)
	v.table.show(v)
	v.showBanner()
	v.content.Refresh()
	if v.watched && !before.Security.Same(s.Security) {
		v.sheets.Renew()
	}
}

// readRoster makes the roster quick to look up; a sitting has one for its life.
func (v *View) readRoster() {
	o := v.scene.Sitting.Order
	if v.order == o {
		return
	}
	v.order, v.roster = o, make(map[sitting.MemberID]sitting.Member, len(o.Roster))
	for _, m := range o.Roster {
		v.roster[m.ID] = m
	}
}

func (v *View) name(id sitting.MemberID) string {
	if m, ok := v.roster[id]; ok {
		return m.Name
	}
	return string(id)
}

// may reports whether the rules let this member ask for something now.
func (v *View) may(b sitting.Body) bool {
	return sitting.Allows(v.scene.Sitting, sitting.Request{Member: v.scene.Me, Body: b}) == nil
}

func (v *View) showConsole() {
	v.console.Top().Hide()
	v.console.Bottom().Hide()
	if !v.presides() {
		return
	}
	v.console.Show(&v.scene.Sitting, v.members.chosen, v.name, chair.Allowed{
		Floor:  v.givesFloor(),
		Give:   func(m sitting.MemberID) bool { return v.may(sitting.GiveFloor{To: m}) },
		Take:   func(m sitting.MemberID) bool { return v.may(sitting.TakeFloor{From: m}) },
		Admit:  func(m sitting.MemberID) bool { return v.may(sitting.Admit{Who: m}) },
		Remove: func(m sitting.MemberID) bool { return v.may(sitting.Remove{Who: m}) },
	}, v.words)
}

// Tick shows what changes with time: pictures at every tick, levels and clocks
// at every third.
func (v *View) Tick(now time.Time) {
	v.now = now
	v.stage.tick(v)
	v.ticks++
	if v.ticks%3 != 1 {
		return
	}
	v.meter = v.o.Set.Meter()
	if v.told != nil && now.Sub(v.toldAt) > patience {
		v.told = nil
	}
	v.joined = v.joined || v.meter.Connected
	v.bar.tick(v)
	v.queue.tick(v)
	v.stage.clock(v)
	v.showBanner()
}

// Close ends what the room has asked of pictures and microphone.
func (v *View) Close() {
	v.speak(false)
	v.o.Pictures.Visible(nil)
}
