// Package capture reads recorded traffic of other software: HTTP Archive
// files (HAR 1.2, one file for each person, as a browser saves them) and JSON
// Lines (one exchange a line, of any number of people). Nothing has to be
// written in Go to measure a design that others made.
//
// In a HAR file the person is the file, a visit is a page (pageref), and the
// party is the host that was spoken to. What browsers note of data:, blob:
// and the like went to no host and is passed over. A line of JSON Lines says
// all three; a body that is not text is in base64 and says "encoding":"base64":
//
//	{"person":"ann","visit":"1","party":"shop.example","at":"2026-03-01T08:00:00Z",
//	 "request":{"method":"POST","url":"https://shop.example/login","header":{"Accept":["*/*"]},"body":"..."},
//	 "response":{"status":200,"header":{},"body":"..."}}
//
// Both may be compressed with gzip. Start at [Read]. What is damaged or
// foreign is an error with file and line. It leaves out bodies that HAR keeps
// elsewhere, WebSocket messages and timings.
package capture

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Bounds of what is read.
const (
	MaxFile = 1 << 30 // bytes, also when it was compressed
	MaxBody = 4 << 20 // bytes of one message
)

// Exchange is one request with its response.
type Exchange struct {
	Person, Visit string
	Party         string // who was spoken to: what the capture calls them, or the host
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

var errNoUTF8 = errors.New("not UTF-8: a body that is not text has to be in base64")

// Read gives the exchanges of files. One is HAR when its name ends in .har or
// it begins as HAR does, and JSON Lines otherwise. Exchanges that cannot be
// read end it with an *Error, unless skip is set: it is then told of each, and
// reading goes on. Two HAR files of one name would be one person: an error.
func Read(files []string, skip func(*Error)) ([]Exchange, error) {
	r := &reader{skip: skip, people: make(map[string]string)}
	var seen []os.FileInfo
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			return nil, fmt.Errorf("capture: %w", err)
		}
		for i, other := range seen {
			if os.SameFile(info, other) {
				return nil, fmt.Errorf("capture: %s and %s are the same file", files[i], name)
			}
		}
		seen = append(seen, info)
		before := len(r.exchanges)
		if err := r.read(name); err != nil {
			return nil, err
		}
		if len(r.exchanges) == before {
			return nil, fmt.Errorf("capture: %s: no exchange in it", name)
		}
	}
	return r.exchanges, nil
}

type reader struct {
	file      string
	skip      func(*Error)
	people    map[string]string // of HAR files, to the file
	exchanges []Exchange
}

var (
	byteOrderMark = []byte("\xef\xbb\xbf")
	harBegins     = regexp.MustCompile(`^\s*\{\s*"log"\s*:`)
	gzipMagic     = []byte{0x1f, 0x8b}
)

func (r *reader) read(name string) error {
	data, err := content(name)
	if err != nil {
		return fmt.Errorf("capture: %s: %w", name, err)
	}
	r.file = name
	plainName := strings.TrimSuffix(strings.ToLower(name), ".gz")
	if filepath.Ext(plainName) != ".har" && !harBegins.Match(data) {
		return r.lines(data)
	}
	who := person(name)
	if other, ok := r.people[who]; ok {
		return fmt.Errorf("capture: %s and %s: a HAR file is a person, named by the file, and both are %s: rename one", other, name, who)
	}
	r.people[who] = name
	return r.har(data)
}

// content reads a file, uncompressed and without a byte order mark.
func content(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := bounded(f)
	if err == nil && bytes.HasPrefix(data, gzipMagic) {
		var z *gzip.Reader
		if z, err = gzip.NewReader(bytes.NewReader(data)); err == nil {
			data, err = bounded(z)
		}
	}
	return bytes.TrimPrefix(data, byteOrderMark), err
}

func bounded(from io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, MaxFile+1))
	if err == nil && len(data) > MaxFile {
		err = fmt.Errorf("more than %d bytes", MaxFile)
	}
	return data, err
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
	case e.At.Year() < 1970 || e.At.Year() > 2199:
		return fmt.Errorf("the year %d", e.At.Year())
	}
	e.Party = cmp.Or(e.Party, Host(u))
	return nil
}

// Host names the party of a URL: its host in small letters, and the port
// where it is not the one of the scheme.
func Host(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if port := map[string]string{"http": ":80", "https": ":443", "ws": ":80", "wss": ":443"}[strings.ToLower(u.Scheme)]; port != "" {
		host = strings.TrimSuffix(host, port)
	}
	return host
}

// plainly says what is wrong with JSON without the names of Go's types.
func plainly(err error) error {
	var other *json.UnmarshalTypeError
	switch {
	case errors.As(err, &other):
		return fmt.Errorf("%s: the JSON %s does not belong there", cmp.Or(other.Field, "the entry"), other.Value)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends in the middle")
	}
	return err
}
