// Package jwpbbs is the wallet's native form of credential: BBS in JSON Web
// Proofs, with proofs about values that stay hidden. From one credential its
// holder shows "18 or over", "14 to 17", "valid today" or "known to this
// platform as X", on any day, and neither a date nor anything that two
// platforms could compare.
//
// It implements draft-bormann-jwp-modular-bbs-03 (data model, cipher suite,
// presentation and its verification, reconstructed payload) in the Compact
// Serialization of draft-ietf-jose-json-web-proof-13 (section 7.1), with
// package bbs for the core proof. Version -03 defines how sub-proofs travel
// and none of their algorithms; ours are the ranges of package rangeproof and
// the pseudonym of spec/jwpbbs.md, which also says where this package goes
// beyond the draft: the issuer signs a link secret that it never sees.
//
//	issuer                        holder                          verifier
//	PersonLayout(issuer)          PersonLayout(issuer)
//	        ------- nonce ------->
//	                              NewLinkSecret, (*LinkSecret).Commit
//	        <---- commitment -----
//	ParseCommitment
//	Issue(key, layout, claims, …)
//	        ---- issued form ---->
//	                              Receive(issued, layout, …)
//	                                        <-------- Request ----------
//	                              (*Credential).Present
//	                                        ----- presented form ------>
//	                                                   Verify(…, Request)
//
// Start at [PersonLayout], or at [NewLayout] for other credentials, and at
// [Request], which holder and verifier use alike.
//
// # What links, and what does not
//
// The Issuer Header, which every presentation shows, is made of the issuer's
// name and the type alone. Two presentations that disclose the same differ in
// values drawn afresh and nothing else: on the assumptions behind BBS
// (package bbs) nobody, the issuer included, links them by their bytes. The
// pseudonym links what one verifier gets, on purpose; between verifiers it
// rests on the decisional Diffie-Hellman assumption in G1. Disclosed values
// and narrow ranges link whomever they are true of.
//
// # What is checked
//
// Every refusal is a [*credential.Error] with a fixed name and the clause that
// asks for the check. Verify makes its checks in this order: size, form;
// issuer-header…, device-binding and mapping… (the header and its cmap);
// presentation-header…, nonce, audience, transaction-data; request… and type
// (the request does not fit the credential); payload-count,
// disclosure-missing, disclosure-unasked, payload (what is shown); sub-proof…
// (form, algorithm, unasked, missing); claim-absent; issuer-key; then the
// cryptography: the core proof (checks of package bbs), commitments, time,
// expired and validity (exp and nbf), the ranges (checks of package
// rangeproof), pseudonym. Issue adds claims and commitment; Receive
// issuer-header-population and link-secret; Present range.
//
// Whether a credential is valid at [Request].ValidAt is always checked when its
// layout has exp or nbf. Nothing that is asked for is optional, and what a
// credential cannot answer is an error, never a disclosure.
//
// # Bounds
//
// A form has at most [MaxSize] octets, a header [MaxHeader], a payload
// [MaxPayload]; there are at most [MaxMessages] payloads and [MaxSubProofs]
// sub-proofs; objects and arrays nest at most [MaxDepth] deep. JSON is read
// strictly: UTF-8, no member twice, nothing after the value.
//
// # What is protected against timing
//
// Packages bbs and rangeproof state what they protect. A pseudonym is made with
// the same code: the link secret in two fresh shares, it and the nonces with
// the same operations for all scalars. TestTimingOfThePseudonym measures that
// the secret does not show. Decimal payloads of the holder's own
// credential are parsed and compared with the bounds of a request in a time
// that may depend on them.
//
// # Left out
//
// The CBOR serialization, detached payloads, device binding (kb; the draft
// defines no value of it) and sub-proofs other than the two. Credentials
// without a link secret, the draft's own issuance, are refused. Revocation:
// credentials are short-lived instead. What an issuer does with the name that
// [Commitment] gives it, such as to hold each person to one link secret, is
// the issuer's.
package jwpbbs
