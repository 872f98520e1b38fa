package issuer

import (
	"net/http"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
)

// configurations describe what is issued (OpenID4VCI 1.0 section 12.2.4 and
// appendix A).
func configurations(alg jose.SignatureAlgorithm) map[string]openid4vci.CredentialConfiguration {
	display := []openid4vci.Display{{Name: "Person", Locale: "en"}}
	return map[string]openid4vci.CredentialConfiguration{
		PersonSDJWT: {
			Format: credential.SDJWT, Scope: PersonSDJWT, Type: spec.CredentialType,
			SigningAlgs: []any{string(alg)}, BindingMethods: []string{"jwk"},
			ProofTypes: map[string]openid4vci.ProofType{"jwt": {SigningAlgs: openid4vci.ProofAlgs}},
			Metadata:   &openid4vci.CredentialMetadata{Display: display, Claims: descriptions()},
		},
		PersonBBS: {
			Format: credential.BBS2023, Scope: PersonBBS, SigningAlgs: []any{"bbs-2023"},
			Definition: &openid4vci.CredentialDefinition{
				Context: []any{spec.CredentialsV2, spec.CredentialContext},
				Type:    []string{"VerifiableCredential", spec.CredentialClass},
			},
			Metadata: &openid4vci.CredentialMetadata{Display: display, Claims: descriptions("credentialSubject")},
		},
		PersonJWP: {
			Format: credential.JWPBBS, Scope: PersonJWP, Type: jwpbbs.PersonType,
			SigningAlgs: []any{jwpbbs.Algorithm}, BindingMethods: []string{"link_secret"},
			ProofTypes: map[string]openid4vci.ProofType{openid4vci.LinkSecretProofs: {SigningAlgs: []string{jwpbbs.Algorithm}}},
			Metadata:   &openid4vci.CredentialMetadata{Display: display, Claims: descriptions()},
		},
	}
}

func descriptions(under ...any) []openid4vci.ClaimDescription {
	all := make([]openid4vci.ClaimDescription, len(spec.Claims))
	for i, claim := range spec.Claims {
		all[i] = openid4vci.ClaimDescription{Path: append(append([]any{}, under...), claim), Mandatory: true}
	}
	return all
}

// jwtVCIssuer is JWT VC Issuer Metadata (draft-ietf-oauth-sd-jwt-vc-24
// section 4.2), with the method that verifies person-bbs
// and person-jwp beside it.
type jwtVCIssuer struct {
	Issuer string             `json:"issuer"`
	JWKS   jose.JSONWebKeySet `json:"jwks"`
	BBS    string             `json:"bbs_verification_method"`
}

func (s *Server) serveKeys(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "max-age=3600")
	return answer(w, http.StatusOK, s.keys)
}
