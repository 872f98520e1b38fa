package openid4vci

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Proof types are an extension point (OpenID4VCI 1.0 section 8.2): the flow
// knows of a proof only its nonce, and that two in a batch must differ. This
// package brings the type jwt; an issuer adds others with
// EndpointOptions.ProofTypes, a wallet with a Prover of its own.

const (
	jwtProofs = "jwt" // the proof type of appendix F.1
	maxProof  = 8192  // bytes of one proof as JSON
)

// ProofVerifier is the issuer's side of a proof type.
type ProofVerifier interface {
	// VerifyProof checks everything about one element of proofs but whether
	// its nonce is one of ours. Its errors are sent to the wallet, as
	// invalid_proof. The element is JSON of at most 8192 bytes.
	VerifyProof(element json.RawMessage, p ProofPolicy) (*Proved, error)
}

// ProofPolicy is what a proof is held against.
type ProofPolicy struct {
	Audience string   // the credential issuer's identifier
	Algs     []string // proof_signing_alg_values_supported of the configuration
	Now      time.Time
}

// Proved is what a proof proved, and what a credential is bound to.
type Proved struct {
	Type   string          // proof type; the Endpoint sets it
	Key    jose.JSONWebKey // of jwt: public, P-256 or Ed25519, without name or certificates
	Value  any             // of other types: what their ProofVerifier gives
	Nonce  string          // c_nonce that the proof carries; required
	Unique [32]byte        // two proofs of a batch with the same are refused
}

// Prover is the wallet's side of a proof type, with the keys or secrets of
// the credentials to come.
type Prover interface {
	ProofType() string
	// Count says how many proofs there will be: one for each credential.
	Count() int
	// Algs are the algorithms of the proofs. The issuer must take them all.
	Algs() []string
	// Prove makes the elements of proofs, all with one nonce. It is called
	// again, with another nonce, when the issuer finds the first one stale.
	Prove(audience, nonce string, at time.Time) ([]any, error)
}

// Keys prove possession of holder keys with proof type jwt: a credential is
// made for each.
type Keys []jose.SigningKey

// ProofType is "jwt".
func (Keys) ProofType() string { return jwtProofs }

// Count is the number of keys.
func (k Keys) Count() int { return len(k) }

// Algs gives the algorithm of each key.
func (k Keys) Algs() []string {
	algs := make([]string, len(k))
	for i, key := range k {
		algs[i] = string(key.Algorithm)
	}
	return algs
}

// Prove makes a JWT with each key.
func (k Keys) Prove(audience, nonce string, at time.Time) ([]any, error) {
	proofs := make([]any, len(k))
	for i, key := range k {
		compact, err := signProof(key, audience, nonce, at)
		if err != nil {
			return nil, err
		}
		proofs[i] = compact
	}
	return proofs, nil
}

func count(p Prover) int {
	if p == nil {
		return 0
	}
	return p.Count()
}

// prove checks the proofs of a request, all of them, and spends their nonces.
func (e *Endpoint) prove(config *CredentialConfiguration, proofs map[string][]json.RawMessage) ([]Proved, error) {
	switch {
	case !config.BindsKey() && proofs != nil:
		return nil, refuse(400, InvalidProof, "this credential configuration binds no key")
	case !config.BindsKey():
		return nil, nil
	case len(proofs) != 1:
		return nil, refuse(400, InvalidProof, "proofs must have exactly one member, named after a proof type")
	}
	now := e.now()
	var proved []Proved
	for kind, elements := range proofs {
		supported, ok := config.ProofTypes[kind]
		if !ok {
			return nil, refuse(400, InvalidProof, "this credential configuration takes no proofs of type %.40q", kind)
		}
		if n := len(elements); n == 0 || n > e.meta.batchSize() {
			return nil, refuse(400, InvalidProof, "%d proofs; batch_size is %d", n, e.meta.batchSize())
		}
		verifier, seen := e.proofTypes[kind], map[[32]byte]bool{}
		for i, element := range elements {
			fail := func(format string, args ...any) error {
				return refuse(400, InvalidProof, "proofs.%s[%d]: %s", kind, i, fmt.Sprintf(format, args...))
			}
			if len(element) > maxProof {
				return nil, fail("longer than %d bytes", maxProof)
			}
			p, err := verifier.VerifyProof(element, ProofPolicy{e.meta.Issuer, supported.SigningAlgs, now})
			if err != nil {
				return nil, fail("%v", err)
			}
			if seen[p.Unique] {
				return nil, fail("the key was proved before in this batch; each credential needs its own")
			}
			seen[p.Unique], p.Type = true, kind
			proved = append(proved, *p)
		}
	}
	return proved, e.spendNonces(proved, now)
}

func (e *Endpoint) spendNonces(proved []Proved, now time.Time) error {
	nonces := map[string]bool{}
	for i, p := range proved {
		if !e.minter.knows(p.Nonce, now) {
			return refuse(400, InvalidNonce, "the nonce of proof %d is not ours or has expired", i)
		}
		nonces[p.Nonce] = true
	}
	fresh, err := e.ledger.spend(nonces, now, e.lives.nonce)
	if err != nil {
		return err
	}
	if !fresh {
		return refuse(400, InvalidNonce, "the nonce was used before")
	}
	return nil
}
