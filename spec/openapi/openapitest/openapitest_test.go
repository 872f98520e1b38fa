package openapitest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/spec/openapi/openapitest"
)

// complaints collects what a contract says.
type complaints struct {
	testing.TB
	list []string
}

func (c *complaints) Errorf(format string, args ...any) {
	c.list = append(c.list, fmt.Sprintf(format, args...))
}

func TestHoldFindsWhatIsNotDescribed(t *testing.T) {
	c := openapitest.Load("wallet.yaml")
	before := len(c.Unseen())
	answer := func(status int, kind, body string) []string {
		found := &complaints{TB: t}
		h := c.Hold(found, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}), nil)
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/credentials", nil))
		return found.list
	}
	for name, list := range map[string][]string{
		"another shape":  answer(200, "application/json", `{"a":1}`),
		"another status": answer(299, "application/json", `[]`),
		"another type":   answer(200, "text/plain", `[]`),
	} {
		if len(list) != 1 || !strings.Contains(list[0], "wallet.yaml") {
			t.Errorf("%s: %q", name, list)
		}
	}
	if list := answer(200, "application/json", `[]`); len(list) != 0 {
		t.Errorf("as described: %q", list)
	}
	if after := len(c.Unseen()); after != before-1 {
		t.Errorf("%d operations unseen, were %d", after, before)
	}
}

func ExampleLoad() {
	c := openapitest.Load("wallet.yaml")
	fmt.Println(c.Describes(http.MethodGet, "/credentials"))
	// Output: <nil>
}
