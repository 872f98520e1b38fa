package centralized

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/spec/strictjson"
)

// Failure is the body of an answer that is not a login result.
type Failure struct {
	Check    string               `json:"check"`
	Rule     string               `json:"rule,omitempty"`
	Field    string               `json:"field,omitempty"`
	Error    string               `json:"error"`
	Decision *enrollment.Decision `json:"decision,omitempty"`
}

func fail(w http.ResponseWriter, status int, check, format string, args ...any) {
	reply(w, status, Failure{Check: check, Error: fmt.Sprintf(format, args...)})
}

func reply(w http.ResponseWriter, status int, body any) {
	b, err := json.Marshal(body)
	if err != nil { // nothing that is answered here can fail to marshal
		status, b = http.StatusInternalServerError, []byte(`{"check":"answer","error":"the answer could not be written"}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client is gone if this fails
}

func serveUnknown(w http.ResponseWriter, _ *http.Request) {
	fail(w, http.StatusNotFound, "endpoint", "nothing is served at this path with this method")
}

// readBody gives a body that is said to be JSON and has at most limit bytes;
// where there is none it has answered.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, bool) {
	if !isJSON(r.Header) {
		fail(w, http.StatusUnsupportedMediaType, "content-type", "the body must be application/json")
		return nil, false
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		fail(w, http.StatusRequestEntityTooLarge, "body", "the body is longer than %d bytes", limit)
	case err != nil:
		fail(w, http.StatusBadRequest, "body", "the body did not arrive whole")
	}
	return body, err == nil
}

// readJSON decodes a body strictly; where it cannot it has answered.
func readJSON(w http.ResponseWriter, r *http.Request, limit int64, into any) bool {
	body, ok := readBody(w, r, limit)
	if !ok {
		return false
	}
	if err := decodeStrict(body, into); err != nil {
		fail(w, http.StatusBadRequest, "body", "%v", err)
		return false
	}
	return true
}

func isJSON(h http.Header) bool {
	media, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && media == "application/json"
}

// limits bound what a message holds; its bytes are bounded where it is read.
var limits = strictjson.Limits{Depth: 8}

// decodeStrict reads one JSON object in which nothing is unknown or there
// twice: two readers could take different ones.
func decodeStrict(b []byte, into any) error { return strictjson.Decode(b, into, limits) }

// bearer gives the token of an Authorization header, or "".
func bearer(r *http.Request) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

const maxResponse = 1 << 20 // bytes

// decodeResponse reads a JSON answer and closes its body.
func decodeResponse(response *http.Response, into any) error {
	defer response.Body.Close()
	if !isJSON(response.Header) {
		return fmt.Errorf("status %d without a JSON answer", response.StatusCode)
	}
	b, err := io.ReadAll(io.LimitReader(response.Body, maxResponse+1))
	if err != nil {
		return err
	}
	if len(b) > maxResponse {
		return fmt.Errorf("the answer is longer than %d bytes", maxResponse)
	}
	if err := decodeStrict(b, into); err != nil {
		return fmt.Errorf("status %d, answer: %w", response.StatusCode, err)
	}
	return nil
}

// straight gives the client (nil for one with a time limit) as one that
// follows no redirect: what is sent here is for the one it is sent to.
func straight(c *http.Client) *http.Client {
	if c == nil {
		c = &http.Client{Timeout: 30 * time.Second}
	}
	s := *c
	s.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &s
}
