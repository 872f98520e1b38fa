package openid4vci

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// TokenResponse answers a token request (OpenID4VCI 1.0 section 6.2).
type TokenResponse struct {
	AccessToken  string                `json:"access_token"`
	TokenType    string                `json:"token_type"`
	ExpiresIn    int                   `json:"expires_in,omitempty"` // seconds
	RefreshToken string                `json:"refresh_token,omitempty"`
	Details      []AuthorizationDetail `json:"authorization_details,omitempty"`
}

// NonceResponse answers a nonce request (section 7.2).
type NonceResponse struct {
	Nonce string `json:"c_nonce"`
}

// CredentialRequest asks for credentials (section 8.2). Exactly one of
// Configuration and Identifier is set.
type CredentialRequest struct {
	Configuration string              `json:"credential_configuration_id,omitempty"`
	Identifier    string              `json:"credential_identifier,omitempty"`
	Proofs        map[string][]any    `json:"proofs,omitempty"` // one member, named after the proof type
	Encryption    *EncryptionToWallet `json:"credential_response_encryption,omitempty"`
}

// EncryptionToWallet says how the answer is to be encrypted (section 8.2).
type EncryptionToWallet struct {
	JWK jose.JSONWebKey `json:"jwk"`
	Enc string          `json:"enc"`
}

// CredentialResponse brings credentials (section 8.3), or the name of a
// transaction when they are to be fetched later.
type CredentialResponse struct {
	Credentials    []IssuedCredential `json:"credentials,omitempty"`
	NotificationID string             `json:"notification_id,omitempty"`
	TransactionID  string             `json:"transaction_id,omitempty"`
	Interval       int                `json:"interval,omitempty"` // seconds until the wallet may ask again
}

// IssuedCredential holds a credential as its format writes it: a JSON string
// or a JSON object.
type IssuedCredential struct {
	Credential json.RawMessage `json:"credential"`
}

// text gives the credential as a string: of a JSON string its value, of an
// object its JSON.
func (c IssuedCredential) text() (string, error) {
	raw := strings.TrimSpace(string(c.Credential))
	switch {
	case strings.HasPrefix(raw, `"`):
		var s string
		if err := json.Unmarshal(c.Credential, &s); err != nil || s == "" {
			return "", fmt.Errorf("credential is not a readable string")
		}
		return s, nil
	case strings.HasPrefix(raw, "{"):
		return raw, nil
	}
	return "", fmt.Errorf("credential is neither a string nor an object")
}

// Error codes: of RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1,
// RFC 8628 section 3.5 (access_denied), RFC 9101 section 7 and RFC 9126, RFC
// 9449 sections 5 and 8, and OpenID4VCI 1.0 sections 8.3.1.2, 9.3 and 11.3.
const (
	InvalidClient                  = "invalid_client"
	InvalidScope                   = "invalid_scope"
	InvalidRequestURI              = "invalid_request_uri"
	RequestNotSupported            = "request_not_supported"
	UnsupportedResponseType        = "unsupported_response_type"
	InvalidDPoPProof               = "invalid_dpop_proof"
	UseDPoPNonce                   = "use_dpop_nonce"
	InvalidEncryptionParameters    = "invalid_encryption_parameters"
	InvalidTransactionID           = "invalid_transaction_id"
	InvalidNotificationID          = "invalid_notification_id"
	InvalidNotificationRequest     = "invalid_notification_request"
	InvalidRequest                 = "invalid_request"
	InvalidGrant                   = "invalid_grant"
	InvalidAuthorizationDetails    = "invalid_authorization_details"
	UnsupportedGrantType           = "unsupported_grant_type"
	AccessDenied                   = "access_denied" // the issuer declines to renew, or the person to log in
	InvalidToken                   = "invalid_token"
	InsufficientScope              = "insufficient_scope"
	InvalidCredentialRequest       = "invalid_credential_request"
	UnknownCredentialConfiguration = "unknown_credential_configuration"
	UnknownCredentialIdentifier    = "unknown_credential_identifier"
	InvalidProof                   = "invalid_proof"
	InvalidNonce                   = "invalid_nonce"
	CredentialRequestDenied        = "credential_request_denied"
	TemporarilyUnavailable         = "temporarily_unavailable"
	ServerError                    = "server_error"
)

// Error is a refusal as it travels: the client gets what the endpoint sent,
// and a Backend that returns one chooses what is sent.
type Error struct {
	Status      int    `json:"-"` // of HTTP; 0 is 400 when sent
	Code        string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

func (e *Error) Error() string {
	s := "issuer refused"
	if e.Code != "" {
		s += ": " + e.Code
	}
	if e.Description != "" {
		s += ": " + e.Description
	}
	if e.Status != 0 {
		s += fmt.Sprintf(" (HTTP status %d)", e.Status)
	}
	return s
}

func refuse(status int, code, format string, args ...any) *Error {
	return &Error{Status: status, Code: code, Description: fmt.Sprintf(format, args...)}
}

// printable keeps to the characters that error_description may have (RFC
// 6749 section 5.2) and to a length that fits a line.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '"' || r == '\\':
			return '\''
		case r < 0x20 || r > 0x7e:
			return '?'
		}
		return r
	}, s)
	if len(s) > 300 {
		s = s[:300]
	}
	return s
}
