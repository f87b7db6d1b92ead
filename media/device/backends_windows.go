package device

import "github.com/gen2brain/malgo"

// backends are the ways to the system's sound.
var backends = []malgo.Backend{malgo.BackendWasapi}
