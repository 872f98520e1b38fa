package centralized

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// PlatformConfig is what a platform's back end needs; all but HTTP, Types and
// Now are required.
type PlatformConfig struct {
	Service      string // the service's URL
	OrgID, AppID string
	Key          string   // from Service.Register
	Attributes   []string // what it asks people to consent to
	HTTP         *http.Client
	Now          func() time.Time
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
	loginLifetime = 5 * time.Minute
	maxOpen       = 10_000
)

// NewPlatform makes a back end.
func NewPlatform(config PlatformConfig) *Platform {
	if config.HTTP == nil {
		config.HTTP = &http.Client{Timeout: 30 * time.Second}
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	p := &Platform{config: config, mux: http.NewServeMux(), open: make(map[string]pending)}
	p.mux.HandleFunc("POST /logins", p.begin)
	p.mux.HandleFunc("POST /logins/{bizSeq}", p.finish)
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
	if !mode.valid() {
		fail(w, http.StatusBadRequest, "type", "type is R01, R02, R03 or R04")
		return
	}
	q := LoginRequest{OrgID: p.config.OrgID, AppID: p.config.AppID, Type: mode, Attributes: p.config.Attributes,
		BizSeq: (rand.Text() + rand.Text())[:bizSeqLength]}
	now := p.config.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.open) >= maxOpen {
		for seq, o := range p.open {
			if now.Sub(o.since) > loginLifetime {
				delete(p.open, seq)
			}
		}
		if len(p.open) >= maxOpen {
			fail(w, http.StatusServiceUnavailable, "capacity", "too many logins are open; try again in %s", loginLifetime)
			return
		}
	}
	p.open[q.BizSeq] = pending{mode, now}
	reply(w, http.StatusCreated, q)
}

func (p *Platform) finish(w http.ResponseWriter, r *http.Request) {
	var answer LoginAnswer
	if !readJSON(w, r, 1<<20, &answer) {
		return
	}
	seq := r.PathValue("bizSeq")
	p.mu.Lock()
	o, ok := p.open[seq]
	delete(p.open, seq)
	p.mu.Unlock()
	if !ok || p.config.Now().Sub(o.since) > loginLifetime {
		fail(w, http.StatusNotFound, "bizSeq", "no login is open under this bizSeq; begin a new one")
		return
	}
	q := AuthenticationRequest{OrgID: p.config.OrgID, AppID: p.config.AppID, BizSeq: seq, Type: o.mode, LoginAnswer: answer}
	var result AuthenticationAnswer
	if err := p.ask(r.Context(), q, &result); err != nil {
		fail(w, http.StatusBadGateway, "service", "the service did not answer")
		return
	}
	login := Login{ResultCode: result.ResultCode, ResultDesc: result.ResultDesc}
	if result.ResultCode != Success || result.BizSeq != seq {
		reply(w, http.StatusForbidden, login)
		return
	}
	login.Accepted, login.Account, login.Attributes = true, result.Identifier, result.Attributes
	reply(w, http.StatusOK, login)
}

func (p *Platform) ask(ctx context.Context, q AuthenticationRequest, into *AuthenticationAnswer) error {
	body, err := json.Marshal(q)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.config.Service+"/authentications", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+p.config.Key)
	response, err := p.config.HTTP.Do(request)
	if err != nil {
		return err
	}
	return decode(response, into)
}

const maxResponse = 1 << 20

func decode(response *http.Response, into any) error {
	defer response.Body.Close()
	b, err := io.ReadAll(io.LimitReader(response.Body, maxResponse+1))
	if err != nil {
		return err
	}
	if len(b) > maxResponse {
		return errors.New("the answer is too long")
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("status %d: %w", response.StatusCode, err)
	}
	return nil
}
