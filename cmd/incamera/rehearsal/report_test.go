package rehearsal

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"incamera/cmd/cue"
	"incamera/sitting"
	"incamera/sitting/wire"
)

// TestReportFields holds the names that those who read reports go by.
func TestReportFields(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.json")
	r := Report{Troubles: []string{}, Picture: Picture{Layers: []int{180}}}
	if err := r.Write(file); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Fields(`members seconds suite join_ms.p50 join_ms.p95 rekey_ms.p50 rekey_ms.p95
		rekey_ms.n sound.mouth_to_ear_ms.p50 sound.mouth_to_ear_ms.p95 sound.frames_sent sound.frames_opened
		sound.concealed_ratio sound.correlation picture.fps picture.glass_to_glass_ms.p50
		picture.glass_to_glass_ms.p95 picture.psnr_db picture.layers_seen sealing.sealed sealing.opened
		sealing.rejected sealing.injected_clear_dropped cpu_percent.client cpu_percent.service
		cpu_percent.relay cpu_percent.delegates rss_mb.client rss_mb.service rss_mb.relay
		card_out_ms.capture_stopped card_out_ms.left`) {
		at := any(tree)
		for name := range strings.SplitSeq(path, ".") {
			branch, _ := at.(map[string]any)
			at = branch[name]
		}
		if at == nil {
			t.Errorf("the report has no %s", path)
		}
	}
}

func TestSpread(t *testing.T) {
	var ds []time.Duration
	for i := range 100 {
		ds = append(ds, time.Duration(100-i)*time.Millisecond)
	}
	if s := spread(ds); s.P50 != 51 || s.P95 != 95 {
		t.Errorf("%+v", s)
	}
	if s := spread(nil); s != (Spread{}) {
		t.Errorf("of nothing: %+v", s)
	}
}

func TestCheckSaysWhatIsMissing(t *testing.T) {
	err := (&Report{Troubles: []string{"the chair fell"}}).Check()
	for _, want := range []string{"the chair fell", "new keys", "card"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Check: %v, want %q in it", err, want)
		}
	}
}

func TestStage(t *testing.T) {
	for _, as := range []sitting.Role{sitting.RoleMember, sitting.RoleChair, sitting.RoleClerk} {
		s, err := newStage(t.TempDir(), 10, as, sitting.Public, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		signed, err := os.ReadFile(s.path("orders/rehearsal.order"))
		if err != nil {
			t.Fatal(err)
		}
		o, chain, err := wire.OpenOrder(signed)
		if err != nil || len(chain) == 0 {
			t.Fatal(err)
		}
		m, ok := o.Member(s.cast[mine].ID)
		if !ok || m.Role != as || len(s.cast) != 10 {
			t.Errorf("as %s: %+v, %d in the cast", as, m, len(s.cast))
		}
		if c, _ := o.Member(s.clerk.ID); c.Role != sitting.RoleClerk {
			t.Errorf("signed by a %s", c.Role)
		}
	}
}

func TestUsage(t *testing.T) {
	cpu, rss, err := used(os.Getpid())
	if err != nil || rss < 1e6 || cpu < 0 {
		t.Errorf("used %v, %d bytes, %v", cpu, rss, err)
	}
}

func TestNotes(t *testing.T) {
	d := &delegate{child: &child{name: "x", done: make(chan struct{})}, changed: make(chan struct{})}
	go func() { d.note(cue.Note{What: cue.Epoch, N: 1}); d.note(cue.Note{What: cue.Epoch, N: 2}) }()
	n, err := d.waitFor(t.Context(), func(n cue.Note) bool { return n.What == cue.Epoch && n.N > 1 })
	if err != nil || n.N != 2 {
		t.Errorf("%+v, %v", n, err)
	}
	close(d.done)
	if _, err := d.wait(t.Context(), cue.Gone); err == nil || !slices.Contains([]string{"rehearsal: a delegate has ended: x"}, err.Error()) {
		t.Errorf("of one who has ended: %v", err)
	}
}
