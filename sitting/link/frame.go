package link

import (
	"encoding/binary"
	"fmt"
	"io"

	"incamera/sitting/wire"
)

// headerLen is the length of the length before each message.
const headerLen = 4

// fromClient is the largest message that a client has to send: a request.
const fromClient = wire.MaxRequest + 1<<10

// receive reads one message of at most limit bytes.
func receive(r io.Reader, limit uint32) (wire.Message, error) {
	var header [headerLen]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, lost(err)
	}
	n := binary.BigEndian.Uint32(header[:])
	if n > limit {
		return nil, ErrTooLarge
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, lost(err)
	}
	m, err := wire.ReadMessage(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrGarbage, err)
	}
	return m, nil
}

// transmit writes one message.
func transmit(w io.Writer, m wire.Message) error {
	b, err := wire.EncodeMessage(m)
	if err != nil {
		return err
	}
	if _, err := w.Write(binary.BigEndian.AppendUint32(nil, uint32(len(b)))); err != nil {
		return lost(err)
	}
	if _, err := w.Write(b); err != nil {
		return lost(err)
	}
	return nil
}

func lost(err error) error { return fmt.Errorf("%w: %w", ErrLost, err) }
