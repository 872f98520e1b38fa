package issuer

import (
	"crypto"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/statuslist"
	"github.com/halfmask/halfmask/spec"
)

const (
	statusPath = "/statuslists/"
	statusTTL  = 5 * time.Minute // how late a verifier may learn of a restriction
	statusLife = 24 * time.Hour  // of a token; without a fresh one nothing is accepted
)

// statusLists are the lists of package statuslist, one for each validity
// epoch, so that a list ends with the credentials in it. Every person-sd-jwt
// gets a place of its own, drawn at random, so that neither the order of
// issuance nor a batch can be read from the places.
type statusLists struct {
	base   string // URL of the lists, but for the epoch
	path   string // of that URL
	places int    // in each list
	key    jose.SigningKey
	now    func() time.Time

	mu    sync.Mutex
	lists map[string]*statusOfEpoch // by the day on which the epoch begins
}

type statusOfEpoch struct {
	list   *statuslist.List
	taken  []bool
	count  int       // of those taken
	until  time.Time // end of the epoch
	signed map[string]signedStatus
}

type signedStatus struct {
	body []byte
	at   time.Time
}

// StatusPlace is the place of one credential in a status list.
type StatusPlace struct {
	Epoch string // the day on which it begins; names the list
	Index int
	Ends  time.Time // when the credential does
}

var errNoPlace = errors.New("issuer: the status list of this epoch is full")

func newStatusLists(base, path string, places int, key jose.SigningKey, now func() time.Time) *statusLists {
	return &statusLists{base: base, path: path, places: places, key: key, now: now, lists: map[string]*statusOfEpoch{}}
}

// draw takes a free place in the list of the epoch.
func (s *statusLists) draw(from, until time.Time) (StatusPlace, statuslist.Reference, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retire()
	epoch := spec.DateOf(from).String()
	e := s.lists[epoch]
	if e == nil {
		list, err := statuslist.New(1, s.places)
		if err != nil {
			return StatusPlace{}, statuslist.Reference{}, err
		}
		e = &statusOfEpoch{list: list, taken: make([]bool, list.Len()), until: until, signed: map[string]signedStatus{}}
		s.lists[epoch] = e
	}
	if 2*e.count >= e.list.Len() { // drawing stays quick, and half of the places say nothing of how many are taken
		return StatusPlace{}, statuslist.Reference{}, errNoPlace
	}
	for {
		index := randomBelow(e.list.Len())
		if !e.taken[index] {
			e.taken[index] = true
			e.count++
			return StatusPlace{epoch, index, until}, statuslist.Reference{Index: index, URI: s.base + epoch}, nil
		}
	}
}

// randomBelow is uniform in [0, n), but for a bias of n in 2^64.
func randomBelow(n int) int {
	var b [8]byte
	rand.Read(b[:])
	return int(binary.BigEndian.Uint64(b[:]) % uint64(n))
}

// retire drops the lists whose credentials have all ended.
func (s *statusLists) retire() {
	for epoch, e := range s.lists {
		if !s.now().Before(e.until) {
			delete(s.lists, epoch)
		}
	}
}

// revoke takes back the credentials at these places.
func (s *statusLists) revoke(places []StatusPlace) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range places {
		e := s.lists[p.Epoch]
		if e == nil {
			continue // they have ended
		}
		if err := e.list.Set(p.Index, statuslist.Invalid); err != nil {
			return err
		}
		clear(e.signed)
	}
	return nil
}

// token gives the token of an epoch in a media type, at most half of its TTL
// old.
func (s *statusLists) token(epoch, mediaType string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retire()
	e := s.lists[epoch]
	if e == nil {
		return nil, refuse(http.StatusNotFound, "invalid_request", "no such status list")
	}
	now := s.now()
	if made, ok := e.signed[mediaType]; ok && now.Sub(made.at) < statusTTL/2 {
		return made.body, nil
	}
	token := statuslist.Token{URI: s.base + epoch, IssuedAt: now, Expires: now.Add(statusLife), TTL: statusTTL, List: e.list}
	var body []byte
	var err error
	if mediaType == statuslist.CWTMediaType {
		signer, ok := s.key.Key.(jose.JSONWebKey).Key.(crypto.Signer)
		if !ok {
			return nil, fmt.Errorf("issuer: %T does not sign CWTs", s.key.Key)
		}
		body, err = token.SignCWT(signer)
	} else {
		var text string
		text, err = token.SignJWT(s.key)
		body = []byte(text)
	}
	if err != nil {
		return nil, err
	}
	e.signed[mediaType] = signedStatus{body, now}
	return body, nil
}

// serve answers GET /statuslists/{epoch} (section 8 of the draft), and reports
// whether the request was for that. There is no parameter to look into the
// past with: who asks for the status of a person at past times watches that
// person.
func (s *statusLists) serve(w http.ResponseWriter, r *http.Request) bool {
	if s == nil {
		return false
	}
	epoch, ok := strings.CutPrefix(r.URL.EscapedPath(), s.path)
	if !ok {
		return false
	}
	if err := s.answer(w, r, epoch); err != nil {
		answerError(w, err)
	}
	return true
}

func (s *statusLists) answer(w http.ResponseWriter, r *http.Request, epoch string) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", http.MethodGet)
		return refuse(http.StatusMethodNotAllowed, "invalid_request", "only GET is served here")
	}
	if r.URL.RawQuery != "" {
		return refuse(http.StatusNotImplemented, "invalid_request", "only the present list is served")
	}
	mediaType := statuslist.JWTMediaType
	if accept := r.Header.Get("Accept"); strings.Contains(accept, statuslist.CWTMediaType) && !strings.Contains(accept, statuslist.JWTMediaType) {
		mediaType = statuslist.CWTMediaType
	}
	body, err := s.token(epoch, mediaType)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Vary", "Accept")
	h.Set("Cache-Control", fmt.Sprintf("max-age=%d", int(statusTTL/time.Second)))
	_, _ = w.Write(body)
	return nil
}
