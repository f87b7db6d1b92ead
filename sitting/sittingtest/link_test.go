package sittingtest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"incamera/sitting"
	"incamera/sitting/session"
)

// A link that is lost is dialled again at once; hand and floor are kept, and
// what was asked meanwhile is asked then, once.
func TestLost(t *testing.T) {
	bubble(t, members(2), func(t *testing.T, tb *Table) {
		c := enter(tb, "chair", "m00", "m01")
		_ = c["m00"].RaiseHand()
		_ = c["chair"].GiveFloor("m01")
		tb.Until("floor and hand", time.Second, func() bool {
			s := c["chair"].State().State
			return s.HasFloor("m01") && s.HandUp("m00")
		})
		tb.Hall.Shut(true)
		tb.Until("the loss is seen", time.Second, func() bool { return !c["m00"].State().Line.Up && !c["chair"].State().Line.Up })
		_ = c["m00"].LowerHand()
		time.Sleep(15 * time.Second)
		tb.Hall.Shut(false)
		tb.Until("all are back", 3*time.Second, func() bool { return Together(c["chair"], c["m00"], c["m01"]) })
		tb.Until("the hand is down", time.Second, func() bool { return !c["chair"].State().State.HandUp("m00") })
		s := c["chair"].State().State
		if !s.HasFloor("m01") || len(c["chair"].State().Alarms) > 0 {
			t.Errorf("floor %v, alarms %v", s.Floor, c["chair"].State().Alarms)
		}
		if c["m01"].Door.Dials() > 35 {
			t.Errorf("dialled %d times in 15 s", c["m01"].Door.Dials())
		}
	})
}

// Beyond the grace the seat is gone; the member comes in anew by itself.
func TestLostForLong(t *testing.T) {
	bubble(t, members(1), func(t *testing.T, tb *Table) {
		c := enter(tb, "chair", "m00")
		before, _ := c["m00"].State().State.Seat("m00")
		nowhere := tb.Hall.Fork()
		nowhere.Shut(true)
		c["m00"].Door.Use(nowhere)
		c["m00"].Door.Cut()
		tb.Until("the seat is gone", 25*time.Second, func() bool { return Together(c["chair"]) })
		c["m00"].Door.Use(tb.Hall)
		tb.Until("both are together", 6*time.Second, func() bool { return Together(c["chair"], c["m00"]) })
		after, _ := c["m00"].State().State.Seat("m00")
		if after.Arrival == before.Arrival || len(c["chair"].State().Alarms)+len(c["m00"].State().Alarms) > 0 {
			t.Errorf("arrival %d; alarms %v", after.Arrival, c["m00"].State().Alarms)
		}
	})
}

// A link that delays, doubles, reorders and loses.
func TestWobble(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			bubble(t, members(4), func(t *testing.T, tb *Table) {
				here := map[sitting.MemberID]*Client{}
				for i, id := range []sitting.MemberID{"chair", "clerk", "m00", "m01", "m02", "m03"} {
					w := &Wobble{Delay: 300 * time.Millisecond, Double: 0.1, Reorder: 0.1, Lose: 0.05}
					here[id] = tb.Enter(id, w.Seed(seed*100+uint64(i)))
				}
				for i := range 10 {
					time.Sleep(500 * time.Millisecond)
					_ = here[member(i%4)].RaiseHand()
					_ = here["chair"].GiveFloor(member(i % 4))
					_ = here["chair"].TakeFloor(member(i % 4))
				}
				for _, c := range here {
					c.Door.Steady()
					c.Door.Cut() // what got lost on the way up is sent again
				}
				calm(t, tb, here, 120*time.Second)
			})
		})
	}
}

// Garbage from the service ends the link, and the next one is good.
func TestGarbage(t *testing.T) {
	bubble(t, members(1), func(_ *testing.T, tb *Table) {
		c := enter(tb, "chair", "m00")
		tb.Hall.Garble(2)
		_ = c["chair"].RaiseHand()
		tb.Until("all is well again", 3*time.Second, func() bool {
			return c["m00"].State().State.HandUp("chair") && c["m00"].State().Line.Up && Together(c["chair"], c["m00"])
		})
	})
}

// When the member whose turn it is says nothing, the next one commits after
// two seconds.
func TestTakeover(t *testing.T) {
	bubble(t, members(3), func(t *testing.T, tb *Table) {
		first := enter(tb, "chair", "m00", "m01")["chair"].State().Epoch.Leaves[0].Member
		tb.Hall.Ignore(func(r sitting.Request) bool {
			_, commits := r.Body.(sitting.Commit)
			return commits && string(r.Member) == first
		})
		began := time.Now()
		m := tb.Enter("m02", nil)
		tb.Until("the newcomer is in", 4*time.Second, func() bool { return m.State().Epoch != nil })
		if took := time.Since(began); took < 2*time.Second || took > 3*time.Second {
			t.Errorf("after %v", took)
		}
	})
}

// Who cannot follow the group arrives again and is added anew.
func TestAstray(t *testing.T) {
	bubble(t, members(3), func(t *testing.T, tb *Table) {
		c := enter(tb, "chair", "m00", "m01")
		leaves := c["chair"].State().Epoch.Leaves
		blind := c[sitting.MemberID(leaves[2].Member)] // not the one who commits
		blind.Door.Blind(true)
		m := tb.Enter("m02", nil)
		tb.Until("one is left behind", 3*time.Second, func() bool { return m.State().Confirmed == 3 })
		blind.Door.Blind(false)
		tb.Until("all are together", 10*time.Second, func() bool { return Together(c["chair"], c["m00"], c["m01"], m) })
		if !alarmed(blind, session.AlarmDivergence, blind.ID) {
			t.Error("nobody was told")
		}
	})
}

// A welcome that cannot be had is asked for again.
func TestNoWelcome(t *testing.T) {
	bubble(t, members(1), func(_ *testing.T, tb *Table) {
		c := enter(tb, "chair")
		p := tb.SignIn("m00")
		m := tb.Sit(p, nil)
		m.Door.Blind(true)
		tb.Until("seated", time.Second, func() bool { return len(m.State().State.Seats) == 2 })
		time.Sleep(time.Second)
		m.Door.Blind(false)
		tb.Until("both are together", 10*time.Second, func() bool { return Together(c["chair"], m) })
	})
}

// Card out: media stops at once, keys are gone at once, the seat within 2 s,
// whatever the link does.
func TestCardOut(t *testing.T) {
	out := errors.New("the card was pulled")
	for name, prepare := range map[string]func(tb *Table, c *Client){
		"link up":   func(*Table, *Client) {},
		"link cut":  func(_ *Table, c *Client) { c.Door.Cut() },
		"link down": func(tb *Table, c *Client) { tb.Hall.Shut(true) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, members(1), func(t *testing.T, tb *Table) {
				c := enter(tb, "chair", "m00")
				prepare(tb, c["m00"])
				began := time.Now()
				if err := c["m00"].End(out); !errors.Is(err, out) {
					t.Errorf("ended with %v", err)
				}
				if took := time.Since(began); took > 2*time.Second {
					t.Errorf("took %v", took)
				}
				if _, err := c["m00"].Keyring.Sealer(1).Seal(nil, nil, []byte("sound")); err == nil {
					t.Error("keys are still there")
				}
				if p := c["m00"].Media.Now(); p.Show || p.Speak || c["m00"].State().Epoch != nil {
					t.Error("media goes on")
				}
				if err := c["m00"].RaiseHand(); !errors.Is(err, session.ErrOver) {
					t.Errorf("a request after the end: %v", err)
				}
				if _, err := c["m00"].Ticket(t.Context()); err == nil && name == "" {
					t.Error("a ticket after the end")
				}
				if name == "link down" {
					return
				}
				tb.Until("the seat is given up", 2*time.Second-time.Since(began), func() bool {
					return len(tb.Hall.State().Seats) == 1
				})
			})
		})
	}
}

// Each way in which a visit ends has its own reason.
func TestEnds(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(tb *Table, c map[sitting.MemberID]*Client)
		want error
	}{
		"leave":   {func(_ *Table, c map[sitting.MemberID]*Client) { _ = c["m00"].Leave() }, nil},
		"close":   {func(_ *Table, c map[sitting.MemberID]*Client) { _ = c["chair"].CloseSitting() }, session.ErrClosed},
		"closed":  {func(tb *Table, _ map[sitting.MemberID]*Client) { tb.Hall.Fact(sitting.Closed{}) }, session.ErrClosed},
		"another": {func(tb *Table, _ map[sitting.MemberID]*Client) { tb.Enter("m00", nil) }, session.ErrElsewhere},
		"revoked": {func(tb *Table, _ map[sitting.MemberID]*Client) {
			t, _ := tb.Hall.State().Seat("m00")
			tb.Hall.Fact(sitting.Revoked{Arrival: t.Arrival})
		}, session.ErrRevoked},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, members(1), func(t *testing.T, tb *Table) {
				all := enter(tb, "chair", "m00")
				c.do(tb, all)
				if err := all["m00"].Wait(); !errors.Is(err, c.want) {
					t.Errorf("ended with %v, want %v", err, c.want)
				}
			})
		})
	}
}

// What the rules refuse, the person is told.
func TestRefused(t *testing.T) {
	bubble(t, members(1), func(t *testing.T, tb *Table) {
		c := enter(tb, "chair", "m00")
		_ = c["m00"].GiveFloor("m00")
		tb.Until("m00 is told", time.Second, func() bool { return c["m00"].State().Refused != nil })
		if r := c["m00"].State().Refused; r.Code != string(sitting.RefusedRole) || r.Body != (sitting.GiveFloor{To: "m00"}) {
			t.Errorf("told %+v", r)
		}
		ticket, err := c["m00"].Ticket(t.Context())
		if err != nil || ticket.Token != "token" {
			t.Errorf("Ticket = %+v, %v", ticket, err)
		}
		var full error
		for range 100 {
			full = errors.Join(full, c["m00"].RaiseHand())
		}
		if !errors.Is(full, session.ErrFull) {
			t.Error("the box takes everything")
		}
	})
}

// What fails in passing is asked again, without a hand.
func TestFails(t *testing.T) {
	bubble(t, members(1), func(t *testing.T, tb *Table) {
		chair := tb.Enter("chair", nil)
		tb.Until("the chair founds", time.Second, func() bool { return Together(chair) })
		for n := range 4 {
			tb.Hall.Fail(n + 1) // the arrival, the commit, the confirmation
			m := tb.Enter("m00", nil)
			tb.Until("both are together", 6*time.Second, func() bool { return Together(chair, m) })
			_ = m.Leave()
			_ = m.Wait()
			tb.Until("the chair is alone", 3*time.Second, func() bool { return Together(chair) })
		}
		if chair.Door.Dials() != 1 {
			t.Errorf("dialled %d times", chair.Door.Dials())
		}
	})
}

// A stranger is told before anything is sent.
func TestNotOnRoster(t *testing.T) {
	bubble(t, members(1), func(t *testing.T, tb *Table) {
		if err := tb.Enter("stranger", nil).Wait(); !errors.Is(err, session.ErrNotListed) {
			t.Errorf("ended with %v", err)
		}
		p := tb.SignIn("m00")
		p.ID = "chair"
		if err := tb.Sit(p, nil).Wait(); !errors.Is(err, session.ErrNotListed) {
			t.Errorf("another's place: %v", err)
		}
	})
}
