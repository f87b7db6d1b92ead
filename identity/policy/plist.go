package policy

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Property lists, as macOS keeps managed preferences: the binary form
// (CoreFoundation, CFBinaryPList.c, describes it) and the XML form. Only what
// a policy can hold is read: a dictionary of strings, numbers, switches and
// arrays of strings.

// Bounds of nesting, and of objects read: in the binary form, a list may hold
// itself, or one list many times.
const (
	plistDepth   = 4
	plistObjects = 10_000
)

// parsePlist reads either form into values as [Source] holds them.
func parsePlist(data []byte) (map[string]any, error) {
	var root any
	var err error
	if bytes.HasPrefix(data, []byte("bplist00")) {
		root, err = parseBinary(data)
	} else {
		root, err = parseXML(data)
	}
	if err != nil {
		return nil, fmt.Errorf("property list: %w", err)
	}
	values, ok := root.(map[string]any)
	if !ok {
		return nil, errors.New("property list: its root is no dictionary")
	}
	return values, nil
}

var errPlist = errors.New("it is cut off or damaged")

// A binaryPlist is the 32-byte trailer, understood.
type binaryPlist struct {
	data    []byte
	offsets []byte // the table, count × offsetSize
	offset  int    // size of an entry of the table
	ref     int    // size of a reference to an object
	count   uint64
	left    int // objects that may still be read
}

func parseBinary(data []byte) (any, error) {
	if len(data) < 8+32 {
		return nil, errPlist
	}
	trailer := data[len(data)-32:]
	p := binaryPlist{data: data[:len(data)-32], offset: int(trailer[6]), ref: int(trailer[7]), left: plistObjects}
	p.count = binary.BigEndian.Uint64(trailer[8:])
	root, table := binary.BigEndian.Uint64(trailer[16:]), binary.BigEndian.Uint64(trailer[24:])
	size := uint64(len(p.data))
	if p.offset < 1 || p.offset > 8 || p.ref < 1 || p.ref > 8 || table > size || p.count > size || p.count*uint64(p.offset) > size-table {
		return nil, errPlist
	}
	p.offsets = p.data[table : table+p.count*uint64(p.offset)]
	return p.object(root, plistDepth)
}

// object reads the object of that number.
func (p *binaryPlist) object(number uint64, depth int) (any, error) {
	if p.left--; number >= p.count || depth == 0 || p.left < 0 {
		return nil, errPlist
	}
	at := bigEndian(p.offsets[number*uint64(p.offset):][:p.offset])
	if at >= uint64(len(p.data)) {
		return nil, errPlist
	}
	marker, rest := p.data[at], p.data[at+1:]
	switch marker >> 4 {
	case 0x0:
		return simple(marker)
	case 0x1:
		return integer(marker, rest)
	}
	n, rest, err := length(marker, rest)
	if err != nil {
		return nil, err
	}
	switch marker >> 4 {
	case 0x5:
		return ascii(n, rest)
	case 0x6:
		return utf16Text(n, rest)
	case 0xA:
		return p.array(n, rest, depth)
	case 0xD:
		return p.dictionary(n, rest, depth)
	}
	return nil, fmt.Errorf("an object of type %#x", marker)
}

func simple(marker byte) (any, error) {
	switch marker {
	case 0x08:
		return false, nil
	case 0x09:
		return true, nil
	}
	return nil, fmt.Errorf("an object of type %#x", marker)
}

func integer(marker byte, rest []byte) (any, error) {
	size := 1 << (marker & 0xF)
	if size > 8 || size > len(rest) {
		return nil, errPlist
	}
	return int64(bigEndian(rest[:size])), nil
}

// length reads how many items follow: in the marker, or in an integer after it.
func length(marker byte, rest []byte) (uint64, []byte, error) {
	if marker&0xF != 0xF {
		return uint64(marker & 0xF), rest, nil
	}
	if len(rest) == 0 || rest[0]>>4 != 0x1 {
		return 0, nil, errPlist
	}
	n, err := integer(rest[0], rest[1:])
	if err != nil {
		return 0, nil, err
	}
	rest = rest[1+1<<(rest[0]&0xF):]
	if n := n.(int64); n < 0 || n > int64(len(rest)) {
		return 0, nil, errPlist
	}
	return uint64(n.(int64)), rest, nil
}

func ascii(n uint64, rest []byte) (any, error) {
	if n > uint64(len(rest)) {
		return nil, errPlist
	}
	return string(rest[:n]), nil
}

func utf16Text(n uint64, rest []byte) (any, error) {
	if 2*n > uint64(len(rest)) {
		return nil, errPlist
	}
	units := make([]uint16, n)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(rest[2*i:])
	}
	return string(utf16.Decode(units)), nil
}

func (p *binaryPlist) array(n uint64, rest []byte, depth int) (any, error) {
	if n*uint64(p.ref) > uint64(len(rest)) {
		return nil, errPlist
	}
	out := make([]any, 0, n)
	for i := range n {
		item, err := p.object(bigEndian(rest[i*uint64(p.ref):][:p.ref]), depth-1)
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, nil
}

func (p *binaryPlist) dictionary(n uint64, rest []byte, depth int) (any, error) {
	if 2*n*uint64(p.ref) > uint64(len(rest)) {
		return nil, errPlist
	}
	keys, err := p.array(n, rest, depth)
	if err != nil {
		return nil, err
	}
	items, err := p.array(n, rest[n*uint64(p.ref):], depth)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for i, key := range keys.([]any) {
		name, ok := key.(string)
		if !ok {
			return nil, errPlist
		}
		out[name] = items.([]any)[i]
	}
	return out, nil
}

func bigEndian(b []byte) (n uint64) {
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}

// parseXML reads the XML form.
func parseXML(data []byte) (any, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil, errPlist
		}
		if err != nil {
			return nil, err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local != "plist" {
			return element(d, start, plistDepth)
		}
	}
}

// element reads the value that start opens.
func element(d *xml.Decoder, start xml.StartElement, depth int) (any, error) {
	if depth == 0 {
		return nil, errPlist
	}
	switch start.Name.Local {
	case "true", "false":
		return start.Name.Local == "true", d.Skip()
	case "string", "key":
		var text string
		err := d.DecodeElement(&text, &start)
		return text, err
	case "integer":
		var text string
		if err := d.DecodeElement(&text, &start); err != nil {
			return nil, err
		}
		return strconv.ParseInt(strings.TrimSpace(text), 0, 64)
	case "array":
		return children(d, depth)
	case "dict":
		return pairs(d, depth)
	}
	return nil, fmt.Errorf("an element <%s>", start.Name.Local)
}

// children reads values until the element that holds them ends.
func children(d *xml.Decoder, depth int) ([]any, error) {
	out := []any{}
	for {
		token, err := d.Token()
		if err != nil {
			return nil, errPlist
		}
		switch token := token.(type) {
		case xml.EndElement:
			return out, nil
		case xml.StartElement:
			item, err := element(d, token, depth-1)
			if err != nil {
				return nil, err
			}
			out = append(out, item)
		}
	}
}

func pairs(d *xml.Decoder, depth int) (any, error) {
	items, err := children(d, depth)
	if err != nil {
		return nil, err
	}
	if len(items)%2 != 0 {
		return nil, errPlist
	}
	out := map[string]any{}
	for i := 0; i < len(items); i += 2 {
		name, ok := items[i].(string)
		if !ok {
			return nil, errPlist
		}
		out[name] = items[i+1]
	}
	return out, nil
}
