package ui

// Start starts the ticks, as Run does.
func (w *Window) Start() { w.start() }

// Finish waits for all goroutines, as Run does at its end.
func (w *Window) Finish() { w.finish() }
