// Package bbs signs lists of messages and proves, later and to anybody, that
// one holds such a signature, disclosing some of the messages and nothing of
// the others. It is draft-irtf-cfrg-bbs-signatures-11, with the ciphersuites
// [SHA256] (BLS12-381-SHA-256) and [SHAKE256] (BLS12-381-SHAKE-256) and the
// interface of its section 3.5; clause numbers in this package are that
// draft's.
//
//	issuer                       holder                          verifier
//	GenerateKey
//	Sign(key, header, messages) ---- signature ---->
//	                             Verify(public key, …)
//	                                    <------- nonce, what is asked --------
//	                             ProofGen(…, nonce, disclosed) -- proof -->
//	                                                  ProofVerify(public key, …)
//
// Start at [GenerateKey], [Suite.Sign] and [Suite.ProofGen]. A holder who
// proves more than once keeps a [Prover], which can do nearly all of a proof
// before the nonce is there; a verifier with many proofs at once has
// [Suite.ProofVerifyBatch]. BENCHMARKS.md has what they cost. A proof is
// zero-knowledge in the random oracle model: on that assumption nobody, the
// issuer included, links two proofs of one signature by their bytes. Disclosed
// messages, the header, the number of messages and the public key can still
// link them, so headers should be the same for everyone.
//
// Everything decoded is checked as the draft demands: points on the curve, in
// the subgroup and not the identity, scalars in [1, r), exact lengths. At most
// [MaxMessages] messages and [MaxOctets] octets in each are accepted. A refusal
// is a *credential.Error that names the check and its clause.
//
// # What is protected against timing, and how
//
// Field multiplications, and the arithmetic of G2, are gnark-crypto's, whose
// scalar multiplication takes a time that depends on the scalar. This package
// gives that one nothing but fresh random shares of a secret key, multiplies
// with package g1 (credential/internal/g1) everywhere else, and keeps these
// rules:
//
//   - Every scalar is cut in two halves without branches and recoded to
//     signed odd digits of a fixed number, so that all scalars cost the same
//     doublings and additions in the same order.
//   - A scalar that outlives one operation (the secret key, 1/(SK+e), the e
//     of a signature being proved) is split into two shares, one of them
//     fresh from crypto/rand, or multiplied by a fresh scalar, before each
//     multiplication or inversion. The other secret scalars of a proof are
//     drawn afresh, or are a message times a scalar that was, for each proof.
//   - The secret point A of a signature being proved enters in a projective
//     representation drawn afresh. B, the sum of the messages, is never
//     computed while proving. A [Prover] has tables of A and B instead, each
//     with a random point added that every sum takes away again: what the
//     tables hold, and so the time of reading them, says nothing about them.
//   - Messages that a commitment or a table is made of, such as a link secret,
//     and the secret of a pseudonym are split into fresh shares as well.
//
// What remains visible: the number of messages and of hidden ones, and the
// lengths of all messages, which are hashed. What is not protected:
// gnark-crypto's additions of scalars branch on a carry, its inverse of a field
// element takes a time that depends on it, and table entries are read at
// addresses that depend on digits. The values there are fresh in each
// operation, which defeats averaging over many operations; an observer who
// sees all branches or all cache lines of a single one is not stopped. While
// signing, the
// messages have the even schedule only: they are the issuer's own input.
// Memory is not wiped. Verification handles no secrets and makes no promise.
//
// The timing test (internal/core, with HALFMASK_TIMING=1) compares times of a
// fixed secret with those of random ones by Welch's t. BenchmarkProtection
// there shows what protection costs.
//
// # Memory
//
// Generators come into being when they are first needed: two points each, and
// for the first 64 of each list (the signer's, the prover's, the commitments')
// a table of 117 kB at its first use. A generator that has served 64
// verifications gets a second table, of 2.2 MB, which bounds a verifier's
// tables of one suite and interface by 146 MB for each list; with 10 messages
// they are 27 MB. Another such table is kept for each of the last 8 kinds of
// credentials, by signer, header and number of messages, that were verified
// often. Generators after the first 64 have 3 kB each. A wallet, which verifies
// little, has the small tables alone: 1.4 MB with 10 messages, and 240 kB for
// each Prover. A batch takes 10 MB beside, however long it is.
//
// # Drafts built on this one
//
// [Suite.Blind] is draft-irtf-cfrg-bbs-blind-signatures-03: messages that the
// signer does not see, and proofs that commit to a message. [Suite.Pseudonym]
// is draft-irtf-cfrg-bbs-pseudonyms-03: a pseudonym per verifier.
// [ModularSHA256] is the cipher suite of draft-bormann-jwp-modular-bbs-03. What
// their texts leave open is settled so:
//
//   - Where the texts and the published vectors differ, the vectors are
//     followed: e of a blind signature is hashed from SK and B without the
//     domain; the api_id of pseudonyms is ciphersuite_id ||
//     "H2G_HM2S_PSEUDONYM_" everywhere.
//   - The challenge of a commitment is that of draft -02, over M, (Q_2, J_1,
//     ...), C and Cbar; draft -03 uses it and no longer defines it.
//   - In a proof of a blind signature the domain is the signature's, over
//     (H_1, ..., H_L, Q_2, J_1, ..., J_M). Indexes, on the wire and in the
//     challenge, count the signer's messages and then the committed ones,
//     without the blinding factor, whose response is the last. Lengths and
//     indexes on the wire have 8 octets; the first counts octets, the others
//     elements. There are no published vectors of this format.
//   - An index that is both disclosed and committed is refused.
//   - In a proof with pseudonym the blinding factor does have an index, L,
//     between the signer's messages and the committed ones.
//
// # Left out
//
// For the W3C form of credentials see package bbs2023.
package bbs

import (
	"github.com/halfmask/halfmask/credential/bbs/internal/core"
)

const spec = "draft-irtf-cfrg-bbs-signatures-11 section "

// Suite is a ciphersuite: [SHA256] or [SHAKE256]. A signature of one does not
// verify under the other. A suite keeps the generators it has made, and
// tables of the first 64 of them.
type Suite struct{ core *core.Suite }

var (
	// SHA256 is BLS12-381-SHA-256 (section 7.2.2), the one in common use.
	SHA256 = &Suite{core.SHA256}
	// SHAKE256 is BLS12-381-SHAKE-256 (section 7.2.1).
	SHAKE256 = &Suite{core.SHAKE256}
)

// String is the suite's name in the draft, such as "BLS12-381-SHA-256".
func (s *Suite) String() string { return s.core.Name }

// ID is the suite's ciphersuite_id.
func (s *Suite) ID() string { return s.core.ID }
