package wallet

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/protocol/fetch"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec/strictjson"
)

const (
	clauseIssuerMetadata = "draft-ietf-oauth-sd-jwt-vc-24 section 4"
	maxIssuerKeys        = 64
	maxDocument          = 256 << 10 // bytes of an issuer's key document
	maxNesting           = 16        // of JSON in an issuer's key document
)

// issuerKeys are the keys that an issuer publishes at its own address.
type issuerKeys struct {
	issuer string
	sdjwt  jose.JSONWebKeySet
	bbs    string // verification method of its bbs-2023 proofs; may be empty

	authorities []*x509.Certificate // that the wallet knows; what they certify counts
	now         time.Time
}

// issuerKeys fetches the JWT VC issuer metadata (draft-ietf-oauth-sd-jwt-vc-24
// section 4). Our issuers name the key of their bbs-2023 proofs there, too.
func (w *Wallet) issuerKeys(ctx context.Context, issuer string) (*issuerKeys, error) {
	fail := func(format string, args ...any) error {
		return credential.Failed("issuer-keys", clauseIssuerMetadata, "%s: %w", issuer, fmt.Errorf(format, args...))
	}
	address, err := openid4vci.WellKnown(issuer, "jwt-vc-issuer")
	if err != nil {
		return nil, fail("%w", err)
	}
	body, err := fetch.Get(ctx, w.http(), address, maxDocument, "application/json")
	if err != nil {
		return nil, fail("%w", err)
	}
	var metadata struct {
		Issuer string          `json:"issuer"`
		Keys   json.RawMessage `json:"jwks"`
		URI    string          `json:"jwks_uri"`
		BBS    string          `json:"bbs_verification_method"`
	}
	if err := decodeOnce(body, &metadata); err != nil {
		return nil, fail("%w", err)
	}
	switch {
	case metadata.Issuer != issuer:
		return nil, fail("issuer is %.200q", metadata.Issuer)
	case (metadata.Keys == nil) == (metadata.URI == ""):
		return nil, fail("neither or both of jwks and jwks_uri")
	case metadata.URI != "":
		if metadata.Keys, err = fetch.Get(ctx, w.http(), metadata.URI, maxDocument, "application/json", "application/jwk-set+json"); err != nil {
			return nil, fail("jwks_uri: %w", err)
		}
	}
	keys := &issuerKeys{issuer: issuer, bbs: metadata.BBS, authorities: w.Issuers, now: w.now()}
	if err := decodeOnce(metadata.Keys, &keys.sdjwt); err != nil {
		return nil, fail("jwks: %w", err)
	}
	if n := len(keys.sdjwt.Keys); n == 0 || n > maxIssuerKeys {
		return nil, fail("%d keys, not 1 to %d", n, maxIssuerKeys)
	}
	return keys, nil
}

// forSDJWT gives the certified key of a credential with certificates, where
// the wallet knows authorities, or else finds the one key that its kid names,
// or the only key when it names none.
func (k *issuerKeys) forSDJWT(by jws.Signer) (*jose.JSONWebKey, error) {
	if by.Issuer != k.issuer {
		return nil, fmt.Errorf("the offer was made by %s", k.issuer)
	}
	if len(k.authorities) > 0 && len(by.Chain) > 0 {
		return by.Certified(k.authorities, k.now)
	}
	found := k.sdjwt.Keys
	if by.KeyID != "" {
		found = k.sdjwt.Key(by.KeyID)
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("the issuer publishes %d keys of that name", len(found))
	}
	if !found[0].IsPublic() {
		return nil, errors.New("the issuer publishes a key that is not public")
	}
	return &found[0], nil
}

// forBBS gives the key of the published verification method alone.
func (k *issuerKeys) forBBS(method string) (*bbs.PublicKey, error) {
	if k.bbs == "" || method != k.bbs {
		return nil, fmt.Errorf("%s does not publish it as its bbs_verification_method", k.issuer)
	}
	return bbs2023.ParseVerificationMethod(method)
}

// decodeOnce decodes one JSON object in which no member occurs twice, so that
// it means the same to every reader.
func decodeOnce(data []byte, v any) error {
	return strictjson.DecodeKnown(data, v, strictjson.Limits{Bytes: maxDocument, Depth: maxNesting})
}
