package verifier

import (
	"slices"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
)

// Identifiers of the credential queries that QueryFor makes.
const (
	QuerySDJWT = "person-sd-jwt"
	QueryBBS   = "person-bbs"
)

// QueryFor asks for the claims of a person credential in one of the formats;
// without a format, in either. The wallet answers with what it has: with
// several formats, each is an option of one credential set. ldp_vc is asked
// for without holder binding, because the bbs-2023 baseline has none.
func QueryFor(claims []string, formats ...credential.Format) openid4vp.Query {
	if len(formats) == 0 {
		formats = []credential.Format{credential.BBS2023, credential.SDJWT}
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
