package standin

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
	LimitedTime                     // one for each month
)

// Copy gives the credential that a login uses: nth counts the person's logins
// from 0, issue the issuances.
func (p Policy) Copy(v *Visit, nth int) uint32 {
	size := max(p.Size, 1)
	switch p.Kind {
	case OnceOnly:
		return uint32(nth)
	case Rotating:
		return uint32(nth % size)
	case PerVerifier:
		return uint32(v.Platform)
	case LimitedTime:
		return uint32(month(v.Second))
	}
	return v.Issue
}
