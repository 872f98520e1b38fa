package openid4vci

import "github.com/halfmask/halfmask/spec/strictjson"

const maxDepth = 24 // nested objects and arrays in any message

// decodeStrict reads one JSON object into v. Unknown members are ignored, as
// the standard asks; repeated ones, also such that differ in case only, are
// refused, because two readers could take different ones. How long it may be
// the callers have seen to, none of them beyond maxCredentials.
func decodeStrict(data []byte, v any) error {
	return strictjson.DecodeKnown(data, v, strictjson.Limits{Bytes: maxCredentials, Depth: maxDepth})
}
