package device

import "github.com/gen2brain/malgo"

// backends are the ways to the system's sound, the best first. PipeWire
// speaks PulseAudio's protocol.
var backends = []malgo.Backend{malgo.BackendPulseaudio, malgo.BackendAlsa}
