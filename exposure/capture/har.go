package capture

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// harEntry is an element of log.entries.
type harEntry struct {
	Page    string    `json:"pageref"`
	Started time.Time `json:"startedDateTime"`
	Request struct {
		Method  string      `json:"method"`
		URL     string      `json:"url"`
		Headers []harHeader `json:"headers"`
		Post    struct {
			Text   string      `json:"text"`
			Params []harHeader `json:"params"` // in the place of text
		} `json:"postData"`
	} `json:"request"`
	Response struct {
		Status  int         `json:"status"`
		Headers []harHeader `json:"headers"`
		Content struct {
			Text     string `json:"text"`
			Encoding string `json:"encoding"`
		} `json:"content"`
	} `json:"response"`
}

type harHeader struct{ Name, Value string }

func headers(list []harHeader) http.Header {
	h := make(http.Header)
	for _, x := range list {
		if !strings.HasPrefix(x.Name, ":") { // pseudo-headers of HTTP/2
			h.Add(x.Name, x.Value)
		}
	}
	return h
}

// exchange reads an entry.
func (e *harEntry) exchange(raw []byte, person string) (*Exchange, error) {
	if !utf8.Valid(raw) {
		return nil, errNoUTF8
	}
	if err := json.Unmarshal(raw, e); err != nil {
		return nil, plainly(err)
	}
	if e.Page == "" {
		return nil, errors.New("no pageref, which says to which visit it belongs")
	}
	answer, err := decoded(e.Response.Content.Text, e.Response.Content.Encoding)
	if err != nil {
		return nil, err
	}
	asked := e.Request.Post.Text
	if asked == "" {
		form := make([]string, len(e.Request.Post.Params))
		for i, p := range e.Request.Post.Params {
			form[i] = url.QueryEscape(p.Name) + "=" + url.QueryEscape(p.Value)
		}
		asked = strings.Join(form, "&")
	}
	return &Exchange{Person: person, Visit: e.Page, At: e.Started,
		Request:  Message{Method: e.Request.Method, URL: e.Request.URL, Header: headers(e.Request.Headers), Body: []byte(asked)},
		Response: Message{Status: e.Response.Status, Header: headers(e.Response.Headers), Body: answer}}, nil
}

func decoded(text, encoding string) ([]byte, error) {
	switch {
	case encoding == "":
		return []byte(text), nil
	case strings.EqualFold(encoding, "base64"):
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("the body: %w", err)
		}
		return b, nil
	}
	return nil, fmt.Errorf("a body in encoding %.40q, which is not base64", encoding)
}

// nobody lists the schemes of what browsers note and send to no host.
var nobody = []string{"data", "blob", "about", "file", "chrome", "chrome-extension", "moz-extension"}

func spokenToNobody(address string) bool {
	scheme, _, _ := strings.Cut(address, ":")
	return slices.Contains(nobody, strings.ToLower(scheme))
}

// person is whose a HAR file is.
func person(name string) string {
	base := filepath.Base(name)
	for _, end := range []string{".gz", ".json", ".har"} {
		if n := len(base) - len(end); n > 0 && strings.EqualFold(base[n:], end) {
			base = base[:n]
		}
	}
	return base
}

func (r *reader) har(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	counted, lines := 0, 1
	at := func() int {
		i := min(int(d.InputOffset()), len(data))
		for i < len(data) && strings.IndexByte(" \t\r\n,", data[i]) >= 0 {
			i++
		}
		lines += bytes.Count(data[counted:i], []byte("\n"))
		counted = i
		return lines
	}
	bad := func(err error) error { return &Error{r.file, at(), "not a HAR file: " + plainly(err).Error()} }
	if err := enter(d, "log"); err != nil {
		return bad(err)
	}
	if err := enter(d, "entries"); err != nil {
		return bad(err)
	}
	if token, err := d.Token(); err != nil || token != json.Delim('[') {
		return bad(errors.New("entries is no array"))
	}
	// From here on what is there can be read without the rest.
	cut := func(err error) error { return r.take(at(), nil, fmt.Errorf("cut short or damaged: %w", plainly(err))) }
	for d.More() {
		line := at()
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return cut(err)
		}
		e, err := new(harEntry).exchange(raw, person(r.file))
		if err == nil && spokenToNobody(e.Request.URL) {
			continue
		}
		if err := r.take(line, e, err); err != nil {
			return err
		}
	}
	for range 3 { // the array, log, and the whole
		if err := leave(d); err != nil {
			return cut(err)
		}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return cut(errors.New("something follows the end"))
	}
	return nil
}

// enter goes into the object that follows, up to the value of a member.
func enter(d *json.Decoder, member string) error {
	token, err := d.Token()
	if err != nil || token != json.Delim('{') {
		return errors.New("no object where " + member + " should be a member")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if name == member {
			return nil
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return err
		}
	}
	return errors.New("no member " + member)
}

// leave goes behind the end of the object or array that the decoder is in.
func leave(d *json.Decoder) error {
	for d.More() {
		var skipped json.RawMessage
		if token, err := d.Token(); err != nil {
			return err
		} else if token == "entries" {
			return errors.New("entries stand there twice")
		}
		if err := d.Decode(&skipped); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}
