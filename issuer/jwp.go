package issuer

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/protocol/openid4vci"
)

// signJWP makes one person-jwp on the link secret that the wallet committed
// to.
func (s *Server) signJWP(claims map[string]any, p openid4vci.Proved, until time.Time) (string, error) {
	commitment, ok := p.Value.(*jwpbbs.Commitment)
	if !ok {
		return "", fmt.Errorf("issuer: a proof of type %s is no commitment", p.Type)
	}
	days, err := jwpbbs.PersonClaims(claims, until)
	if err != nil {
		return "", err
	}
	issued, err := jwpbbs.Issue(s.bbsKey, s.layout, days, commitment)
	var failed *credential.Error
	if errors.As(err, &failed) && failed.Check == "bbs-commitment" { // the one check of a commitment that signing makes
		return "", refuse(http.StatusBadRequest, openid4vci.InvalidProof, "%v", err)
	}
	return issued, err
}

// link holds a person to one link secret (spec/jwpbbs.md section 6): to that
// of the first commitment after each enrollment, and never to another
// person's. Otherwise one person would be as many accounts on a platform as
// they like, or several people one.
func (g *register) link(id string, proved []openid4vci.Proved) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	p, ok := g.people[id]
	if !ok {
		return errUnknown
	}
	for _, proof := range proved {
		c, ok := proof.Value.(*jwpbbs.Commitment)
		if !ok {
			return fmt.Errorf("issuer: a proof of type %s is no commitment", proof.Type)
		}
		switch owner, known := g.byLink[c.Name]; {
		case known && owner != id:
			return refuse(http.StatusBadRequest, openid4vci.InvalidProof, "the link secret is another person's; each person has a wallet of their own")
		case p.LinkName == "":
			p.LinkName = c.Name
			if !known {
				g.byLink[c.Name] = id
				p.LinkSecrets++
			}
		case p.LinkName != c.Name:
			return refuse(http.StatusBadRequest, openid4vci.InvalidProof, "the link secret is not the one that this person began with; whoever lost it enrolls again, and is then new to every platform")
		}
	}
	return nil
}
