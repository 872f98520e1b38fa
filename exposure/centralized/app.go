package centralized

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/issuer/enrollment"
)

// App is a person's app: it holds the certificate and answers logins. Service
// is the only required field; Enroll fills in the last four. After that
// several goroutines may log in with it.
type App struct {
	Service string           // the service's URL
	HTTP    *http.Client     // nil: one with a time limit
	Now     func() time.Time // nil: time.Now

	InternetNumber string
	Certificate    string
	Password       string // as the person would type it
	Face           []byte // as the camera would see it

	mu  sync.Mutex
	key *jose.JSONWebKey // the service's
}

// RefusalError says that a request was refused, in the words of whoever
// refused it.
type RefusalError struct {
	Status int // of HTTP
	Failure
}

func (e *RefusalError) Error() string {
	s := "centralized: refused, check " + e.Check
	if e.Rule != "" {
		s += ", rule " + e.Rule
	}
	if e.Field != "" {
		s += ", field " + e.Field
	}
	return s + ": " + e.Failure.Error
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

// AgreeToAll is the consent of a person who agrees to whatever is asked.
func AgreeToAll(asked []string) []string { return asked }

// LogIn logs in at a platform in the mode. consent is asked for the
// attributes that the platform wants and gives those that the person agrees
// to; nil agrees to none. A login that the service refuses is an error that
// wraps ErrRefused, with the platform's answer beside it.
func (a *App) LogIn(ctx context.Context, platform string, mode Mode, consent func(asked []string) []string) (*Login, error) {
	var q LoginRequest
	if err := a.post(ctx, platform+"/logins?type="+url.QueryEscape(string(mode)), struct{}{}, &q); err != nil {
		return nil, err
	}
	switch {
	case q.Type != mode:
		return nil, fmt.Errorf("centralized: the platform asks for type %.8q and the person chose %s", q.Type, mode)
	case len(q.BizSeq) != bizSeqLength || !isName(q.BizSeq) || !isName(q.OrgID) || !isName(q.AppID):
		return nil, errors.New("centralized: the platform's request names no login")
	}
	var agreed []string
	if consent != nil {
		agreed = slices.DeleteFunc(slices.Clone(consent(slices.Clone(q.Attributes))), func(name string) bool { return !slices.Contains(q.Attributes, name) })
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

// Answer makes the fields for one login, encrypted to the service, with the
// person's consent to those attributes.
func (a *App) Answer(ctx context.Context, q LoginRequest, consent []string) (LoginAnswer, error) {
	if a.Certificate == "" {
		return LoginAnswer{}, errors.New("centralized: no certificate: enroll first")
	}
	key, err := a.serviceKey(ctx)
	if err != nil {
		return LoginAnswer{}, fmt.Errorf("centralized: the service's key: %w", err)
	}
	now := time.Now
	if a.Now != nil {
		now = a.Now
	}
	id, err := seal(key, idCardAuthData{q.OrgID, q.AppID, q.BizSeq, q.Type, now().Unix(), a.Certificate, consent})
	if err != nil {
		return LoginAnswer{}, err
	}
	answer := LoginAnswer{IDCardAuthData: id}
	with := sha256.Sum256([]byte(id))
	if q.Type.password() {
		if answer.CertPwdData, err = seal(key, certPwdData{with[:], a.Password}); err != nil {
			return LoginAnswer{}, err
		}
	}
	if q.Type.face() {
		if answer.FaceData, err = seal(key, faceData{with[:], a.Face}); err != nil {
			return LoginAnswer{}, err
		}
	}
	return answer, nil
}

// serviceKey gets the service's key the first time.
func (a *App) serviceKey(ctx context.Context) (*jose.JSONWebKey, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.key != nil {
		return a.key, nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.Service+"/keys", nil)
	if err != nil {
		return nil, err
	}
	response, err := straight(a.HTTP).Do(request)
	if err != nil {
		return nil, err
	}
	var keys jose.JSONWebKeySet
	if err := decodeResponse(response, &keys); err != nil {
		return nil, err
	}
	if len(keys.Keys) != 1 || !keys.Keys[0].Valid() || !keys.Keys[0].IsPublic() {
		return nil, errors.New("not one public key")
	}
	a.key = &keys.Keys[0]
	return a.key, nil
}

// post sends JSON and decodes the answer. A body that is a Failure becomes a
// *RefusalError; a refused login is a Login all the same.
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
	response, err := straight(a.HTTP).Do(request)
	if err != nil {
		return err
	}
	_, isLogin := into.(*Login)
	switch ok := response.StatusCode >= 200 && response.StatusCode < 300; {
	case ok && into == nil:
		return response.Body.Close()
	case ok || isLogin && response.StatusCode == http.StatusForbidden:
		if err := decodeResponse(response, into); err != nil {
			return fmt.Errorf("centralized: %w", err)
		}
		return nil
	}
	e := &RefusalError{Status: response.StatusCode}
	if err := decodeResponse(response, &e.Failure); err != nil {
		return fmt.Errorf("centralized: %w", err)
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
