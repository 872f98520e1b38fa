package issuer

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
)

// mandatory is what every presentation of person-bbs discloses: the same for
// everybody in an epoch.
var mandatory = []string{"/issuer", "/validFrom", "/validUntil"}

// issue makes the credentials of a configuration for a person, as the person
// is today.
func (s *Server) issue(subject, configuration string, proved []openid4vci.Proved) ([]string, error) {
	attributes, err := s.register.inGoodStanding(subject)
	if err != nil {
		return nil, denied(err)
	}
	if err := s.register.guardian(subject).err(); err != nil {
		return nil, err
	}
	now := s.now()
	from, until := s.epoch(now)
	claims := attributes.Claims(spec.DateOf(now))
	if err := complete(claims); err != nil {
		return nil, err
	}
	var issued []string
	var places []StatusPlace
	switch configuration {
	case PersonSDJWT:
		for i := range proved {
			plain := map[string]any{}
			if s.status != nil {
				place, reference, err := s.status.draw(from, until)
				if err != nil {
					return nil, err
				}
				places = append(places, place)
				plain["status"] = reference.Claim()
			}
			c, err := s.signSDJWT(claims, plain, &proved[i].Key, from, until)
			if err != nil {
				return nil, err
			}
			issued = append(issued, c)
		}
	case PersonBBS:
		c, err := s.signBBS(claims, from, until)
		if err != nil {
			return nil, err
		}
		issued = append(issued, c)
	case PersonJWP:
		if err := s.register.link(subject, proved); err != nil {
			return nil, err
		}
		for _, p := range proved {
			c, err := s.signJWP(claims, p, until)
			if err != nil {
				return nil, err
			}
			issued = append(issued, c)
		}
	default:
		return nil, fmt.Errorf("issuer: no configuration %s", configuration)
	}
	// An order that came while we signed keeps them from leaving.
	if err := s.register.count(subject, issuance{configuration, len(issued), now, until, places}); err != nil {
		return nil, denied(err)
	}
	return issued, nil
}

// complete makes sure that nobody gets a credential with more or fewer claims
// than everybody else.
func complete(claims map[string]any) error {
	for _, c := range spec.Claims {
		if claims[c] == nil {
			return fmt.Errorf("issuer: claim %s has no value", c)
		}
	}
	if len(claims) != len(spec.Claims) {
		return fmt.Errorf("issuer: %d claims instead of %d", len(claims), len(spec.Claims))
	}
	return nil
}

func (s *Server) signSDJWT(claims, plain map[string]any, holder *jose.JSONWebKey, from, until time.Time) (string, error) {
	return sdjwt.Issue(s.signing, sdjwt.Template{
		Issuer: s.url, Type: spec.CredentialType,
		IssuedAt: from, NotBefore: from, Expires: until,
		HolderKey: holder, Claims: plain, Disclosable: claims,
	})
}

func (s *Server) signBBS(claims map[string]any, from, until time.Time) (string, error) {
	document, err := json.Marshal(map[string]any{
		"@context":          []string{spec.CredentialsV2, spec.CredentialContext},
		"type":              []string{"VerifiableCredential", spec.CredentialClass},
		"issuer":            s.BBSIssuer(),
		"validFrom":         from.UTC().Format(time.RFC3339),
		"validUntil":        until.UTC().Format(time.RFC3339),
		"credentialSubject": claims,
	})
	if err != nil {
		return "", err
	}
	secured, err := bbs2023.CreateBaseProof(document, bbs2023.Options{
		VerificationMethod: s.keys.BBS, Created: from, MandatoryPointers: mandatory,
	}, s.bbsKey)
	if err != nil {
		return "", err
	}
	return string(secured), nil
}
