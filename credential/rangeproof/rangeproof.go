// Package rangeproof proves that the integer in a commitment lies between
// two bounds, and nothing else about it. The commitment is Pedersen's,
// C = m*G + s*H on BLS12-381 G1, as a BBS proof carries one for each message
// that is marked COMMIT; the statement is lower <= m < upper. From one signed
// birth date it follows that its holder is "18 or over" on any day, from a
// signed expiry that the credential is still valid, with neither date shown.
//
//	holder                                   verifier
//	NewBases(G, H)                           NewBases(G, H)
//	NewStatement(bases, C, lower, upper)     NewStatement(bases, C, lower, upper)
//	Prove(statement, opening, transcript) ------- proof ------->
//	                                         Verify(statement, proof, transcript)
//
// Start at [NewStatement] and [VectorRange]. There are two constructions:
//
//   - [VectorRange], the default: one vector commitment to all bits, each
//     shown to be 0 or 1 by one random linear combination, and their weighted
//     sum to be m - lower. spec/rangeproof.md defines its bytes and argues
//     completeness, special soundness and zero knowledge; clause numbers of
//     its refusals are that text's. A 16-bit range takes 688 octets.
//   - [SigmaRange], "sigma-range" of draft-bormann-jwp-modular-bbs-02 (section
//     4.4.3): one commitment to each bit. That version names the identifier
//     and the inputs and leaves the algorithm to an editor's note; the
//     construction is the one that version -01 gives, after section 5.5 of
//     draft-ietf-privacypass-arc-crypto, and the octets of transcript and
//     proof are those that the draft's working copy of 27 June 2026 defined,
//     the last that did. The draft has no vectors for it, and version -03
//     defines no sub-proof at all.
//
// A proof is bound to the bases, the commitment, both bounds and the
// transcript. The transcript is whatever the proof must not outlive: at least
// the verifier's nonce and name, best the challenge of the core proof that
// carries C and the index of the message. A proof has one length for given
// bounds, and no octet of it can be changed.
//
// Everything decoded is checked: points on the curve, in the subgroup and not
// the identity, scalars in [1, r) (a message in [0, r)), exact lengths. Bounds
// are 64-bit, so that no sum of weights reaches r: spec/rangeproof.md section
// 2. A range of a single value is refused, because it would disclose the
// value. A refusal is a *credential.Error that names the check and its clause.
//
// Everything is safe for concurrent use. Points that are multiplied often keep
// a table of 117 kB each, and after 64 verifications another of 2.2 MB: G and H
// of [Bases], and once for the process the generators of VectorRange, one for
// each bit and one more. A program that proves ranges of 16 bits holds 19 of the
// smaller tables (2.2 MB), one that verifies many 41 MB more; 64 bits take 67
// tables (8 and 145 MB).
//
// # What is protected against timing, and how
//
// m, s and the bits are secret while proving. m is cut into bits by integer
// arithmetic without branches. A bit chooses between two values, both
// computed, by a mask. Every scalar is recoded to signed odd digits of a fixed
// number, so that all scalars cost the same additions in the same order, and
// no scalar is multiplied that is not fresh in each proof: m and s, which can
// outlive the proof, are split into two fresh shares each. Sums start from
// fresh points.
//
// What is not protected, as in package bbs: gnark-crypto's additions of scalars
// branch on a carry, its inverse takes a time that depends on its argument,
// and table entries are read at addresses that depend on digits; all of these
// see values that are fresh in each proof. Memory is not wiped. That proving
// failed is visible: a message outside the range is not proved. Verification
// handles no secrets and makes no promise. A timing test for the message and
// the blinding runs with HALFMASK_TIMING=1.
//
// # Left out
//
// Commitments in other groups, ranges of more than 64 bits, aggregation of
// several ranges in one proof, and batch verification. That C commits to a
// signed message is the core proof's to show.
package rangeproof

// Construction is a way to prove a [Statement]: [VectorRange] or
// [SigmaRange]. A proof of one does not verify under the other.
type Construction interface {
	// Algorithm is the identifier of the sub-proof: the member "alg" of
	// draft-bormann-jwp-modular-bbs.
	Algorithm() string

	// ProofSize is the octets of a proof of the statement, which depend on
	// its bounds alone.
	ProofSize(*Statement) int

	// Prove proves the statement to whoever has the same transcript, of at
	// most [MaxTranscript] octets. It refuses an opening that is not the
	// commitment's and a message outside the range.
	Prove(statement *Statement, opening *Opening, transcript []byte) (proof []byte, err error)

	// Verify checks a proof. A nil error means that whoever made it for this
	// transcript knows an opening of the commitment whose message is within
	// the bounds; any other outcome is a *credential.Error.
	Verify(statement *Statement, proof, transcript []byte) error
}

// MaxTranscript bounds a transcript, in octets.
const MaxTranscript = 1 << 24
