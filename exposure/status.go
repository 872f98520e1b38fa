package exposure

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/credential/statuslist"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/spec"
)

// StatusHost serves the status lists, where a scenario has them.
const StatusHost Party = "status-host"

const (
	statusHost   = "status.localhost"
	statusPath   = "/status"
	statusURI    = "http://" + statusHost + "/list"
	statusPlaces = 1 << 20
)

// statusDesk is the modifier status. Every credential gets a place in a list,
// drawn at random; at a login the wallet sends the place beside the
// presentation, as most forms of credential here have none inside, and the
// platform either fetches the list (Token Status List) or asks the issuer
// about the place. A nil desk does nothing.
type statusDesk struct {
	env    *Env
	kind   scenario.Status
	key    jose.SigningKey
	list   *statuslist.List
	places []int // still free, in the order in which they are given

	mu     sync.Mutex
	signed map[int64]string // the list, by day
}

// newStatusDesk gives nil where the scenario has no status.
func newStatusDesk(e *Env) (*statusDesk, error) {
	kind := e.Variant.Modifiers.Status
	if kind == scenario.NoStatus {
		return nil, nil
	}
	key, err := e.signingKey("status")
	if err != nil {
		return nil, err
	}
	list, err := statuslist.New(1, statusPlaces)
	if err != nil {
		return nil, err
	}
	s := &statusDesk{env: e, kind: kind, key: key, list: list, signed: make(map[int64]string), places: random(e.Seed, "status "+e.Variant.Name, e.Chunk).Perm(statusPlaces)}
	e.Network.Handle(statusHost, StatusHost, http.HandlerFunc(s.serveList))
	return s, nil
}

// statusReference is a place as the wallet shows it and the issuer notes it.
type statusReference struct {
	StatusList statuslist.Reference `json:"status_list"`
}

// place gives a new credential its place, and has the issuer note it.
func (s *statusDesk) place(ctx context.Context) (int, error) {
	if s == nil {
		return 0, nil
	}
	if len(s.places) == 0 {
		return 0, fmt.Errorf("exposure: more than %d credentials with a status", statusPlaces)
	}
	place := s.places[0]
	s.places = s.places[1:]
	s.env.Network.Write(ctx, Issuer, statusReference{statuslist.Reference{Index: place, URI: statusURI}})
	return place, nil
}

// show sends a place to a platform, which looks it up.
func (s *statusDesk) show(ctx context.Context, platform string, place int) error {
	if s == nil {
		return nil
	}
	body, err := json.Marshal(statusReference{statuslist.Reference{Index: place, URI: statusURI}})
	if err != nil {
		return err
	}
	answer, err := exchange(ctx, s.env.Network.Client(person), http.MethodPost, "http://"+platformHost(platform)+statusPath, body)
	if err == nil && string(answer) != statuslist.Valid.String() {
		err = fmt.Errorf("exposure: platform %s holds a status for %q", platform, answer)
	}
	return err
}

// besidePlatform serves the platform's end beside its verifier.
func (s *statusDesk) besidePlatform(id string, verifier http.Handler) http.Handler {
	if s == nil {
		return verifier
	}
	return s.beside(verifier, func(r *http.Request) (string, error) {
		var shown statusReference
		if err := json.NewDecoder(io.LimitReader(r.Body, 1<<12)).Decode(&shown); err != nil {
			return "", err
		}
		status, err := s.lookUp(r.Context(), id, shown.StatusList)
		return status.String(), err
	})
}

// lookUp learns the status of a place, in the scenario's way.
func (s *statusDesk) lookUp(ctx context.Context, platform string, ref statuslist.Reference) (statuslist.Status, error) {
	client := s.env.Network.Client(PlatformParty(platform))
	if s.kind == scenario.AskIssuer {
		// An issuer that answers everybody would tell strangers, too.
		answer, err := exchange(ctx, client, http.MethodGet,
			fmt.Sprintf("http://%s%s?place=%d&asked_by=%s", issuerHost, statusPath, ref.Index, platform), nil)
		if err != nil || string(answer) != statuslist.Valid.String() {
			return statuslist.Invalid, err
		}
		return statuslist.Valid, nil
	}
	text, err := exchange(ctx, client, http.MethodGet, ref.URI, nil)
	if err != nil {
		return statuslist.Invalid, err
	}
	public := &jose.JSONWebKey{Key: s.key.Key.(*ecdsa.PrivateKey).Public()}
	token, err := statuslist.VerifyJWT(string(text), func(jws.Signer) (*jose.JSONWebKey, error) { return public, nil }, ref.URI, s.env.Clock.Now())
	if err != nil {
		return statuslist.Invalid, err
	}
	return token.List.Get(ref.Index)
}

// besideIssuer answers the platforms that ask about a place.
func (s *statusDesk) besideIssuer(issuer http.Handler) http.Handler {
	if s == nil || s.kind != scenario.AskIssuer {
		return issuer
	}
	return s.beside(issuer, func(r *http.Request) (string, error) {
		place, err := strconv.Atoi(r.URL.Query().Get("place"))
		if err != nil {
			return "", err
		}
		status, err := s.list.Get(place)
		return status.String(), err
	})
}

func (s *statusDesk) beside(other http.Handler, answer func(*http.Request) (string, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != statusPath {
			other.ServeHTTP(w, r)
			return
		}
		text, err := answer(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		io.WriteString(w, text)
	})
}

func (s *statusDesk) serveList(w http.ResponseWriter, r *http.Request) {
	day := spec.DateOf(s.env.Clock.Now()).Time()
	s.mu.Lock()
	defer s.mu.Unlock()
	text := s.signed[day.Unix()]
	if text == "" {
		token := statuslist.Token{URI: statusURI, IssuedAt: day, List: s.list}
		var err error
		if text, err = token.SignJWT(s.key); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		s.signed[day.Unix()] = text
	}
	w.Header().Set("Content-Type", statuslist.JWTMediaType)
	io.WriteString(w, text)
}

// exchange sends one message and gives the answer's body.
func exchange(ctx context.Context, client *http.Client, method, url string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := readBody(response.Body)
	if err == nil && response.StatusCode >= 300 {
		err = &statusError{url, response.StatusCode, string(answer[:min(len(answer), 200)])}
	}
	return answer, err
}

// statusError is an answer that is not one.
type statusError struct {
	url  string
	code int
	text string
}

func (e *statusError) Error() string {
	return fmt.Sprintf("exposure: %s was answered with %d: %s", e.url, e.code, e.text)
}
