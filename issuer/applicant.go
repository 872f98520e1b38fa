package issuer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/protocol/openid4vci"
)

// Applicant is the other end of the enrollment endpoints: what a person's
// device does before its wallet redeems the offer.
type Applicant struct {
	Issuer string       // the issuer's URL
	HTTP   *http.Client // nil: openid4vci.HTTPClient()
}

// Operator is the other end of POST /restrictions.
type Operator struct {
	Issuer string
	Token  string
	HTTP   *http.Client // as in Applicant
}

// Order puts an order into effect. An issuer that does not take it, for one
// because it knows nobody with that document, answers with an
// *openid4vci.Error.
func (o *Operator) Order(ctx context.Context, order Order) (*OrderAnswer, error) {
	var answer OrderAnswer
	if err := post(ctx, o.HTTP, o.Issuer, "/restrictions", o.Token, order, &answer); err != nil {
		return nil, err
	}
	return &answer, nil
}

// RefusedError says that an issuer refused an enrollment, in its own words.
type RefusedError struct{ Refusal }

func (e *RefusedError) Error() string {
	s := "issuer: refused, check " + e.Check
	if e.Rule != "" {
		s += ", rule " + e.Rule
	}
	if e.Field != "" {
		s += ", field " + e.Field
	}
	return s + ": " + e.Description
}

// SendPhoneCode has a one-time code sent to the phone.
func (a *Applicant) SendPhoneCode(ctx context.Context, phone string) error {
	return post(ctx, a.HTTP, a.Issuer, "/enrollments/phone-codes", "", PhoneCodeRequest{Phone: phone}, &struct{}{})
}

// Enroll submits the evidence. A refusal is a *RefusedError.
func (a *Applicant) Enroll(ctx context.Context, s enrollment.Submission) (*EnrollmentAnswer, error) {
	var answer EnrollmentAnswer
	if err := post(ctx, a.HTTP, a.Issuer, "/enrollments", "", s, &answer); err != nil {
		return nil, err
	}
	return &answer, nil
}

const maxAnswer = 1 << 20 // bytes

// post sends evidence or an order, to the issuer and to nobody that it
// redirects to: https, or http on this machine.
func post(ctx context.Context, client *http.Client, issuer, path, token string, body, into any) error {
	if _, err := openid4vci.WellKnown(issuer, openid4vci.IssuerMetadataName); err != nil {
		return fmt.Errorf("issuer: the issuer's URL: %w", err)
	}
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(issuer, "/")+path, bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	staying := *openid4vci.HTTPClient()
	if client != nil {
		staying = *client
	}
	staying.CheckRedirect = func(*http.Request, []*http.Request) error { return errors.New("redirect refused") }
	response, err := staying.Do(request)
	if err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("issuer: %s: %w", path, err)
	}
	if len(answer) > maxAnswer {
		return fmt.Errorf("issuer: the answer to %s is longer than %d bytes", path, maxAnswer)
	}
	if response.StatusCode < 300 {
		if err := json.Unmarshal(answer, into); err != nil {
			return fmt.Errorf("issuer: the answer to %s cannot be read: %w", path, err)
		}
		return nil
	}
	var refused RefusedError
	if json.Unmarshal(answer, &refused.Refusal) == nil && refused.Refusal.Error == enrollmentRefused {
		return &refused
	}
	refusal := &openid4vci.Error{}
	if json.Unmarshal(answer, refusal) != nil {
		refusal = &openid4vci.Error{} // no JSON, so not from the issuer itself
	}
	refusal.Status = response.StatusCode
	return fmt.Errorf("issuer: %s: %w", path, refusal)
}
