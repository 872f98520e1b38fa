package holder

import (
	"crypto/x509"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// Held is a credential at hand.
type Held struct {
	ID     string            // the wallet's own name for it; never sent
	Format credential.Format // SDJWT, BBS2023 or JWPBBS
	Raw    string            // as received from the issuer
	Shown  int               // how many presentations were made from it before

	// JWP is a credential of format JWPBBS with the link secret that makes it
	// usable (jwpbbs.Receive); it takes the place of Raw.
	JWP *jwpbbs.Credential
}

// opened is a Held that was read.
type opened struct {
	held     Held
	index    int            // position among the credentials at hand
	document map[string]any // what claims paths are applied to
	kind     string         // vct or JSON-LD class
	always   []string       // what every presentation shows
	bindable bool           // possession of a key can be proved

	certificates []*x509.Certificate // of the issuer, as the credential carries them
	is           func(openid4vp.Meta) bool
	// withhold tells whether the claim at the path can be withheld, and is an
	// error when it cannot be disclosed by itself.
	withhold func(openid4vp.Path) (bool, error)
	// proves answers a claim query by a proof about hidden values; nil, or
	// the claim nil, when it asks for a value. An error leaves it unanswered.
	proves func(openid4vp.ClaimQuery, openid4vp.Meta) (*Claim, error)
	// usable tells whether the credential is one for a query with this meta;
	// nil is yes.
	usable  func(openid4vp.Meta) error
	present func(claims []Claim, b binding) (openid4vp.Presentation, error)
}

func open(h Held, index int) (*opened, error) {
	var o *opened
	var err error
	switch h.Format {
	case credential.SDJWT:
		o, err = openSDJWT(h)
	case credential.BBS2023:
		o, err = openBBS(h)
	case credential.JWPBBS:
		o, err = openJWP(h)
	default:
		return nil, credential.Failed("credential-format", "OpenID4VP 1.0 appendix B", "format %q is unknown", h.Format)
	}
	if err != nil {
		return nil, err
	}
	o.held, o.index = h, index
	return o, nil
}
