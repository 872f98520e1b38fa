package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec/strictjson"
	"github.com/halfmask/halfmask/verifier"
)

const (
	maxIssuerMetadata = 64 << 10        // bytes
	issuerStart       = 3 * time.Second // for an issuer that was started just before
)

// trustIssuers fetches the keys that each issuer publishes at its own address
// and trusts exactly those.
func trustIssuers(ctx context.Context, urls []string) (verifier.TrustedIssuers, error) {
	t := verifier.TrustedIssuers{SDJWT: map[string]jose.JSONWebKeySet{}, JWP: map[string]*bbs.PublicKey{}}
	for _, url := range urls {
		keys, bbsKey, err := issuerKeys(ctx, url)
		for wait := issuerStart; isRefusedConnection(err) && wait > 0 && ctx.Err() == nil; wait -= pollEvery {
			time.Sleep(pollEvery)
			keys, bbsKey, err = issuerKeys(ctx, url)
		}
		if err != nil {
			return t, fmt.Errorf("--trust-issuer %s: %w", url, unreachable(err, url, "halfmask issuer serve"))
		}
		t.SDJWT[url] = *keys
		if bbsKey != nil {
			t.BBS = append(t.BBS, bbsKey)
			t.JWP[url] = bbsKey
		}
	}
	return t, nil
}

// issuerKeys reads the JWT VC issuer metadata (draft-ietf-oauth-sd-jwt-vc-24
// section 4), in which our issuers name the key of their bbs-2023 proofs, too.
func issuerKeys(ctx context.Context, issuer string) (*jose.JSONWebKeySet, *bbs.PublicKey, error) {
	address, err := openid4vci.WellKnown(issuer, "jwt-vc-issuer")
	if err != nil {
		return nil, nil, err
	}
	body, err := get(ctx, address, "", maxIssuerMetadata)
	if err != nil {
		return nil, nil, err
	}
	keys, bbsKey, err := parseIssuerMetadata(body, issuer)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", address, err)
	}
	return keys, bbsKey, nil
}

// parseIssuerMetadata gives the keys; the second is nil when the issuer
// publishes none for bbs-2023.
func parseIssuerMetadata(body []byte, issuer string) (*jose.JSONWebKeySet, *bbs.PublicKey, error) {
	var metadata struct {
		Issuer string             `json:"issuer"`
		JWKS   jose.JSONWebKeySet `json:"jwks"`
		BBS    string             `json:"bbs_verification_method"`
	}
	if err := strictjson.DecodeKnown(body, &metadata, strictjson.Limits{Bytes: maxIssuerMetadata, Depth: 8}); err != nil {
		return nil, nil, err
	}
	if metadata.Issuer != issuer {
		return nil, nil, fmt.Errorf("it is about the issuer %.200q", metadata.Issuer)
	}
	if len(metadata.JWKS.Keys) == 0 {
		return nil, nil, errors.New("no jwks")
	}
	for _, k := range metadata.JWKS.Keys {
		if !k.Valid() || !k.IsPublic() {
			return nil, nil, fmt.Errorf("key %.100q is not a valid public key", k.KeyID)
		}
	}
	if metadata.BBS == "" {
		return &metadata.JWKS, nil, nil
	}
	bbsKey, err := bbs2023.ParseVerificationMethod(metadata.BBS)
	if err != nil {
		return nil, nil, fmt.Errorf("bbs_verification_method: %w", err)
	}
	return &metadata.JWKS, bbsKey, nil
}

// httpClient follows no redirect: what is sent is for one server only.
func httpClient() *http.Client {
	c := *openid4vci.HTTPClient()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return errors.New("redirect refused") }
	return &c
}

// get fetches a JSON document of at most limit bytes.
func get(ctx context.Context, url, token string, limit int64) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return send(request, token, limit)
}

// send sends a request and reads the answer. One that is not a success is an
// error with the server's own words.
func send(request *http.Request, token string, limit int64) ([]byte, error) {
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := httpClient().Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > limit {
		return nil, fmt.Errorf("%s answered with more than %d bytes", request.URL.Host, limit)
	}
	if response.StatusCode < 300 {
		return body, nil
	}
	var refusal struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	text := response.Status
	if json.Unmarshal(body, &refusal) == nil && refusal.Code != "" {
		text += ": " + plain(refusal.Code) + ": " + plain(refusal.Description)
	}
	return nil, fmt.Errorf("%s%s refused: %s", request.URL.Host, request.URL.Path, text)
}
