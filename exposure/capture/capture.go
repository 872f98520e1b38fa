// Package capture reads recorded traffic of other software: HTTP Archive
// files (HAR 1.2, one file for each person, as a browser saves them) and JSON
// Lines (one exchange a line, of any number of people). Nothing has to be
// written in Go to measure a design that others made.
//
// In a HAR file the person is the file, a visit is a page (pageref), and the
// party is the host that was spoken to. A line of JSON Lines says all three:
//
//	{"person":"ann","visit":"1","party":"shop.example","at":"2026-03-01T08:00:00Z",
//	 "request":{"method":"POST","url":"https://shop.example/login","header":{"Accept":["*/*"]},"body":"..."},
//	 "response":{"status":200,"header":{},"body":"..."}}
//
// Start at [Read]. What is damaged or foreign is an error with file and line.
// It leaves out bodies that HAR keeps elsewhere, WebSocket messages and
// timings.
package capture

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Bounds of what is read.
const (
	MaxFile = 1 << 30 // bytes
	MaxBody = 4 << 20 // bytes of one message
)

// Exchange is one request with its response.
type Exchange struct {
	Person, Visit string
	Party         string // who was spoken to
	At            time.Time
	Request       Message
	Response      Message
}

// Message is a request or a response.
type Message struct {
	Method string
	URL    string
	Status int
	Header http.Header
	Body   []byte
}

// Error is what is wrong with a capture, and where.
type Error struct {
	File   string
	Line   int // from 1
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("capture: %s:%d: %s", e.File, e.Line, e.Reason) }

// Read gives the exchanges of a file, which is HAR when its name ends in .har
// and JSON Lines otherwise. Exchanges that cannot be read end it with an
// *Error, unless skip is set: it is then told of each, and reading goes on.
func Read(name string, skip func(*Error)) ([]Exchange, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > MaxFile {
		return nil, fmt.Errorf("capture: %s: more than %d bytes", name, MaxFile)
	}
	r := &reader{file: name, skip: skip}
	if strings.HasSuffix(name, ".har") {
		err = r.har(f)
	} else {
		err = r.lines(f)
	}
	if err == nil && len(r.exchanges) == 0 {
		err = fmt.Errorf("capture: %s: no exchange in it", name)
	}
	return r.exchanges, err
}

type reader struct {
	file      string
	skip      func(*Error)
	exchanges []Exchange
}

// take keeps an exchange, or says what is wrong with it.
func (r *reader) take(line int, e *Exchange, err error) error {
	if err == nil {
		err = e.check()
	}
	if err == nil {
		r.exchanges = append(r.exchanges, *e)
		return nil
	}
	bad := &Error{r.file, line, err.Error()}
	if r.skip == nil {
		return bad
	}
	r.skip(bad)
	return nil
}

func (e *Exchange) check() error {
	u, err := url.Parse(e.Request.URL)
	switch {
	case e.Person == "" || e.Visit == "":
		return errors.New("no person or no visit")
	case e.Request.Method == "" || err != nil || u.Host == "":
		return errors.New("a request without a method or a whole URL")
	case len(e.Request.Body) > MaxBody || len(e.Response.Body) > MaxBody:
		return fmt.Errorf("a body of more than %d bytes", MaxBody)
	case e.At.IsZero():
		return errors.New("no time")
	}
	if e.Party == "" {
		e.Party = u.Host
	}
	return nil
}

type lineMessage struct {
	Method string      `json:"method"`
	URL    string      `json:"url"`
	Status int         `json:"status"`
	Header http.Header `json:"header"`
	Body   string      `json:"body"`
}

func (m lineMessage) message() Message {
	return Message{m.Method, m.URL, m.Status, canonical(m.Header), []byte(m.Body)}
}

func canonical(h http.Header) http.Header {
	out := make(http.Header)
	for name, values := range h {
		for _, v := range values {
			out.Add(name, v)
		}
	}
	return out
}

func (r *reader) lines(f io.Reader) error {
	s := bufio.NewScanner(f)
	s.Buffer(nil, 4*MaxBody)
	for n := 1; s.Scan(); n++ {
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		var line struct {
			Person   string      `json:"person"`
			Visit    string      `json:"visit"`
			Party    string      `json:"party"`
			At       time.Time   `json:"at"`
			Request  lineMessage `json:"request"`
			Response lineMessage `json:"response"`
		}
		d := json.NewDecoder(bytes.NewReader(s.Bytes()))
		d.DisallowUnknownFields()
		err := d.Decode(&line)
		if err == nil && d.More() {
			err = errors.New("something follows the object")
		}
		e := &Exchange{line.Person, line.Visit, line.Party, line.At, line.Request.message(), line.Response.message()}
		if err := r.take(n, e, err); err != nil {
			return err
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("capture: %s: %w", r.file, err)
	}
	return nil
}

// harEntry is an element of log.entries.
type harEntry struct {
	Page    string    `json:"pageref"`
	Started time.Time `json:"startedDateTime"`
	Request struct {
		Method  string      `json:"method"`
		URL     string      `json:"url"`
		Headers []harHeader `json:"headers"`
		Post    struct {
			Text string `json:"text"`
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

func (r *reader) har(f io.Reader) error {
	data, err := io.ReadAll(f)
	if err != nil {
		return fmt.Errorf("capture: %w", err)
	}
	person := strings.TrimSuffix(filepath.Base(r.file), ".har")
	d := json.NewDecoder(bytes.NewReader(data))
	at := func() int {
		i := min(int(d.InputOffset()), len(data))
		for i < len(data) && strings.IndexByte(" \t\r\n,", data[i]) >= 0 {
			i++
		}
		return 1 + bytes.Count(data[:i], []byte("\n"))
	}
	bad := func(err error) error { return &Error{r.file, at(), "not a HAR file: " + err.Error()} }
	if err := enter(d, "log"); err != nil {
		return bad(err)
	}
	if err := enter(d, "entries"); err != nil {
		return bad(err)
	}
	if token, err := d.Token(); err != nil || token != json.Delim('[') {
		return bad(errors.New("entries is no array"))
	}
	for d.More() {
		line := at()
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return bad(err)
		}
		var e harEntry
		err := json.Unmarshal(raw, &e)
		body := []byte(e.Response.Content.Text)
		if err == nil && e.Response.Content.Encoding == "base64" {
			body, err = base64.StdEncoding.DecodeString(e.Response.Content.Text)
		}
		x := &Exchange{Person: person, Visit: e.Page, At: e.Started,
			Request:  Message{Method: e.Request.Method, URL: e.Request.URL, Header: headers(e.Request.Headers), Body: []byte(e.Request.Post.Text)},
			Response: Message{Status: e.Response.Status, Header: headers(e.Response.Headers), Body: body}}
		if err := r.take(line, x, err); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return bad(err)
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
