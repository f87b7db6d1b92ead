package device

import "github.com/gen2brain/malgo"

// backends are the ways to the system's sound. PipeWire speaks PulseAudio's
// protocol too. ALSA by itself is left out: it offers its plug-ins as
// devices, one of which is silent and always there.
var backends = []malgo.Backend{malgo.BackendPulseaudio}
