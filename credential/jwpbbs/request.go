package jwpbbs

import (
	"crypto/sha256"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/halfmask/halfmask/credential"
)

// Request is what a verifier asks for. The verifier sends its content in
// whatever protocol it speaks, the holder answers it with
// [Credential.Present], and the verifier checks the answer against its own
// copy with [Verify]: a presentation shows exactly what was asked for.
type Request struct {
	Type     string    // the type of the credential: vct
	Nonce    string    // fresh for each request and not to be guessed
	Audience string    // the verifier's full client identifier
	ValidAt  time.Time // the credential must be valid then; fractions of a second do not count

	// Disclose lists what is to be shown in the clear: leaves, or objects and
	// arrays with all that is in them.
	Disclose []Path
	// Ranges lists what is to be proved about values that stay hidden.
	Ranges []Range
	// Pseudonym asks under which name the verifier knows the holder; nil does
	// not ask.
	Pseudonym *Scope
	// Transactions are the SHA-256 of what the holder agrees to with this
	// presentation, such as the transaction_data of OpenID4VP.
	Transactions [][sha256.Size]byte
}

// Range says that an integer leaf is at least Lower and less than Upper. It
// must leave room for two values.
type Range struct {
	Path         Path
	Lower, Upper uint64
}

// Scope tells apart the names that one verifier knows a holder by: a name is
// the same whenever Audience and Scope are, and has nothing to do with any
// other. The empty Scope is as good as any. No verifier can ask for the name
// that another verifier knows, because the audience is that of the request.
type Scope string

// Validity is how far the times of a credential may lie from the moment at
// which its validity is proved: 2^27 seconds, some four years. It is the
// width of the ranges for exp and nbf, the same for everybody.
const Validity = 1 << 27

// plan is a request applied to a layout: which message does what. Holder and
// verifier make the same.
type plan struct {
	disclosed []int        // ascending
	ranges    []indexRange // by index, and for one index in the order of the request
	committed []int        // ascending; the link secret included if scope is not nil
	scope     *Scope
}

type indexRange struct {
	index        int
	lower, upper uint64
}

// plan applies the request. It refuses a request that asks for what the
// layout has not, and never turns a range into a disclosure.
func (r *Request) plan(l *Layout) (*plan, error) {
	const check, clause = "request", ours + "4"
	failed := func(format string, args ...any) (*plan, error) {
		return nil, credential.Failed(check, clause, format, args...)
	}
	switch {
	case r.Nonce == "" || !isText(r.Nonce):
		return failed("a nonce of %d octets", len(r.Nonce))
	case r.Audience == "" || !isText(r.Audience):
		return failed("an audience of %d octets", len(r.Audience))
	case r.ValidAt.Unix() < Validity:
		return failed("no moment at which the credential is to be valid")
	case r.Type != l.typ:
		return nil, credential.Failed("type", clause, "a credential of type %.80q, asked for %.80q", l.typ, r.Type)
	case r.Pseudonym != nil && !isText(string(*r.Pseudonym)):
		return failed("a scope of %d octets", len(*r.Pseudonym))
	case len(r.Transactions) > maxTransactions:
		return failed("%d transactions, more than %d", len(r.Transactions), maxTransactions)
	}
	p := &plan{scope: r.Pseudonym}
	for _, path := range r.Disclose {
		part, ok := l.claims.find(path)
		if !ok || len(path) == 0 {
			return nil, credential.Failed("request-claim", clause, "the layout has no claim %.80q", path)
		}
		p.disclosed = part.indexes(p.disclosed)
	}
	slices.Sort(p.disclosed)
	p.disclosed = slices.Compact(p.disclosed)

	for _, asked := range r.Ranges {
		index, ok := l.claims.scalarLeaf(asked.Path)
		if !ok {
			return nil, credential.Failed("request-range", clause, "%.80q is no integer leaf, nothing can be proved about it", asked.Path)
		}
		if slices.Contains(p.disclosed, index) {
			return nil, credential.Failed("request-range", clause, "%.80q is asked for in the clear as well", asked.Path)
		}
		p.ranges = append(p.ranges, indexRange{index, asked.Lower, asked.Upper})
	}
	p.addTimes(l, uint64(r.ValidAt.Unix()))
	if len(p.ranges) > MaxSubProofs-1 {
		return failed("%d ranges, more than %d", len(p.ranges), MaxSubProofs-1)
	}
	for i, one := range p.ranges {
		if one.upper <= one.lower || one.upper-one.lower < 2 {
			return nil, credential.Failed("request-range", clause, "[%d, %d) has no room for two values", one.lower, one.upper)
		}
		if slices.Contains(p.ranges[:i], one) {
			return nil, credential.Failed("request-range", clause, "one range is asked for twice")
		}
		p.committed = append(p.committed, one.index)
	}
	if p.scope != nil {
		p.committed = append(p.committed, l.messages())
	}
	slices.Sort(p.committed)
	p.committed = slices.Compact(p.committed)
	return p, nil
}

// isText reports whether s is UTF-8, which JSON carries unchanged, and short.
func isText(s string) bool { return len(s) <= maxText && utf8.ValidString(s) }

// addTimes asks that the credential is valid at a moment: exp later, and nbf
// not later (RFC 7519 sections 4.1.4 and 4.1.5), without showing them.
// Disclosed ones are read instead.
func (p *plan) addTimes(l *Layout, at uint64) {
	for name, one := range map[string]indexRange{
		"exp": {lower: at + 1, upper: at + 1 + Validity},
		"nbf": {lower: at + 1 - Validity, upper: at + 1},
	} {
		index, ok := l.claims.scalarLeaf(Path{name})
		if ok && !slices.Contains(p.disclosed, index) {
			one.index = index
			p.ranges = append(p.ranges, one)
		}
	}
	slices.SortStableFunc(p.ranges, func(a, b indexRange) int { return a.index - b.index })
}

// checkTimes checks exp and nbf where they are disclosed.
func (p *plan) checkTimes(l *Layout, payloads [][]byte, at uint64) error {
	for _, name := range []string{"exp", "nbf"} {
		index, ok := l.claims.scalarLeaf(Path{name})
		if !ok || !slices.Contains(p.disclosed, index) {
			continue
		}
		k, err := parseScalar(payloads[index])
		if err != nil || isDecoy(payloads[index], true) {
			return credential.Failed("time", draft+"2.7", "%s is no time", name)
		}
		if t := k.Uint64(); k.IsUint64() && name == "exp" && t <= at || name == "nbf" && (!k.IsUint64() || t > at) {
			return credential.Failed("expired", draft+"2.7", "%s is %d, the moment %d", name, t, at)
		}
	}
	return nil
}
