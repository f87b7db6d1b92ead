package ui

import (
	"image"

	"incamera/ui/bridge"
)

// Capture returns what is on the window. It waits for the UI goroutine and
// must not be called from there.
func (w *Window) Capture() image.Image {
	return bridge.Call(func() image.Image { return w.window.Canvas().Capture() })
}
