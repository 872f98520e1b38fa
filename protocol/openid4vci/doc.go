// Package openid4vci carries credentials from an issuer to a wallet as
// OpenID for Verifiable Credential Issuance 1.0 (final, 16 September 2025)
// says, with the pre-authorized code. It holds both ends:
//
//	wallet (Client)                            issuer (Endpoint)
//	   |                                          |  Endpoint.Offer
//	   |<------- openid-credential-offer:// ------|  section 4
//	   |-- GET /.well-known/openid-credential-issuer ->  section 12.2
//	   |-- GET /.well-known/oauth-authorization-server ->  RFC 8414
//	   |-- POST token: code, tx_code ------------>|  section 6
//	   |<-------- access token, refresh token ----|
//	   |-- POST nonce --------------------------->|  section 7
//	   |<----------------------------- c_nonce ---|
//	   |-- POST credential: one proof a key ----->|  section 8, appendix F.1
//	   |                                          |  Backend.Credential
//	   |<----------------------- credentials -----|
//	   |-- POST token: refresh token ------------>|  RFC 6749 section 6
//	   |                                          |  Backend.Renew
//
// A wallet starts with [Client.Offer] and [Client.Accept], and comes back
// with [Client.Renew]. An issuer starts with [NewEndpoint] and implements
// [Backend]; the Endpoint keeps codes, tokens and nonces in memory, each under
// the SHA-256 of its secret, and forgets them when the process ends.
//
// Transport is https. Plain http is accepted for loopback addresses,
// localhost and names below .localhost only, so that a whole system runs on
// one machine without certificates.
//
// Left out: the authorization code, pushed authorization requests, DPoP,
// client and key attestations, proof types other than jwt, credential
// identifiers on the issuer's side, deferred issuance, encrypted requests and
// responses, notifications, signed metadata.
package openid4vci
