// Package mix puts the sound of several members into one pair of ears, a step
// of 10 ms at a time, whenever the loudspeaker wants one.
//
// It owns each member's gain, which moves over a step and never jumps, and
// nothing else: what it is given is decoded, what it makes is for the
// loudspeaker. Nothing here is safe for use by several goroutines at once:
// playout owns its mixer.
package mix

import "incamera/media"

// A Mixer adds up steps. Each step begins with [Mixer.Begin], takes the
// members that are heard with [Mixer.Add], and ends with [Mixer.End].
type Mixer struct {
	// Measure says how loud a step is; constant.
	Measure func(step []float32) media.Level
	// Limit keeps the sum of all within ±1; constant.
	Limit func(step []float32)

	sum    []float32
	voices map[string]*voice
	step   uint64
}

// A voice is one member's.
type voice struct {
	gain  float32 // at the end of the last step
	level media.Level
	step  uint64 // the last that it was in
}

// forget is how many steps after its last a voice is forgotten.
const forget = 100

// Begin begins the next step, in dst, which belongs to the mixer until End.
func (m *Mixer) Begin(dst []float32) {
	clear(dst)
	m.sum = dst
	m.step++
}

// Add adds member's step, as long as the one of Begin, at gain. A gain that
// differs from the member's last is reached at the end of the step; that of a
// member who was not in the last step starts at 0. src is changed in place.
func (m *Mixer) Add(member string, src []float32, gain float32) {
	v := m.voice(member)
	from := v.gain
	if v.step != m.step-1 {
		from = 0
	}
	ramp(src, from, gain)
	v.gain, v.step = gain, m.step
	v.level = m.Measure(src)
	for i, s := range src {
		m.sum[i] += s
	}
}

// ramp multiplies step by a gain that goes from from to to.
func ramp(step []float32, from, to float32) {
	slope := (to - from) / float32(len(step))
	for i := range step {
		step[i] *= from + slope*float32(i+1)
	}
}

func (m *Mixer) voice(member string) *voice {
	v := m.voices[member]
	if v == nil {
		if m.voices == nil {
			m.voices = make(map[string]*voice)
		}
		v = new(voice)
		m.voices[member] = v
	}
	return v
}

// End limits the step. Those who have been silent for a second are forgotten.
func (m *Mixer) End() {
	m.Limit(m.sum)
	m.sum = nil
	for member, v := range m.voices {
		if m.step-v.step > forget {
			delete(m.voices, member)
		}
	}
}

// Level is how loud member was in the last step, after its gain.
func (m *Mixer) Level(member string) media.Level {
	if v := m.voices[member]; v != nil && v.step == m.step {
		return v.level
	}
	return media.Silence
}
