package jwpbbs

import (
	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/rangeproof"
)

// Present answers a request with a Presented Form (section 4.1). It shows the
// claims that are asked for, proves the ranges and the credential's validity,
// shows the pseudonym if asked, and is bound to nonce and audience. Two
// answers to one request differ in fresh random values only. What cannot be
// answered is an error and never becomes a disclosure.
//
// The caller asks the person first: a range can be as telling as a
// disclosure. The caller also checks that r.ValidAt is about now.
func (c *Credential) Present(r Request) (string, error) {
	p, err := r.plan(c.layout)
	if err != nil {
		return "", err
	}
	if err := c.satisfies(&r, p); err != nil {
		return "", err
	}
	header, err := r.presentationHeader()
	if err != nil {
		return "", err
	}
	form, err := c.prove(p, header, r.Audience)
	if err != nil {
		return "", err
	}
	presented := form.String()
	if len(presented) > MaxSize {
		return "", credential.Failed("size", clauseCompact, "%d octets, more than %d", len(presented), MaxSize)
	}
	return presented, nil
}

// prove makes the presentation that a plan describes: core proof, ranges,
// pseudonym.
func (c *Credential) prove(p *plan, header []byte, audience string) (compact, error) {
	payloads := make([][]byte, c.layout.messages())
	disclosures := make([]bbs.Disclosure, c.layout.messages()+1)
	for _, i := range p.disclosed {
		payloads[i], disclosures[i] = c.payloads[i], bbs.Disclose
	}
	for _, i := range p.committed {
		disclosures[i] = bbs.Commit
	}
	core, err := suite.ProofGen(c.key, c.signature, c.layout.octets, header, c.signed, disclosures)
	if err != nil {
		return compact{}, err
	}
	openings := map[int]*bbs.Opening{}
	for i := range core.Openings {
		openings[core.Openings[i].Index] = &core.Openings[i]
	}
	proof := [][]byte{core.Octets}
	for _, asked := range p.ranges {
		octets, err := proveRange(openings[asked.index], asked, core.Transcript)
		if err != nil {
			return compact{}, err
		}
		proof = append(proof, octets)
	}
	if p.scope != nil {
		octets, err := proveName(openings[c.layout.messages()], audience, string(*p.scope), core.Transcript)
		if err != nil {
			return compact{}, err
		}
		proof = append(proof, octets)
	}
	return compact{headers: [][]byte{header, c.layout.octets}, payloads: payloads, proof: proof}, nil
}

// satisfies checks that the credential can answer, before anything is made.
func (c *Credential) satisfies(r *Request, p *plan) error {
	for _, path := range r.Disclose {
		part, _ := c.layout.claims.find(path)
		if _, ok, err := c.layout.claims.reconstruct(part, c.payloads); err != nil {
			return err
		} else if !ok {
			return credential.Failed("claim-absent", draft+"2.10", "the credential has no %.80q", path)
		}
	}
	if err := p.checkTimes(c.layout, c.payloads, uint64(r.ValidAt.Unix())); err != nil {
		return err
	}
	for _, asked := range p.ranges {
		path := c.layout.claims.leaves[asked.index].path
		k, err := parseScalar(c.payloads[asked.index])
		if err != nil {
			return credential.Failed("payload", draft+"2.6", "%s: %w", path, err)
		}
		if m := k.Uint64(); k.IsUint64() && asked.lower <= m && m < asked.upper {
			continue
		}
		if len(path) == 1 && (path[0] == "exp" || path[0] == "nbf") {
			return credential.Failed("expired", draft+"2.7", "the credential is not valid then")
		}
		return credential.Failed("range", ours+"4", "what is asked about %.80q is not so", path)
	}
	return nil
}

// ranges are proved with the short construction.
var ranges = rangeproof.VectorRange
