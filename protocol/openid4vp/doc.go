// Package openid4vp carries presentations between a verifier and a wallet:
// OpenID for Verifiable Presentations 1.0 (final, 10 July 2025), both ends.
//
//	verifier                                             wallet
//	   | openid4vp://?client_id=…&request_uri=…             |
//	   |--------------------------------------------------->|  QR code or link
//	   |         GET request_uri, or POST with wallet_nonce |
//	   |<---------------------------------------------------|
//	   | request object: dcql_query, nonce, state           |
//	   |--------------------------------------------------->|
//	   |                                          consent   |
//	   |       POST response_uri: vp_token, state, or a JWE |
//	   |<---------------------------------------------------|
//	   | {"redirect_uri": …}                                |
//	   |--------------------------------------------------->|
//
// Start at [NewRequest] on the verifier's side and at [Client] on the
// wallet's; over the Digital Credentials API (appendix A), at [NewDCRequest]
// and [Trust.ParseDCRequest]. [Query] is the Digital Credentials Query Language
// (section 6), [Path] the claims path pointer (section 7), [VPToken] what is
// answered (section 8.1). A value that a Parse function or [NewRequest]
// returned is valid; a Query built in Go is checked by [Query.Validate].
//
// # Who asks
//
// A verifier is known by its client identifier (section 5.9.3), to which
// presentations are bound with its prefix: [Request.Audience].
//
//	redirect_uri              no key: where the answer goes, and nothing more
//	x509_san_dns, x509_hash   a certificate; its authority is one of Trust.Anchors
//	decentralized_identifier  did:jwk, did:key, did:web (package did)
//	verifier_attestation      a JWT by one of Trust.Attesters
//
// [Identity] signs requests; [Trust.ParseObject] verifies them with the key
// that is bound to the client identifier, and with no other that the request
// may name. Authorities come from the wallet's configuration: a chain that
// brings a self-signed certificate is refused. With x509_san_dns the answer
// must go to the host that is named.
//
// A request by redirect_uri "cannot be signed". Passed by reference it is a
// JWT all the same (sections 5 and 5.10.1), so it is an unsecured one: header
// {"alg":"none","typ":"oauth-authz-req+jwt"} and an empty signature, which
// RFC 9101 section 10.5 allows to a server that does not demand signed request
// objects. "none" is accepted with this prefix and with no other.
//
// [Registration] is what the verifier told a registrar that it will ask for,
// and why; [Registration.Beyond] what it asks beyond that
// (spec/registration.md).
//
// # Encrypted answers
//
// With [DirectPostJWT] and [DCAPIJWT] the answer is a JWE for a [ResponseKey],
// made for one request: ECDH-ES on P-256 with A256GCM or A128GCM. An answer in
// the clear is then refused, a compressed one always. Errors are never
// encrypted (section 8.3.1); they say nothing of the person.
//
// # What the answer is bound to
//
// Nonce, audience and transaction data: in an SD-JWT by the key binding JWT
// ([KeyBindingClaims]); in a bbs-2023 proof, for which the standard names no
// place, by [PresentationHeader]; in the JWP form by its presentation header
// ([Request.JWP]). One type of transaction data is known, a text that the
// person agrees to ([ConfirmTransaction]); others are refused, as section 8.4
// demands.
//
// # What is left out
//
// Client identifiers by OpenID Federation and pre-registered ones, scope,
// encrypted request objects, response modes other than those of [Mode], mdoc.
// Deliberate narrowing: HTTP is accepted for loopback hosts and *.localhost
// only; no redirect is followed; vct_values and type_values are required for
// the formats that Halfmask knows (appendix B says REQUIRED where section 6.1
// would allow an empty meta), because a query without a type asks for whatever
// there is; trusted lists of ETSI are looked up in copies that the caller has.
package openid4vp
