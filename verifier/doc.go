// Package verifier is a platform's end: it asks for claims, checks what
// comes back, and says check by check why it believes it.
//
// Start at [New]. A platform in Go calls [Server.Request], hands
// Pending.RequestURI to the person (a link or a QR code) and reads
// [Server.Result]; the Server is also an http.Handler for wallets and, over
// HTTP, for the platform's own back end:
//
//	POST /requests               back end  {"dcql_query": …} or {"policy": name}, and terms → 201 {"id", "request_uri", …}
//	GET  /requests/{ref}         wallet    the request object; POST with the wallet's nonce
//	POST /responses              wallet    direct_post, direct_post.jwt
//	GET  /results/{id}           back end  {"status": …, "verdict": …}; after return_to with ?response_code=
//	GET  /accounts/{id}          back end  an account; PUT or DELETE /accounts/{id}/bar bars or unbars it
//	POST /credentials/verify     back end  the VC API, for conformance runs
//	POST /presentations/verify   back end
//
// spec/openapi/verifier.yaml describes them. The protocol is OpenID4VP 1.0
// (package openid4vp), with requests signed by the identities of [Config] and
// answers in the clear or encrypted, as [Terms] say; the formats are the JWP
// form, ldp_vc with bbs-2023, and dc+sd-jwt. [QueryFor] asks for claims in any,
// [Proving] for proofs.
//
// A login begins with [Server.Begin] in the person's browser and ends with
// [Server.Return] in the same one: on one device, the wallet hands the browser
// a response code without which nobody gets the verdict, so that nobody logs in
// with what another was tricked into showing (section 14.2).
//
// # What is checked
//
// [Verdict] lists every check in the order in which it is made: those passed,
// the one that failed, and those not reached. The key that verifies a
// signature is one of those configured for the issuer that the credential
// names, never one that the message brought. Key binding is required unless
// the query says otherwise, whatever was sent. Every constraint of the query
// is checked again, because the wallet is not the verifier's
// (OpenID4VP 1.0 section 14.9). A claim that was shown and not asked for is
// named in the verdict, and its value is not kept; in JWP form, where no wallet
// can show it by mistake, the answer is refused.
//
// A request is answered once: of many responses to it one is checked, whatever
// comes of it, and all others are refused; one that cannot be read ends it,
// too. [Check].Code tells what is refused more finely than its name.
//
// # Accounts
//
// A platform recognizes people by what a design lets it see again. With
// dc+sd-jwt that is the holder's key: its RFC 7638 thumbprint is the account,
// and a copy with another key is another account. With the JWP form it is the
// pseudonym, when one was asked for: made of the holder's link secret and this
// verifier's client identifier, it stays when the credential is renewed, and
// says nothing to another verifier. A plain bbs-2023 proof repeats nothing, so there is no account and nobody can be barred; the
// platform would have to ask for an identifying claim. [Accounts] lets a
// platform bar its own accounts; it cannot reach anybody elsewhere.
//
// # What is left out
//
// Persistence (state is in memory, bounded by Config.MaxPending, and ends with
// its lifetime), transport security, and rate limits: those belong in front of
// it. Requests over the Digital Credentials API are made with package
// openid4vp and their answers checked with [Server.Verify].
package verifier
