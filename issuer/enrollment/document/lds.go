package document

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// dataGroupTags are the tags of data groups 1 to 16 (ICAO Doc 9303-10
// section 4.6.1).
var dataGroupTags = map[byte]int{
	0x61: 1, 0x75: 2, 0x63: 3, 0x76: 4, 0x65: 5, 0x66: 6, 0x67: 7, 0x68: 8,
	0x69: 9, 0x6a: 10, 0x6b: 11, 0x6c: 12, 0x6d: 13, 0x6e: 14, 0x6f: 15, 0x70: 16,
}

// parseCOM reads EF.COM and gives the data groups that it lists.
func parseCOM(file []byte) ([]int, error) {
	fail := func(err error) error { return &Error{"chip-com", "chip.com", clauseCOM, err} }
	b, err := only(file, 0x60)
	if err != nil {
		return nil, fail(err)
	}
	for _, version := range []struct {
		tag    uint32
		length int
	}{{0x5f01, 4}, {0x5f36, 6}} {
		var value []byte
		if value, b, err = next(b, version.tag); err != nil {
			return nil, fail(err)
		}
		if len(value) != version.length || bytes.ContainsFunc(value, func(r rune) bool { return r < '0' || r > '9' }) {
			return nil, fail(fmt.Errorf("tag %x is no version", version.tag))
		}
	}
	tags, err := only(b, 0x5c)
	if err != nil {
		return nil, fail(err)
	}
	var groups []int
	seen := map[int]bool{}
	for _, tag := range tags {
		group, ok := dataGroupTags[tag]
		if !ok {
			return nil, fail(fmt.Errorf("tag %x is no data group", tag))
		}
		if seen[group] {
			return nil, fail(fmt.Errorf("data group %d is listed twice", group))
		}
		seen[group] = true
		groups = append(groups, group)
	}
	if !seen[1] || !seen[2] {
		return nil, fail(fmt.Errorf("data groups 1 and 2 are not both listed"))
	}
	return groups, nil
}

// parseDG1 reads EF.DG1 and gives the characters of its machine readable
// zone.
func parseDG1(file []byte) (string, error) {
	b, err := only(file, 0x61)
	if err == nil {
		b, err = only(b, 0x5f1f)
	}
	if err == nil && len(b) != lengthTD1 && len(b) != lengthTD3 {
		err = fmt.Errorf("a machine readable zone of %d characters, want %d (TD1) or %d (TD3)", len(b), lengthTD1, lengthTD3)
	}
	if err != nil {
		return "", &Error{"chip-dg1", "chip.dg1", clauseDG1, err}
	}
	return string(b), nil
}

const maxFaces = 4 // biometric templates in EF.DG2; the first is used

// parseDG2 reads EF.DG2 and gives the image of its first face record.
func parseDG2(file []byte) ([]byte, error) {
	block, err := firstTemplate(file)
	if err != nil {
		return nil, &Error{"chip-dg2", "chip.dg2", clauseDG2, err}
	}
	image, err := parseFaceRecord(block)
	if err != nil {
		return nil, &Error{"chip-dg2", "chip.dg2", clauseFace, err}
	}
	return image, nil
}

// firstTemplate walks the group template 7F61 (ISO/IEC 7816-11) down to the
// first biometric data block.
func firstTemplate(file []byte) ([]byte, error) {
	b, err := only(file, 0x75)
	if err != nil {
		return nil, err
	}
	if b, err = only(b, 0x7f61); err != nil {
		return nil, err
	}
	count, b, err := next(b, 0x02)
	if err != nil {
		return nil, err
	}
	if len(count) != 1 || count[0] < 1 || count[0] > maxFaces {
		return nil, fmt.Errorf("number of templates %x, want 1 to %d", count, maxFaces)
	}
	var first []byte
	for i := range int(count[0]) {
		var template []byte
		if template, b, err = next(b, 0x7f60); err != nil {
			return nil, err
		}
		if i == 0 {
			first = template
		}
	}
	if len(b) != 0 {
		return nil, fmt.Errorf("more templates than the %d announced", count[0])
	}
	if _, first, err = next(first, 0xa1); err != nil { // header: types and owners, not needed
		return nil, err
	}
	block, err := only(first, 0x5f2e)
	if err != nil {
		block, err = only(first, 0x7f2e)
	}
	return block, err
}

// Lengths in a face record, ISO/IEC 19794-5:2005 section 5.
const (
	faceHeader  = 14 // "FAC", version "010", length, number of faces
	faceInfo    = 20
	facePoint   = 8
	imageInfo   = 12
	maxFaceSide = 4096
)

// parseFaceRecord gives the image of the first face in a record.
func parseFaceRecord(b []byte) ([]byte, error) {
	if len(b) < faceHeader+faceInfo+imageInfo {
		return nil, fmt.Errorf("a face record of %d bytes", len(b))
	}
	if string(b[:8]) != "FAC\x00010\x00" {
		return nil, fmt.Errorf("not a face record of version 010")
	}
	if uint64(binary.BigEndian.Uint32(b[8:])) != uint64(len(b)) {
		return nil, fmt.Errorf("record says %d bytes and has %d", binary.BigEndian.Uint32(b[8:]), len(b))
	}
	faces := binary.BigEndian.Uint16(b[12:])
	if faces < 1 || faces > maxFaces {
		return nil, fmt.Errorf("%d faces, want 1 to %d", faces, maxFaces)
	}
	length := uint64(binary.BigEndian.Uint32(b[14:]))
	b = b[faceHeader:]
	if length > uint64(len(b)) || (faces == 1 && length != uint64(len(b))) {
		return nil, fmt.Errorf("face says %d bytes of %d", length, len(b))
	}
	if length < faceInfo+imageInfo {
		return nil, fmt.Errorf("face of %d bytes", length)
	}
	b = b[:length]
	points := facePoint * int(binary.BigEndian.Uint16(b[4:]))
	if len(b) < faceInfo+points+imageInfo {
		return nil, fmt.Errorf("face cut off within its feature points")
	}
	info, image := b[faceInfo+points:], b[faceInfo+points+imageInfo:]
	width, height := binary.BigEndian.Uint16(info[2:]), binary.BigEndian.Uint16(info[4:])
	if width == 0 || height == 0 || width > maxFaceSide || height > maxFaceSide {
		return nil, fmt.Errorf("image of %d by %d points", width, height)
	}
	switch info[1] {
	case 0:
		if !isJPEG(image) {
			return nil, fmt.Errorf("image is not the JPEG it is said to be")
		}
	case 1:
		if !isJPEG2000(image) {
			return nil, fmt.Errorf("image is not the JPEG 2000 it is said to be")
		}
	default:
		return nil, fmt.Errorf("image type %d", info[1])
	}
	return image, nil
}

func isJPEG(b []byte) bool { return bytes.HasPrefix(b, []byte{0xff, 0xd8, 0xff}) }

func isJPEG2000(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\x00\x00\x00\x0cjP  \r\n\x87\n")) || bytes.HasPrefix(b, []byte{0xff, 0x4f, 0xff, 0x51})
}
