package issuer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/halfmask/halfmask/issuer/enrollment"
)

// Applicant is the other end of the enrollment endpoints: what a person's
// device does before its wallet redeems the offer.
type Applicant struct {
	Issuer string       // the issuer's URL
	HTTP   *http.Client // nil for http.DefaultClient
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
	return a.post(ctx, "/enrollments/phone-codes", PhoneCodeRequest{Phone: phone}, nil)
}

// Enroll submits the evidence. A refusal is a *RefusedError.
func (a *Applicant) Enroll(ctx context.Context, s enrollment.Submission) (*EnrollmentAnswer, error) {
	var answer EnrollmentAnswer
	if err := a.post(ctx, "/enrollments", s, &answer); err != nil {
		return nil, err
	}
	return &answer, nil
}

const maxAnswer = 1 << 20 // bytes

func (a *Applicant) post(ctx context.Context, path string, body, into any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(a.Issuer, "/")+path, bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	client := a.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	switch {
	case response.StatusCode < 300 && into == nil:
		return nil
	case response.StatusCode < 300:
		if err := json.Unmarshal(answer, into); err != nil {
			return fmt.Errorf("issuer: the answer to %s cannot be read: %w", path, err)
		}
		return nil
	}
	var refused RefusedError
	if json.Unmarshal(answer, &refused.Refusal) == nil && refused.Refusal.Error == enrollmentRefused {
		return &refused
	}
	return fmt.Errorf("issuer: %s was answered with %s: %.200s", path, response.Status, answer)
}
