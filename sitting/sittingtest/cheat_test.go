package sittingtest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"incamera/e2ee"
	"incamera/sitting"
	"incamera/sitting/session"
	"incamera/sitting/wire"
)

// alarmed reports whether c has an alarm of that kind and member.
func alarmed(c *Client, kind session.AlarmKind, m sitting.MemberID) bool {
	return slices.ContainsFunc(c.State().Alarms, func(a session.Alarm) bool { return a.Kind == kind && a.Member == m })
}

func head(h *Hall) sitting.Head { return sitting.Head{Seq: h.State().Seq, Hash: h.State().Head} }

// A grant that is none is refused by every receiver, even when the service
// passes it on: m00 gets no floor, and is not heard.
func TestForgedGrants(t *testing.T) {
	give := sitting.GiveFloor{To: "m00"}
	for name, forge := range map[string]func(tb *Table, c map[sitting.MemberID]*Client) (kind session.AlarmKind, by sitting.MemberID){
		"a member's own request": func(tb *Table, c map[sitting.MemberID]*Client) (session.AlarmKind, sitting.MemberID) {
			tb.Hall.Lenient(true)
			_ = c["m00"].GiveFloor("m00")
			return session.AlarmRefused, "m00"
		},
		"replayed from another sitting": func(tb *Table, c map[sitting.MemberID]*Client) (session.AlarmKind, sitting.MemberID) {
			tb.Hall.Force(tb.Sign(c["chair"].Person, tb.Another(members(2)), sitting.Head{}, give))
			return session.AlarmRefused, "chair"
		},
		"by one who is no longer the chair": func(tb *Table, c map[sitting.MemberID]*Client) (session.AlarmKind, sitting.MemberID) {
			signed := tb.Sign(c["chair"].Person, tb.Order, head(tb.Hall), give)
			_ = c["clerk"].Remove("chair", "over")
			_ = c["chair"].Wait()
			tb.Hall.Force(signed)
			return session.AlarmRefused, "chair"
		},
		"given before, and taken": func(tb *Table, c map[sitting.MemberID]*Client) (session.AlarmKind, sitting.MemberID) {
			signed := tb.Sign(c["chair"].Person, tb.Order, head(tb.Hall), give)
			tb.Hall.Force(signed)
			tb.Hall.Force(tb.Sign(c["chair"].Person, tb.Order, head(tb.Hall), sitting.TakeFloor{From: "m00"}))
			tb.Hall.Force(signed)
			return session.AlarmRefused, "chair"
		},
		"signed with another key": func(tb *Table, c map[sitting.MemberID]*Client) (session.AlarmKind, sitting.MemberID) {
			p := c["chair"].Person
			p.Key = c["m00"].Key
			tb.Hall.Force(tb.Sign(p, tb.Order, head(tb.Hall), give))
			return session.AlarmForged, "chair"
		},
		"in the chair's name": func(tb *Table, c map[sitting.MemberID]*Client) (session.AlarmKind, sitting.MemberID) {
			p := c["m00"].Person
			p.ID = "chair"
			tb.Hall.Force(tb.Sign(p, tb.Order, head(tb.Hall), give))
			return session.AlarmForged, "chair"
		},
		"after the chair has signed in anew": func(tb *Table, c map[sitting.MemberID]*Client) (session.AlarmKind, sitting.MemberID) {
			signed := tb.Sign(c["chair"].Person, tb.Order, head(tb.Hall), give)
			tb.Enter("chair", nil)
			_ = c["chair"].Wait()
			tb.Hall.Force(signed)
			return session.AlarmRefused, "chair"
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, members(2), func(t *testing.T, tb *Table) {
				c := enter(tb, "chair", "clerk", "m00", "m01")
				kind, by := forge(tb, c)
				for _, id := range []sitting.MemberID{"clerk", "m00", "m01"} {
					tb.Until("there is an alarm", 2*time.Second, func() bool { return alarmed(c[id], kind, by) })
					if c[id].State().State.HasFloor("m00") || slices.Contains(c[id].Media.Now().Heard, "m00") || c["m00"].Media.Now().Speak {
						t.Errorf("%s goes by the forged grant", id)
					}
				}
			})
		})
	}
}

// Somebody with a card of the House, but not on the roster, gets no seat, nor
// does a member with a session certificate that the card did not sign.
func TestForgedArrival(t *testing.T) {
	bubble(t, members(1), func(t *testing.T, tb *Table) {
		c := enter(tb, "chair")
		stranger := tb.SignIn("stranger")
		stranger.ID = "m00"
		tb.Hall.Force(tb.Sign(stranger, tb.Order, head(tb.Hall), sitting.Arrive{KeyPackage: []byte("key package")}))
		mixed := tb.SignIn("m00")
		mixed.Chain[1] = tb.SignIn("clerk").Chain[1]
		tb.Hall.Force(tb.Sign(mixed, tb.Order, head(tb.Hall), sitting.Arrive{KeyPackage: []byte("key package")}))
		tb.Until("two alarms", time.Second, func() bool { return len(c["chair"].State().Alarms) == 2 })
		if v := c["chair"].State(); len(v.State.Seats) != 1 || v.Alarms[0].Kind != session.AlarmForged {
			t.Errorf("seats %d, alarms %v", len(v.State.Seats), v.Alarms)
		}
	})
}

// Two histories are found out, however they come to be compared. The sitting
// stops for who has found out.
func TestSplit(t *testing.T) {
	for name, meet := range map[string]func(tb *Table, fork *Hall, c map[sitting.MemberID]*Client){
		"back to the other history": func(tb *Table, _ *Hall, c map[sitting.MemberID]*Client) {
			c["m00"].Door.Use(tb.Hall)
			c["m00"].Door.Cut()
		},
		"by a request": func(tb *Table, fork *Hall, c map[sitting.MemberID]*Client) {
			fork.Force(tb.Sign(c["chair"].Person, tb.Order, head(tb.Hall), sitting.LowerHand{}))
			for range 3 {
				fork.Fact(sitting.Left{Arrival: 99})
			}
		},
		"by a signed head": func(tb *Table, fork *Hall, _ map[sitting.MemberID]*Client) {
			fork.Lie(func(h *wire.Head) { h.Head = head(tb.Hall) })
			fork.Fact(sitting.Left{Arrival: 99})
		},
		"by a head that is to come": func(tb *Table, fork *Hall, _ map[sitting.MemberID]*Client) {
			tb.Hall.Fact(sitting.Left{Arrival: 99})
			fork.Lie(func(h *wire.Head) { h.Head = head(tb.Hall) })
			for range 2 {
				fork.Fact(sitting.Left{Arrival: 98})
				time.Sleep(100 * time.Millisecond)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, members(1), func(t *testing.T, tb *Table) {
				c := enter(tb, "chair", "m00")
				fork := tb.Hall.Fork()
				c["m00"].Door.Use(fork)
				c["m00"].Door.Cut()
				tb.Until("m00 is back", time.Second, func() bool { return c["m00"].State().Line.Up })
				_ = c["m00"].RaiseHand()
				_ = c["chair"].RaiseHand()
				time.Sleep(time.Second)
				meet(tb, fork, c)
				if err := c["m00"].Wait(); !errors.Is(err, session.ErrSplit) {
					t.Errorf("ended with %v", err)
				}
				if !alarmed(c["m00"], session.AlarmSplit, "") || c["m00"].Media.Now().Show {
					t.Error("no alarm, or media goes on")
				}
			})
		})
	}
}

// A head that a member has signed on the media path is an alarm that names
// the member; one that fits is none.
func TestHeardHead(t *testing.T) {
	bubble(t, members(1), func(t *testing.T, tb *Table) {
		c := enter(tb, "chair", "m00")
		h := head(tb.Hall)
		c["chair"].Heard("m00", e2ee.Head{Seq: uint32(h.Seq), Hash: [7]byte(h.Hash[:7])})
		c["chair"].Heard("m00", e2ee.Head{Seq: uint32(h.Seq) + 1})
		time.Sleep(time.Second)
		if len(c["chair"].State().Alarms) != 0 {
			t.Errorf("alarms %v", c["chair"].State().Alarms)
		}
		for range 3 {
			c["chair"].Heard("m00", e2ee.Head{Seq: uint32(h.Seq)})
		}
		tb.Until("an alarm", time.Second, func() bool { return alarmed(c["chair"], session.AlarmHistory, "m00") })
		time.Sleep(time.Second)
		if len(c["chair"].State().Alarms) != 1 || c["chair"].Over() {
			t.Errorf("alarms %v", c["chair"].State().Alarms)
		}
	})
}

func TestForgedHead(t *testing.T) {
	bubble(t, members(1), func(t *testing.T, tb *Table) {
		c := enter(tb, "chair", "m00")
		tb.Hall.Forge(true)
		_ = c["chair"].RaiseHand()
		tb.Until("an alarm", time.Second, func() bool { return alarmed(c["m00"], session.AlarmHead, "") })
	})
}

// Another order than the member goes by ends the session.
func TestOtherOrder(t *testing.T) {
	bubble(t, members(1), func(t *testing.T, tb *Table) {
		signed := tb.Signed
		tb.Signed = tb.sign(members(2), "budget")
		if err := tb.Enter("m00", nil).Wait(); !errors.Is(err, session.ErrChanged) {
			t.Errorf("ended with %v", err)
		}
		tb.Signed = signed
		signed[len(signed)-1] ^= 1
		if err := tb.Enter("m00", nil).Wait(); !errors.Is(err, session.ErrOrder) {
			t.Errorf("altered order: %v", err)
		}
	})
}

// A key package that is none keeps nobody else from being added.
func TestBadKeyPackage(t *testing.T) {
	bubble(t, members(2), func(t *testing.T, tb *Table) {
		c := enter(tb, "chair", "clerk")
		tb.Hall.Force(tb.Sign(tb.SignIn("m00"), tb.Order, head(tb.Hall), sitting.Arrive{KeyPackage: []byte("garbage")}))
		m := tb.Enter("m01", nil)
		tb.Until("m01 is in", 3*time.Second, func() bool { return m.State().Epoch != nil && c["chair"].State().Confirmed == 3 })
	})
}

// A commit that is none is passed over by all, with an alarm.
func TestBadCommit(t *testing.T) {
	bubble(t, members(3), func(t *testing.T, tb *Table) {
		c := enter(tb, "chair", "clerk", "m00")
		v := c["m00"].State()
		for _, hash := range []sitting.Hash{tb.Hall.putBlob([]byte("garbage")), {1, 2, 3}} {
			tb.Hall.Force(tb.Sign(c["m00"].Person, tb.Order, head(tb.Hall), sitting.Commit{
				Founding: v.State.Founding, Epoch: v.Epoch.Number, Message: hash,
			}))
		}
		m := tb.Enter("m01", nil)
		tb.Until("all are told", 5*time.Second, func() bool {
			return alarmed(c["chair"], session.AlarmCommit, "m00") && alarmed(c["clerk"], session.AlarmCommit, "m00")
		})
		tb.Until("m01 is in", 20*time.Second, func() bool { return m.State().Epoch != nil })
	})
}
