package cue

import (
	"bytes"
	"reflect"
	"testing"
	"time"
)

func TestLine(t *testing.T) {
	notes := []Note{
		{At: time.Unix(1, 2).UTC(), What: Epoch, N: 7, Text: "4"},
		{At: time.Unix(3, 0).UTC(), What: Counted, Of: &Counts{Sound: 1, Sealed: 2}},
	}
	var b bytes.Buffer
	l := NewLine(&b)
	for _, n := range notes {
		if err := l.Say(n); err != nil {
			t.Fatal(err)
		}
		b.WriteString("what is no note\n")
	}
	var got []Note
	if err := Hear(&b, func(n Note) { got = append(got, n) }); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, notes) {
		t.Errorf("heard %+v, want %+v", got, notes)
	}
}
