package wallet

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/credential/statuslist"
	"github.com/halfmask/halfmask/spec"
)

// The checks in this file are about person credentials: whether one says
// something in every presentation that is not the same for everybody, by
// which its issuer, alone or with platforms, could follow the person.
const clauseClaims = "spec/claims.md"

// epochSkew is how far the issuer's clock may be from the wallet's when a
// month begins.
const epochSkew = 10 * time.Minute

// checkEpoch holds the times that a presentation shows against those that
// everybody gets. The JWP form hides its end, but a platform can ask for
// validity on one day after another.
func checkEpoch(k *kept, now time.Time, others ...time.Time) error {
	for _, at := range []time.Time{now, now.Add(-epochSkew), now.Add(epochSkew)} {
		from, until := spec.Epoch(at)
		odd := func(t time.Time) bool { return !t.IsZero() && !t.Equal(from) }
		if (k.ValidFrom.Equal(from) || k.Format == credential.JWPBBS) && k.ValidUntil.Equal(until) && !slices.ContainsFunc(others, odd) {
			return nil
		}
	}
	return credential.Failed("credential-times", clauseClaims, "its times are not those that everybody gets this month, so they single it out")
}

// checkSDJWTMarks refuses a claim that could not be withheld. A place in a
// status list is one, and the issuer's choice for this form (R-STA-02): it is
// taken, and whoever is asked to show it learns what it means.
func checkSDJWTMarks(c *sdjwt.Credential, k *kept, now time.Time) error {
	if k.Type != spec.CredentialType {
		return nil
	}
	if err := checkEpoch(k, now, c.IssuedAt()); err != nil {
		return err
	}
	if err := checkStatusMark(c.Claims()); err != nil {
		return err
	}
	for _, name := range claimNames(c.Claims()) {
		if _, hideable := k.Claims[name]; !hideable && !slices.Contains([]string{"iss", "iat", "nbf", "exp", "cnf", "vct", "status"}, name) {
			return credential.Failed("credential-marks", clauseClaims, "claim %.40q would be in every presentation", name)
		}
	}
	return nil
}

// checkStatusMark refuses a status that says more than a place in a list.
func checkStatusMark(claims map[string]any) error {
	reference, err := statuslist.ReferenceIn(claims)
	if reference == nil || err != nil {
		return err
	}
	status := claims["status"].(map[string]any)
	if len(status) != 1 || len(status["status_list"].(map[string]any)) != 2 {
		return credential.Failed("credential-marks", clauseClaims, "status says more than a place in a list")
	}
	return nil
}

// checkBBSMarks derives a proof that discloses nothing and looks at what it
// shows.
func checkBBSMarks(raw string, v *bbs2023.Issued, k *kept, now time.Time) error {
	if k.Type != spec.CredentialClass {
		return nil
	}
	var created time.Time
	if v.Created != "" {
		var err error
		if created, err = moment(v.Created); err != nil {
			return credential.Failed("credential-times", clauseClaims, "created: %w", err)
		}
	}
	if err := checkEpoch(k, now, created); err != nil {
		return err
	}
	derived, err := bbs2023.Derive([]byte(raw), nil, nil)
	if err != nil {
		return err
	}
	var shown map[string]any
	if err := json.Unmarshal(derived, &shown); err != nil {
		return err
	}
	for _, name := range claimNames(shown) {
		if !slices.Contains([]string{"@context", "type", "issuer", "validFrom", "validUntil", "proof"}, name) {
			return credential.Failed("credential-marks", clauseClaims, "%.40q would be in every presentation", name)
		}
	}
	if _, named := k.Claims["id"]; named {
		return credential.Failed("credential-marks", clauseClaims, "its subject has an id, which would be in every presentation")
	}
	return nil
}
