package sittingtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"incamera/sitting"
	"incamera/sitting/session"
)

// members is a setup with so many members besides chair and clerk.
func members(n int) Setup {
	s := Setup{Members: map[sitting.MemberID]sitting.Role{}}
	for i := range n {
		s.Members[member(i)] = sitting.RoleMember
	}
	return s
}

func member(i int) sitting.MemberID { return sitting.MemberID(fmt.Sprintf("m%02d", i)) }

// bubble runs a test with a table in a bubble of its own time.
func bubble(t *testing.T, s Setup, test func(t *testing.T, tb *Table)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, New(t, s)) })
}

// enter has members enter and waits until they are together.
func enter(tb *Table, ids ...sitting.MemberID) map[sitting.MemberID]*Client {
	all := map[sitting.MemberID]*Client{}
	var list []*Client
	for _, id := range ids {
		all[id] = tb.Enter(id, nil)
		list = append(list, all[id])
	}
	tb.Until("all are in one epoch", 5*time.Second, func() bool { return Together(list...) })
	return all
}

func TestMeet(t *testing.T) {
	for _, n := range []int{0, 1, 18} {
		t.Run(fmt.Sprint(n+2), func(t *testing.T) {
			bubble(t, members(n), func(_ *testing.T, tb *Table) {
				ids := []sitting.MemberID{"chair", "clerk"}
				for i := range n {
					ids = append(ids, member(i))
				}
				enter(tb, ids...)
			})
		})
	}
}

// The suite by default is a hybrid; none of what it sends is too large.
func TestMeetHybrid(t *testing.T) {
	s := members(3)
	s.Suite = "MLS_128_MLKEM768P256_AES256GCM_SHA384_P256"
	bubble(t, s, func(_ *testing.T, tb *Table) { enter(tb, "chair", "m00", "m01", "m02") })
}

// A suite that nobody knows is an error, not another suite.
func TestUnknownSuite(t *testing.T) {
	s := members(1)
	s.Suite = "MLS_NULL"
	bubble(t, s, func(t *testing.T, tb *Table) {
		if err := tb.Enter("m00", nil).Wait(); err == nil || errors.Is(err, errRuns) {
			t.Errorf("ended with %v", err)
		}
	})
}

// hears reports whether what one client seals now another opens.
func hears(t *testing.T, to, from *Client) bool {
	t.Helper()
	sealed, err := from.Keyring.Sealer(1).Seal(nil, nil, []byte("sound"))
	if err != nil {
		return false
	}
	got, err := to.Keyring.Opener(string(from.ID), 1).Open(nil, nil, sealed)
	return err == nil && string(got) == "sound"
}

// A removed member has no keys at once, is told why, and opens nothing that is
// sealed after; the others have new keys within the time it takes to commit.
func TestRemoval(t *testing.T) {
	bubble(t, members(2), func(t *testing.T, tb *Table) {
		c := enter(tb, "chair", "m00", "m01")
		time.Sleep(time.Second)
		if !hears(t, c["m01"], c["chair"]) || !hears(t, c["m00"], c["m01"]) {
			t.Fatal("members of one epoch do not hear each other")
		}
		spy := c["m00"].Keyring.Opener("chair", 1)
		before := c["chair"].State().Epoch.Number
		if err := c["chair"].Remove("m00", "noise"); err != nil {
			t.Fatal(err)
		}
		err := c["m00"].Wait()
		removed, ok := errors.AsType[*session.RemovedError](err)
		if !ok || removed.By != "chair" || removed.Why != "noise" {
			t.Errorf("ended with %v", err)
		}
		tb.Until("the others are together", time.Second, func() bool { return Together(c["chair"], c["m01"]) })
		if c["chair"].State().Epoch.Number == before {
			t.Error("no new keys")
		}
		sealed, err := c["chair"].Keyring.Sealer(1).Seal(nil, nil, []byte("sound"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := spy.Open(nil, nil, sealed); err == nil {
			t.Error("a removed member opens what is sealed after the removal")
		}
		if !hears(t, c["m01"], c["chair"]) {
			t.Error("the others do not hear each other")
		}
		again := tb.Enter("m00", nil)
		if away, ok := errors.AsType[*session.TurnedAwayError](again.Wait()); !ok || away.Code != "removed" {
			t.Errorf("came back: %v", again.err)
		}
	})
}

func TestInCamera(t *testing.T) {
	s := members(1)
	s.Kind = sitting.InCamera
	bubble(t, s, func(t *testing.T, tb *Table) {
		m := tb.Enter("m00", nil)
		tb.Until("the member waits", time.Second, func() bool { return len(m.State().State.Waiting) == 1 })
		chair := tb.Enter("chair", nil)
		tb.Until("the chair founds", time.Second, func() bool { return Together(chair) })
		time.Sleep(time.Minute)
		if m.State().Epoch != nil || len(m.Media.Now().Heard)+len(m.Media.Now().Seen) > 0 {
			t.Error("who waits has keys or media")
		}
		if err := chair.Admit("m00"); err != nil {
			t.Fatal(err)
		}
		tb.Until("both are in", 2*time.Second, func() bool { return Together(chair, m) })
	})
}

// The founder goes before anyone else is in the group: the next one founds.
func TestFounderGone(t *testing.T) {
	bubble(t, members(1), func(t *testing.T, tb *Table) {
		chair := tb.Enter("chair", nil)
		tb.Until("the chair founds", time.Second, func() bool { return Together(chair) })
		m := tb.Enter("m00", nil)
		tb.Until("seated", time.Second, func() bool { return len(m.State().State.Seats) == 2 })
		if err := chair.End(errors.New("card out")); err == nil || err.Error() != "card out" {
			t.Errorf("ended with %v", err)
		}
		tb.Until("the member founds", 2*time.Second, func() bool { return Together(m) })
	})
}

// Members come, leave, lose their links, are removed and come back; in the end
// all who are there are in one epoch and have one state.
func TestComingAndGoing(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			bubble(t, members(12), func(t *testing.T, tb *Table) {
				rng := rand.New(rand.NewPCG(seed, 1))
				here := map[sitting.MemberID]*Client{"chair": tb.Enter("chair", nil)}
				for range 40 {
					stir(t, tb, rng, here)
					time.Sleep(time.Duration(rng.IntN(800)) * time.Millisecond)
				}
				calm(t, tb, here, 60*time.Second)
			})
		})
	}
}

// stir does one thing by chance.
func stir(t *testing.T, tb *Table, rng *rand.Rand, here map[sitting.MemberID]*Client) {
	id := member(rng.IntN(12))
	c := here[id]
	switch n := rng.IntN(10); {
	case c == nil || c.Over():
		if here["chair"].State().State.Role(id) != "" {
			_ = here["chair"].Admit(id) // if it was removed
			time.Sleep(100 * time.Millisecond)
			here[id] = tb.Enter(id, nil)
		}
	case n < 2:
		_ = c.Leave()
	case n < 4:
		_ = here["chair"].Remove(id, "noise")
	case n < 7:
		c.Door.Cut()
	case n < 8:
		here[id] = tb.Enter(id, nil) // elsewhere
	default:
		_ = c.RaiseHand()
	}
}

// calm waits until all who are there are together.
func calm(t *testing.T, tb *Table, here map[sitting.MemberID]*Client, limit time.Duration) {
	t.Helper()
	together := func() bool {
		var list []*Client
		for _, c := range here {
			if !c.Over() {
				list = append(list, c)
			}
		}
		return Together(list...)
	}
	for waited := time.Duration(0); !together(); waited += 100 * time.Millisecond {
		if waited > limit {
			for id, c := range here {
				v := c.State()
				t.Logf("%s: over %v (%v), entry %d, seats %d, epoch %v, confirmed %d of %d, alarms %v",
					id, c.Over(), c.err, v.State.Seq, len(v.State.Seats), v.Epoch, v.Confirmed, v.Of, v.Alarms)
			}
			t.Fatalf("after %v not together", limit)
		}
		time.Sleep(100 * time.Millisecond)
	}
	for id, c := range here {
		if alarms := c.State().Alarms; len(alarms) > 0 {
			t.Errorf("%s: alarms %v", id, alarms)
		}
	}
}
