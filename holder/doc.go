// Package holder decides what is shown: it matches a verifier's query against
// the credentials at hand, picks the answer that discloses least, and builds
// the presentations. It is pure and has no memory, no network and no clock;
// package wallet remembers for it.
//
// Start at [Match], show the [Selection] to the person whose claims they are,
// then call [Present]. The query language is DCQL of OpenID4VP 1.0 section 6;
// the formats are dc+sd-jwt (with key binding), ldp_vc (bbs-2023) and the JWP
// form of package jwpbbs, whose queries spec/presentation.md describes.
//
// # What least means
//
// Among the answers that a query allows, Match takes the one with the fewest
// disclosed claims, a proof about a hidden value before a value that is shown,
// then the one that repeats least: a BBS proof before an SD-JWT copy that was
// never shown, and that before one that was shown already. What is left is decided by the verifier's order, then by the order
// of the credentials at hand. Optional sets of credentials (required: false)
// are never answered.
//
// Section 6.4.1 makes the order of claim_sets the verifier's preference and
// lets a wallet deviate. Match follows it except where a later combination
// is a proper subset of an earlier one: that one discloses strictly less
// under any reading. It does not weigh different claims against each other:
// whether a birth date is worse than a name is not for a program to say.
//
// # What is never done
//
// A claim that is missing, whose value the verifier would not accept, or that
// cannot be disclosed alone makes the credential unusable for the query; no
// partial answer is given and nothing is disclosed in its place. A path that
// names an ancestor of claims, such as ["credentialSubject"], asks for more
// than a claim and is refused. ldp_vc has no holder binding in the bbs-2023
// baseline: a query that requires it (the default) is not answered with one.
//
// Left out: trust in the verifier, consent, and the choice of which copies of
// a batch are spent; those are the wallet's.
package holder
