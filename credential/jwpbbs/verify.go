package jwpbbs

import (
	"slices"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/internal/g1"
)

// Verified is what a presentation showed.
type Verified struct {
	Issuer string // iss: the party whose trusted key verified
	Type   string // vct
	// Claims is the reconstructed payload (section 4.7): vct and what was
	// disclosed, with numbers as json.Number.
	Claims map[string]any
	// Ranges are those that were asked for. They hold.
	Ranges []Range
	// Ends tells that the type has exp, and that it was later than ValidAt.
	Ends bool
	// Pseudonym is the name under which the verifier knows the holder, in
	// base64url, or empty when it did not ask.
	Pseudonym string
}

// Verify checks a Presented Form against the request that it answers (section
// 4.5). key gives the public key of the issuer that the header names; it must
// know trusted issuers only, and its error is returned wrapped.
//
// The answer must show what was asked for, neither less nor more. A failed
// check is a [*credential.Error] that names it.
func Verify(presented string, key func(issuer string) (*bbs.PublicKey, error), r Request) (*Verified, error) {
	form, err := parseCompact(presented, 2)
	if err != nil {
		return nil, err
	}
	presentation, issuer := form.headers[0], form.headers[1]
	l, err := ParseLayout(issuer)
	if err != nil {
		return nil, err
	}
	if err := r.checkPresentationHeader(presentation); err != nil {
		return nil, err
	}
	p, err := r.plan(l)
	if err != nil {
		return nil, err
	}
	messages, err := p.checkPayloads(l, form.payloads)
	if err != nil {
		return nil, err
	}
	inRange, name, err := p.match(form.proof[1:], l.messages())
	if err != nil {
		return nil, err
	}
	v := &Verified{Issuer: l.issuer, Type: l.typ, Ranges: slices.Clone(r.Ranges)}
	_, v.Ends = l.claims.scalarLeaf(Path{Expires})
	if v.Claims, err = l.payload(&r, form.payloads); err != nil {
		return nil, err
	}
	pk, err := key(l.issuer)
	if err != nil {
		return nil, credential.Failed("issuer-key", ours+"2", "no key for issuer %.80q: %w", l.issuer, err)
	}
	shown, err := suite.ProofVerify(pk, form.proof[0], issuer, presentation, l.messages(), messages, p.disclosed)
	if err != nil {
		return nil, err
	}
	if shown.Total != l.messages()+1 {
		return nil, credential.Failed("payload-count", ours+"2", "%d signed messages, not %d", shown.Total, l.messages()+1)
	}
	commitments := map[int]*bls.G1Affine{}
	for i, c := range shown.Commitments {
		if i >= len(p.committed) || p.committed[i] != c.Index {
			return nil, credential.Failed("commitments", clauseSubProof, "a commitment to message %d that nothing was asked about", c.Index)
		}
		commitments[c.Index] = &shown.Commitments[i].Point
	}
	if len(commitments) != len(p.committed) {
		return nil, credential.Failed("commitments", clauseSubProof, "%d commitments for %d messages", len(commitments), len(p.committed))
	}
	if err := p.checkTimes(l, form.payloads, uint64(r.ValidAt.Unix())); err != nil {
		return nil, err
	}
	slices.SortStableFunc(inRange, func(a, b received) int { return l.timeFirst(a.index) - l.timeFirst(b.index) })
	for _, s := range inRange {
		st, err := statement(commitments[s.index], s.asked)
		if err != nil {
			return nil, err
		}
		if err := ranges.Verify(st, s.proof, transcript(ranges.Algorithm(), s.index, shown.Transcript)); err != nil {
			if l.timeFirst(s.index) == 0 {
				err = &credential.Error{Check: "validity", Clause: draft + "2.7", Err: err}
			}
			return nil, err
		}
	}
	if name != nil {
		u := pseudonymBase(atVerifiers, r.Audience, string(*p.scope))
		c := g1.NewPoint(commitments[name.index]) // the core proof's, checked there
		if err := verifyPseudonym(commitmentBases(), c, u, name.nym, name.proof, transcript(PseudonymAlgorithm, name.index, shown.Transcript)); err != nil {
			return nil, &credential.Error{Check: "pseudonym", Clause: ours + "5", Err: err}
		}
		v.Pseudonym = base64url.EncodeToString(name.nym)
	}
	return v, nil
}

// checkPayloads checks that the payloads are those at the disclosed indexes
// and derives their messages.
func (p *plan) checkPayloads(l *Layout, payloads [][]byte) ([]bbs.Message, error) {
	if len(payloads) != l.messages() {
		return nil, credential.Failed("payload-count", draft+"4.1", "%d payloads for %d messages", len(payloads), l.messages())
	}
	var messages []bbs.Message
	for i, payload := range payloads {
		path, scalar := l.claims.leaves[i].path, l.claims.leaves[i].scalar
		switch asked := slices.Contains(p.disclosed, i); {
		case asked && payload == nil:
			return nil, credential.Failed("disclosure-missing", ours+"4", "%.80q is not shown", path)
		case !asked && payload != nil:
			return nil, credential.Failed("disclosure-unasked", ours+"4", "%.80q is shown and was not asked for", path)
		case asked:
			m, err := message(payload, scalar)
			if err != nil {
				return nil, credential.Failed("payload", draft+"4.5 step 3", "%s: %w", path, err)
			}
			messages = append(messages, m)
		}
	}
	return messages, nil
}

// payload reconstructs the JSON payload (section 4.7) and checks that nothing
// that was asked for is absent.
func (l *Layout) payload(r *Request, payloads [][]byte) (map[string]any, error) {
	v, _, err := l.claims.reconstruct(l.claims.root, payloads)
	if err != nil {
		return nil, err
	}
	claims, _ := v.(map[string]any)
	for _, path := range r.Disclose {
		part, _ := l.claims.find(path)
		if _, ok, _ := l.claims.reconstruct(part, payloads); !ok {
			return nil, credential.Failed("claim-absent", draft+"2.10", "the credential has no %.80q", path)
		}
	}
	claims["vct"] = l.typ
	return claims, nil
}

// timeFirst is 0 for exp and nbf and 1 for other messages.
func (l *Layout) timeFirst(index int) int {
	if path := l.claims.leaves[index].path; len(path) == 1 && (path[0] == "exp" || path[0] == "nbf") {
		return 0
	}
	return 1
}
