package rehearsal

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"time"
)

// A Report is what a rehearsal measured: milliseconds, percent of one core,
// megabytes (10^6 bytes).
type Report struct {
	Members  int      `json:"members"`
	Seconds  float64  `json:"seconds"`
	Suite    string   `json:"suite"`
	Join     Spread   `json:"join_ms"`  // PIN accepted → first sound or picture opened, by each member
	Rekey    Counted  `json:"rekey_ms"` // Remove asked → last remaining member on the new keys
	Sound    Sound    `json:"sound"`
	Picture  Picture  `json:"picture"`
	Sealing  Sealing  `json:"sealing"`
	CPU      CPU      `json:"cpu_percent"`
	RSS      RSS      `json:"rss_mb"`
	CardOut  CardOut  `json:"card_out_ms"`
	Troubles []string `json:"troubles"` // what did not go as it should; empty when all did
}

// A Spread is the middle and the upper end of what was measured.
type Spread struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
}

// A Counted spread says of how many.
type Counted struct {
	Spread
	N int `json:"n"`
}

// Sound is what came out of the listener's loudspeaker, against what went
// into the speaker's microphone.
type Sound struct {
	MouthToEar  Spread  `json:"mouth_to_ear_ms"`
	Sent        uint64  `json:"frames_sent"`
	Opened      uint64  `json:"frames_opened"`
	Concealed   float64 `json:"concealed_ratio"`
	Correlation float64 `json:"correlation"`
}

// Picture is what was read out of the opened picture at the large tile.
type Picture struct {
	FPS          float64 `json:"fps"`
	GlassToGlass Spread  `json:"glass_to_glass_ms"`
	PSNR         float64 `json:"psnr_db"`
	Layers       []int   `json:"layers_seen"` // heights in pixels
}

// Sealing counts frames at the client.
type Sealing struct {
	Sealed   uint64 `json:"sealed"`
	Opened   uint64 `json:"opened"`
	Rejected uint64 `json:"rejected"`
	Clear    uint64 `json:"injected_clear_dropped"`
}

// CPU is what each part used, on average, in percent of one core.
type CPU struct {
	Client    float64 `json:"client"`
	Service   float64 `json:"service"`
	Relay     float64 `json:"relay"`
	Delegates float64 `json:"delegates"` // all together
}

// RSS is the memory that each part held at most.
type RSS struct {
	Client  float64 `json:"client"`
	Service float64 `json:"service"`
	Relay   float64 `json:"relay"`
}

// CardOut is from the pull of a card.
type CardOut struct {
	CaptureStopped float64 `json:"capture_stopped"`
	Left           float64 `json:"left"` // seen by another member
}

// Write writes r as indented JSON.
func (r *Report) Write(file string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

func ms(d time.Duration) float64 { return math.Round(d.Seconds()*1e5) / 100 }

// spread sorts a copy of ds; it is zero when there are none.
func spread(ds []time.Duration) Spread {
	if len(ds) == 0 {
		return Spread{}
	}
	s := slices.Sorted(slices.Values(ds))
	at := func(q float64) float64 { return ms(s[int(q*float64(len(s)-1)+0.5)]) }
	return Spread{P50: at(0.5), P95: at(0.95)}
}
