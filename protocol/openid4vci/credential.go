package openid4vci

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
)

// serveCredential answers section 8.
func (e *Endpoint) serveCredential(w http.ResponseWriter, r *http.Request) error {
	family, err := e.bearer(w, r)
	if err != nil {
		return err
	}
	limit := int64(4096 + e.meta.batchSize()*(maxProof+8))
	body, err := readBody(w, r, "application/json", limit)
	if err != nil {
		return err
	}
	request, err := decodeRequest(body)
	if err != nil {
		return err
	}
	config, ok := e.meta.Configurations[request.Configuration]
	switch {
	case !ok:
		return refuse(400, UnknownCredentialConfiguration, "there is no such credential configuration")
	case !slices.Contains(family.configurations, request.Configuration):
		challenge(w, InsufficientScope)
		return refuse(http.StatusForbidden, InsufficientScope, "the offer did not name this credential configuration")
	}
	keys, err := e.prove(&config, request.Proofs)
	if err != nil {
		return err
	}
	texts, err := e.backend.Credential(r.Context(), family.subject, request.Configuration, keys)
	if err != nil {
		return err
	}
	if len(texts) != max(1, len(keys)) {
		return fmt.Errorf("openid4vci: backend made %d credentials for %d keys", len(texts), len(keys))
	}
	response := CredentialResponse{Credentials: make([]IssuedCredential, len(texts))}
	for i, text := range texts {
		if response.Credentials[i].Credential, err = encodeCredential(config.Format, text); err != nil {
			return err
		}
	}
	return answer(w, http.StatusOK, response)
}

// encodeCredential writes an ldp_vc as the object it is (appendix A.1.2.4)
// and other formats as strings.
func encodeCredential(format credential.Format, text string) (json.RawMessage, error) {
	if format != credential.BBS2023 {
		return json.Marshal(text)
	}
	if !strings.HasPrefix(text, "{") || !json.Valid([]byte(text)) {
		return nil, errors.New("openid4vci: backend made an ldp_vc credential that is not a JSON object")
	}
	return json.RawMessage(text), nil
}

// bearer finds whom the access token stands for (RFC 6750). Tokens in the
// query or the body are refused whatever they are: they end up in logs.
func (e *Endpoint) bearer(w http.ResponseWriter, r *http.Request) (*family, error) {
	if r.URL.RawQuery != "" {
		return nil, refuse(400, InvalidRequest, "an access token belongs in the Authorization header, and nothing in the query")
	}
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if n := len(r.Header.Values("Authorization")); n != 1 || !strings.EqualFold(scheme, "Bearer") || secret == "" || len(secret) > maxSecret {
		challenge(w, "")
		return nil, refuse(http.StatusUnauthorized, InvalidToken, "one Bearer token is required in Authorization")
	}
	family, ok := e.ledger.authorized(secret, e.now())
	if !ok {
		challenge(w, InvalidToken)
		return nil, refuse(http.StatusUnauthorized, InvalidToken, "the access token is unknown, revoked or expired")
	}
	return family, nil
}

func challenge(w http.ResponseWriter, code string) {
	value := "Bearer"
	if code != "" {
		value += ` error="` + code + `"`
	}
	w.Header().Set("WWW-Authenticate", value)
}

func decodeRequest(body []byte) (*CredentialRequest, error) {
	var request struct {
		Configuration *string                    `json:"credential_configuration_id"`
		Identifier    *string                    `json:"credential_identifier"`
		Proofs        map[string]json.RawMessage `json:"proofs"`
		Proof         json.RawMessage            `json:"proof"`
		Encryption    json.RawMessage            `json:"credential_response_encryption"`
	}
	malformed := func(format string, args ...any) error {
		return refuse(400, InvalidCredentialRequest, format, args...)
	}
	if err := decodeStrict(body, &request); err != nil {
		return nil, malformed("the request: %v", err)
	}
	switch {
	case request.Identifier != nil && request.Configuration != nil:
		return nil, malformed("credential_identifier and credential_configuration_id exclude each other")
	case request.Identifier != nil:
		return nil, refuse(400, UnknownCredentialIdentifier, "this issuer gives no credential identifiers")
	case request.Configuration == nil:
		return nil, malformed("credential_configuration_id is missing")
	case request.Proof != nil:
		return nil, malformed("proof is of an earlier draft; use proofs")
	case request.Encryption != nil:
		return nil, refuse(400, "invalid_encryption_parameters", "encrypted responses are not supported")
	}
	out := &CredentialRequest{Configuration: *request.Configuration}
	if request.Proofs == nil {
		return out, nil
	}
	jwts, ok := request.Proofs["jwt"]
	if !ok || len(request.Proofs) != 1 {
		return nil, refuse(400, InvalidProof, "proofs must have the one member jwt")
	}
	out.Proofs = &Proofs{}
	if err := json.Unmarshal(jwts, &out.Proofs.JWT); err != nil || len(out.Proofs.JWT) == 0 {
		return nil, refuse(400, InvalidProof, "proofs.jwt must be a non-empty array of strings")
	}
	return out, nil
}

// prove checks the proofs of a request, all of them, and spends their nonces.
func (e *Endpoint) prove(config *CredentialConfiguration, proofs *Proofs) ([]jose.JSONWebKey, error) {
	switch {
	case !config.BindsKey() && proofs != nil:
		return nil, refuse(400, InvalidProof, "this credential configuration binds no key")
	case !config.BindsKey():
		return nil, nil
	case proofs == nil:
		return nil, refuse(400, InvalidProof, "proofs is missing")
	case len(proofs.JWT) > e.meta.batchSize():
		return nil, refuse(400, InvalidProof, "%d proofs; batch_size is %d", len(proofs.JWT), e.meta.batchSize())
	}
	now := e.now()
	policy := proofPolicy{e.meta.Issuer, config.ProofTypes["jwt"].SigningAlgs, now, proofMaxAge, proofMaxSkew}
	var keys []jose.JSONWebKey
	var nonces []string
	seen := map[[32]byte]bool{}
	for i, compact := range proofs.JWT {
		p, err := verifyProof(compact, policy)
		if err != nil {
			return nil, refuse(400, InvalidProof, "proofs.jwt[%d]: %v", i, err)
		}
		if seen[p.thumbprint] {
			return nil, refuse(400, InvalidProof, "proofs.jwt[%d]: the key was proved before in this batch; each credential needs its own", i)
		}
		seen[p.thumbprint] = true
		if !e.minter.knows(p.nonce, now) {
			return nil, refuse(400, InvalidNonce, "proofs.jwt[%d]: nonce is not ours or has expired", i)
		}
		keys = append(keys, p.key)
		if !slices.Contains(nonces, p.nonce) {
			nonces = append(nonces, p.nonce)
		}
	}
	fresh, err := e.ledger.spend(nonces, now, e.lives.nonce)
	if err != nil {
		return nil, err
	}
	if !fresh {
		return nil, refuse(400, InvalidNonce, "the nonce was used before")
	}
	return keys, nil
}
