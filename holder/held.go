package holder

import (
	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// Held is a credential at hand.
type Held struct {
	ID     string            // the wallet's own name for it; never sent
	Format credential.Format // SDJWT or BBS2023
	Raw    string            // as received from the issuer
	Shown  int               // how many presentations were made from it before
}

// opened is a Held that was read.
type opened struct {
	held     Held
	index    int            // position among the credentials at hand
	document map[string]any // what claims paths are applied to
	kind     string         // vct or JSON-LD class
	always   []string       // what every presentation shows
	bindable bool           // possession of a key can be proved
	is       func(openid4vp.Meta) bool
	// withhold tells whether the claim at the path can be withheld, and is an
	// error when it cannot be disclosed by itself.
	withhold func(openid4vp.Path) (bool, error)
	present  func(claims []Claim, b binding) (openid4vp.Presentation, error)
}

func open(h Held, index int) (*opened, error) {
	var o *opened
	var err error
	switch h.Format {
	case credential.SDJWT:
		o, err = openSDJWT(h)
	case credential.BBS2023:
		o, err = openBBS(h)
	default:
		return nil, credential.Failed("credential-format", "OpenID4VP 1.0 appendix B", "format %q is unknown", h.Format)
	}
	if err != nil {
		return nil, err
	}
	o.held, o.index = h, index
	return o, nil
}
