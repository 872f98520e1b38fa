package bbs

import (
	"fmt"
	"io"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs/internal/core"
)

const nymSpec = "draft-irtf-cfrg-bbs-pseudonyms-03 section "

const (
	// PseudonymSize is the octets of a pseudonym, a compressed point: 48.
	PseudonymSize = core.PointLength
	// MaxNymSecrets bounds the vector of pseudonym secrets: 256.
	MaxNymSecrets = 256
)

// PseudonymSuite signs as [BlindSuite] does, with a vector of secrets among
// the committed messages from which a proof computes a pseudonym: the same in
// each proof of one signature for the same context, unlinkable between
// contexts. A vector of n secrets keeps pseudonyms of up to n contexts
// unlinkable even to somebody who takes discrete logarithms.
//
//	signer                        prover                       verifier
//	                              NewNymSecrets(n)
//	                              Commit(messages, secrets)
//	        <- commitment, n -----
//	NewNymEntropy
//	Sign(key, commitment, n, entropy, …)
//	        - signature, entropy ->
//	                              Verify(…) gives the final secrets
//	                              ProofGen(…, context) -- proof, pseudonym -->
//	                                                  ProofVerify(public key, …)
type PseudonymSuite struct{ core *core.Suite }

var (
	pseudonymSHA256   = &PseudonymSuite{core.PseudonymSHA256}
	pseudonymSHAKE256 = &PseudonymSuite{core.PseudonymSHAKE256}
)

// Pseudonym is the suite with the interface of the pseudonym draft, whose
// api_id is ciphersuite_id || "H2G_HM2S_PSEUDONYM_".
func (s *Suite) Pseudonym() *PseudonymSuite {
	if s == SHAKE256 {
		return pseudonymSHAKE256
	}
	return pseudonymSHA256
}

// ID is the interface's api_id.
func (s *PseudonymSuite) ID() string { return s.core.APIID }

// NymSecrets are the secrets behind a holder's pseudonyms: prover_nyms until
// the signature arrives, nym_secrets once the signer's entropy is in them.
type NymSecrets struct{ scalars []fr.Element }

// NewNymSecrets draws n secrets from crypto/rand, between 1 and
// [MaxNymSecrets].
func NewNymSecrets(n int) (*NymSecrets, error) {
	if n < 1 || n > MaxNymSecrets {
		return nil, credential.Failed("bbs-nym-secrets", nymSpec+"3.2", "%d secrets, not between 1 and %d", n, MaxNymSecrets)
	}
	return &NymSecrets{core.RandomScalars(n)}, nil
}

// ParseNymSecrets reads what [NymSecrets.Bytes] wrote: one to
// [MaxNymSecrets] numbers of 32 octets, each below the group order.
func ParseNymSecrets(octets []byte) (*NymSecrets, error) {
	const check, clause = "bbs-nym-secrets", nymSpec + "3.2"
	n := len(octets) / core.ScalarLength
	if n < 1 || n > MaxNymSecrets || len(octets)%core.ScalarLength != 0 {
		return nil, credential.Failed(check, clause, "%d octets, not 1 to %d times %d", len(octets), MaxNymSecrets, core.ScalarLength)
	}
	out := &NymSecrets{make([]fr.Element, n)}
	for i := range out.scalars {
		if out.scalars[i].SetBytesCanonical(octets[i*core.ScalarLength:][:core.ScalarLength]) != nil {
			return nil, credential.Failed(check, clause, "secret %d is over the group order", i)
		}
	}
	return out, nil
}

// Bytes encodes the secrets in 32 octets each, big-endian.
func (n *NymSecrets) Bytes() []byte {
	var b []byte
	for i := range n.scalars {
		b = core.EncodeScalar(b, &n.scalars[i])
	}
	return b
}

// Len is the length of the vector, which the signer and the verifiers know.
func (n *NymSecrets) Len() int {
	if n == nil {
		return 0
	}
	return len(n.scalars)
}

// Format prints "bbs.NymSecrets" whatever the verb.
func (NymSecrets) Format(f fmt.State, _ rune) { io.WriteString(f, "bbs.NymSecrets") }

// NymEntropy is the signer's share of the last secret, of 32 octets: a number
// below the group order. It goes to the prover with the signature. Without it
// a prover could bring the secrets of somebody else.
type NymEntropy [core.ScalarLength]byte

// NewNymEntropy draws entropy from crypto/rand: fresh for each prover. Who
// renews a credential and lets its holder keep the pseudonyms reuses the
// holder's former entropy.
func NewNymEntropy() NymEntropy { return core.RandomScalars(1)[0].Bytes() }

func (e NymEntropy) scalar(check, clause string) (*fr.Element, error) {
	var k fr.Element
	if k.SetBytesCanonical(e[:]) != nil {
		return nil, credential.Failed(check, clause, "entropy over the group order")
	}
	return &k, nil
}

// SignedNym is what a signature with pseudonym signs beside the header, as
// its holder knows it.
type SignedNym struct {
	Signed
	Secrets *NymSecrets // as Verify returned them
}

// Commit is [BlindSuite.Commit] with the secrets after the messages (section
// 6.1.1). The signer also has to be told how many secrets there are.
func (s *PseudonymSuite) Commit(messages []Message, secrets *NymSecrets) (commitment []byte, blinding *Blinding, err error) {
	const check, clause = "bbs-nym-commit", nymSpec + "6.1.1"
	if secrets.Len() == 0 {
		return nil, nil, credential.Failed(check, clause, "no secrets")
	}
	if err := boundedMessages(check, clause, nil, messages); err != nil {
		return nil, nil, err
	}
	all := append(scalars(s.core, messages), secrets.scalars...)
	c, blind := s.core.Commit(all, core.RandomScalars(core.CommitRandomCount(len(all))))
	return c.Bytes(), &Blinding{blind}, nil
}

// Sign checks the commitment's proof and signs (section 6.1.2). secrets is the
// length of the prover's vector, which the signature binds.
func (s *PseudonymSuite) Sign(k *SecretKey, commitment []byte, secrets int, entropy NymEntropy, header []byte, messages []Message) ([]byte, error) {
	const check, clause = "bbs-nym-sign", nymSpec + "6.1.2"
	if k == nil || k.public.absent() {
		return nil, credential.Failed(check, clause, "no secret key")
	}
	if err := boundedMessages(check, clause, [][]byte{header}, messages); err != nil {
		return nil, err
	}
	if secrets < 1 || secrets > MaxNymSecrets {
		return nil, credential.Failed(check, clause, "%d pseudonym secrets, not between 1 and %d", secrets, MaxNymSecrets)
	}
	extra, err := entropy.scalar(check, clause)
	if err != nil {
		return nil, err
	}
	c, err := openCommitment(s.core, commitment, len(messages))
	if err != nil {
		return nil, err
	}
	if len(c.Messages) < secrets {
		return nil, credential.Failed(check, clause, "%d committed messages, fewer than %d pseudonym secrets", len(c.Messages), secrets)
	}
	sig, err := s.core.BlindSign(&k.scalar, k.public.key, c, core.NymHeader(header, secrets), scalars(s.core, messages), extra)
	if err != nil {
		return nil, &credential.Error{Check: check, Clause: clause, Err: err}
	}
	return sig.Bytes(), nil
}

// Verify checks a signature (section 6.1.3) against what the prover committed
// to, secrets included, and the signer's entropy. It returns the final
// secrets, which prove with the signature.
func (s *PseudonymSuite) Verify(pk *PublicKey, sig, header []byte, signed Signed, secrets *NymSecrets, entropy NymEntropy) (*NymSecrets, error) {
	const check, clause = "bbs-nym-signature", nymSpec + "6.1.3"
	if err := present(pk); err != nil {
		return nil, err
	}
	extra, err := entropy.scalar(check, clause)
	if err != nil {
		return nil, err
	}
	if secrets.Len() == 0 {
		return nil, credential.Failed(check, clause, "no secrets")
	}
	final := &NymSecrets{append([]fr.Element(nil), secrets.scalars...)}
	last := &final.scalars[len(final.scalars)-1]
	last.Add(last, extra)
	held, err := s.credential(check, clause, pk, sig, header, nil, SignedNym{signed, final})
	if err != nil {
		return nil, err
	}
	if err := held.Verify(pk.key); err != nil {
		return nil, &credential.Error{Check: check, Clause: clause, Err: err}
	}
	return final, nil
}

func (s *PseudonymSuite) credential(check, clause string, pk *PublicKey, sig, header, ph []byte, signed SignedNym) (*core.Credential, error) {
	if err := present(pk); err != nil {
		return nil, err
	}
	if err := boundedMessages(check, clause, [][]byte{header, ph}, signed.Messages, signed.Committed); err != nil {
		return nil, err
	}
	if signed.Secrets.Len() == 0 {
		return nil, credential.Failed(check, clause, "no secrets")
	}
	parsed, err := parseSignature(sig)
	if err != nil {
		return nil, err
	}
	committed := append(scalars(s.core, signed.Committed), signed.Secrets.scalars...)
	messages := append(scalars(s.core, signed.Messages), committed...)
	return s.core.NewBlindCredential(pk.key, parsed, len(signed.Messages), core.NymHeader(header, signed.Secrets.Len()), messages, signed.Blinding.value()), nil
}

// NymOf is the pseudonym of those secrets in a context (section 4), as every
// proof for the context will show it.
func (s *PseudonymSuite) NymOf(secrets *NymSecrets, context []byte) []byte {
	c := s.core.NymContext(context)
	p := c.Pseudonym(secrets.scalars)
	octets := p.Bytes()
	return octets[:]
}

// ProofGen derives a proof and the pseudonym in the context (section 6.2).
// disclosed are indexes of the signer's messages and disclosedCommitted of
// the prover's, each counted from 0 and ascending. The context identifies the
// verifier, in octets on which both agree beforehand: a holder who accepts any
// context from a verifier lets verifiers share one.
func (s *PseudonymSuite) ProofGen(pk *PublicKey, sig, header, ph, context []byte, signed SignedNym, disclosed, disclosedCommitted []int) (proof, pseudonym []byte, err error) {
	const check, clause = "bbs-nym-proof-gen", nymSpec + "6.2"
	held, err := s.credential(check, clause, pk, sig, header, ph, signed)
	if err != nil {
		return nil, nil, err
	}
	if len(context) > MaxOctets {
		return nil, nil, credential.Failed(check, clause, "a context over %d octets", MaxOctets)
	}
	positions, err := nymPositions(check, clause, len(signed.Messages), len(signed.Committed), disclosed, disclosedCommitted)
	if err != nil {
		return nil, nil, err
	}
	random := core.RandomScalars(core.RandomScalarCount(held.Len() - len(positions)))
	return nymProof(held.PseudonymProofGen(ph, context, positions, signed.Secrets.Len(), random))
}

func nymProof(p *core.Proof, nym bls.G1Affine, err error) (proof, pseudonym []byte, _ error) {
	if err != nil {
		return nil, nil, &credential.Error{Check: "bbs-nym-proof-gen", Clause: nymSpec + "7.3.1", Err: err}
	}
	octets := nym.Bytes()
	return p.Bytes(), octets[:], nil
}

// nymPositions are the places of disclosed messages: the prover's are behind
// the signer's and the blinding factor.
func nymPositions(check, clause string, messages, committed int, disclosed, disclosedCommitted []int) ([]int, error) {
	if err := ascending(check, clause, disclosed, messages); err != nil {
		return nil, err
	}
	if err := ascending(check, clause, disclosedCommitted, committed); err != nil {
		return nil, err
	}
	out := append([]int(nil), disclosed...)
	for _, i := range disclosedCommitted {
		out = append(out, messages+1+i)
	}
	return out, nil
}

// NymStatement is what a proof with pseudonym claims beside the header.
type NymStatement struct {
	Pseudonym, Context []byte
	Secrets            int // the length of the vector of secrets
	Known              int // how many messages the signer saw

	Messages  []Message // disclosed, of the signer's
	Disclosed []int     // their indexes, ascending

	CommittedMessages  []Message // disclosed, of the prover's
	DisclosedCommitted []int     // their indexes among the prover's, ascending
}

// ProofVerify checks a proof and the pseudonym in it (section 6.3). A nil
// error means what it means for [Suite.ProofVerify] and, besides, that the
// pseudonym is the only one that this signature gives in this context.
func (s *PseudonymSuite) ProofVerify(pk *PublicKey, proof, header, ph []byte, claim NymStatement) error {
	const check, clause = "bbs-nym-proof", nymSpec + "6.3"
	if err := present(pk); err != nil {
		return err
	}
	if err := boundedMessages(check, clause, [][]byte{header, ph, claim.Context}, claim.Messages, claim.CommittedMessages); err != nil {
		return err
	}
	if len(claim.Disclosed) != len(claim.Messages) || len(claim.DisclosedCommitted) != len(claim.CommittedMessages) {
		return credential.Failed(check, clause, "as many indexes as disclosed messages are needed")
	}
	if claim.Secrets < 1 || claim.Secrets > MaxNymSecrets {
		return credential.Failed(check, clause, "%d pseudonym secrets, not between 1 and %d", claim.Secrets, MaxNymSecrets)
	}
	p, err := core.ParseProof(proof)
	if err != nil {
		return &credential.Error{Check: "bbs-proof-encoding", Clause: spec + "4.2.4.5", Err: err}
	}
	nym, err := core.ParsePoint(claim.Pseudonym)
	if err != nil {
		return &credential.Error{Check: "bbs-pseudonym-encoding", Clause: nymSpec + "3.3", Err: err}
	}
	if nym.IsBase() {
		return credential.Failed("bbs-pseudonym-encoding", nymSpec+"3.3", "the base point is no pseudonym")
	}
	shown := len(claim.Messages) + len(claim.CommittedMessages)
	committed := shown + len(p.Messages) - 1 - claim.Known - claim.Secrets
	if claim.Known < 0 || committed < 0 || claim.Known+committed > MaxMessages {
		return credential.Failed(check, clause, "%d messages known to the signer and %d secrets of %d in all", claim.Known, claim.Secrets, shown+len(p.Messages))
	}
	positions, err := nymPositions(check, clause, claim.Known, committed, claim.Disclosed, claim.DisclosedCommitted)
	if err != nil {
		return err
	}
	disclosed := make([]core.Disclosed, len(positions))
	for i, m := range append(scalars(s.core, claim.Messages), scalars(s.core, claim.CommittedMessages)...) {
		disclosed[i] = core.Disclosed{Index: positions[i], Position: positions[i], Message: m}
	}
	generators := s.core.BlindGenerators(claim.Known, committed+claim.Secrets)
	if !s.core.PseudonymProofVerify(pk.key, p, nym, generators, core.NymHeader(header, claim.Secrets), ph, claim.Context, disclosed, claim.Secrets) {
		return &credential.Error{Check: check, Clause: clause, Err: core.ErrInvalid}
	}
	return nil
}
