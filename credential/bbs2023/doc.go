// Package bbs2023 secures JSON-LD documents so that a holder can show single
// statements of them, each time with a proof that shares no bytes with the
// others: the cryptosuite bbs-2023 of W3C "Data Integrity BBS Cryptosuites
// v1.0" (vc-di-bbs, Candidate Recommendation Draft of 3 April 2025), baseline
// option, with BLS12-381-SHA-256. The selective disclosure functions that it
// borrows from vc-di-ecdsa are here under their names.
//
//	issuer                        holder                            verifier
//	CreateBaseProof ── secured ─> VerifyBase (once)
//	                              Derive(pointers, ph) ── derived ─> Verify(ph)
//
// Start at [CreateBaseProof], [Derive] and [Verify]. There is a file for each
// step of the specification: statements (JSON-LD to RDF), canonicalize
// (RDF-CANON), labels (createShuffledIdLabelMapFunction), pointers
// (selectJsonLd), group (canonicalizeAndGroup), configuration and header
// (3.4.3, 3.4.4), create (3.4.1, 3.4.2, 3.4.5), base_value and derived_value
// (3.3.1, 3.3.2, 3.3.6, 3.3.7), derive (3.3.3, 3.4.6), verify (3.3.8, 3.4.7),
// multikey (2.1.1).
//
// # Nothing unsigned looks signed
//
// JSON-LD drops what it does not understand. Here a document is refused unless
// each value of each member gives exactly one statement, so that neither a
// signed nor a presented document can have a member that the signature does
// not cover. JSON values and literals are one to one: true is never the string
// "true", and numbers have at most 15 significant digits. Keywords other than
// @context at the top, null, empty arrays, lists, named graphs, language maps
// and blank node labels are refused. The context is not signed, so that
// [Policy] compares it with the one that the verifier understands. No context
// is ever fetched: [KnownContexts] lists those of this build.
//
// # What a derived proof shows besides what it discloses
//
// The number of statements and which of them, by position, are disclosed; the
// proof options; the issuer's key; the mandatory statements; and, for each
// disclosed object without an id, its label. A population whose documents have
// the same shape, with one value for each term, shares all of that except the
// labels: their order comes from an HMAC key of the issuer, one of n! for n
// objects, and would divide the population into as many groups, or mark one
// holder. So [CreateBaseProof] draws the key of a document of at most 4 such
// objects again until the labels are in document order, the same for all. (The
// canonical order would not do, since it depends on the hidden claims too.)
// The HMAC key exists to hide the canonical order, and document order hides
// it as well. [VerifyBase] tells a holder whether an issuer did so.
//
// # Left out
//
// Anonymous holder binding and pseudonyms, the optional features of the
// specification, whose proof values are refused by their first bytes; proof
// sets and chains; expiry, revocation and trust in issuers, which are the
// verifier's; resolving verification methods other than did:key.
package bbs2023
