package jwpbbs

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strconv"
	"sync"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/internal/g1"
	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/credential/rangeproof"
)

const clauseSubProof = draft + "4.4"

// subProof is a sub-proof as it travels (section 4.4), of either algorithm.
type subProof struct {
	Algorithm string        `json:"alg"`
	Input     subProofInput `json:"input"`
	Proof     string        `json:"proof"`
}

type subProofInput struct {
	Indexes []int   `json:"i"`
	Lower   *uint64 `json:"l,omitempty"`     // range
	Upper   *uint64 `json:"u,omitempty"`     // range
	Scope   *string `json:"scope,omitempty"` // pseudonym
	Nym     *string `json:"nym,omitempty"`   // pseudonym
}

// commitmentBases are the generators (G, H) = (Y_1, Y_0) of section 5.2.
var commitmentBases = sync.OnceValue(func() *bases {
	y0, y1 := suite.CommitmentGenerators()
	return &bases{g: g1.NewBase(y1), h: g1.NewBase(y0)}
})

// rangeBases are the same with the tables that range proofs use.
var rangeBases = sync.OnceValues(func() (*rangeproof.Bases, error) {
	b := commitmentBases()
	return rangeproof.NewBases(b.g.Point, b.h.Point)
})

// transcript binds a sub-proof to the core proof, to its algorithm and to the
// index of its message (spec/jwpbbs.md section 4).
func transcript(algorithm string, index int, core bbs.Transcript) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(len(algorithm)))
	b = append(append(b, algorithm...), core[:]...)
	return binary.BigEndian.AppendUint64(b, uint64(index))
}

// statement is what a range proof proves about a commitment.
func statement(c *bls.G1Affine, asked indexRange) (*rangeproof.Statement, error) {
	b, err := rangeBases()
	if err != nil {
		return nil, err
	}
	return rangeproof.NewStatement(b, *c, asked.lower, asked.upper)
}

func proveRange(o *bbs.Opening, asked indexRange, core bbs.Transcript) ([]byte, error) {
	s, err := statement(&o.Point, asked)
	if err != nil {
		return nil, err
	}
	proof, err := ranges.Prove(s, &rangeproof.Opening{Message: o.Message, Blinding: o.Blinding}, transcript(ranges.Algorithm(), asked.index, core))
	if err != nil {
		return nil, err
	}
	return writeJSON(subProof{
		Algorithm: ranges.Algorithm(),
		Input:     subProofInput{Indexes: []int{asked.index}, Lower: &asked.lower, Upper: &asked.upper},
		Proof:     base64url.EncodeToString(proof),
	})
}

func proveName(o *bbs.Opening, audience, scope string, core bbs.Transcript) ([]byte, error) {
	u := pseudonymBase(atVerifiers, audience, scope)
	nym, proof := provePseudonym(commitmentBases(), &o.Point, u, &o.Message, &o.Blinding, transcript(PseudonymAlgorithm, o.Index, core))
	text := base64url.EncodeToString(nym)
	return writeJSON(subProof{
		Algorithm: PseudonymAlgorithm,
		Input:     subProofInput{Indexes: []int{o.Index}, Scope: &scope, Nym: &text},
		Proof:     base64url.EncodeToString(proof),
	})
}

// received is a sub-proof of a presentation that belongs to what was asked.
type received struct {
	index int
	asked indexRange // of a range
	nym   []byte     // of a pseudonym
	proof []byte
}

// match reads the sub-proofs and finds for each thing that was asked the one
// sub-proof that answers it. Whatever is left over, or missing, is refused.
func (p *plan) match(octets [][]byte, link int) (ranges []received, name *received, err error) {
	open := append([]indexRange(nil), p.ranges...)
next:
	for _, o := range octets {
		s, err := readSubProof(o)
		if err != nil {
			return nil, nil, err
		}
		if s.nym != nil {
			if p.scope == nil || name != nil || s.index != link || s.scope != string(*p.scope) {
				return nil, nil, credential.Failed("sub-proof-unasked", clauseSubProof, "a pseudonym that was not asked for")
			}
			name = &s.received
			continue
		}
		for i, asked := range open {
			if s.asked == asked {
				ranges = append(ranges, s.received)
				open = append(open[:i], open[i+1:]...)
				continue next
			}
		}
		return nil, nil, credential.Failed("sub-proof-unasked", clauseSubProof, "a range of message %d that was not asked for", s.index)
	}
	if len(open) > 0 {
		return nil, nil, credential.Failed("sub-proof-missing", ours+"4", "no proof that message %d is in its range", open[0].index)
	}
	if p.scope != nil && name == nil {
		return nil, nil, credential.Failed("sub-proof-missing", ours+"5", "no pseudonym")
	}
	return ranges, name, nil
}

type parsedSubProof struct {
	received
	scope string
}

// readSubProof reads one sub-proof of an algorithm that is known, with the
// members that it must have and no others.
func readSubProof(octets []byte) (*parsedSubProof, error) {
	wrong := func(text string) (*parsedSubProof, error) {
		return nil, credential.Failed("sub-proof-form", clauseSubProof, "%s", text)
	}
	s, err := readObject("sub-proof", clauseSubProof, octets, maxSubProof)
	if err != nil {
		return nil, err
	}
	input, ok := s["input"].(map[string]any)
	if !ok || len(s) != 3 {
		return wrong("not the members alg, input and proof")
	}
	proof, ok := s["proof"].(string)
	if !ok {
		return wrong("proof is not a string")
	}
	out := new(parsedSubProof)
	if out.proof, err = jws.ReadBase64(proof); err != nil {
		return wrong("proof is not base64url")
	}
	list, _ := input["i"].([]any)
	if len(list) != 1 {
		return wrong("i is not an array of one index")
	}
	index, ok := readInteger(list[0])
	if !ok || index > MaxMessages {
		return wrong("i has no index")
	}
	out.index = int(index)
	switch s["alg"] {
	case ranges.Algorithm():
		lower, ok := readInteger(input["l"])
		upper, both := readInteger(input["u"])
		if !ok || !both || len(input) != 3 {
			return wrong("a range without i, l and u")
		}
		out.asked = indexRange{out.index, lower, upper}
	case PseudonymAlgorithm:
		nym, _ := input["nym"].(string)
		if out.scope, ok = input["scope"].(string); !ok || len(input) != 3 {
			return wrong("a pseudonym without i, scope and nym")
		}
		if out.nym, err = base64url.DecodeString(nym); err != nil || len(out.nym) != pointSize || len(nym) != base64.RawURLEncoding.EncodedLen(pointSize) {
			return wrong("nym is not a point in base64url")
		}
	default:
		return nil, credential.Failed("sub-proof-algorithm", draft+"4.5 step 6", "an algorithm that is not supported")
	}
	return out, nil
}

// readInteger reads an integer of 64 bits in canonical decimal.
func readInteger(v any) (uint64, bool) {
	text, _ := v.(json.Number)
	n, err := strconv.ParseUint(string(text), 10, 64)
	return n, err == nil && strconv.FormatUint(n, 10) == string(text)
}
