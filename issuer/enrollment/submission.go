package enrollment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/spec"
)

// MaxSubmission is the most bytes that a submission may have as JSON.
const MaxSubmission = 1 << 20

// Submission is what an applicant sends. Nothing in it is believed before
// Desk.Enroll has checked it.
type Submission struct {
	Document  document.Presented  `json:"document"`
	Face      []byte              `json:"face"` // live sample, as FaceMatcher takes it
	Phone     string              `json:"phone"`
	PhoneCode string              `json:"phone_code"`
	Password  string              `json:"password,omitempty"` // for designs that keep one; a wallet keeps its own to itself
	Guardian  *GuardianSubmission `json:"guardian,omitempty"`
	Consent   bool                `json:"consent"` // whoever applies does so of their own will
}

// GuardianSubmission is the guardian's part.
type GuardianSubmission struct {
	Document document.Presented `json:"document"`
	Face     []byte             `json:"face"`
	Relation spec.Relation      `json:"relation"`
	Part     spec.GuardianPart  `json:"part"`
	Consent  bool               `json:"consent"`
}

// ParseSubmission reads a submission from JSON of at most MaxSubmission
// bytes. Unknown and repeated members are refused.
func ParseSubmission(b []byte) (*Submission, error) {
	var s Submission
	if err := s.UnmarshalJSON(b); err != nil {
		return nil, err
	}
	return &s, nil
}

// UnmarshalJSON is as ParseSubmission.
func (s *Submission) UnmarshalJSON(b []byte) error {
	fail := func(err error) error {
		var inDocument *document.Error
		if errors.As(err, &inDocument) {
			return documentError("document", spec.RuleAuthentic, err)
		}
		return &EvidenceError{Check: "submission-shape", Field: "submission", Err: err}
	}
	if len(b) > MaxSubmission {
		return fail(fmt.Errorf("%d bytes, more than %d", len(b), MaxSubmission))
	}
	if err := checkMembers(b); err != nil {
		return fail(err)
	}
	type plain Submission
	var p plain
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return fail(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fail(errors.New("bytes after the JSON value"))
	}
	*s = Submission(p)
	return nil
}

const maxNesting = 8

// checkMembers refuses an object with a member twice, also when the two
// differ in case alone, for encoding/json would take them for one; and
// nesting beyond maxNesting.
func checkMembers(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	return checkValue(d, 0)
}

func checkValue(d *json.Decoder, depth int) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	open, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	if depth == maxNesting {
		return fmt.Errorf("nested more than %d deep", maxNesting)
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			t, err := d.Token()
			if err != nil {
				return err
			}
			name, _ := t.(string)
			switch {
			case seen[name]:
				return fmt.Errorf("member %.32q is there twice", name)
			case !lowerCase(name):
				return fmt.Errorf("unknown member %.32q", name)
			}
			seen[name] = true
		}
		if err := checkValue(d, depth+1); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// lowerCase reports whether a name is spelled as all of ours are.
func lowerCase(name string) bool {
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return name != ""
}
