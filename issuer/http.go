package issuer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"unicode/utf8"

	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec/strictjson"
)

func refuse(status int, code, format string, args ...any) error {
	return &openid4vci.Error{Status: status, Code: code, Description: fmt.Sprintf(format, args...)}
}

// readJSON gives a body that is said to be JSON and has at most that many
// bytes.
func readJSON(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.URL.RawQuery != "" {
		return nil, refuse(http.StatusBadRequest, "invalid_request", "nothing belongs in the query")
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || r.Header.Get("Content-Encoding") != "" {
		return nil, refuse(http.StatusUnsupportedMediaType, "invalid_request", "Content-Type must be application/json, without encoding")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return nil, refuse(http.StatusRequestEntityTooLarge, "invalid_request", "the body is longer than %d bytes", limit)
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "invalid_request", "the body did not arrive whole")
	case !utf8.Valid(body):
		return nil, refuse(http.StatusBadRequest, "invalid_request", "the body is not UTF-8")
	}
	return body, nil
}

// decodeFlat reads an object whose members are strings, numbers and booleans.
// Unknown and repeated members are refused. How long it may be, readJSON has
// seen to.
func decodeFlat(body []byte, v any) error {
	return strictjson.Decode(body, v, strictjson.Limits{Depth: 1})
}

func answer(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone if this fails
	return nil
}

// answerError sends what was meant for the client and hides what was not.
func answerError(w http.ResponseWriter, err error) {
	refusal := &openid4vci.Error{Status: http.StatusInternalServerError, Code: openid4vci.ServerError, Description: "the issuer failed"}
	errors.As(err, &refusal)
	if err := answer(w, refusal.Status, refusal); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
	}
}
