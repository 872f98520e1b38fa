// Package openapitest holds handlers, while their tests run, against the
// descriptions of package openapi: a request that succeeds must be as
// described, and every answer. Start with [Load]; [Contract.Hold] wraps a
// handler, and [Contract.Main] is a TestMain that fails when a described
// operation was never answered with success.
//
// The reading and checking is github.com/getkin/kin-openapi's.
package openapitest

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
	"slices"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/halfmask/halfmask/spec/openapi"
)

// textual are the media types whose bodies are text to a description.
var textual = []string{
	"application/jwt", "application/oauth-authz-req+jwt", "text/html", "application/statuslist+jwt", "application/statuslist+cwt",
}

// Contract is one description with what of it was seen.
type Contract struct {
	name   string
	router routers.Router
	mu     sync.Mutex
	unseen map[string]bool // operations that have not succeeded yet
}

// Load reads a description of package openapi, such as "issuer.yaml". It
// panics when that is none: the tests cannot go on.
func Load(name string) *Contract {
	for _, kind := range textual {
		openapi3filter.RegisterBodyDecoder(kind, func(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
			b, err := io.ReadAll(body)
			return string(b), err
		})
	}
	text, err := openapi.Files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(text)
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
	c := &Contract{name: name, router: router, unseen: map[string]bool{}}
	for path, item := range document.Paths.Map() {
		for method := range item.Operations() {
			c.unseen[method+" "+path] = true
		}
	}
	return c
}

// Unseen lists the described operations that were not answered with success
// so far.
func (c *Contract) Unseen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.unseen))
}

// Main runs the tests and gives the exit code: 1 also when operations are
// unseen, unless only some of the tests were run.
func (c *Contract) Main(m *testing.M) int {
	flag.Parse()
	code := m.Run()
	for _, name := range []string{"test.run", "test.skip", "test.fuzz", "test.list"} {
		if flag.Lookup(name).Value.String() != "" {
			return code
		}
	}
	if unseen := c.Unseen(); code == 0 && len(unseen) > 0 {
		fmt.Printf("described in %s, and never answered with success here: %v\n", c.name, unseen)
		return 1
	}
	return code
}

// Describes reports whether there is an operation for the method and path.
func (c *Contract) Describes(method, path string) error {
	_, _, err := c.router.FindRoute(httptest.NewRequest(method, "https://party.example"+path, nil))
	return err
}

// Hold wraps a handler. plain gives the path that the description has for the
// path of a request; nil: the same.
func (c *Contract) Hold(t testing.TB, handler http.Handler, plain func(path string) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, r)
		path := r.URL.Path
		if plain != nil {
			path = plain(path)
		}
		if err := c.check(r, path, body, recorder); err != nil {
			t.Errorf("%s %s is not as spec/openapi/%s has it: %v", r.Method, r.URL.Path, c.name, err)
		}
		maps.Copy(w.Header(), recorder.Header())
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(recorder.Body.Bytes())
	})
}

func (c *Contract) check(r *http.Request, path string, body []byte, answer *httptest.ResponseRecorder) error {
	if r.Method == http.MethodHead {
		return nil
	}
	request := r.Clone(context.Background())
	request.URL = &url.URL{Scheme: "https", Host: "party.example", Path: path, RawQuery: r.URL.RawQuery}
	request.Host = request.URL.Host
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
