package document

import (
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/spec/strictjson"
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

// decodeStrict reads one JSON object into v and refuses unknown and repeated
// members.
func decodeStrict(b []byte, v any) error {
	return strictjson.Decode(b, v, strictjson.Limits{Bytes: MaxPresented, Depth: maxNesting})
}
