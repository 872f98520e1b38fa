// Package statuslist is Token Status List, draft-ietf-oauth-status-list
// (newest text read: that of 20 April 2026, after -19): how an issuer takes
// credentials back before they end, by publishing a long compressed array in
// which each credential has a place.
//
//	issuer    New, List.Set; Token.SignJWT, Token.SignCWT
//	verifier  ReferenceIn; VerifyJWT, VerifyCWT; List.Get
//
// A [Reference], the pair of index and URI in a credential, is unique to it:
// whoever sees it twice has seen the same credential twice (section 12.5). It
// is for credentials that show a unique signature anyway. Nothing in this
// package makes it unlinkable, and package bbs2023 and package jwpbbs use
// validity epochs instead.
//
// Start at [VerifyJWT] or [New]. Signatures are package jws's and, for CWT,
// github.com/veraison/go-cose's. Left out: who fetches and caches a list (a
// verifier with a network), historical resolution (section 8.4, which lets a
// verifier watch a person), MACs, aggregation, and certificates with the key
// purpose of section 10.
package statuslist
