package exposure

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// Rule R-EXP-13: with one person replaced, the authority's view differs by the
// document in each design, and a platform's not by a document that it was not
// shown.
func TestSwappedWorldsDifferByThePersonOnly(t *testing.T) {
	if testing.Short() {
		t.Skip("real cryptography for many logins")
	}
	s := DefaultScenario()
	s.People, s.Days = 40, 6
	r, err := newRun(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range r.designs {
		found, err := r.swap(context.Background(), d)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(d.Name, found)
		if !slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, "issuer: ") }) {
			t.Errorf("%s: nothing differs for the authority: %v", d.Name, found)
		}
		if d.Base == "bbs" && slices.ContainsFunc(found, func(f string) bool {
			return strings.HasPrefix(f, "platform: ") && strings.Contains(f, "proof")
		}) {
			t.Errorf("a proof tells one person from another: %v", found)
		}
	}
}
