package sdjwt

import "github.com/halfmask/halfmask/credential/jws"

// The two JWTs of a presentation.
var (
	issuerJWT  = jws.Form{Typ: "dc+sd-jwt", Prefix: "issuer-", Max: MaxSize, Clause: "draft-ietf-oauth-sd-jwt-vc-24 section 2.2.1"}
	bindingJWT = jws.Form{Typ: "kb+jwt", Prefix: "key-binding-", Max: MaxKeyBinding, Clause: "RFC 9901 section 4.3"}
)
