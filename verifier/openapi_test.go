package verifier_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// contract is spec/openapi/verifier.yaml, held against every exchange over
// HTTP in these tests: what succeeds must be as described, and every answer.
type contract struct {
	router routers.Router
	mu     sync.Mutex
	unseen map[string]bool // operations that have not succeeded yet
}

var described = sync.OnceValue(func() *contract {
	openapi3filter.RegisterBodyDecoder(openid4vp.ObjectType, func(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
		b, err := io.ReadAll(body)
		return string(b), err
	})
	document, err := openapi3.NewLoader().LoadFromFile("../spec/openapi/verifier.yaml")
	if err != nil {
		panic(err)
	}
	if err := document.Validate(context.Background()); err != nil {
		panic(err)
	}
	document.Servers = nil // whatever host a test runs on
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
		fmt.Println("described in verifier.yaml, and never answered with success here:", slices.Sorted(maps.Keys(c.unseen)))
		code = 1
	}
	os.Exit(code)
}

// hold wraps a verifier's handler.
func (c *contract) hold(t testing.TB, handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, r)
		if err := c.check(r, body, recorder); err != nil {
			t.Errorf("%s %s is not as spec/openapi/verifier.yaml has it: %v", r.Method, r.URL.Path, err)
		}
		maps.Copy(w.Header(), recorder.Header())
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(recorder.Body.Bytes())
	})
}

func (c *contract) check(r *http.Request, body []byte, answer *httptest.ResponseRecorder) error {
	request := r.Clone(context.Background())
	request.Body = io.NopCloser(bytes.NewReader(body))
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
		if _, _, err := described().router.FindRoute(httptest.NewRequest(method, "https://platform.example"+path, nil)); err != nil {
			t.Errorf("%s: %v", served, err)
		}
	}
}
