package look

import (
	"bytes"
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"

	"incamera/assets"
)

// An Icon is the name of a drawing in assets/icons.
type Icon string

// The icons.
const (
	Microphone    Icon = "microphone"
	MicrophoneOff Icon = "microphone-off"
	Camera        Icon = "camera"
	CameraOff     Icon = "camera-off"
	Hand          Icon = "hand"
	Leave         Icon = "leave"
	Seal          Icon = "seal"
	Lock          Icon = "lock"
	Open          Icon = "open"
	Gear          Icon = "gear"
	Search        Icon = "search"
	Close         Icon = "close"
	Back          Icon = "back"
	Forward       Icon = "forward"
	Down          Icon = "down"
	Check         Icon = "check"
	Warning       Icon = "warning"
	Card          Icon = "card"
	Reader        Icon = "reader"
	Loudspeaker   Icon = "loudspeaker"
	Play          Icon = "play"
	Stop          Icon = "stop"
	Record        Icon = "record"
	Admit         Icon = "admit"
	Remove        Icon = "remove"
	Floor         Icon = "floor"
	Away          Icon = "away"
	Copy          Icon = "copy"
	Info          Icon = "info"
)

// Icons are all icons.
var Icons = []Icon{
	Microphone, MicrophoneOff, Camera, CameraOff, Hand, Leave, Seal, Lock, Open, Gear, Search, Close, Back, Forward, Down,
	Check, Warning, Card, Reader, Loudspeaker, Play, Stop, Record, Admit, Remove, Floor, Away, Copy, Info,
}

// In draws the icon in a colour. Fyne's own colouring fills shapes; these
// drawings are strokes in currentColor.
func (i Icon) In(c color.NRGBA) fyne.Resource {
	hex := fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
	drawing := bytes.ReplaceAll(assets.Icon(string(i)), []byte("currentColor"), []byte(hex))
	return fyne.NewStaticResource(string(i)+hex+".svg", drawing)
}
