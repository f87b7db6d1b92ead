package rehearsal

import (
	"math"
	"os"
	"time"
)

// A meter measures processor time between its start and its stop.
type meter struct {
	began time.Time
	used  map[int]time.Duration // by process
}

func (r *run) startMeter() *meter {
	m := &meter{began: time.Now(), used: map[int]time.Duration{}}
	for _, pid := range r.processes() {
		m.used[pid], _, _ = used(pid) // a process that cannot be read counts from 0
	}
	return m
}

// relayProcess is the relay's, a child of the service's.
func (r *run) relayProcess() int {
	all, err := children(r.service.cmd.Process.Pid)
	if err != nil {
		return 0
	}
	return all["livekit-server"]
}

func (r *run) processes() []int {
	all := []int{os.Getpid(), r.service.cmd.Process.Pid, r.relayProcess()}
	for _, d := range r.actors {
		all = append(all, d.cmd.Process.Pid)
	}
	return all
}

// stop puts what was used since the start into the report.
func (m *meter) stop(r *run) {
	since := time.Since(m.began)
	of := func(pid int) (percent, mb float64) {
		cpu, rss, err := used(pid)
		if err != nil {
			r.trouble("process %d cannot be read: %v", pid, err)
			return 0, 0
		}
		return round(100 * (cpu - m.used[pid]).Seconds() / since.Seconds()), round(float64(rss) / 1e6)
	}
	c, b := &r.report.CPU, &r.report.RSS
	c.Client, b.Client = of(os.Getpid())
	c.Service, b.Service = of(r.service.cmd.Process.Pid)
	c.Relay, b.Relay = of(r.relayProcess())
	for _, d := range r.actors {
		cpu, _ := of(d.cmd.Process.Pid)
		c.Delegates = round(c.Delegates + cpu)
	}
}

func round(f float64) float64 { return math.Round(f*10) / 10 }
