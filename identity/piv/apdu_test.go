package piv

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"incamera/identity"
	"incamera/identity/identitytest"
)

// A script is a reader that answers from a list.
type script struct {
	commands []string
	answers  []string
}

func (s *script) Transmit(command []byte) ([]byte, error) {
	s.commands = append(s.commands, hex.EncodeToString(command))
	if len(s.answers) == 0 {
		return nil, errors.New("no more answers")
	}
	answer, err := hex.DecodeString(s.answers[0])
	s.answers = s.answers[1:]
	return answer, err
}

// What goes over the line, byte for byte.
func TestExchange(t *testing.T) {
	long := bytes.Repeat([]byte{0xab}, 300)
	for _, tt := range []struct {
		name     string
		t0       bool
		ins      byte
		data     []byte
		answers  []string
		commands []string
		want     string
		err      error
	}{
		{name: "T=1 case 1", ins: insVerify, answers: []string{"63c3"}, commands: []string{"00200080"}, err: statusError(0x63c3)},
		{name: "T=0 case 1", t0: true, ins: insVerify, answers: []string{"63c3"}, commands: []string{"0020008000"}, err: statusError(0x63c3)},
		{name: "T=1 case 2", ins: insVersion, answers: []string{"0507019000"}, commands: []string{"00fd008000"}, want: "050701"},
		{name: "T=0 case 2 corrected", t0: true, ins: insVersion, answers: []string{"6c03", "0507019000"}, commands: []string{"00fd008000", "00fd008003"}, want: "050701"},
		{name: "T=1 case 4", ins: insGetData, data: []byte{1, 2}, answers: []string{"aabb9000"}, commands: []string{"00cb008002010200"}, want: "aabb"},
		{name: "T=0 case 4", t0: true, ins: insGetData, data: []byte{1, 2}, answers: []string{"6102", "aabb9000"}, commands: []string{"00cb0080020102", "00c0000002"}, want: "aabb"},
		{name: "in pieces", ins: insGetData, data: []byte{1}, answers: []string{"aa6100", "bb6c01", "bb9000"}, commands: []string{"00cb0080010100", "00c0000000", "00c0000001"}, want: "aabbbb"},
		{
			name: "chained", ins: insAuth, data: long, answers: []string{"9000", "cc9000"},
			commands: []string{"10870080ff" + hex.EncodeToString(long[:255]), "008700802d" + hex.EncodeToString(long[255:]) + "00"}, want: "cc",
		},
		{
			name: "chained T=0", t0: true, ins: insAuth, data: long, answers: []string{"9000", "6101", "cc9000"},
			commands: []string{"10870080ff" + hex.EncodeToString(long[:255]), "008700802d" + hex.EncodeToString(long[255:]), "00c0000001"}, want: "cc",
		},
		{name: "T=1 case 4 corrected", ins: insGetData, data: []byte{1, 2}, answers: []string{"6c02", "aabb9000"}, commands: []string{"00cb008002010200", "00cb008002010202"}, want: "aabb"},
		{
			name: "at full length", ins: insGetData, data: []byte{1}, answers: []string{"6700", "aa9000"},
			commands: []string{"00cb0080010100", "00cb0080000001010000"}, want: "aa",
		},
		{
			name: "unchained", ins: insAuth, data: long, answers: []string{"6884", "cc9000"},
			commands: []string{"10870080ff" + hex.EncodeToString(long[:255]), "0087008000012c" + hex.EncodeToString(long) + "0000"}, want: "cc",
		},
		{name: "a PIN is sent once", ins: insVerify, data: []byte{1}, answers: []string{"6700"}, commands: []string{"002000800101"}, err: statusError(swLength)},
		{name: "T=0 at no full length", t0: true, ins: insGetData, data: []byte{1}, answers: []string{"6700"}, commands: []string{"00cb00800101"}, err: statusError(swLength)},
		{name: "no status", ins: insVersion, answers: []string{"90"}, commands: []string{"00fd008000"}, err: errAnswer},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &script{answers: tt.answers}
			got, err := line{to: s, t0: tt.t0}.send(tt.ins, 0, 0x80, tt.data)
			if !errors.Is(err, tt.err) || hex.EncodeToString(got) != tt.want {
				t.Errorf("send = %x, %v; want %s, %v", got, err, tt.want, tt.err)
			}
			if !slices.Equal(s.commands, tt.commands) {
				t.Errorf("sent %q,\nwant %q", s.commands, tt.commands)
			}
		})
	}
}

// What a card's refusal of a PIN means to a person.
func TestRefused(t *testing.T) {
	for answer, want := range map[string]string{
		"63c2": "identity: wrong PIN, 2 tries left",
		"6302": "identity: wrong PIN, 2 tries left",
		"6300": "identity: wrong PIN",
		"63c0": identity.ErrPINBlocked.Error(),
		"6983": identity.ErrPINBlocked.Error(),
		"6a80": identity.ErrPINFormat.Error(),
		"6982": identity.ErrContactless.Error(),
		"6a81": identity.ErrContactless.Error(),
		"6f00": "piv: the card answers 6f00",
	} {
		err := application{line{to: &script{answers: []string{answer}}}}.verify(refPIN, []byte("123456"))
		if err == nil || err.Error() != want {
			t.Errorf("VERIFY answered %s = %v, want %s", answer, err, want)
		}
	}
}

// An echo keeps the slices that it was sent.
type echo struct{ sent [][]byte }

func (e *echo) Transmit(command []byte) ([]byte, error) {
	e.sent = append(e.sent, command)
	return []byte{0x90, 0x00}, nil
}

func TestPINIsWipedAfterTheLine(t *testing.T) {
	e := &echo{}
	a := application{line{to: e}}
	if err := a.verify(refPIN, []byte("123456")); err != nil {
		t.Fatal(err)
	}
	if err := a.change(refPIN, []byte("123456"), []byte("654321")); err != nil {
		t.Fatal(err)
	}
	for _, command := range e.sent {
		if slices.ContainsFunc(command[:cap(command)], func(b byte) bool { return b != 0 }) {
			t.Errorf("left in memory: %x", command[:cap(command)])
		}
	}
}

// rubbish answers with what the fuzzer says, again and again.
type rubbish struct {
	answers [][]byte
	n       int
}

func (r *rubbish) Transmit([]byte) ([]byte, error) {
	r.n++
	if len(r.answers) == 0 {
		return nil, errors.New("nothing to answer")
	}
	return r.answers[(r.n-1)%len(r.answers)], nil
}

// Whatever a reader answers, every call ends, with bounded memory, and no PIN
// is sent that a person has not typed.
func FuzzRubbish(f *testing.F) {
	f.Add([]byte{0x90, 0x00}, []byte{0x61, 0x00}, []byte{0x6c, 0x05})
	f.Add([]byte{0x61, 0x05, 0x90, 0x00}, []byte{0x53, 0x82, 0xff, 0xff, 0x90, 0x00}, []byte{0x6a, 0x82})
	f.Add([]byte{0x7c, 0x03, 0x82, 0x01, 0x00, 0x90, 0x00}, []byte{}, []byte{0x63, 0xcf})
	f.Fuzz(func(t *testing.T, one, two, three []byte) {
		for _, t0 := range []bool{false, true} {
			r := &rubbish{answers: [][]byte{one, two, three}}
			a := application{line{to: r, t0: t0}}
			_ = a.choose()
			_, _, _ = a.version()
			_, _ = a.serial()
			_, _ = a.primary()
			_, _ = a.touch(Authentication)
			if left, err := a.retries(); err == nil && (left < -1 || left > 255) {
				t.Errorf("retries = %d", left)
			}
			if left, err := a.tries(refPIN); err == nil && (left < -1 || left > 63) {
				t.Errorf("tries = %d", left)
			}
			if cert, err := a.certificate(Authentication); err == nil && cert == nil {
				t.Error("no certificate and no error")
			}
			_, _ = a.authenticate(Authentication, algP256, make([]byte, 32))
			_ = a.verify(refPIN, []byte("123456"))
			_ = a.change(refPIN, []byte("123456"), []byte("654321"))
			_, _ = a.authenticate(Authentication, algRSA3072, make([]byte, 384))
			_, _ = a.certificates()
			if r.n > 40*roundsMax {
				t.Errorf("%d commands", r.n)
			}
		}
	})
}

// inProcess is the simulated card without a reader.
type inProcess struct{ *identitytest.Applet }

func (p inProcess) Transmit(command []byte) ([]byte, error) {
	answer, ok := p.Applet.Transmit(context.Background(), command)
	if !ok {
		return nil, identity.ErrCardRemoved
	}
	return answer, nil
}

func TestApplication(t *testing.T) {
	for name, config := range map[string]identitytest.AppletConfig{
		"T=0": identitytest.PlainT0(), "T=1": identitytest.PlainT1(), "YubiKey": identitytest.YubiKey5(4711, nil),
	} {
		t.Run(name, func(t *testing.T) {
			a := application{line{to: inProcess{identitytest.NewApplet(config)}, t0: config.T0}}
			if err := a.choose(); err != nil {
				t.Fatal(err)
			}
			v, yubikey, err := a.version()
			if err != nil || yubikey != (config.YubiKey != nil) {
				t.Errorf("version = %v, %v, %v", v, yubikey, err)
			}
			if serial, err := a.serial(); err != nil || yubikey && serial != "4711" || !yubikey && serial != "" {
				t.Errorf("serial = %q, %v", serial, err)
			}
			if left, err := a.tries(refPIN); left != 3 || err != nil {
				t.Errorf("tries = %d, %v", left, err)
			}
			if _, err := a.certificate(Authentication); !errors.Is(err, identity.ErrNoCertificate) {
				t.Errorf("certificate: %v", err)
			}
			if err := a.verify(refPIN, []byte(identitytest.PIN)); err != nil {
				t.Errorf("verify: %v", err)
			}
			if left, err := a.tries(refPIN); left != -1 || err != nil {
				t.Errorf("tries while verified = %d, %v", left, err)
			}
			if left, err := a.retries(); err != nil || yubikey && left != 3 || !yubikey && left != -1 {
				t.Errorf("retries while verified = %d, %v", left, err)
			}
		})
	}
}
