// Package issuer is the role that signs what enrollment allowed. A Server
// enrolls people at a desk of package enrollment, remembers them, and issues
// each of them the same claims in three forms:
//
//	person-sd-jwt   an SD-JWT VC (dc+sd-jwt) for each key that the wallet proves
//	person-jwp      BBS in JSON Web Proof form (spec/jwpbbs.md), on a link secret that stays with the wallet
//	person-bbs      a W3C credential with a bbs-2023 base proof (ldp_vc), bound to no key
//
// Start with [New]. A Server is an http.Handler of these paths, below the path
// of its URL:
//
//	POST /enrollments/phone-codes   send a one-time code to a phone
//	POST /enrollments               enroll, and get a credential offer
//	GET  /.well-known/jwt-vc-issuer keys of person-sd-jwt (draft-ietf-oauth-sd-jwt-vc-24 section 4)
//	GET  /statuslists/{epoch}       the status list of an epoch, where Config.StatusPlaces keeps one
//	and those of openid4vci.Endpoint, by which offers become credentials; who
//	comes with an authorization code logs in with the phone's one-time code
//
// and with the operator's token:
//
//	POST /restrictions              order that a person is not renewed
//	POST /offers                    make an offer for somebody who enrolled before
//	POST /offers/status             ask what became of an offer
//	POST /guardian-confirmations    pass on a guardian's answer, where Config.AwaitGuardian waits for it
//	POST /credentials/issue         the VC API, for conformance runs, with a key of its own
//	POST /credentials/derive
//
// spec/openapi/issuer.yaml describes them all.
//
// Every credential carries every claim and is valid from the start of the
// month of its issuance to the end of the next (spec.Epoch), so that neither
// the number of claims nor a time tells people apart; only the age claims are
// counted on the very day. An order makes the issuer decline what would follow,
// and say so to the wallet; of what was issued it reaches only SD-JWTs with a
// place in a status list (Config.StatusPlaces). It names no platform, because
// the issuer knows none.
//
// What the issuer knows of a person is in [Person]. It is kept in memory and
// forgotten with the process: a service would need a database. Keys survive in
// a file, see [CreateKeys]. Nothing is logged.
//
// Left out: revocation of BBS credentials before the end of the epoch (an
// SD-JWT can have a place in a status list: Config.StatusPlaces), a person with
// two documents (they count as two people), changing a phone number other than
// by enrolling again, limits on requests per sender.
package issuer
