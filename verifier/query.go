package verifier

import (
	"slices"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
)

// Identifiers of the credential queries that QueryFor makes.
const (
	QuerySDJWT = "person-sd-jwt"
	QueryBBS   = "person-bbs"
	QueryJWP   = "person-jwp"
)

// QueryFor asks for the claims of a person credential in one of the formats;
// without a format, in any. The wallet answers with what it has: with several
// formats, each is an option of one credential set. ldp_vc is asked for without
// holder binding, because the bbs-2023 baseline has none. Claims are asked for
// with whatever value they have: [Proving] asks for proofs instead.
func QueryFor(claims []string, formats ...credential.Format) openid4vp.Query {
	if len(formats) == 0 {
		formats = []credential.Format{credential.JWPBBS, credential.BBS2023, credential.SDJWT}
	}
	var q openid4vp.Query
	var set openid4vp.CredentialSetQuery
	for _, f := range formats {
		c := openid4vp.CredentialQuery{Format: f}
		var under openid4vp.Path
		switch f {
		case credential.SDJWT:
			c.ID = QuerySDJWT
			c.Meta.VCTValues = []string{spec.CredentialType}
		case credential.BBS2023:
			c.ID = QueryBBS
			c.Meta.TypeValues = [][]string{{openid4vp.VerifiableCredentialIRI, openid4vp.PersonCredentialIRI}}
			c.WithoutHolderBinding = true
			under = openid4vp.Path{"credentialSubject"}
		case credential.JWPBBS:
			c.ID = QueryJWP
			c.Meta.VCTValues = []string{jwpbbs.PersonType}
		default:
			c.ID = string(f)
		}
		for _, name := range claims {
			c.Claims = append(c.Claims, openid4vp.ClaimQuery{Path: append(slices.Clone(under), name)})
		}
		q.Credentials = append(q.Credentials, c)
		set.Options = append(set.Options, []string{c.ID})
	}
	if len(formats) > 1 {
		q.CredentialSets = []openid4vp.CredentialSetQuery{set}
	}
	return q
}

// Proving asks a person credential in JWP form for claims with the value true
// and for nothing else: what is about an age, such as age_over_18 or
// age_over_21, or openid4vp.DocumentValid, is then proved and not shown. A
// pseudonym, when one is asked for, makes an account.
func Proving(pseudonym *openid4vp.PseudonymQuery, claims ...string) openid4vp.Query {
	q := QueryFor(claims, credential.JWPBBS)
	c := &q.Credentials[0]
	c.Meta.Pseudonym = pseudonym
	for i := range c.Claims {
		c.Claims[i].Values = []any{true}
	}
	return q
}
