package wire

import (
	"crypto"
	"fmt"
	"time"

	"incamera/sitting"
)

// A Head is what the service signs of a sitting's order: how far it goes.
type Head struct {
	Sitting sitting.ID
	Head    sitting.Head
	At      time.Time
}

type signedHead struct {
	Sitting sitting.ID `cbor:"1,keyasint"`
	Head    head       `cbor:"2,keyasint"`
	At      int64      `cbor:"3,keyasint"` // ms since 1970
}

// SignHead signs h with the key of the service's certificate cert.
func SignHead(h Head, key crypto.Signer, cert []byte) ([]byte, error) {
	payload, err := encode(signedHead{h.Sitting, head(h.Head), h.At.UnixMilli()})
	if err != nil {
		return nil, err
	}
	return seal(payload, headType, key, [][]byte{cert}, false)
}

// OpenHead returns the head that the key of the service's certificate has signed.
func OpenHead(signed, cert []byte) (Head, error) {
	e, err := unseal(signed, headType, MaxHead)
	if err != nil {
		return Head{}, err
	}
	if err := e.verify(cert); err != nil {
		return Head{}, err
	}
	var w signedHead
	if err := decode(e.message.Payload, &w); err != nil {
		return Head{}, err
	}
	if !w.Sitting.Valid() {
		return Head{}, fmt.Errorf("%w: an id", ErrMalformed)
	}
	return Head{w.Sitting, sitting.Head(w.Head), moment(w.At)}, nil
}
