package openid4vp

import (
	"bytes"
	"encoding/json"

	"github.com/halfmask/halfmask/credential"
)

// VPToken holds the presentations that answer a request, by the identifier of
// the credential query they answer (section 8.1). Its values are arrays, also
// for a single presentation.
type VPToken map[string][]Presentation

// Presentation is one presentation: the JSON value of a string (dc+sd-jwt) or
// of an object (ldp_vc).
type Presentation struct{ json.RawMessage }

// TextPresentation makes the presentation of a format that is a string.
func TextPresentation(s string) (Presentation, error) {
	b, err := json.Marshal(s)
	return Presentation{b}, err
}

// ObjectPresentation makes the presentation of a format that is a JSON
// object.
func ObjectPresentation(data []byte) (Presentation, error) {
	if _, err := parseObject(data); err != nil {
		return Presentation{}, badToken("%w", err)
	}
	return Presentation{bytes.Clone(data)}, nil
}

// Text gives the presentation when it is a string.
func (p Presentation) Text() (string, bool) {
	var s string
	if len(p.RawMessage) == 0 || p.RawMessage[0] != '"' || json.Unmarshal(p.RawMessage, &s) != nil {
		return "", false
	}
	return s, true
}

// Object gives the bytes of the presentation when it is a JSON object.
func (p Presentation) Object() ([]byte, bool) {
	if len(p.RawMessage) == 0 || p.RawMessage[0] != '{' {
		return nil, false
	}
	return p.RawMessage, true
}

func badToken(format string, args ...any) *credential.Error {
	return credential.Failed("vp-token", "OpenID4VP 1.0 section 8.1", format, args...)
}

// ParseVPToken reads a vp_token: an object whose values are arrays of strings
// and objects, none of them empty. Duplicate members are refused at every
// depth, so a presentation inside means the same to every reader. The error
// is a *credential.Error.
func ParseVPToken(data []byte) (VPToken, error) {
	if len(data) > MaxBody {
		return nil, badToken("longer than %d bytes", MaxBody)
	}
	o, err := parseObject(data)
	if err != nil {
		return nil, badToken("%w", err)
	}
	if len(o) == 0 {
		return nil, badToken("without a presentation")
	}
	for id, v := range o {
		if !isID(id) {
			return nil, badToken("%q is not the id of a credential query", clip(id))
		}
		list, err := asList(id, v)
		if err != nil {
			return nil, badToken("%w", err)
		}
		for i, p := range list {
			switch p.(type) {
			case string, map[string]any:
			default:
				return nil, badToken("%s[%d] is neither a string nor an object", id, i)
			}
		}
	}
	var token VPToken
	if err := json.Unmarshal(data, &token); err != nil {
		return nil, badToken("%w", err)
	}
	return token, nil
}
