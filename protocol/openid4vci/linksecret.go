package openid4vci

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/jwpbbs"
)

// LinkSecretProofs is the proof type of the JWP form (spec/jwpbbs.md section
// 8): a commitment to the wallet's link secret, with a proof that is bound to
// the credential issuer and the c_nonce. The issuer signs the link secret and
// never sees it.
const LinkSecretProofs = "halfmask_link_secret"

const clauseLinkSecret = "spec/jwpbbs.md section 8"

// linkSecretProof is an element of proofs.
type linkSecretProof struct {
	Nonce      string `json:"nonce"`
	Commitment string `json:"commitment"` // base64url, 288 octets
}

// LinkSecretVerifier is the issuer's side; Proved.Value is a
// *jwpbbs.Commitment. One issuer's Endpoint has it as ProofTypes[LinkSecretProofs].
type LinkSecretVerifier struct{}

// VerifyProof checks the commitment.
func (LinkSecretVerifier) VerifyProof(element json.RawMessage, p ProofPolicy) (*Proved, error) {
	fail := func(check, format string, args ...any) error {
		return credential.Failed(check, clauseLinkSecret, format, args...)
	}
	var proof linkSecretProof
	if err := decodeStrict(element, &proof); err != nil {
		return nil, fail("proof-form", "%w", err)
	}
	if !slices.Contains(p.Algs, jwpbbs.Algorithm) {
		return nil, fail("proof-alg", "the configuration takes no proofs of %s", jwpbbs.Algorithm)
	}
	if proof.Nonce == "" {
		return nil, fail("proof-nonce", "nonce is missing")
	}
	octets, err := base64.RawURLEncoding.Strict().DecodeString(proof.Commitment)
	if err != nil {
		return nil, fail("proof-form", "commitment is not base64url")
	}
	c, err := jwpbbs.ParseCommitment(octets, p.Audience, proof.Nonce)
	if err != nil {
		return nil, err
	}
	return &Proved{Value: c, Nonce: proof.Nonce, Unique: sha256.Sum256(octets)}, nil
}

// LinkSecret is the wallet's side: it asks for one credential on the link
// secret. The zero value has none and proves nothing.
type LinkSecret struct {
	Secret *jwpbbs.LinkSecret
	// Blinding belongs to the last commitment that Prove made: the credential
	// that answers it is of no use without.
	Blinding *bbs.Blinding
}

// ProofType is LinkSecretProofs.
func (*LinkSecret) ProofType() string { return LinkSecretProofs }

// Count is 1.
func (*LinkSecret) Count() int { return 1 }

// Algs is BBS-MOD.
func (*LinkSecret) Algs() []string { return []string{jwpbbs.Algorithm} }

// Prove commits to the link secret afresh.
func (l *LinkSecret) Prove(audience, nonce string, _ time.Time) ([]any, error) {
	octets, blinding, err := l.Secret.Commit(audience, nonce)
	if err != nil {
		return nil, err
	}
	l.Blinding = blinding
	return []any{linkSecretProof{nonce, base64.RawURLEncoding.EncodeToString(octets)}}, nil
}
