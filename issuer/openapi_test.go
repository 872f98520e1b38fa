package issuer

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// contract is spec/openapi/issuer.yaml, held against every exchange in these
// tests: what succeeds must be as described, and every answer.
type contract struct {
	router routers.Router
	mu     sync.Mutex
	unseen map[string]bool // operations that have not succeeded yet
}

var described = sync.OnceValue(func() *contract {
	text := func(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
		b, err := io.ReadAll(body)
		return string(b), err
	}
	for _, kind := range []string{"application/jwt", "text/html", "application/statuslist+jwt", "application/statuslist+cwt"} {
		openapi3filter.RegisterBodyDecoder(kind, text)
	}
	document, err := openapi3.NewLoader().LoadFromFile("../spec/openapi/issuer.yaml")
	if err != nil {
		panic(err)
	}
	if err := document.Validate(context.Background()); err != nil {
		panic(err)
	}
	router, err := gorillamux.NewRouter(document)
	if err != nil {
		panic(err)
	}
	c := &contract{router: router, unseen: map[string]bool{}}
	for path, item := range document.Paths.Map() {
		for method := range item.Operations() {
			c.unseen[method+" "+path] = true
		}
	}
	return c
})

// TestMain fails when an operation of the contract was never answered with
// success, unless only some of the tests were run.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	for _, name := range []string{"test.run", "test.skip", "test.fuzz", "test.list"} {
		if flag.Lookup(name).Value.String() != "" {
			os.Exit(code)
		}
	}
	if c := described(); code == 0 && len(c.unseen) > 0 {
		fmt.Println("described in issuer.yaml, and never answered with success here:", slices.Sorted(maps.Keys(c.unseen)))
		code = 1
	}
	os.Exit(code)
}

// hold wraps the handler of an issuer whose identifier has that path.
func (c *contract) hold(t *testing.T, path string, handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, r)
		if err := c.check(r, path, body, recorder); err != nil {
			t.Errorf("%s %s is not as spec/openapi/issuer.yaml has it: %v", r.Method, r.URL.Path, err)
		}
		maps.Copy(w.Header(), recorder.Header())
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(recorder.Body.Bytes())
	})
}

func (c *contract) check(r *http.Request, path string, body []byte, answer *httptest.ResponseRecorder) error {
	plain := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, path), "/")
	if strings.HasPrefix(r.URL.Path, "/.well-known/") {
		plain = strings.TrimSuffix(r.URL.Path, path)
	}
	request := r.Clone(context.Background())
	request.URL = &url.URL{Scheme: "https", Host: "issuer.example", Path: plain, RawQuery: r.URL.RawQuery}
	request.Host = request.URL.Host
	request.Body = io.NopCloser(bytes.NewReader(body))
	if request.Method == http.MethodHead {
		return nil
	}
	route, parameters, err := c.router.FindRoute(request)
	switch {
	case err != nil && (answer.Code == http.StatusNotFound || answer.Code == http.StatusMethodNotAllowed):
		return nil
	case err != nil:
		return fmt.Errorf("answered with %d: %w", answer.Code, err)
	}
	options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
	in := &openapi3filter.RequestValidationInput{Request: request, PathParams: parameters, Route: route, Options: options}
	if answer.Code < 400 {
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			return fmt.Errorf("request: %w", err)
		}
		c.mu.Lock()
		delete(c.unseen, route.Method+" "+route.Path)
		c.mu.Unlock()
	}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: answer.Code, Header: answer.Header(), Options: options,
		Body: io.NopCloser(bytes.NewReader(answer.Body.Bytes())),
	})
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
		request := httptest.NewRequest(method, "https://issuer.example"+path, nil)
		if _, _, err := described().router.FindRoute(request); err != nil {
			t.Errorf("%s %s: %v", method, path, err)
		}
	}
}
