package centralized

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// PlatformConfig is what a platform's back end needs. Service, OrgID, AppID
// and Key are required.
type PlatformConfig struct {
	Service      string // the service's URL
	OrgID, AppID string
	Key          string           // from Service.Register
	Attributes   []string         // what it asks people to consent to
	Types        []Mode           // what it lets people show; nil: any of Modes
	HTTP         *http.Client     // nil: one with a time limit
	Now          func() time.Time // nil: time.Now
}

// Platform is a platform's back end that relies on the service. It is an
// http.Handler: POST /logins?type=R01 begins a login, POST /logins/{bizSeq}
// ends it.
type Platform struct {
	config PlatformConfig
	mux    *http.ServeMux

	mu   sync.Mutex
	open map[string]pending // by bizSeq
}

type pending struct {
	mode  Mode
	since time.Time
}

const (
	loginLifetime  = 5 * time.Minute
	maxOpen        = 10_000
	maxLoginAnswer = 1 << 20 // bytes
)

// NewPlatform makes a back end.
func NewPlatform(config PlatformConfig) *Platform {
	config.HTTP = straight(config.HTTP)
	config.Attributes = append([]string{}, config.Attributes...)
	if config.Types == nil {
		config.Types = Modes
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	p := &Platform{config: config, mux: http.NewServeMux(), open: make(map[string]pending)}
	p.mux.HandleFunc("POST /logins", p.begin)
	p.mux.HandleFunc("POST /logins/{bizSeq}", p.finish)
	p.mux.HandleFunc("/", serveUnknown)
	return p
}

// ServeHTTP answers the platform's two endpoints.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

// A Login is what a platform says of a finished login.
type Login struct {
	Accepted   bool           `json:"accepted"`
	ResultCode ResultCode     `json:"resultCode"`
	ResultDesc string         `json:"resultDesc"`
	Account    string         `json:"account,omitempty"`
	Attributes map[string]any `json:"attributes,omitempty"`
}

func (p *Platform) begin(w http.ResponseWriter, r *http.Request) {
	mode := Mode(r.URL.Query().Get("type"))
	if !mode.valid() || !slices.Contains(p.config.Types, mode) {
		fail(w, http.StatusBadRequest, "type", "type is one of %s here", p.config.Types)
		return
	}
	q := LoginRequest{OrgID: p.config.OrgID, AppID: p.config.AppID, Type: mode, Attributes: p.config.Attributes,
		BizSeq: (rand.Text() + rand.Text())[:bizSeqLength]}
	if !p.remember(q, p.config.Now()) {
		fail(w, http.StatusServiceUnavailable, "capacity", "too many logins are open; try again in %s", loginLifetime)
		return
	}
	reply(w, http.StatusCreated, q)
}

// remember opens a login, unless too many are open.
func (p *Platform) remember(q LoginRequest, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.open) >= maxOpen {
		for seq, o := range p.open {
			if now.Sub(o.since) > loginLifetime {
				delete(p.open, seq)
			}
		}
		if len(p.open) >= maxOpen {
			return false
		}
	}
	p.open[q.BizSeq] = pending{q.Type, now}
	return true
}

// take closes an open login, so that it is answered once, and says its mode.
func (p *Platform) take(seq string, now time.Time) (Mode, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o, ok := p.open[seq]
	delete(p.open, seq)
	return o.mode, ok && now.Sub(o.since) <= loginLifetime
}

func (p *Platform) finish(w http.ResponseWriter, r *http.Request) {
	var answer LoginAnswer
	if !readJSON(w, r, maxLoginAnswer, &answer) {
		return
	}
	seq := r.PathValue("bizSeq")
	mode, ok := p.take(seq, p.config.Now())
	if !ok {
		fail(w, http.StatusNotFound, "bizSeq", "no login is open under this bizSeq; begin a new one")
		return
	}
	q := AuthenticationRequest{OrgID: p.config.OrgID, AppID: p.config.AppID, BizSeq: seq, Type: mode, LoginAnswer: answer}
	result, err := p.ask(r.Context(), q)
	if err != nil {
		fail(w, http.StatusBadGateway, "service", "the service gave no usable answer; begin a new login later")
		return
	}
	login := Login{ResultCode: result.ResultCode, ResultDesc: result.ResultDesc}
	if result.ResultCode != Success {
		reply(w, http.StatusForbidden, login)
		return
	}
	login.Accepted, login.Account, login.Attributes = true, result.Identifier, result.Attributes
	reply(w, http.StatusOK, login)
}

// ask has the service authenticate. Its answer is about this login or it is
// an error.
func (p *Platform) ask(ctx context.Context, q AuthenticationRequest) (*AuthenticationAnswer, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.config.Service+"/authentications", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+p.config.Key)
	response, err := p.config.HTTP.Do(request)
	if err != nil {
		return nil, err
	}
	var a AuthenticationAnswer
	if err := decodeResponse(response, &a); err != nil {
		return nil, err
	}
	if a.ResultCode == "" || a.ResultCode == Success && (response.StatusCode != http.StatusOK || a.BizSeq != q.BizSeq || a.Identifier == "") {
		return nil, fmt.Errorf("centralized: the service's answer is not for this login (status %d)", response.StatusCode)
	}
	return &a, nil
}
