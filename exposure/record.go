package exposure

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A Party is somebody who sees bytes: "issuer" for the authority that
// enrolls people, in every design; "platform:" and an id for a platform.
type Party string

// Issuer is the authority that enrolls people.
const Issuer Party = "issuer"

// PlatformParty names the platform with the given id.
func PlatformParty(id string) Party { return Party("platform:" + id) }

// person is the party of a person's own device, whose view nobody else has.
const person Party = "person"

// Message is one HTTP request or response, as it crossed the wire.
type Message struct {
	Method string      `json:"method,omitempty"`
	URL    string      `json:"url,omitempty"`
	Status int         `json:"status,omitempty"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"-"`
}

// Exchange is one request with its response as one party saw it. Visit is the
// lab's label for scoring: no linker reads more from it than which exchanges
// one party had in one visit, which every party knows of its own visits.
type Exchange struct {
	Visit    int       `json:"visit"`
	Party    Party     `json:"party"`
	At       time.Time `json:"at"`
	Request  Message   `json:"request,omitzero"`
	Response Message   `json:"response,omitzero"`
	// Record is set instead of the two for something that the party wrote
	// down: what it knows after taking messages apart that were encrypted to
	// it is not in their bytes.
	Record json.RawMessage `json:"record,omitempty"`
}

// MarshalJSON writes the bodies as text where they are UTF-8, as all of the
// designs' bodies are.
func (m Message) MarshalJSON() ([]byte, error) {
	type plain Message
	return json.Marshal(struct {
		plain
		Body string `json:"body"`
	}{plain(m), string(m.Body)})
}

// size is how many bytes the message takes on the wire, or nearly.
func (m Message) size() int64 {
	n := len(m.Method) + len(m.URL) + len(m.Body)
	for name, values := range m.Header {
		for _, v := range values {
			n += len(name) + len(v) + len(": \r\n")
		}
	}
	return int64(n)
}

// maxBody bounds one message.
const maxBody = 4 << 20

// visitHeader carries the lab's label from a caller to the door it calls. The
// door takes it off before the role, or the recording, sees the request.
const visitHeader = "Halfmask-Lab-Visit"

type visitKey struct{}

// Network is the wire between the parties of one design: real HTTP over one
// loopback listener, which finds the party by the host name. Every door on it
// is recorded.
type Network struct {
	now      func() time.Time
	listener net.Listener
	server   *http.Server
	base     *http.Transport

	mu    sync.Mutex
	doors map[string]door
	seen  []Exchange
}

type door struct {
	party   Party
	handler http.Handler
}

// NewNetwork listens on a free loopback port. Recorded times come from now.
func NewNetwork(now func() time.Time) (*Network, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("exposure: listen: %w", err)
	}
	n := &Network{now: now, listener: listener, doors: make(map[string]door)}
	address := listener.Addr().String()
	n.base = &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
		MaxIdleConnsPerHost: 2,
		MaxIdleConns:        256,
		DisableCompression:  true,
	}
	n.server = &http.Server{Handler: http.HandlerFunc(n.route), ReadHeaderTimeout: 10 * time.Second}
	go n.server.Serve(listener)
	return n, nil
}

// Close ends the listener and its connections.
func (n *Network) Close() error {
	n.base.CloseIdleConnections()
	return n.server.Close()
}

// Handle puts a party's handler behind http://host.
func (n *Network) Handle(host string, p Party, h http.Handler) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.doors[host] = door{p, h}
}

// Client is an HTTP client of the party. What a party other than a person
// sends and receives through it is recorded as seen by that party.
func (n *Network) Client(p Party) *http.Client {
	return &http.Client{Transport: &wire{network: n, party: p}, Timeout: 30 * time.Second}
}

// Visit labels everything done under the context with one visit.
func Visit(ctx context.Context, visit int) context.Context {
	return context.WithValue(ctx, visitKey{}, visit)
}

// Write records something that a party writes down in the course of a visit,
// as JSON.
func (n *Network) Write(ctx context.Context, p Party, record any) {
	visit, ok := ctx.Value(visitKey{}).(int)
	b, err := json.Marshal(record)
	if err != nil || !ok {
		panic(fmt.Sprintf("exposure: a record outside of a visit, or unreadable: %v", err))
	}
	n.record(Exchange{Visit: visit, Party: p, At: n.now(), Record: b})
}

// Take gives what was recorded since the last Take.
func (n *Network) Take() []Exchange {
	n.mu.Lock()
	defer n.mu.Unlock()
	seen := n.seen
	n.seen = nil
	return seen
}

func (n *Network) record(e Exchange) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen = append(n.seen, e)
}

func (n *Network) route(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	d, ok := n.doors[r.Host]
	n.mu.Unlock()
	if !ok {
		http.Error(w, "no party behind this host", http.StatusMisdirectedRequest)
		return
	}
	visit, err := strconv.Atoi(r.Header.Get(visitHeader))
	if err != nil {
		http.Error(w, "request outside of a visit", http.StatusInternalServerError)
		return
	}
	r.Header.Del(visitHeader)
	body, err := readBody(r.Body)
	if err != nil {
		http.Error(w, "body", http.StatusRequestEntityTooLarge)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	e := Exchange{Visit: visit, Party: d.party, At: n.now(), Request: Message{
		Method: r.Method, URL: "http://" + r.Host + r.URL.RequestURI(), Header: r.Header.Clone(), Body: body,
	}}
	answer := &answer{header: make(http.Header), status: http.StatusOK}
	d.handler.ServeHTTP(answer, r.WithContext(Visit(r.Context(), visit)))
	e.Response = Message{Status: answer.status, Header: answer.header.Clone(), Body: answer.body.Bytes()}
	// Recorded before it is sent: nobody goes on before it is seen.
	n.record(e)
	maps.Copy(w.Header(), answer.header)
	// The wall clock of this machine is no part of any design.
	w.Header()["Date"] = nil
	w.WriteHeader(answer.status)
	w.Write(answer.body.Bytes())
}

// readBody reads a message whole or not at all.
func readBody(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = fmt.Errorf("exposure: a message of more than %d bytes", maxBody)
	}
	return body, err
}

// answer holds a response until it is recorded.
type answer struct {
	header http.Header
	status int
	wrote  bool
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if !a.wrote {
		a.status, a.wrote = status, true
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.wrote = true
	return a.body.Write(b)
}

type wire struct {
	network *Network
	party   Party
}

func (t *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	visit, ok := r.Context().Value(visitKey{}).(int)
	if !ok {
		return nil, fmt.Errorf("exposure: %s %s outside of a visit", r.Method, r.URL)
	}
	r = r.Clone(r.Context())
	e := Exchange{Visit: visit, Party: t.party, At: t.network.now()}
	if t.party != person {
		e.Request = Message{Method: r.Method, URL: r.URL.String(), Header: r.Header.Clone()}
		if r.Body != nil {
			body, err := readBody(r.Body)
			r.Body.Close()
			if err != nil {
				return nil, err
			}
			e.Request.Body = body
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
	}
	r.Header.Set(visitHeader, strconv.Itoa(visit))
	response, err := t.network.base.RoundTrip(r)
	if err != nil || t.party == person {
		return response, err
	}
	body, err := readBody(response.Body)
	response.Body.Close()
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	e.Response = Message{Status: response.StatusCode, Header: response.Header.Clone(), Body: body}
	t.network.record(e)
	return response, nil
}
