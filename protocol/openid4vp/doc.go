// Package openid4vp carries presentations between a verifier and a wallet:
// OpenID for Verifiable Presentations 1.0 (final, 10 July 2025), both ends.
//
//	verifier                                             wallet
//	   | openid4vp://?client_id=…&request_uri=…             |
//	   |--------------------------------------------------->|  QR code or link
//	   |                         GET request_uri            |
//	   |<---------------------------------------------------|
//	   | request object: dcql_query, nonce, state           |
//	   |--------------------------------------------------->|
//	   |                                          consent   |
//	   |                  POST response_uri: vp_token, state|
//	   |<---------------------------------------------------|
//	   | {"redirect_uri": …}                                |
//	   |--------------------------------------------------->|
//
// Start at [NewRequest] on the verifier's side and at [Client] on the
// wallet's. [Query] is the Digital Credentials Query Language (section 6),
// [Path] the claims path pointer (section 7), [VPToken] what is answered
// (section 8.1). A value that a Parse function or [NewRequest] returned is
// valid; a Query built in Go is checked by [Query.Validate].
//
// # Client identifier
//
// Requests carry the client identifier prefix redirect_uri (section 5.9.3):
// the client identifier is "redirect_uri:" and the response URI, so the
// wallet knows where its answer goes and needs nothing else to know it. Such
// a request "cannot be signed", because the wallet would have no key to check
// it with. A request object passed by reference is a JWT all the same
// (sections 5 and 5.10.1), so it is an unsecured one: header
// {"alg":"none","typ":"oauth-authz-req+jwt"} and an empty signature, which
// RFC 9101 section 10.5 allows to a server that does not demand signed
// request objects. "none" is accepted with this prefix and with no other, and
// a signature is refused rather than ignored. A verifier may also pass the
// parameters by value in the URI ([Request.URI]).
//
// # Binding of bbs-2023 proofs
//
// The standard binds a presentation to the nonce and to the full client
// identifier (sections 14.1.2 and 14.8), and leaves open how an ldp_vc
// presented without holder binding would say so. The presentation header of a
// BBS proof is the place: [PresentationHeader] says which bytes go there.
//
// # What is left out
//
// Signed and encrypted requests and responses, request_uri_method post (such
// a request is fetched with GET, as section 5.1 allows), scope, transaction
// data (a request with it is refused, as section 5 demands), the Digital
// Credentials API, mdoc. Deliberate narrowing: HTTP is accepted for loopback
// hosts and *.localhost only; no redirect is followed; vct_values and
// type_values are required for the formats that Halfmask knows (appendix B
// says REQUIRED where section 6.1 would allow an empty meta), because a query
// without a type asks for whatever there is.
package openid4vp
