package capture

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/halfmask/halfmask/spec/strictjson"
)

// line is an exchange as JSON Lines have it.
type line struct {
	Person   string      `json:"person"`
	Visit    string      `json:"visit"`
	Party    string      `json:"party"`
	At       time.Time   `json:"at"`
	Request  lineMessage `json:"request"`
	Response lineMessage `json:"response"`
}

type lineMessage struct {
	Method   string      `json:"method"`
	URL      string      `json:"url"`
	Status   int         `json:"status"`
	Header   http.Header `json:"header"`
	Body     string      `json:"body"`
	Encoding string      `json:"encoding"` // of the body: "" or "base64"
}

func (m lineMessage) message() (Message, error) {
	h := make(http.Header)
	for name, values := range m.Header {
		for _, v := range values {
			h.Add(name, v)
		}
	}
	body, err := decoded(m.Body, m.Encoding)
	return Message{m.Method, m.URL, m.Status, h, body}, err
}

// maxLine holds two bodies in base64 or with escapes.
const maxLine = 4 * MaxBody

func (r *reader) lines(data []byte) error {
	for n := 1; len(data) > 0; n++ {
		var text []byte
		text, data, _ = bytes.Cut(data, []byte("\n"))
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		e, err := exchange(text)
		if err := r.take(n, e, err); err != nil {
			return err
		}
	}
	return nil
}

func exchange(text []byte) (*Exchange, error) {
	if len(text) > maxLine {
		return nil, fmt.Errorf("a line of more than %d bytes", maxLine)
	}
	var l line
	if err := strictjson.Decode(text, &l, strictjson.Limits{Bytes: maxLine, Depth: 8}); err != nil {
		return nil, err
	}
	request, err := l.Request.message()
	response, other := l.Response.message()
	return &Exchange{l.Person, l.Visit, l.Party, l.At, request, response}, errors.Join(err, other)
}
