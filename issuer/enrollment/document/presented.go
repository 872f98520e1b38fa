package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/halfmask/halfmask/spec"
)

// MaxPresented is the most bytes that a presented document may have as JSON,
// and the most that its files may have together.
const MaxPresented = 256 << 10

// Presented is what an applicant shows: a kind and either the files of an
// ICAO chip or a register record with its portrait. Nothing in it is
// believed before Verify.
type Presented struct {
	Kind     spec.DocumentKind `json:"kind"`
	Chip     *Chip             `json:"chip,omitempty"`           // travel permits and passports
	Record   string            `json:"record,omitempty"`         // the other kinds: a Record as a compact JWS
	Portrait []byte            `json:"portrait,omitempty"`       // beside a Record: the image it was signed for
	Note     string            `json:"residence_note,omitempty"` // beside a passport: a ResidenceNote as a compact JWS
}

// Chip holds the files of an ICAO chip as they were read, each with its
// outer tag and length.
type Chip struct {
	COM []byte `json:"com"` // EF.COM, the list of files; not signed
	DG1 []byte `json:"dg1"` // EF.DG1, the machine readable zone
	DG2 []byte `json:"dg2"` // EF.DG2, the portrait
	SOD []byte `json:"sod"` // EF.SOD, the signed hashes of the others
}

// Size gives the bytes that the document's files have together.
func (p *Presented) Size() int {
	n := len(p.Record) + len(p.Portrait) + len(p.Note)
	if p.Chip != nil {
		n += len(p.Chip.COM) + len(p.Chip.DG1) + len(p.Chip.DG2) + len(p.Chip.SOD)
	}
	return n
}

// ParsePresented reads a presented document from JSON of at most
// MaxPresented bytes. Unknown and repeated members are refused.
func ParsePresented(b []byte) (*Presented, error) {
	var p Presented
	if err := p.UnmarshalJSON(b); err != nil {
		return nil, err
	}
	return &p, nil
}

// UnmarshalJSON is as ParsePresented, for a document inside a larger message.
func (p *Presented) UnmarshalJSON(b []byte) error {
	if len(b) > MaxPresented {
		return failed("presented-size", "document", clausePresented, "%d bytes, more than %d", len(b), MaxPresented)
	}
	type plain Presented
	var q plain
	if err := decodeStrict(b, &q); err != nil {
		return &Error{Check: "presented-shape", Field: "document", Clause: clausePresented, Err: err}
	}
	*p = Presented(q)
	return nil
}

// maxNesting bounds the nesting of a JSON text that this package reads.
const maxNesting = 4

// decodeStrict reads one JSON object into v and refuses unknown members,
// members given twice (also when they differ only in case, which
// encoding/json would take for the same), deep nesting and trailing bytes.
func decodeStrict(b []byte, v any) error {
	if err := checkMembers(b); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("bytes after the JSON object")
	}
	return nil
}

func checkMembers(b []byte) error {
	if first := bytes.TrimLeft(b, " \t\r\n"); len(first) == 0 || first[0] != '{' {
		return fmt.Errorf("not a JSON object")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	var open []map[string]bool // one per open value; nil for an array
	name := false              // the next string is a member name
	for {
		t, err := d.Token()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case json.Delim:
			switch t {
			case '{', '[':
				if len(open) == maxNesting {
					return fmt.Errorf("nested more than %d deep", maxNesting)
				}
				if t == '{' {
					open = append(open, map[string]bool{})
				} else {
					open = append(open, nil)
				}
			default:
				open = open[:len(open)-1]
			}
			name = len(open) > 0 && open[len(open)-1] != nil
		case string:
			if name {
				if members := open[len(open)-1]; members[t] {
					return fmt.Errorf("member %q is there twice", t)
				} else if !plainName(t) {
					return fmt.Errorf("unknown member %q", t)
				} else {
					members[t] = true
				}
				name = false
				continue
			}
			name = len(open) > 0 && open[len(open)-1] != nil
		default:
			name = len(open) > 0 && open[len(open)-1] != nil
		}
		if len(open) == 0 {
			return nil
		}
	}
}

// plainName reports whether a member name is lower case as all of ours are,
// so that encoding/json's matching without regard to case cannot let one
// member stand for another.
func plainName(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return s != ""
}
