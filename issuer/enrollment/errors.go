package enrollment

import (
	"strings"
)

// Refusal is the error of an application whose evidence holds and that the
// rules refuse. Its Decision has the reasons.
type Refusal struct{ Decision Decision }

func (r *Refusal) Error() string {
	var parts []string
	for _, reason := range r.Decision.Against() {
		part := reason.Rule + " on " + reason.Field + ": " + reason.Text
		if reason.Detail != "" {
			part += " (" + reason.Detail + ")"
		}
		parts = append(parts, part)
	}
	return "enrollment refused: " + strings.Join(parts, "; ")
}

// EvidenceError is the error of evidence that does not hold.
type EvidenceError struct {
	Check string // a short fixed name; for a document, that of document.Error
	Rule  string // the rule that asks for this evidence; "" when the submission cannot even be read
	Field string // the member of the submission, such as "guardian.document.chip.dg1"
	Err   error  // what was wrong; a *document.Error for a document
}

func (e *EvidenceError) Error() string {
	s := "enrollment: check " + e.Check + " failed on " + e.Field
	if e.Rule != "" {
		s += " (" + e.Rule + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *EvidenceError) Unwrap() error { return e.Err }
