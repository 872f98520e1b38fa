package openid4vci

import (
	"encoding/json"
	"slices"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/fetch"
)

// Names of the metadata documents below /.well-known/.
const (
	IssuerMetadataName              = "openid-credential-issuer"
	AuthorizationServerMetadataName = "oauth-authorization-server"
)

const (
	clauseMetadata   = "OpenID4VCI 1.0 section 12.2"
	clauseASMetadata = "RFC 8414 section 3.3"
)

// IssuerMetadata is what an issuer says of itself (OpenID4VCI 1.0 section
// 12.2.4). Parameters of the parts that this package leaves out are ignored.
type IssuerMetadata struct {
	Issuer               string                             `json:"credential_issuer"`
	AuthorizationServers []string                           `json:"authorization_servers,omitempty"`
	CredentialEndpoint   string                             `json:"credential_endpoint"`
	NonceEndpoint        string                             `json:"nonce_endpoint,omitempty"`
	DeferredEndpoint     string                             `json:"deferred_credential_endpoint,omitempty"`
	NotificationEndpoint string                             `json:"notification_endpoint,omitempty"`
	RequestEncryption    *RequestEncryption                 `json:"credential_request_encryption,omitempty"`
	ResponseEncryption   *ResponseEncryption                `json:"credential_response_encryption,omitempty"`
	Batch                *Batch                             `json:"batch_credential_issuance,omitempty"`
	Display              []Display                          `json:"display,omitempty"`
	Configurations       map[string]CredentialConfiguration `json:"credential_configurations_supported"`
}

// RequestEncryption says how credential requests may be encrypted.
type RequestEncryption struct {
	JWKS     KeySet   `json:"jwks"`
	Encs     []string `json:"enc_values_supported"`
	Required bool     `json:"encryption_required"`
}

// KeySet is a JWK Set (RFC 7517 section 5) whose keys are read one by one:
// those of kinds that are not known here must not spoil the rest.
type KeySet struct {
	Keys []json.RawMessage `json:"keys"`
}

// ResponseEncryption says how credential responses may be encrypted.
type ResponseEncryption struct {
	Algs     []string `json:"alg_values_supported"`
	Encs     []string `json:"enc_values_supported"`
	Required bool     `json:"encryption_required"`
}

// Batch says how many proofs one credential request may carry: 2 or more.
type Batch struct {
	Size int `json:"batch_size"`
}

// Display names something in a language (a BCP 47 tag; may be empty).
type Display struct {
	Name        string `json:"name"`
	Locale      string `json:"locale,omitempty"`
	Description string `json:"description,omitempty"`
}

// CredentialConfiguration describes one credential that the issuer can make.
type CredentialConfiguration struct {
	Format         credential.Format     `json:"format"`
	Scope          string                `json:"scope,omitempty"`
	SigningAlgs    []any                 `json:"credential_signing_alg_values_supported,omitempty"` // strings, in mdoc integers
	BindingMethods []string              `json:"cryptographic_binding_methods_supported,omitempty"`
	ProofTypes     map[string]ProofType  `json:"proof_types_supported,omitempty"` // nil: no key is bound
	Metadata       *CredentialMetadata   `json:"credential_metadata,omitempty"`
	Type           string                `json:"vct,omitempty"`                   // of dc+sd-jwt, appendix A.3
	Definition     *CredentialDefinition `json:"credential_definition,omitempty"` // of ldp_vc, appendix A.1
}

// ProofType says how a proof of possession must be signed.
type ProofType struct {
	SigningAlgs []string `json:"proof_signing_alg_values_supported"`
}

// CredentialMetadata is for display.
type CredentialMetadata struct {
	Display []Display          `json:"display,omitempty"`
	Claims  []ClaimDescription `json:"claims,omitempty"`
}

// ClaimDescription names a claim by its path pointer (appendix B.2).
type ClaimDescription struct {
	Path      []any     `json:"path"` // strings, non-negative integers, nil
	Mandatory bool      `json:"mandatory,omitempty"`
	Display   []Display `json:"display,omitempty"`
}

// CredentialDefinition is the kind of a W3C credential.
type CredentialDefinition struct {
	Context []any    `json:"@context"`
	Type    []string `json:"type"`
}

// BindsKey reports whether the wallet must prove a key for the configuration.
func (c *CredentialConfiguration) BindsKey() bool { return len(c.ProofTypes) > 0 }

// batchSize gives how many proofs a request may carry.
func (m *IssuerMetadata) batchSize() int {
	if m.Batch == nil {
		return 1
	}
	return m.Batch.Size
}

// check holds the metadata against the identifier that it was asked for.
func (m *IssuerMetadata) check(issuer string) error {
	fail := func(check, format string, args ...any) error {
		return credential.Failed(check, clauseMetadata, format, args...)
	}
	if m.Issuer != issuer {
		return fail("metadata-issuer", "credential_issuer is %.200q, asked for %.200q", m.Issuer, issuer)
	}
	if err := fetch.CheckURL(m.CredentialEndpoint); err != nil {
		return fail("metadata-endpoint", "credential_endpoint: %w", err)
	}
	for name, address := range map[string]string{
		"nonce_endpoint": m.NonceEndpoint, "deferred_credential_endpoint": m.DeferredEndpoint, "notification_endpoint": m.NotificationEndpoint,
	} {
		if address == "" {
			continue
		}
		if err := fetch.CheckURL(address); err != nil {
			return fail("metadata-endpoint", "%s: %w", name, err)
		}
	}
	for _, s := range m.AuthorizationServers {
		if err := checkIssuerID(s); err != nil {
			return fail("metadata-authorization-server", "authorization_servers: %w", err)
		}
	}
	if m.Batch != nil && m.Batch.Size < 2 {
		return fail("metadata-batch", "batch_size is %d, below 2", m.Batch.Size)
	}
	if len(m.Configurations) == 0 {
		return fail("metadata-configurations", "credential_configurations_supported is missing or empty")
	}
	for id, c := range m.Configurations {
		if id == "" || c.Format == "" {
			return fail("metadata-configurations", "a configuration has no name or no format")
		}
	}
	return nil
}

// AuthorizationServerMetadata is what a token endpoint's owner says of itself
// (RFC 8414 and the specifications that add to it, OpenID4VCI 1.0 section
// 12.3).
type AuthorizationServerMetadata struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint,omitempty"`
	TokenEndpoint         string   `json:"token_endpoint"`
	PushEndpoint          string   `json:"pushed_authorization_request_endpoint,omitempty"` // RFC 9126 section 5
	RequirePush           bool     `json:"require_pushed_authorization_requests,omitempty"`
	Scopes                []string `json:"scopes_supported,omitempty"`
	ResponseTypes         []string `json:"response_types_supported"`
	GrantTypes            []string `json:"grant_types_supported,omitempty"`
	TokenAuth             []string `json:"token_endpoint_auth_methods_supported,omitempty"`
	ChallengeMethods      []string `json:"code_challenge_methods_supported,omitempty"`               // RFC 7636
	DPoPAlgs              []string `json:"dpop_signing_alg_values_supported,omitempty"`              // RFC 9449 section 5.1
	NamesIssuer           bool     `json:"authorization_response_iss_parameter_supported,omitempty"` // RFC 9207 section 3
	DetailTypes           []string `json:"authorization_details_types_supported,omitempty"`          // RFC 9396 section 10
	ClientDocuments       bool     `json:"client_id_metadata_document_supported,omitempty"`          // draft-ietf-oauth-client-id-metadata-document
	AnonymousAccess       bool     `json:"pre-authorized_grant_anonymous_access_supported,omitempty"`
}

func (m *AuthorizationServerMetadata) check(issuer string) error {
	fail := func(check, format string, args ...any) error {
		return credential.Failed(check, clauseASMetadata, format, args...)
	}
	if m.Issuer != issuer {
		return fail("metadata-authorization-server", "issuer is %.200q, asked for %.200q", m.Issuer, issuer)
	}
	if err := fetch.CheckURL(m.TokenEndpoint); err != nil {
		return fail("metadata-endpoint", "token_endpoint: %w", err)
	}
	for name, address := range map[string]string{"authorization_endpoint": m.AuthorizationEndpoint, "pushed_authorization_request_endpoint": m.PushEndpoint} {
		if address == "" {
			continue
		}
		if err := fetch.CheckURL(address); err != nil {
			return fail("metadata-endpoint", "%s: %w", name, err)
		}
	}
	return nil
}

// supports reports whether the grant type may be tried: a server that lists
// none lists the defaults of RFC 8414, and issuers forget theirs.
func (m *AuthorizationServerMetadata) supports(grant string) bool {
	return len(m.GrantTypes) == 0 || slices.Contains(m.GrantTypes, grant)
}
