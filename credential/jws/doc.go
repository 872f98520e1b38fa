// Package jws reads and makes the JWTs of this project: compact JWS
// (RFC 7515 section 7.1) whose payload is a JSON object (RFC 7519), under the
// rules of RFC 8725 (JWT best current practices).
//
// A [Form] is one kind of JWT: its typ, its bound, and the names under which
// its checks fail. [Read] checks all that needs no key: three parts in one
// canonical base64url, bounded JSON without repeated members, an asymmetric
// algorithm, the typ of the form, no critical extension, no unencoded payload,
// no private key in the header. [Token.Verify] checks the signature, with a
// key that the caller trusts: the header's jwk, kid and x5c are never a key by
// themselves. [Sign] makes a token and verifies it before it gives it away.
//
// Start at [Form]. The signatures are github.com/go-jose/go-jose/v4's. Left
// out: the meaning of claims, JSON serializations, MACs, RSA, and key
// resolution.
package jws
