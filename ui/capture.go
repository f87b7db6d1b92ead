package ui

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"

	"incamera/ui/bridge"
)

// Capture returns what is on the window, drawn again in software: what Fyne
// reads back from the graphics card is black where drawing is done in
// software, as under a virtual screen. It waits for the UI goroutine, which it
// holds up for some tenths of a second, and must not be called from there.
func (w *Window) Capture() image.Image {
	return bridge.Call(func() image.Image { return draw(w.window.Canvas()) })
}

// draw draws what another canvas shows.
func draw(from fyne.Canvas) image.Image {
	c := software.NewCanvas()
	c.SetPadded(false)
	c.SetScale(from.Scale())
	c.Resize(from.Size())
	c.SetContent(from.Content())
	for _, o := range from.Overlays().List() {
		c.Overlays().Add(o)
	}
	return c.Capture()
}
