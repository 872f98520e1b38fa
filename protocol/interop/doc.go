// Package interop runs other people's software against ours. It has no code
// of its own to offer: the tests are all of it. Each test starts a node
// process with one counterpart from the npm registry, talks to it over a pipe
// (pipe_test.go, pipe.mjs), and demands of every exchange that the side which
// receives says yes, or says no to what was changed on the way. Start with
//
//	protocol/interop/run
//
// which installs what package-lock.json pins and prints the matrix.
// Without node or those packages the tests are skipped; with
// HALFMASK_REQUIRE_INTEROP=1, as run sets it, they fail.
//
// # What each counterpart is evidence for
//
// @digitalbazaar/bbs-signatures 3.0.0 is an implementation of the IETF BBS
// draft with both ciphersuites in JavaScript, on the curve arithmetic of
// @noble/curves. It shares no code with credential/bbs, nor the curve library.
// Its text was draft -05; signatures of one key come out the same, octet for
// octet, so nothing that -11 changed shows on the wire. It knows neither blind
// signatures nor pseudonyms, and says nothing of timing.
//
// @digitalbazaar/bbs-2023-cryptosuite 2.0.1 with @digitalbazaar/vc 7.3.0 is
// the W3C form: JSON-LD, canonicalization, pointers, proof values, did:key,
// each in another code base than ours. What both sides derive from one base
// proof is compared member by member. Its BBS is the package above, so for
// the arithmetic the two are one witness. Its authors edited the
// specification too. It verifies no base proof, which is the holder's check,
// and has neither holder binding nor pseudonyms.
//
// @sd-jwt/sd-jwt-vc 0.19.0 with @sd-jwt/core is evidence for the format only:
// names, digests, disclosures in objects and arrays, decoys, sd_hash. Its
// signatures and hashes are node's. As a verifier it lets through what RFC
// 9901 section 7.3 refuses; the matrix names those cells as not refused, and
// the tests fail once they are. Credo contains it: with Credo it is one family
// and one witness.
//
// # Left out
//
// The protocols: counterparts for OpenID4VCI and OpenID4VP get a module and a
// test file each beside these. Speed, which credential/bbs/peers compares.
// Everything that only we do: range proofs, link secrets, the JWP form.
package interop
