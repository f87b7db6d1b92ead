package relay

import "encoding/binary"

// descriptorLen is the length of every payload descriptor that [descriptor.append] writes.
const descriptorLen = 6

// A descriptor is the VP8 payload descriptor, RFC 7741 section 4.2. The relay
// reads it and rewrites its numbers when it leaves tiers or layers out; what
// follows it is ours to seal.
type descriptor struct {
	start   bool   // the frame's first packet
	leaf    bool   // no other frame refers to this one
	picture uint16 // 15 bits, rises by one with each frame
	base    uint8  // TL0PICIDX: rises by one with each frame of tier 0
	tier    uint8  // temporal layer, 0 to 3
	tiered  bool   // base and tier are there; written always
}

// append appends d's six bytes to dst.
func (d descriptor) append(dst []byte) []byte {
	first := byte(0x80) // X
	if d.leaf {
		first |= 0x20 // N
	}
	if d.start {
		first |= 0x10 // S; partition index 0
	}
	dst = append(dst, first, 0x80|0x40|0x20) // I, L, T
	dst = binary.BigEndian.AppendUint16(dst, 0x8000|d.picture)
	return append(dst, d.base, d.tier<<6)
}

// parse reads a descriptor and returns its length; zero when b does not hold one.
func (d *descriptor) parse(b []byte) int {
	*d = descriptor{}
	if len(b) < 1 {
		return 0
	}
	d.start, d.leaf = b[0]&0x17 == 0x10, b[0]&0x20 != 0
	if b[0]&0x80 == 0 {
		return 1
	}
	if len(b) < 2 {
		return 0
	}
	return d.extended(b, b[1])
}

// extended reads the fields that has announces, from b[2] on.
func (d *descriptor) extended(b []byte, has byte) int {
	n := 2
	if has&0x80 != 0 {
		if n >= len(b) {
			return 0
		}
		if b[n]&0x80 == 0 {
			d.picture = uint16(b[n])
			n++
		} else {
			if n+1 >= len(b) {
				return 0
			}
			d.picture = binary.BigEndian.Uint16(b[n:]) & 0x7fff
			n += 2
		}
	}
	if has&0x40 != 0 {
		if n >= len(b) {
			return 0
		}
		d.base = b[n]
		n++
	}
	if has&0x30 != 0 {
		if n >= len(b) {
			return 0
		}
		d.tier = b[n] >> 6
		n++
	}
	d.tiered = has&0x60 == 0x60
	return n
}
