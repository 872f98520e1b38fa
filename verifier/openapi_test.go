package verifier_test

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/halfmask/halfmask/spec/openapi/openapitest"
)

// described is held against every exchange over HTTP in these tests.
var described = sync.OnceValue(func() *openapitest.Contract { return openapitest.Load("verifier.yaml") })

func TestMain(m *testing.M) { os.Exit(described().Main(m)) }

// TestEveryPathIsDescribed looks the other way: what is served is in
// verifier.yaml.
func TestEveryPathIsDescribed(t *testing.T) {
	for _, served := range []string{
		"POST /requests", "GET /requests/x", "POST /requests/x", "POST /responses", "GET /results/x", "GET /accounts/x",
		"PUT /accounts/x/bar", "DELETE /accounts/x/bar", "POST /credentials/verify", "POST /presentations/verify",
	} {
		var method, path string
		if _, err := fmt.Sscan(served, &method, &path); err != nil {
			t.Fatal(err)
		}
		if err := described().Describes(method, path); err != nil {
			t.Errorf("%s: %v", served, err)
		}
	}
}
