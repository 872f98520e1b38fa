package standin

import (
	"time"

	"github.com/halfmask/halfmask/spec"
)

// Policy says which of a person's credentials a login uses. It is part of
// the schedule: the design follows it, and so does the model.
type Policy struct {
	Kind PolicyKind
	Size int // of a batch
}

// PolicyKind is how a wallet goes through its credentials.
type PolicyKind uint8

// The kinds.
const (
	OneCredential PolicyKind = iota // until the next renewal
	OnceOnly                        // each credential once, and a fresh batch when it is used up
	Rotating                        // in turn, over and over
	PerVerifier                     // one for each platform
	LimitedTime                     // each for its share of the month
)

// Copy gives the credential that a login uses: nth counts the person's logins
// from 0 since the last issuance but those of refills, which v.Issue counts.
func (p Policy) Copy(v *Visit, nth int) uint32 {
	size := max(p.Size, 1)
	switch p.Kind {
	case Rotating:
		nth %= size
	case PerVerifier:
		nth = int(v.Platform)
	case LimitedTime:
		nth = (spec.DateOf(time.Unix(v.Second, 0)).Day - 1) * size / 31
	case OneCredential:
		nth = 0
	}
	return v.Issue<<20 | uint32(nth)
}
