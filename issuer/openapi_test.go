package issuer

import (
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/halfmask/halfmask/spec/openapi/openapitest"
)

// described is held against every exchange in these tests.
var described = sync.OnceValue(func() *openapitest.Contract { return openapitest.Load("issuer.yaml") })

func TestMain(m *testing.M) { os.Exit(described().Main(m)) }

// plainly gives the described path of an issuer whose identifier has a path.
func plainly(path string) func(string) string {
	return func(requested string) string {
		if strings.HasPrefix(requested, "/.well-known/") {
			return strings.TrimSuffix(requested, path)
		}
		return strings.TrimSuffix(strings.TrimPrefix(requested, path), "/")
	}
}

// TestEveryPathIsDescribed looks the other way: what is served is in
// issuer.yaml.
func TestEveryPathIsDescribed(t *testing.T) {
	o := newTown(t, "", func(c *Config) { c.StatusPlaces = 8 })
	paths := map[string]string{}
	for path, to := range o.server.routes {
		paths[path] = to.method
	}
	for _, name := range []string{"openid-credential-issuer", "oauth-authorization-server"} {
		_, m := o.send(http.MethodGet, "/.well-known/"+name, "", "", nil)
		for member, value := range m {
			if address, ok := value.(string); ok && strings.HasSuffix(member, "_endpoint") {
				paths[strings.TrimPrefix(address, o.url)] = http.MethodPost
			}
		}
	}
	if len(paths) < 15 {
		t.Errorf("only %d paths", len(paths))
	}
	for path, method := range paths {
		if err := described().Describes(method, path); err != nil {
			t.Errorf("%s %s: %v", method, path, err)
		}
	}
}
