// Package interop runs other people's software against ours. It has no code
// of its own to offer: the tests are all of it. Each test starts a process
// with one counterpart, talks to it over a pipe (pipe_test.go, pipe.mjs), and
// demands of every exchange that the side which receives says yes, or says no
// to what was changed on the way. Start with
//
//	protocol/interop/run
//
// which installs what package-lock.json and irmago/go.mod pin and prints the
// matrix. One counterpart alone is a test, once its packages are there:
//
//	cd protocol/interop && npm ci --ignore-scripts
//	HALFMASK_REQUIRE_INTEROP=1 go test -v -run 'Credo|Irmago|OID4VCTS|SDJWT|BBS'
//
// Without node or those packages the tests are skipped; with
// HALFMASK_REQUIRE_INTEROP=1, as run sets it, they fail, and so does a
// direction that is promised and was not shown.
//
// The protocols (OpenID4VCI, OpenID4VP) are spoken over HTTP on loopback. Our
// side is the program halfmask as a user runs it (halfmask_test.go), and for
// what that does not ask of wallets or do itself, package openid4vci
// (club_test.go, ourclient_test.go). A direction counts when the other side
// reports success. What one side does not do, or does wrongly, is shown by an
// exchange that fails and named impossible in the matrix; "mend" gets around
// a bug of theirs, on their side.
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
// @openid4vc/openid4vci 0.4.6 with oauth2 and openid4vp (oid4vc-ts) is the
// protocol alone: as a wallet it checks no credential, as an issuer every
// check on tokens and proofs is its own and the credentials are those of
// @sd-jwt/sd-jwt-vc.
//
// Credo (@credo-ts/openid4vc 0.6.3) is a whole wallet, issuer and verifier on
// top of the two families above, so a second witness only for what it adds:
// certificates, stored credentials, matching a query. Our side helps it along
// in these ways: its records are kept in memory (credo.mjs), our issuer has a
// certificate (it trusts certificates and DIDs, and no published keys), and
// the key of its issuer is published beside it where our wallet looks.
//
// github.com/privacybydesign/irmago v1.3.0 is a wallet in Go for the European
// Union's profile, and shares code neither with the others here nor with us
// but for Go's own library. It is assembled as its package client does it,
// without the parts of Idemix, with its database in memory and in the mode
// for developers, which allows http (irmago/wallet.go).
//
// # Left out
//
// Speed, which credential/bbs/peers compares. Everything that only we do:
// range proofs, link secrets, the JWP form.
package interop
