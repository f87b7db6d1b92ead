package sittingtest

import (
	"slices"
	"testing"
	"time"

	"incamera/sitting"
	"incamera/sitting/session"
)

// Frames that a member has not signed for are withheld, and whose seat it is is
// an alarm, which stays when the frames are good again.
func TestUnsignedFrames(t *testing.T) {
	bubble(t, members(1), func(t *testing.T, tb *Table) {
		c := enter(tb, "chair", "m00")
		time.Sleep(time.Second)
		from, to := c["chair"].Keyring.Sealer(1), c["m00"].Keyring.Opener("chair", 1)
		talk := func(arrives func(i int) bool) {
			for i := range 400 {
				sealed, err := from.Seal(nil, nil, []byte("sound"))
				if err != nil {
					t.Fatal(err)
				}
				if arrives(i) {
					_, _ = to.Open(nil, nil, sealed) // withheld, in the end
				}
			}
		}
		alarmed := func() bool {
			return slices.ContainsFunc(c["m00"].State().Alarms, func(a session.Alarm) bool {
				return a.Kind == session.AlarmImpostor && a.Member == "chair"
			})
		}
		talk(func(i int) bool { return i%40 < 20 }) // too little to tell whose it is
		tb.Until("the chair's seat is named", time.Second, func() bool {
			return alarmed() && slices.Equal(c["m00"].State().Withheld, []sitting.MemberID{"chair"})
		})
		talk(func(int) bool { return true })
		tb.Until("the chair is heard again", time.Second, func() bool { return len(c["m00"].State().Withheld) == 0 })
		if !alarmed() {
			t.Error("the alarm is gone")
		}
		if n := len(c["m00"].State().Alarms); n != 1 {
			t.Errorf("%d alarms", n)
		}
	})
}
