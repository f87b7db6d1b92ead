package sittingtest

import (
	"flag"
	"testing"
	"time"

	"incamera/sitting"
	"incamera/sitting/link"
)

// A whole House at the real usher, with the suite by default. 338 take minutes:
//
//	go test ./sitting/sittingtest -run TestHouse -v -house 338
var houseSize = flag.Int("house", 24, "how many members TestHouse seats")

// Everybody comes at once, or one after the other, and all are in one group;
// nothing on the way is larger than the service takes, and what the record
// holds grows with the members and the epochs, not with their product.
func TestHouse(t *testing.T) {
	for name, apart := range map[string]time.Duration{"at once": 0, "one after the other": 500 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			s := members(*houseSize - 1)
			s.Suite = "MLS_128_MLKEM768P256_AES256GCM_SHA384_P256"
			bubble(t, s, func(t *testing.T, tb *Table) { fill(t, tb, apart) })
		})
	}
}

// fill seats chair and members, so long apart.
func fill(t *testing.T, tb *Table, apart time.Duration) {
	d := newDoorway(t, tb)
	ids := []sitting.MemberID{"chair"}
	for i := range *houseSize - 1 {
		ids = append(ids, member(i))
	}
	var all []*Client
	for _, id := range ids {
		p := tb.SignIn(id)
		all = append(all, tb.sit(p, caller{d, p}))
		time.Sleep(apart)
	}
	began := time.Now()
	tb.Until("all are together", 20*time.Second, func() bool { return Together(all...) })
	wait := time.Since(began)
	largest := 0
	for _, b := range d.blobs {
		largest = max(largest, len(b))
	}
	journal := 0
	for _, b := range d.paper.entries {
		journal += len(b)
	}
	epochs := all[0].State().Epoch.Number
	t.Logf("%d members: together %v after the last came; %d epochs, %d entries of %d kB, %d blobs, the largest %d kB",
		len(all), wait, epochs, len(d.paper.entries), journal>>10, len(d.blobs), largest>>10)
	if largest > link.MaxBlob/4 {
		t.Errorf("the largest blob has %d bytes", largest)
	}
	for _, c := range all {
		if alarms := c.State().Alarms; len(alarms) > 0 {
			t.Errorf("%s: alarms %v", c.ID, alarms)
		}
	}
}
