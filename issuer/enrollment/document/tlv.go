package document

import "fmt"

// maxDepth bounds how deep data objects may be nested.
const maxDepth = 24

// object is one BER data object: a tag, and a value of a definite length.
type object struct {
	tag   uint32 // all of the tag's bytes, big endian: 0x61, 0x5f1f
	value []byte
	whole []byte // tag, length and value
}

func (o object) constructed() bool {
	first := o.tag
	for first > 0xff {
		first >>= 8
	}
	return first&0x20 != 0
}

// readObject takes the first data object off b. Indefinite lengths, lengths
// of more than 3 bytes and tags of more than 3 bytes are refused: no file of
// 256 KiB needs them.
func readObject(b []byte) (o object, rest []byte, err error) {
	if len(b) < 2 {
		return o, nil, fmt.Errorf("cut off within a tag")
	}
	i := 1
	o.tag = uint32(b[0])
	if b[0]&0x1f == 0x1f {
		for {
			if i == len(b) || i == 3 {
				return o, nil, fmt.Errorf("a tag that is cut off or too long")
			}
			o.tag = o.tag<<8 | uint32(b[i])
			i++
			if b[i-1]&0x80 == 0 {
				break
			}
		}
	}
	if i == len(b) {
		return o, nil, fmt.Errorf("tag %x without a length", o.tag)
	}
	length := int(b[i])
	i++
	if length >= 0x80 {
		n := length & 0x7f
		if n == 0 || n > 3 {
			return o, nil, fmt.Errorf("tag %x with an indefinite or overlong length", o.tag)
		}
		if len(b) < i+n {
			return o, nil, fmt.Errorf("tag %x cut off within its length", o.tag)
		}
		length = 0
		for _, c := range b[i : i+n] {
			length = length<<8 | int(c)
		}
		i += n
		if length < 0x80 || (n > 1 && length>>(8*(n-1)) == 0) {
			return o, nil, fmt.Errorf("tag %x with a length in more bytes than it needs", o.tag)
		}
	}
	if length > len(b)-i {
		return o, nil, fmt.Errorf("tag %x holds %d bytes of %d", o.tag, len(b)-i, length)
	}
	o.value, o.whole = b[i:i+length:i+length], b[:i+length:i+length]
	return o, b[i+length:], nil
}

// only reads b as one data object with this tag and nothing after it.
func only(b []byte, tag uint32) ([]byte, error) {
	o, rest, err := readObject(b)
	if err != nil {
		return nil, err
	}
	if o.tag != tag {
		return nil, fmt.Errorf("tag %x, want %x", o.tag, tag)
	}
	if len(rest) != 0 {
		return nil, fmt.Errorf("%d bytes after tag %x", len(rest), tag)
	}
	return o.value, nil
}

// next takes a data object with this tag off b.
func next(b []byte, tag uint32) (value, rest []byte, err error) {
	o, rest, err := readObject(b)
	if err != nil {
		return nil, nil, err
	}
	if o.tag != tag {
		return nil, nil, fmt.Errorf("tag %x, want %x", o.tag, tag)
	}
	return o.value, rest, nil
}

// checkNesting walks through every data object in b, so that a parser that
// calls itself for each level can be let near it.
func checkNesting(b []byte, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("nested more than %d deep", maxDepth)
	}
	for len(b) > 0 {
		o, rest, err := readObject(b)
		if err != nil {
			return err
		}
		if o.constructed() {
			if err := checkNesting(o.value, depth+1); err != nil {
				return err
			}
		}
		b = rest
	}
	return nil
}
