package devices

import (
	"testing"
	"time"

	"incamera/media"
)

func TestVerdict(t *testing.T) {
	start := time.Date(2026, time.November, 24, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name  string
		peaks []float64 // one each second
		want  verdict
	}{
		{"nothing yet", nil, listening},
		{"just begun", []float64{-120}, listening},
		{"unplugged", []float64{-120, -120, -120, -120, -120}, noSound},
		{"an empty room", []float64{-55, -55, -55, -55, -55}, tooQuiet},
		{"speech at once", []float64{-14}, good},
		{"speech, then a pause", []float64{-14, -60, -60}, good},
		{"speech long ago", []float64{-14, -60, -60, -60, -60, -60, -60}, tooQuiet},
		{"clipped", []float64{-14, 0}, tooLoud},
	} {
		var l levels
		for i, p := range tt.peaks {
			l.add(start.Add(time.Duration(i)*time.Second), media.Level{RMS: p - 10, Peak: p})
		}
		if got := l.verdict(); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}
