package issuer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/halfmask/halfmask/protocol/fetch"
	"github.com/halfmask/halfmask/protocol/openid4vci"
)

// LogIn goes through the login of the authorization endpoint as a browser
// would, for scripts. page is the address that the wallet gave; code is asked
// for the one-time code once it was sent to the phone. It gives the address
// to which the issuer sends the browser, which is the wallet's. The context
// ends it.
func (a *Applicant) LogIn(ctx context.Context, page, phone string, code func(context.Context) (string, error)) (callback string, err error) {
	if !strings.HasPrefix(page, strings.TrimSuffix(a.Issuer, "/")+"/") {
		return "", errors.New("issuer: the page is not the issuer's")
	}
	first, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return "", errors.New("issuer: the page has no usable address")
	}
	step, _, err := a.step(first)
	if err != nil {
		return "", err
	}
	form := url.Values{"login": {step.Login}, "phone": {phone}}
	if step, _, err = a.send(ctx, form); err != nil {
		return "", err
	}
	if step.Needed != "phone_code" {
		return "", fmt.Errorf("issuer: the login failed: %s", step.Failed)
	}
	entered, err := code(ctx)
	if err != nil {
		return "", err
	}
	form.Set("phone_code", entered)
	step, callback, err = a.send(ctx, form)
	if err == nil && callback == "" {
		err = fmt.Errorf("issuer: the login failed: %s", step.Failed)
	}
	return callback, err
}

func (a *Applicant) send(ctx context.Context, form url.Values) (LoginStep, string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(a.Issuer, "/")+"/authorize", strings.NewReader(form.Encode()))
	if err != nil {
		return LoginStep{}, "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return a.step(request)
}

// step makes a request and reads the next step, or the address to which the
// browser is sent.
func (a *Applicant) step(request *http.Request) (LoginStep, string, error) {
	request.Header.Set("Accept", "application/json")
	staying := *openid4vci.HTTPClient()
	if a.HTTP != nil {
		staying = *a.HTTP
	}
	staying.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := staying.Do(request)
	if err != nil {
		return LoginStep{}, "", fmt.Errorf("issuer: %s: %w", fetch.Origin(a.Issuer), err)
	}
	body, err := fetch.Body(response, maxAnswer)
	if err != nil {
		return LoginStep{}, "", err
	}
	if response.StatusCode == http.StatusSeeOther {
		return LoginStep{}, response.Header.Get("Location"), nil
	}
	var step LoginStep
	if decodeFlat(body, &step) == nil && step.Login != "" {
		return step, "", nil
	}
	var refusal openid4vci.Error
	_ = decodeFlat(body, &refusal) // an unreadable refusal is one all the same
	refusal.Status = response.StatusCode
	return LoginStep{}, "", fmt.Errorf("issuer: the login: %w", &refusal)
}
