package media

// A Fault says why a device cannot be used.
type Fault uint8

// The faults.
const (
	Missing     Fault = iota // there is none, or not the one that was asked for
	Taken                    // another program has it
	Pulled                   // it was there, and went away while in use
	Refused                  // the system does not let this program have it
	Unsupported              // it works in no way that this program understands
	Hung                     // neither it nor the system's sound answers
)

var faults = [...]string{"is missing", "is taken", "was pulled", "is refused by the system", "is not supported", "does not answer"}

// A DeviceError reports a device that cannot be used, or no more.
type DeviceError struct {
	Kind  DeviceKind
	Name  string // for people; empty when any device of the kind would have done
	Fault Fault
	Err   error // what the system said; may be nil
}

var kinds = [...]string{"microphone", "loudspeaker", "camera"}

// Error says which device and why.
func (e *DeviceError) Error() string {
	text := "media: " + kinds[e.Kind]
	if e.Name != "" {
		text += " " + e.Name
	}
	text += " " + faults[e.Fault]
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns what the system said.
func (e *DeviceError) Unwrap() error { return e.Err }
