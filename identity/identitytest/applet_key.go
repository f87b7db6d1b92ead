package identitytest

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"math/big"
)

// The algorithm identifiers, SP 800-78-4 table 6-2, and the YubiKey's for RSA-4096.
const (
	alg3DES    = 0x03
	algRSA3072 = 0x05
	algRSA2048 = 0x07
	algAES192  = 0x0A
	algP256    = 0x11
	algP384    = 0x14
)

const refAdmin = 0x9B // the card management key

// algorithm returns the identifier of the slot's key and the length of what it
// signs: the curve's order, or the modulus.
func (s *Slot) algorithm() (alg byte, size int) {
	switch k := s.Key.(type) {
	case *ecdsa.PrivateKey:
		if k.Curve == elliptic.P384() {
			return algP384, 48
		}
		return algP256, 32
	case *rsa.PrivateKey:
		if k.Size() == 384 {
			return algRSA3072, 384
		}
		return algRSA2048, k.Size()
	}
	return 0, 0
}

// doAuth is GENERAL AUTHENTICATE, SP 800-73-4 part 2, section 3.2.4: a
// signature (internal authenticate), or proof of the management key.
func (a *Applet) doAuth(ctx context.Context, c Command) ([]byte, uint16) {
	outer, body, rest, ok := cut(c.Data)
	if !ok || outer != 0x7C || len(rest) > 0 {
		return nil, swWrongData
	}
	fields := map[byte][]byte{}
	for len(body) > 0 {
		tag, value, next, ok := cut(body)
		if !ok {
			return nil, swWrongData
		}
		fields[tag], body = value, next
	}
	if c.P2 == refAdmin {
		return a.proveAdmin(c.P1, fields)
	}
	return a.sign(ctx, c, fields)
}

func (a *Applet) sign(ctx context.Context, c Command, fields map[byte][]byte) ([]byte, uint16) {
	s, ok := a.slots[c.P2]
	if !ok || s.Key == nil {
		if a.config.YubiKey != nil {
			return nil, swNoReference
		}
		return nil, swWrongP1P2
	}
	alg, size := s.algorithm()
	challenge, asked := fields[0x81]
	response, wanted := fields[0x82]
	switch {
	case alg != c.P1:
		return nil, swWrongP1P2
	case !asked || !wanted || len(response) > 0 || !s.takes(challenge, size):
		return nil, swWrongData
	case c.P2 != 0x9E && !a.verified, (s.PINAlways || c.P2 == 0x9C) && !(a.verified && a.fresh):
		return nil, swNotAllowed
	}
	a.fresh = false // for keys that want the PIN each time; for all others it stands
	if s.Touch && a.config.Touch != nil && !a.config.Touch(ctx) {
		return nil, swNotAllowed
	}
	return tlv(0x7C, tlv(0x82, s.raw(challenge))), swOK
}

// takes reports whether a challenge has a length that the key signs: RSA keys want
// all of their size, for elliptic curves most cards take shorter digests, too.
func (s *Slot) takes(challenge []byte, size int) bool {
	if _, isRSA := s.Key.(*rsa.PrivateKey); isRSA {
		return len(challenge) == size
	}
	return len(challenge) > 0 && len(challenge) <= size
}

// raw is the bare operation of the key on a value of its size.
func (s *Slot) raw(value []byte) []byte {
	switch k := s.Key.(type) {
	case *ecdsa.PrivateKey:
		sig, err := ecdsa.SignASN1(rand.Reader, k, value)
		if err != nil {
			panic(err) // only a broken random source or key can
		}
		return sig
	case *rsa.PrivateKey:
		m := new(big.Int).SetBytes(value)
		return m.Exp(m, k.D, k.N).FillBytes(make([]byte, k.Size()))
	}
	return nil
}

// The management key that every test card has: the YubiKey's when new.
var managementKey = []byte{1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8}

// adminCipher returns the management key's algorithm.
func (a *Applet) adminCipher() (alg byte, block cipher.Block) {
	var err error
	alg = alg3DES
	if a.config.YubiKey != nil {
		alg = algAES192
		block, err = aes.NewCipher(managementKey)
	} else {
		block, err = des.NewTripleDESCipher(managementKey)
	}
	if err != nil {
		panic(err) // the key's length is constant
	}
	return alg, block
}

// proveAdmin is external and mutual authentication with the management key,
// SP 800-73-4 part 2, appendix A.1.
func (a *Applet) proveAdmin(alg byte, fields map[byte][]byte) ([]byte, uint16) {
	want, block := a.adminCipher()
	if alg != want && alg != 0 {
		return nil, swWrongP1P2
	}
	size := block.BlockSize()
	out := make([]byte, size)
	witness, hasWitness := fields[0x80]
	challenge, hasChallenge := fields[0x81]
	response, hasResponse := fields[0x82]
	switch {
	case hasWitness && len(witness) == 0: // mutual, first step: an encrypted witness
		a.witness = random(size)
		block.Encrypt(out, a.witness)
		return tlv(0x7C, tlv(0x80, out)), swOK
	case hasWitness && hasChallenge && len(challenge) == size: // mutual, second step
		if !a.proven(witness) {
			return nil, swNotAllowed
		}
		block.Encrypt(out, challenge)
		return tlv(0x7C, tlv(0x82, out)), swOK
	case hasChallenge && len(challenge) == 0: // external, first step: a challenge
		challenge = random(size)
		a.witness = make([]byte, size)
		block.Encrypt(a.witness, challenge)
		return tlv(0x7C, tlv(0x81, challenge)), swOK
	case hasResponse: // external, second step
		if !a.proven(response) {
			return nil, swNotAllowed
		}
		return nil, swOK
	}
	return nil, swWrongData
}

// proven compares what came with what was wanted, which is good for one try.
func (a *Applet) proven(got []byte) bool {
	want := a.witness
	a.witness = nil
	a.admin = want != nil && subtle.ConstantTimeCompare(got, want) == 1
	return a.admin
}

// doGenerate is GENERATE ASYMMETRIC KEY PAIR, section 3.3.1.
func (a *Applet) doGenerate(c Command) ([]byte, uint16) {
	if !a.admin {
		return nil, swNotAllowed
	}
	outer, body, _, ok := cut(c.Data)
	if !ok || outer != 0xAC {
		return nil, swWrongData
	}
	s := &Slot{Ref: c.P2}
	for len(body) > 0 {
		tag, value, next, ok := cut(body)
		if !ok || len(value) != 1 {
			return nil, swWrongData
		}
		switch tag {
		case 0x80:
			s.generate(value[0])
		case 0xAA:
			s.PINAlways = value[0] == pinAlways
		case 0xAB:
			s.Touch = value[0] != touchNever
		}
		body = next
	}
	if _, known := tagOf[c.P2]; !known || s.Key == nil {
		return nil, swWrongP1P2
	}
	a.slots[c.P2] = s
	return tlv(0x7F49, s.public()), swOK
}

func (s *Slot) generate(alg byte) {
	var err error
	switch alg {
	case algP256:
		s.Key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case algP384:
		s.Key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case algRSA2048:
		s.Key, err = rsa.GenerateKey(rand.Reader, 2048)
	case algRSA3072:
		s.Key, err = rsa.GenerateKey(rand.Reader, 3072)
	}
	if err != nil {
		panic(err) // only a broken random source can
	}
}

// public is the public key as GENERATE and the YubiKey's metadata tell it.
func (s *Slot) public() []byte {
	switch k := s.Key.(type) {
	case *ecdsa.PrivateKey:
		point, err := k.PublicKey.Bytes()
		if err != nil {
			panic(err) // the curve is one of two
		}
		return tlv(0x86, point)
	case *rsa.PrivateKey:
		return append(tlv(0x81, k.N.Bytes()), tlv(0x82, big.NewInt(int64(k.E)).Bytes())...)
	}
	return nil
}
