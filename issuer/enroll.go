package issuer

import (
	"errors"
	"net/http"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
)

// PhoneCodeRequest is the body of POST /enrollments/phone-codes. The answer
// has status 202 and says nothing: the code goes to the phone.
type PhoneCodeRequest struct {
	Phone string `json:"phone"` // E.164
}

// EnrollmentAnswer is the answer, with status 201, to POST /enrollments, whose
// body is an enrollment.Submission. Whoever has the offer can redeem it once,
// within ten minutes, so it is a secret of the person.
type EnrollmentAnswer struct {
	Decision enrollment.Decision `json:"decision"`
	Offer    *openid4vci.Offer   `json:"credential_offer"`
	OfferURI string              `json:"credential_offer_uri"` // serves the same offer
	Link     string              `json:"wallet_link"`          // openid-credential-offer:// that refers to it, for a wallet
}

// Refusal is the answer, with status 403, when somebody is not enrolled. It
// names the check that failed, the rule that asks for it and the member of
// the submission to look at. Nothing is issued and nothing is remembered.
type Refusal struct {
	Error       string               `json:"error"` // always "enrollment_refused"
	Check       string               `json:"check"`
	Rule        string               `json:"rule,omitempty"`
	Field       string               `json:"field,omitempty"`
	Description string               `json:"error_description,omitempty"`
	Decision    *enrollment.Decision `json:"decision,omitempty"` // when the evidence held and the rules refused
}

const (
	maxPhoneCodeRequest = 1024 // bytes
	enrollmentRefused   = "enrollment_refused"
)

func (s *Server) servePhoneCode(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON(w, r, maxPhoneCodeRequest)
	if err != nil {
		return err
	}
	var request PhoneCodeRequest
	if err := decodeFlat(body, &request); err != nil {
		return refuse(http.StatusBadRequest, "invalid_request", "the request: %v", err)
	}
	if err := s.desk.SendPhoneCode(r.Context(), request.Phone); err != nil {
		return answerRefusal(w, err)
	}
	return answer(w, http.StatusAccepted, struct{}{})
}

func (s *Server) serveEnrollment(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON(w, r, enrollment.MaxSubmission)
	if err != nil {
		return err
	}
	submission, err := enrollment.ParseSubmission(body)
	if err != nil {
		return answerRefusal(w, err)
	}
	enrolled, err := s.desk.Enroll(r.Context(), *submission)
	if err != nil {
		return answerRefusal(w, err)
	}
	id, err := s.register.enroll(enrolled.Attributes, s.awaitGuardian && enrolled.Attributes.GuardianConsent, spec.DateOf(s.now()))
	if err != nil {
		return answerRefusal(w, err)
	}
	offer, offerURL, err := s.endpoint.Offer(id, openid4vci.OfferOptions{})
	if err != nil {
		return err
	}
	return answer(w, http.StatusCreated, EnrollmentAnswer{enrolled.Decision, offer, offerURL, openid4vci.ReferenceURI(offerURL)})
}

// answerRefusal tells the applicant what did not hold; any other error is
// ours, and of that they learn nothing.
func answerRefusal(w http.ResponseWriter, err error) error {
	var (
		evidence *enrollment.EvidenceError
		refusal  *enrollment.Refusal
		ordered  *restriction
		out      Refusal
	)
	switch {
	case errors.As(err, &refusal):
		out = Refusal{Check: "rules", Decision: &refusal.Decision}
		if against := refusal.Decision.Against(); len(against) > 0 {
			out.Rule, out.Field = against[0].Rule, against[0].Field
		}
	case errors.As(err, &evidence):
		out = Refusal{Check: evidence.Check, Rule: evidence.Rule, Field: evidence.Field}
	case errors.As(err, &ordered):
		out = Refusal{Check: "restriction-order", Field: "document"}
	default:
		return err
	}
	out.Error, out.Description = enrollmentRefused, err.Error()
	return answer(w, http.StatusForbidden, out)
}
