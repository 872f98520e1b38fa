package enrollment

import (
	"errors"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/spec/strictjson"
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
			return documentError("document", spec.RuleAuthentic, inDocument)
		}
		return &EvidenceError{Check: "submission-shape", Field: "submission", Err: err}
	}
	type plain Submission
	var p plain
	if err := strictjson.Decode(b, &p, strictjson.Limits{Bytes: MaxSubmission, Depth: maxNesting}); err != nil {
		return fail(err)
	}
	*s = Submission(p)
	return nil
}

const maxNesting = 8
