// Package sdjwt issues, holds, presents and verifies SD-JWT VCs: JSON
// credentials whose holder shows each verifier only the claims it asks for.
//
// It implements RFC 9901 (Selective Disclosure for JWTs) with key binding,
// and draft-ietf-oauth-sd-jwt-vc-24, media type dc+sd-jwt, in the compact
// serialization. The steps, each in a file of its name:
//
//	issuer    Issue         header.payload.signature~disclosure~…~disclosure~
//	holder    VerifyIssued  checks what the issuer sent
//	          Parse         reads it again from the wallet's store
//	          Select        keeps the disclosures that a verifier asks for
//	          Bind          adds the Key Binding JWT: nonce, audience, sd_hash
//	verifier  Verify        checks it all, returns the disclosed claims
//
// # What is checked
//
// Every refusal is a [credential.Error] with a fixed name and the clause that
// asks for the check. Signatures are ES256, ES384 or EdDSA (Ed25519), each
// with the key type it belongs to. JOSE headers are read strictly: no member
// twice, no crit, no b64, no private key. Nothing in a header is a source of
// trust: jwk, jku, x5c and x5u are never used and kid is only handed to the
// caller, who answers with the key that it trusts for that issuer.
//
// Key binding is required exactly when [Policy.KeyBinding] says so, never
// because a Key Binding JWT was sent. When the policy does not ask for it and
// one arrives, RFC 9901 section 7.3 has the verifier parse it (step 3) and
// check it only if required (step 5): it must then be a well-formed Key
// Binding JWT, but nothing in it counts and [Verified].KeyBound is false. A
// holder, though, refuses a credential that arrives from its issuer with key
// binding (section 7.2).
//
// The claims iss, nbf, exp, aud, cnf, vct, vct#integrity, aka_vcts and
// status, with all that is in them, are never selectively disclosable
// (draft-ietf-oauth-sd-jwt-vc-24 section 2.2.2.3; aud from RFC 9901 section
// 9.7): a credential that hides one is refused.
//
// The names of the checks, in the order in which Verify makes them: form of
// the parts (size, trailing-tilde, issuer-… for the issuer-signed JWT,
// hash-algorithm, disclosure-count, disclosure-form, disclosure-depth,
// key-binding-… for the form of the Key Binding JWT); key-binding-required;
// the issuer (issuer, issuer-key, issuer-signature); the claims
// (disclosure-duplicate, disclosure-length, disclosure-unreferenced,
// digest-form, digest-duplicate, reserved-name, registered-claim,
// claim-override, depth, numeric-date, confirmation, type); the times and
// audience (not-yet-valid, expired, credential-audience); the key binding
// (key-binding-key, key-binding-signature, key-binding-time,
// key-binding-nonce, key-binding-audience, key-binding-hash,
// key-binding-claim). A policy that
// makes no sense is key-binding-policy; VerifyIssued adds
// key-binding-unexpected and salt-reuse, Select claim-path.
//
// Clause numbers of draft-ietf-oauth-sd-jwt-vc are those of the working
// group's text of August 2026.
//
// # Bounds
//
// An SD-JWT is at most [MaxSize] bytes, a JOSE header at most [MaxHeader]
// characters, a Key Binding JWT at most [MaxKeyBinding]; there are at most
// [MaxDisclosures] disclosures; objects and arrays nest at most [MaxDepth]
// deep, counted in the processed claims. JSON is read strictly: UTF-8, no
// member twice, nothing after the value, and whole numbers only between -2^53
// and 2^53, where a float64 is exact. Claims have the types of encoding/json.
//
// # What it leaves out
//
// The JWS JSON serialization, type metadata, status lists, issuer metadata
// and X.509 chains (the caller's key function answers for the issuer's keys),
// and every confirmation method except cnf.jwk. Presentations are linkable
// to each other and to issuance through the issuer's signature, the digests
// and the holder's key; only single-use copies from a batch avoid that
// (RFC 9901 section 10.1).
//
// Signing is done by crypto/ecdsa and crypto/ed25519, which are constant
// time, or by the caller's jose.OpaqueSigner.
package sdjwt
