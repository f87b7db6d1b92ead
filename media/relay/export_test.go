package relay

// Sections is how many media sections our offers have.
func (l *Link) Sections() int { return len(l.send.GetTransceivers()) }
