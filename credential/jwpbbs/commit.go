package jwpbbs

import (
	"encoding/binary"
	"sync"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
	"github.com/consensys/gnark-crypto/field/hash"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/internal/g1"
)

// CommitmentSize is the octets of a commitment that goes to the issuer: the
// commitment of blind BBS with its proof, a name, and its proof.
const CommitmentSize = bbsCommitmentSize + pointSize + pseudonymProofSize

const bbsCommitmentSize = pointSize + 3*scalarSize

// Commit begins a credential from an issuer: the commitment goes there, with
// a nonce from there, and the blinding stays with the holder, who needs both
// to use the credential. Each call gives another pair. The issuer learns from
// it the name under which it, and nobody else, knows the link secret
// (spec/jwpbbs.md section 6).
func (l *LinkSecret) Commit(issuer, nonce string) (commitment []byte, blinding *bbs.Blinding, err error) {
	m, err := l.message()
	if err != nil {
		return nil, nil, err
	}
	octets, blinding, err := suite.Commit([]bbs.Message{m})
	if err != nil {
		return nil, nil, err
	}
	var c bls.G1Affine
	if _, err := c.SetBytes(octets[:pointSize]); err != nil {
		return nil, nil, err
	}
	var s fr.Element
	s.SetBytes(blinding.Bytes())
	u := pseudonymBase(atTheIssuer, issuer, "")
	nym, proof := provePseudonym(issuanceBases(), &c, u, &l.scalar, &s, issuanceTranscript(octets, nonce))
	return append(append(octets, nym...), proof...), blinding, nil
}

// Commitment is a holder's commitment that its issuer has checked.
type Commitment struct {
	// Name is the name under which the issuer knows the link secret, in
	// base64url: the same in each commitment of one link secret to one issuer.
	// An issuer that promises one account per person keeps the name of a
	// person's first commitment, and refuses another name from the same person
	// and the same name from another.
	Name string

	octets []byte // for blind BBS
	issuer string
}

// ParseCommitment checks a commitment that was made for an issuer and its
// nonce: that the sender knows the link secret in it, and that it is the one
// with this name. The nonce should be fresh, so that a commitment that was
// seen elsewhere is refused.
func ParseCommitment(octets []byte, issuer, nonce string) (*Commitment, error) {
	const check, clause = "commitment", ours + "6"
	if len(octets) != CommitmentSize {
		return nil, credential.Failed(check, clause, "%d octets instead of %d", len(octets), CommitmentSize)
	}
	blind, nym, proof := octets[:bbsCommitmentSize], octets[bbsCommitmentSize:][:pointSize], octets[bbsCommitmentSize+pointSize:]
	c, err := g1.Decode(blind[:pointSize])
	if err != nil {
		return nil, &credential.Error{Check: check, Clause: clause, Err: err}
	}
	u := pseudonymBase(atTheIssuer, issuer, "")
	if err := verifyPseudonym(issuanceBases(), c[0], u, nym, proof, issuanceTranscript(blind, nonce)); err != nil {
		return nil, &credential.Error{Check: check, Clause: clause, Err: err}
	}
	return &Commitment{Name: base64url.EncodeToString(nym), octets: append([]byte(nil), blind...), issuer: issuer}, nil
}

func issuanceTranscript(blind []byte, nonce string) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(len(nonce)))
	return append(append(b, nonce...), blind...)
}

// issuanceBases are (J_1, Q_2): the generators of a commitment to one message
// (draft-irtf-cfrg-bbs-blind-signatures-03 section 4.1.1).
var issuanceBases = sync.OnceValue(func() *bases {
	q := createGenerators(2, "BLIND_"+suite.ID())
	return &bases{g: g1.NewBase(q[1]), h: g1.NewBase(q[0])}
})

// createGenerators is create_generators, draft-irtf-cfrg-bbs-signatures-11
// section 4.1.1, for BLS12-381-SHA-256.
func createGenerators(count int, apiID string) []bls.G1Affine {
	const length = 48 // expand_len
	expand := func(message []byte) []byte {
		v, err := hash.ExpandMsgXmd(message, []byte(apiID+"SIG_GENERATOR_SEED_"), length)
		if err != nil {
			panic("jwpbbs: " + err.Error()) // a constant tag of over 255 octets
		}
		return v
	}
	v := expand([]byte(apiID + "MESSAGE_GENERATOR_SEED"))
	out := make([]bls.G1Affine, count)
	for i := range out {
		v = expand(binary.BigEndian.AppendUint64(v, uint64(i+1)))
		p, err := bls.HashToG1(v, []byte(apiID+"SIG_GENERATOR_DST_"))
		if err != nil {
			panic("jwpbbs: " + err.Error())
		}
		out[i] = p
	}
	return out
}
