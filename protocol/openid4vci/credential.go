package openid4vci

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/halfmask/halfmask/credential"
)

// serveCredential answers section 8.
func (e *Endpoint) serveCredential(w http.ResponseWriter, r *http.Request) error {
	a, err := e.authorized(w, r, credentialPath)
	if err != nil {
		return err
	}
	limit := int64(4096 + e.meta.batchSize()*(maxProof+8))
	body, encrypted, err := e.readMessage(w, r, limit)
	if err != nil {
		return err
	}
	request, err := decodeRequest(body, a.byIdentifier)
	if err != nil {
		return err
	}
	if err := request.checkEncryption(encrypted); err != nil {
		return err
	}
	config, ok := e.meta.Configurations[request.configuration]
	switch {
	case !ok && a.byIdentifier:
		return refuse(400, UnknownCredentialIdentifier, "there is no such credential identifier")
	case !ok:
		return refuse(400, UnknownCredentialConfiguration, "there is no such credential configuration")
	case !slices.Contains(a.configurations, request.configuration):
		challenge(w, a.family, InsufficientScope)
		return refuse(http.StatusForbidden, InsufficientScope, "the access token is not for this credential")
	}
	proved, err := e.prove(&config, request.proofs)
	if err != nil {
		return err
	}
	response, err := e.issue(r, a.family, request.configuration, proved)
	var pending *Pending
	if errors.As(err, &pending) {
		id, err := e.ledger.deferCredential(&deferral{a.family, request.configuration, proved}, e.now(), e.lives.refresh)
		if err != nil {
			return err
		}
		return e.answerMessage(w, http.StatusAccepted, deferredResponse(id, pending), request.encryption)
	}
	if err != nil {
		return err
	}
	return e.answerMessage(w, http.StatusOK, response, request.encryption)
}

// issue has the backend make credentials.
func (e *Endpoint) issue(r *http.Request, f *family, configuration string, proved []Proved) (*CredentialResponse, error) {
	texts, err := e.backend.Credential(r.Context(), f.subject, configuration, proved)
	if err != nil {
		return nil, err
	}
	if len(texts) != max(1, len(proved)) {
		return nil, fmt.Errorf("openid4vci: backend made %d credentials for %d proofs", len(texts), len(proved))
	}
	response := &CredentialResponse{Credentials: make([]IssuedCredential, len(texts))}
	for i, text := range texts {
		if response.Credentials[i].Credential, err = encodeCredential(e.meta.Configurations[configuration].Format, text); err != nil {
			return nil, err
		}
	}
	response.NotificationID = e.ledger.issued(f, configuration, len(texts), e.now())
	return response, nil
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

// authorized finds what the access token of a request to a path is good for
// (RFC 6750, RFC 9449 section 7). Tokens in the query or the body are refused
// whatever they are: they end up in logs.
func (e *Endpoint) authorized(w http.ResponseWriter, r *http.Request, path string) (*access, error) {
	e.giveDPoPNonce(w)
	if r.URL.RawQuery != "" {
		return nil, refuse(400, InvalidRequest, "an access token belongs in the Authorization header, and nothing in the query")
	}
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	bound := strings.EqualFold(scheme, dpopScheme)
	if n := len(r.Header.Values("Authorization")); n != 1 || (!bound && !strings.EqualFold(scheme, bearerScheme)) || secret == "" || len(secret) > maxSecret {
		challenge(w, nil, "")
		return nil, refuse(http.StatusUnauthorized, InvalidToken, "one access token is required in Authorization")
	}
	p, err := e.dpop(r, path, secret)
	if err == nil && bound != (p != nil) {
		err = refuse(http.StatusUnauthorized, InvalidDPoPProof, "a token of scheme DPoP needs a DPoP proof, and one of scheme Bearer has none")
	}
	var a *access
	if err == nil {
		a, err = e.ledger.authorized(secret, p, e.now(), e.lives)
	}
	var refusal *Error
	if errors.As(err, &refusal) && refusal.Status < 500 {
		refusal.Status = http.StatusUnauthorized
		f := &family{}
		if bound {
			f.jkt = "some"
		}
		challenge(w, f, refusal.Code)
	}
	return a, err
}

// challenge says how to come again. f is nil when the scheme is open.
func challenge(w http.ResponseWriter, f *family, code string) {
	parameters := ""
	if code != "" {
		parameters = ` error="` + code + `"`
	}
	if f == nil || f.jkt == "" {
		w.Header().Add("WWW-Authenticate", bearerScheme+parameters)
	}
	if f == nil || f.jkt != "" {
		if parameters != "" {
			parameters += ","
		}
		w.Header().Add("WWW-Authenticate", dpopScheme+parameters+` algs="`+strings.Join(ProofAlgs, " ")+`"`)
	}
}

// credentialRequest is a credential request whose form holds.
type credentialRequest struct {
	configuration string
	proofs        map[string][]json.RawMessage // nil: none were sent
	encryption    *encryptTo                   // nil: the answer is not encrypted
}

func decodeRequest(body []byte, byIdentifier bool) (*credentialRequest, error) {
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
	out := &credentialRequest{}
	switch {
	case request.Identifier != nil && request.Configuration != nil:
		return nil, malformed("credential_identifier and credential_configuration_id exclude each other")
	case request.Identifier == nil && request.Configuration == nil:
		return nil, malformed("credential_configuration_id is missing")
	case request.Identifier != nil && !byIdentifier:
		return nil, refuse(400, UnknownCredentialIdentifier, "the token response gave no credential identifiers")
	case request.Identifier == nil && byIdentifier:
		return nil, malformed("the token response gave credential identifiers; ask by credential_identifier")
	case request.Proof != nil:
		return nil, malformed("proof is of an earlier draft; use proofs")
	case byIdentifier:
		out.configuration = *request.Identifier
	default:
		out.configuration = *request.Configuration
	}
	if request.Encryption != nil {
		var err error
		if out.encryption, err = parseEncryption(request.Encryption); err != nil {
			return nil, err
		}
	}
	if request.Proofs == nil {
		return out, nil
	}
	out.proofs = map[string][]json.RawMessage{}
	for kind, raw := range request.Proofs {
		var elements []json.RawMessage
		if err := json.Unmarshal(raw, &elements); err != nil {
			return nil, refuse(400, InvalidProof, "proofs.%.40s must be a non-empty array", kind)
		}
		out.proofs[kind] = elements
	}
	return out, nil
}

// issued counts credentials and gives a notification_id, or "" when there is
// no room for one.
func (l *ledger) issued(f *family, configuration string, n int, now time.Time) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	f.progress.issued(n)
	if !l.notices.room(now) {
		return ""
	}
	id := newSecret()
	l.notices.put(digest(id), &notice{f, configuration}, now.Add(progressLifetime))
	return id
}
