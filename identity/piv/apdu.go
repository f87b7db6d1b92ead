package piv

import (
	"errors"
	"fmt"
)

// The instructions of SP 800-73-4 part 2, section 3, and YubiKey extensions.
const (
	insVerify      = 0x20
	insChange      = 0x24
	insAuth        = 0x87
	insSelect      = 0xA4
	insGetResponse = 0xC0
	insGetData     = 0xCB
	insMetadata    = 0xF7
	insSerial      = 0xF8
	insVersion     = 0xFD
)

// The status words that mean something to us, SP 800-73-4 part 2, section 2.5.
const (
	swRefused     = 0x6300
	swLength      = 0x6700
	swNoChaining  = 0x6884
	swNotVerified = 0x6982
	swBlocked     = 0x6983
	swWrongData   = 0x6A80
	swNoFunction  = 0x6A81
	swNotFound    = 0x6A82
	swNoReference = 0x6A88
)

// A statusError is a status word that is not 9000.
type statusError uint16

func (e statusError) Error() string { return fmt.Sprintf("piv: the card answers %04x", uint16(e)) }

// tries returns what a 63Cx or 6983 says about the tries left. Some cards write
// 630x; 6300 is a refusal that says nothing about them: -1.
func (e statusError) tries() (left int, ok bool) {
	switch {
	case e == swBlocked:
		return 0, true
	case e == swRefused:
		return -1, true
	case e&0xffc0 == 0x63c0 || e&0xfff0 == 0x6300:
		return int(e & 0x0f), true
	}
	return 0, false
}

// isStatus reports whether err is the status word sw.
func isStatus(err error, sw statusError) bool {
	got, ok := errors.AsType[statusError](err)
	return ok && got == sw
}

// A transmitter sends one command APDU and returns the whole answer.
type transmitter interface {
	Transmit(command []byte) (answer []byte, err error)
}

const (
	shortMax  = 255       // bytes of data in a short command, ISO/IEC 7816-4 section 5.1
	answerMax = 64 * 1024 // more than any PIV object: SP 800-73-4 part 1, table 7
	roundsMax = 512       // enough for answerMax in pieces of 256, and a few corrections
)

// errAnswer reports a reader or card that answers nonsense.
var errAnswer = errors.New("piv: the card's answer makes no sense")

// A line is a way to a card that speaks T=0 or T=1.
type line struct {
	to transmitter
	t0 bool
}

// send sends a command with up to 64 KiB of data and collects the answer. Each
// command that it writes is wiped after use. Every PIV card takes short
// commands, chained, and answers in pieces; the few that do not, and say so,
// are asked once more at full length. A PIN is never sent a second time.
func (l line) send(ins, p1, p2 byte, data []byte) ([]byte, error) {
	answer, err := l.short(ins, p1, p2, data)
	if (ins == insGetData || ins == insAuth) && !l.t0 && (isStatus(err, swLength) || isStatus(err, swNoChaining)) {
		return l.exchange(extended(ins, p1, p2, data))
	}
	return answer, err
}

// extended writes a command with lengths of two bytes, which no card of T=0 takes.
func extended(ins, p1, p2 byte, data []byte) []byte {
	c := []byte{0x00, ins, p1, p2, 0x00, byte(len(data) >> 8), byte(len(data))}
	return append(append(c, data...), 0x00, 0x00)
}

// short sends a command chained if need be.
func (l line) short(ins, p1, p2 byte, data []byte) ([]byte, error) {
	for len(data) > shortMax {
		if _, err := l.exchange(l.command(0x10, ins, p1, p2, data[:shortMax])); err != nil {
			return nil, err
		}
		data = data[shortMax:]
	}
	return l.exchange(l.command(0x00, ins, p1, p2, data))
}

// command writes a command. T=0 carries data in one direction only: there the
// answer is fetched by GET RESPONSE and no Le is written (ISO/IEC 7816-3
// section 12.1.2).
func (l line) command(class, ins, p1, p2 byte, data []byte) []byte {
	c := make([]byte, 0, 6+shortMax)
	c = append(c, class, ins, p1, p2)
	switch {
	case len(data) > 0:
		c = append(append(c, byte(len(data))), data...)
		if !l.t0 && class&0x10 == 0 && answered(ins) {
			c = append(c, 0)
		}
	case l.t0, answered(ins):
		c = append(c, 0)
	}
	return c
}

// answered reports whether an instruction is answered by more than a status
// word. Some cards refuse a command that expects what they never give.
func answered(ins byte) bool { return ins != insVerify && ins != insChange }

// exchange sends a command, corrects its Le if the card asks so (6Cxx), and
// fetches what is left of the answer (61xx).
func (l line) exchange(command []byte) (data []byte, err error) {
	defer clear(command)
	for range roundsMax {
		answer, err := l.to.Transmit(command)
		if err != nil {
			return nil, err
		}
		if len(answer) < 2 {
			return nil, errAnswer
		}
		body, sw1, sw2 := answer[:len(answer)-2], answer[len(answer)-2], answer[len(answer)-1]
		data = append(data, body...)
		switch {
		case len(data) > answerMax:
			return nil, errAnswer
		case sw1 == 0x6c && expects(command) && command[len(command)-1] != sw2:
			command[len(command)-1] = sw2
		case sw1 == 0x61:
			command = []byte{0x00, insGetResponse, 0, 0, sw2}
		case sw1 == 0x90 && sw2 == 0x00:
			return data, nil
		default:
			return nil, statusError(uint16(sw1)<<8 | uint16(sw2))
		}
	}
	return nil, errAnswer
}

// expects reports whether a short command ends in how much it expects, Le.
func expects(command []byte) bool {
	return len(command) == 5 || len(command) > 5 && command[4] != 0 && len(command) == 6+int(command[4])
}
