package wallet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"

	"github.com/halfmask/halfmask/protocol/openid4vp"
)

const maxDocument = 256 << 10 // bytes of an issuer's key document

// fetch gets a JSON document. Redirects are not followed.
func (w *Wallet) fetch(ctx context.Context, address string) ([]byte, error) {
	if _, err := openid4vp.CheckAddress(address); err != nil {
		return nil, err
	}
	client := *w.http()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Jar = nil
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("unusable URL")
	}
	req.Header.Set("Accept", "application/json")
	res, err := client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxDocument+1))
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return nil, err
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s answered %d", res.Request.URL.Host, res.StatusCode)
	case kind != "application/json" && kind != "application/jwk-set+json":
		return nil, fmt.Errorf("%s answered with %.60q, not JSON", res.Request.URL.Host, kind)
	case len(body) > maxDocument:
		return nil, fmt.Errorf("the answer of %s is longer than %d bytes", res.Request.URL.Host, maxDocument)
	}
	return body, nil
}
