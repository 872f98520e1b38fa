package statuslist

import (
	"math"
	"net/url"

	"github.com/halfmask/halfmask/credential"
)

// A Reference is the place of a credential in a list, section 6.
type Reference struct {
	Index int    `json:"idx"`
	URI   string `json:"uri"`
}

// Claim is the value of the status claim with the reference.
func (r Reference) Claim() map[string]any {
	return map[string]any{"status_list": map[string]any{"idx": r.Index, "uri": r.URI}}
}

// ReferenceIn finds the reference in the claims of a JWT or SD-JWT, nil when
// they have no status claim. A status claim without a status_list asks for a
// mechanism that is not known here, and fails: a status that cannot be checked
// must not pass for a good one.
func ReferenceIn(claims map[string]any) (*Reference, error) {
	failed := func(format string, args ...any) error {
		return credential.Failed("status-claim", "draft-ietf-oauth-status-list section 6.2", format, args...)
	}
	status, ok := claims["status"]
	if !ok {
		return nil, nil
	}
	object, _ := status.(map[string]any)
	list, ok := object["status_list"].(map[string]any)
	if !ok {
		return nil, failed("status has no object status_list")
	}
	index, ok := wholeNumber(list["idx"])
	if !ok {
		return nil, failed("idx is no whole number from 0")
	}
	uri, _ := list["uri"].(string)
	if u, err := url.Parse(uri); err != nil || !u.IsAbs() || u.Host == "" || u.User != nil || u.Fragment != "" || len(uri) > 2048 {
		return nil, failed("uri is no URL with a host")
	}
	return &Reference{index, uri}, nil
}

func wholeNumber(v any) (int, bool) {
	switch n := v.(type) {
	case float64:
		return int(n), n >= 0 && n == math.Trunc(n) && n <= math.MaxInt32
	case int:
		return n, n >= 0
	}
	return 0, false
}
