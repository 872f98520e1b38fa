package centralized

import (
	"errors"
	"net/http"

	"github.com/halfmask/halfmask/issuer/enrollment"
)

// Enrolled is what a person's app gets from an enrollment.
type Enrolled struct {
	InternetNumber string              `json:"internet_number"`
	Certificate    string              `json:"certificate"`
	Decision       enrollment.Decision `json:"decision"`
}

const maxPhoneCodeRequest = 1024 // bytes

var errBarred = errors.New("an order restricts the person at every platform; number, certificate and password stay as they were")

func (s *Service) servePhoneCode(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Phone string `json:"phone"`
	}
	if !readJSON(w, r, maxPhoneCodeRequest, &body) {
		return
	}
	if err := s.desk.SendPhoneCode(r.Context(), body.Phone); err != nil {
		refuse(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// serveEnroll checks the evidence, decides by the rules and opens an account.
func (s *Service) serveEnroll(w http.ResponseWriter, r *http.Request) {
	body, ok := readBody(w, r, enrollment.MaxSubmission)
	if !ok {
		return
	}
	submission, err := enrollment.ParseSubmission(body)
	if err != nil {
		refuse(w, err)
		return
	}
	// First of all: it costs nothing, and a mistyped one should not use up
	// the phone's code. The desk lets an empty one pass; this design does not.
	if err := enrollment.CheckPassword(submission.Password); err != nil {
		refuse(w, err)
		return
	}
	enrolled, err := s.desk.Enroll(r.Context(), *submission)
	if err != nil {
		refuse(w, err)
		return
	}
	opened, err := s.open(enrolled, submission.Password)
	if err != nil {
		refuse(w, err)
		return
	}
	reply(w, http.StatusCreated, opened)
}

// refuse tells an applicant the check, the rule and the field; any other
// error is the service's own, and of that they learn nothing.
func refuse(w http.ResponseWriter, err error) {
	var (
		refusal  *enrollment.Refusal
		evidence *enrollment.EvidenceError
		status   = http.StatusForbidden
		f        = Failure{Error: err.Error()}
	)
	switch {
	case errors.As(err, &refusal):
		f.Check, f.Decision = "rules", &refusal.Decision
		if reason, ok := refusal.Decision.Refusing(); ok {
			f.Rule, f.Field = reason.Rule, reason.Field
		}
	case errors.As(err, &evidence):
		f.Check, f.Rule, f.Field = evidence.Check, evidence.Rule, evidence.Field
		if f.Rule == "" { // not even a submission
			status = http.StatusBadRequest
		}
	case errors.Is(err, errBarred):
		f.Check, f.Rule, f.Field = "restriction-order", "R-CEN-05", "document"
	default:
		fail(w, http.StatusInternalServerError, "service", "the service failed; nothing was changed")
		return
	}
	reply(w, status, f)
}
