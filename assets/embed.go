// Package assets holds what is not code: icons, translations and where the
// type comes from. It owns the files beside it and has no logic; it imports
// nothing of ours.
//
// The drawings are the project's own. The type is Noto Sans (SIL Open Font
// License 1.1), which Fyne carries with its licence; none is kept here.
package assets

import "embed"

//go:embed icons/*.svg words/*.json incamera.png
var files embed.FS

// Icon returns the SVG drawing of that name, 24 units wide and high, drawn in
// currentColor; nil if there is none.
func Icon(name string) []byte { return read("icons/" + name + ".svg") }

// Program returns the program's own icon as PNG, 256 pixels wide and high;
// incamera.svg beside it is what it was drawn from.
func Program() []byte { return read("incamera.png") }

// Words returns the words of a language, "en" or "fr", as JSON; nil if there are none.
func Words(language string) []byte { return read("words/" + language + ".json") }

func read(name string) []byte {
	data, err := files.ReadFile(name)
	if err != nil {
		return nil
	}
	return data
}
