package holder

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// binding ties a presentation to one request.
type binding struct {
	audience, nonce string
	carried         []openid4vp.Transaction // what the person agrees to with it
	request         *openid4vp.Request
	asked           openid4vp.CredentialQuery
	key             func() (jose.SigningKey, error) // the holder's key for this credential
	support         openid4vp.FormatSupport         // what the verifier can check
	now             time.Time
}

// Present builds the presentations of a selection for the request that it was
// made for, each bound to the request's nonce, audience and transactions. The
// function keys gives the holder's key for the credential with that Held.ID;
// it is asked for key-bound credentials only and may be nil without them. The
// time goes into key binding JWTs, in whole seconds.
func Present(sel *Selection, req *openid4vp.Request, keys func(heldID string) (jose.SigningKey, error), now time.Time) (openid4vp.VPToken, error) {
	if err := req.Validate(); err != nil {
		return nil, err
	}
	if sel == nil || len(sel.Picks) == 0 {
		return nil, errors.New("holder: nothing was selected")
	}
	token := openid4vp.VPToken{}
	for _, p := range sel.Picks {
		asked, ok := req.Query.Credential(p.Query)
		if !ok || asked.Format != p.Format || p.from == nil || !asksFor(asked, p.Claims) {
			return nil, fmt.Errorf("holder: the selection was not made for this request: credential query %q", p.Query)
		}
		if !asked.WithoutHolderBinding && !p.Bound {
			return nil, credential.Failed("holder-binding", "OpenID4VP 1.0 section 6.1", "credential query %q requires holder binding", p.Query)
		}
		carried, err := req.TransactionsFor(p.Query, sel.Answers)
		if err != nil {
			return nil, err
		}
		support, ok := req.Metadata.Formats[p.Format]
		if !ok {
			return nil, unsupported("the verifier does not list the format %q", p.Format)
		}
		key := func() (jose.SigningKey, error) {
			if keys == nil {
				return jose.SigningKey{}, errors.New("no keys at hand")
			}
			return keys(p.HeldID)
		}
		shown, err := p.from.present(p.Claims, binding{req.Audience(), req.Nonce, carried, req, asked, key, support, now})
		if err != nil {
			return nil, fmt.Errorf("holder: present for credential query %q: %w", p.Query, err)
		}
		token[p.Query] = append(token[p.Query], shown)
	}
	return token, nil
}

// asksFor reports whether one combination of claims that the query asks for
// holds every claim.
func asksFor(q openid4vp.CredentialQuery, claims []Claim) bool {
	return slices.ContainsFunc(q.Sets(), func(set []openid4vp.ClaimQuery) bool {
		return !slices.ContainsFunc(claims, func(c Claim) bool {
			return !slices.ContainsFunc(set, func(asked openid4vp.ClaimQuery) bool { return asked.Path.Equal(c.Path) })
		})
	})
}

func unsupported(format string, args ...any) error {
	return &openid4vp.Error{
		Code: openid4vp.VPFormatsNotSupported,
		Err:  credential.Failed("vp-formats", "OpenID4VP 1.0 section 11.1", format, args...),
	}
}
