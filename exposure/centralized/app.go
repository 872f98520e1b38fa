package centralized

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/issuer/enrollment"
)

// App is a person's app: it holds the certificate and answers logins. Service
// is the only required field; Enroll fills in the rest.
type App struct {
	Service string       // the service's URL
	HTTP    *http.Client // nil for http.DefaultClient

	InternetNumber string
	Certificate    string
	Password       string // as the person would type it
	Face           []byte // as the camera would see it

	encrypter jose.Encrypter
}

// RefusalError says that an enrollment was refused, with the service's words.
type RefusalError struct {
	Status int
	Failure
}

func (e *RefusalError) Error() string {
	return fmt.Sprintf("centralized: refused (check %s, rule %s, field %s): %s", e.Check, e.Rule, e.Field, e.Failure.Error)
}

// SendPhoneCode asks the service to send a one-time code to the phone.
func (a *App) SendPhoneCode(ctx context.Context, phone string) error {
	return a.post(ctx, a.Service+"/enrollments/phone-codes", map[string]string{"phone": phone}, nil)
}

// Enroll sends the evidence and keeps number and certificate. A refusal is a
// *RefusalError; then nothing is kept.
func (a *App) Enroll(ctx context.Context, s enrollment.Submission) (*Enrolled, error) {
	var e Enrolled
	if err := a.post(ctx, a.Service+"/enrollments", s, &e); err != nil {
		return nil, err
	}
	a.InternetNumber, a.Certificate, a.Password, a.Face = e.InternetNumber, e.Certificate, s.Password, s.Face
	return &e, nil
}

// LogIn logs in at a platform in the mode. consent is asked for the
// attributes that the platform wants and gives those that the person agrees
// to; nil agrees to all. A login that the service refuses is an error that
// wraps ErrRefused.
func (a *App) LogIn(ctx context.Context, platform string, mode Mode, consent func(asked []string) []string) (*Login, error) {
	var q LoginRequest
	if err := a.post(ctx, platform+"/logins?type="+string(mode), struct{}{}, &q); err != nil {
		return nil, err
	}
	agreed := slices.Clone(q.Attributes)
	if consent != nil {
		agreed = consent(agreed)
	}
	answer, err := a.Answer(ctx, q, agreed)
	if err != nil {
		return nil, err
	}
	var login Login
	if err := a.post(ctx, platform+"/logins/"+q.BizSeq, answer, &login); err != nil {
		return nil, err
	}
	if !login.Accepted {
		return &login, fmt.Errorf("%w: %s %s", ErrRefused, login.ResultCode, login.ResultDesc)
	}
	return &login, nil
}

// Answer makes the three fields for one login, encrypted to the service.
func (a *App) Answer(ctx context.Context, q LoginRequest, consent []string) (LoginAnswer, error) {
	if a.Certificate == "" {
		return LoginAnswer{}, errors.New("centralized: no certificate: enroll first")
	}
	id, err := a.seal(ctx, idCardAuthData{q.BizSeq, q.AppID, a.Certificate, consent})
	if err != nil {
		return LoginAnswer{}, err
	}
	answer := LoginAnswer{IDCardAuthData: id}
	if q.Type.password() {
		if answer.CertPwdData, err = a.seal(ctx, certPwdData{q.BizSeq, a.Password}); err != nil {
			return LoginAnswer{}, err
		}
	}
	if q.Type.face() {
		if answer.FaceData, err = a.seal(ctx, faceData{q.BizSeq, a.Face}); err != nil {
			return LoginAnswer{}, err
		}
	}
	return answer, nil
}

func (a *App) seal(ctx context.Context, v any) (string, error) {
	if a.encrypter == nil {
		var keys jose.JSONWebKeySet
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.Service+"/keys", nil)
		if err != nil {
			return "", err
		}
		response, err := a.client().Do(request)
		if err != nil {
			return "", err
		}
		if err := decode(response, &keys); err != nil {
			return "", fmt.Errorf("centralized: the service's key: %w", err)
		}
		if len(keys.Keys) != 1 || !keys.Keys[0].Valid() {
			return "", errors.New("centralized: the service gives no usable key")
		}
		a.encrypter, err = jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.ECDH_ES, Key: keys.Keys[0].Key}, nil)
		if err != nil {
			return "", err
		}
	}
	plain, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	box, err := a.encrypter.Encrypt(plain)
	if err != nil {
		return "", err
	}
	return box.CompactSerialize()
}

func (a *App) client() *http.Client {
	if a.HTTP != nil {
		return a.HTTP
	}
	return http.DefaultClient
}

// post sends JSON and decodes the answer; a body that is a Failure becomes a
// *RefusalError.
func (a *App) post(ctx context.Context, url string, body, into any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(b))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := a.client().Do(request)
	if err != nil {
		return err
	}
	if _, isLogin := into.(*Login); response.StatusCode < 300 || isLogin && response.StatusCode == http.StatusForbidden {
		if into == nil {
			return response.Body.Close()
		}
		return decode(response, into)
	}
	e := &RefusalError{Status: response.StatusCode}
	if err := decode(response, &e.Failure); err != nil {
		return fmt.Errorf("centralized: %s: %w", url, err)
	}
	return e
}

// NewPassword draws a password that the rules allow: 8 digits that are no
// run (R-ENR-08).
func NewPassword() string {
	for {
		n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
		if err != nil {
			panic(err) // crypto/rand does not fail
		}
		if p := fmt.Sprintf("%08d", n); enrollment.CheckPassword(p) == nil {
			return p
		}
	}
}
