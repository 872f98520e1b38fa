// Package openid4vci carries credentials from an issuer to a wallet as
// OpenID for Verifiable Credential Issuance 1.0 (final, 16 September 2025)
// says. It holds both ends:
//
//	wallet (Client)                            issuer (Endpoint)
//	   |                                          |  Endpoint.Offer
//	   |<------- openid-credential-offer:// ------|  section 4
//	   |-- GET /.well-known/openid-credential-issuer ->  section 12.2, also signed
//	   |-- GET /.well-known/oauth-authorization-server ->  RFC 8414
//	   |                                          |
//	   |  with a pre-authorized code, go on; with an authorization code, first
//	   |-- POST par: scope, code_challenge ------>|  RFC 9126, RFC 7636
//	   |-- browser: GET authorize --------------->|  Login finds out who it is
//	   |<------ browser: code, state, iss --------|  RFC 9207
//	   |                                          |
//	   |-- POST token: code, tx_code ------------>|  section 6
//	   |<-------- access token, refresh token ----|
//	   |-- POST nonce --------------------------->|  section 7
//	   |<----------------------------- c_nonce ---|
//	   |-- POST credential: one proof a key ----->|  section 8, appendix F
//	   |                                          |  Backend.Credential
//	   |<--------- credentials, or not yet -------|
//	   |-- POST deferred_credential ------------->|  section 9
//	   |-- POST notification -------------------->|  section 11
//	   |-- POST token: refresh token ------------>|  RFC 6749 section 6
//	   |                                          |  Backend.Renew
//
// Tokens are bound to a key of the wallet by DPoP (RFC 9449), with nonces
// from the server, where both ends know it: ours do. Each grant has a key of
// its own. Messages to and from the credential endpoints may be encrypted
// (section 10); our wallet does so where the issuer requires it.
//
// A wallet starts with [Client.Offer] and [Client.Accept], or
// [Client.Authorize], [Client.Redeem] and [Client.Obtain], and comes back with
// [Client.Renew]. An issuer starts with [NewEndpoint] and implements
// [Backend]. What a credential is bound to is open: see [ProofVerifier] and
// [Prover]. The Endpoint keeps codes, tokens and nonces in memory, each under
// the SHA-256 of its secret, for a time and up to a number, and forgets them
// when the process ends.
//
// Transport is https. Plain http is accepted for loopback addresses,
// localhost and names below .localhost only, so that a whole system runs on
// one machine without certificates. See package fetch for what is reached.
//
// Left out: client attestations and other client authentication, key
// attestations, request objects (RFC 9101), compression of encrypted
// messages, authorization requests that were not pushed (on the issuer's
// side).
package openid4vci
