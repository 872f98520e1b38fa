package document_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

func TestFaceIsTakenOut(t *testing.T) {
	d := issue(t, authority(t), spec.TaiwanTravelPermit, mint.Options{})
	image, err := document.ParseDG2(d.Presented.Chip.DG2)
	if err != nil || !bytes.Equal(image, d.Portrait) {
		t.Errorf("%d bytes, %v", len(image), err)
	}
}

// faceFile writes EF.DG2 around a face record.
func faceFile(templates byte, record []byte) []byte {
	block := append([]byte{0x5f}, tlv(0x2e, record)...)
	template := append([]byte{0x7f}, tlv(0x60, append([]byte{0xa1, 0x00}, block...))...)
	group := append([]byte{0x02, 0x01, templates}, template...)
	return tlv(0x75, append([]byte{0x7f}, tlv(0x61, group)...))
}

// faceRecord writes a face record of one face around an image.
func faceRecord(points int, imageType byte, image string) []byte {
	face := make([]byte, 20+8*points+12)
	binary.BigEndian.PutUint32(face, uint32(len(face)+len(image)))
	binary.BigEndian.PutUint16(face[4:], uint16(points))
	info := face[20+8*points:]
	info[1] = imageType
	binary.BigEndian.PutUint16(info[2:], 64)
	binary.BigEndian.PutUint16(info[4:], 64)
	face = append(face, image...)
	record := append([]byte("FAC\x00010\x00"), 0, 0, 0, 0, 0, 1)
	binary.BigEndian.PutUint32(record[8:], uint32(len(record)+len(face)))
	return append(record, face...)
}

func TestFaceRecords(t *testing.T) {
	const jpeg, jp2 = "\xff\xd8\xff\xe0image", "\x00\x00\x00\x0cjP  \r\n\x87\nimage"
	edit := func(change func(record []byte)) []byte {
		r := faceRecord(1, 0, jpeg)
		change(r)
		return faceFile(1, r)
	}
	for _, c := range []struct {
		name string
		file []byte
		want string // "" when it is refused
	}{
		{"JPEG", faceFile(1, faceRecord(0, 0, jpeg)), jpeg},
		{"JPEG after three feature points", faceFile(1, faceRecord(3, 0, jpeg)), jpeg},
		{"JPEG 2000", faceFile(1, faceRecord(0, 1, jp2)), jp2},
		{"JPEG 2000 that is said to be JPEG", faceFile(1, faceRecord(0, 0, jp2)), ""},
		{"JPEG that is said to be JPEG 2000", faceFile(1, faceRecord(0, 1, jpeg)), ""},
		{"unknown type of image", faceFile(1, faceRecord(0, 2, jpeg)), ""},
		{"no image", faceFile(1, faceRecord(0, 0, "")), ""},
		{"no template", faceFile(0, faceRecord(0, 0, jpeg)), ""},
		{"one template of two", faceFile(2, faceRecord(0, 0, jpeg)), ""},
		{"a hundred templates", faceFile(100, faceRecord(0, 0, jpeg)), ""},
		{"other record", edit(func(r []byte) { r[0] = 'X' }), ""},
		{"other version", edit(func(r []byte) { r[6] = '1' }), ""},
		{"wrong length of the record", edit(func(r []byte) { r[11]++ }), ""},
		{"no face", edit(func(r []byte) { r[13] = 0 }), ""},
		{"sixty thousand faces", edit(func(r []byte) { r[12] = 0xff }), ""},
		{"face longer than the record", edit(func(r []byte) { r[14] = 0xff }), ""},
		{"face shorter than its header", edit(func(r []byte) { r[17] = 3 }), ""},
		{"feature points past the end", edit(func(r []byte) { r[18], r[19] = 0xff, 0xff }), ""},
		{"image without width", edit(func(r []byte) { r[14+20+8+3] = 0 }), ""},
		{"image of 65 thousand points", edit(func(r []byte) { r[14+20+8+4], r[14+20+8+5] = 0xff, 0xff }), ""},
		{"header of a record alone", faceFile(1, []byte("FAC\x00010\x00")), ""},
		{"nothing", nil, ""},
		{"other tag", tlv(0x63, nil), ""},
	} {
		got, err := document.ParseDG2(c.file)
		if c.want == "" {
			wantCheck(t, c.name, err, "chip-dg2")
		} else if err != nil || string(got) != c.want {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
}

func TestZoneFileIsRefused(t *testing.T) {
	zone := strings.ReplaceAll(specimenTD3, "\n", "")
	inner := append([]byte{0x5f}, tlv(0x1f, []byte(zone))...)
	if got, err := document.ParseDG1(tlv(0x61, inner)); err != nil || got != zone {
		t.Errorf("%q, %v", got, err)
	}
	for name, file := range map[string][]byte{
		"empty":             nil,
		"other file":        tlv(0x75, inner),
		"zone twice":        tlv(0x61, append(bytes.Clone(inner), inner...)),
		"bytes after it":    append(tlv(0x61, inner), 0),
		"second size":       tlv(0x61, append([]byte{0x5f}, tlv(0x1f, make([]byte, 72))...)),
		"indefinite length": append([]byte{0x61, 0x80}, append(inner, 0, 0)...),
	} {
		_, err := document.ParseDG1(file)
		wantCheck(t, name, err, "chip-dg1")
	}
}

func FuzzDG2(f *testing.F) {
	f.Add(issue(f, authority(f), spec.TaiwanTravelPermit, mint.Options{}).Presented.Chip.DG2)
	f.Add(faceFile(1, faceRecord(2, 1, "\xff\x4f\xff\x51")))
	f.Add(faceFile(2, faceRecord(0, 0, "\xff\xd8\xff")))
	f.Fuzz(func(t *testing.T, file []byte) {
		image, err := document.ParseDG2(file)
		if err != nil {
			wantTyped(t, err)
		} else if len(image) == 0 || len(image) >= len(file) || !bytes.Contains(file, image) {
			t.Errorf("image of %d bytes from a file of %d", len(image), len(file))
		}
	})
}

func FuzzCOM(f *testing.F) {
	f.Add(issue(f, authority(f), spec.TaiwanTravelPermit, mint.Options{}).Presented.Chip.COM)
	f.Fuzz(func(t *testing.T, file []byte) {
		groups, err := document.ParseCOM(file)
		if err != nil {
			wantTyped(t, err)
		} else if len(groups) < 2 || len(groups) > 16 {
			t.Errorf("%d data groups", len(groups))
		}
	})
}
