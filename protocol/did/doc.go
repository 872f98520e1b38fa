// Package did finds the public key that a DID URL names: W3C Decentralized
// Identifiers 1.0, for the methods did:jwk, did:key (P-256, P-384, Ed25519)
// and did:web. The first two carry their key and need no network; did:web
// fetches a document over HTTPS.
//
// Start at [Resolver.Key] to verify what a DID signed, and at [JWK] or [Key]
// to make a DID of a key.
//
// A key is found under the name that was asked for or not at all: a DID URL
// without a fragment, a document that is about somebody else, or a method
// controlled by somebody else is refused.
//
// Left out: every other method, key agreement keys, services, and what a
// verification method may be used for (OpenID4VP 1.0 section 5.9.3 takes any
// entry of verificationMethod).
package did
