package verifier

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/credential/statuslist"
	"github.com/halfmask/halfmask/protocol/fetch"
)

const (
	clauseStatus = "draft-ietf-oauth-status-list section 8.3"

	statusTimeout = 10 * time.Second
	maxLists      = 32 // kept at once, each of up to statuslist.MaxOctets

	// How long a list is kept when its issuer says nothing, and the bounds of
	// what an issuer can ask for (section 11.4 of the draft).
	usualTTL    = 5 * time.Minute
	shortestTTL = 10 * time.Second
	longestTTL  = time.Hour
)

// statusLists looks up the status of SD-JWTs. A list is fetched once for all
// credentials in it, by however many goroutines ask, and kept for its TTL.
type statusLists struct {
	client *http.Client
	now    func() time.Time

	fetching singleflight.Group
	mu       sync.Mutex
	kept     map[listKey]keptList
}

// listKey has the issuer in it: a list counts for the issuer whose key it was
// verified with.
type listKey struct{ issuer, uri string }

type keptList struct {
	list  *statuslist.List
	until time.Time
}

func newStatusLists(client *http.Client, now func() time.Time) *statusLists {
	return &statusLists{client: client, now: now, kept: map[listKey]keptList{}}
}

// check refuses a credential that is revoked, or suspended, or whose status
// cannot be found out.
func (s *statusLists) check(issuer string, r statuslist.Reference, key func(jws.Signer) (*jose.JSONWebKey, error)) error {
	list, err := s.list(listKey{issuer, r.URI}, key)
	if err != nil {
		return err
	}
	status, err := list.Get(r.Index)
	if err != nil {
		return err
	}
	switch status {
	case statuslist.Valid:
		return nil
	case statuslist.Invalid:
		return credential.Failed("status-revoked", clauseStatus, "the credential is revoked")
	case statuslist.Suspended:
		return credential.Failed("status-suspended", clauseStatus, "the credential is suspended")
	}
	return credential.Failed("status-unknown", clauseStatus, "the credential is %v", status)
}

func (s *statusLists) list(k listKey, key func(jws.Signer) (*jose.JSONWebKey, error)) (*statuslist.List, error) {
	s.mu.Lock()
	kept, ok := s.kept[k]
	s.mu.Unlock()
	if ok && s.now().Before(kept.until) {
		return kept.list, nil
	}
	list, err, _ := s.fetching.Do(k.issuer+" "+k.uri, func() (any, error) { return s.fetch(k, key) })
	if err != nil {
		return nil, err
	}
	return list.(*statuslist.List), nil
}

func (s *statusLists) fetch(k listKey, key func(jws.Signer) (*jose.JSONWebKey, error)) (*statuslist.List, error) {
	ctx, cancel := context.WithTimeout(context.Background(), statusTimeout)
	defer cancel()
	body, err := fetch.Get(ctx, s.client, k.uri, statuslist.MaxToken, statuslist.JWTMediaType)
	if err != nil {
		return nil, credential.Failed("status-unreachable", clauseStatus, "the status list cannot be had: %w", err)
	}
	now := s.now()
	token, err := statuslist.VerifyJWT(string(body), key, k.uri, now)
	if err != nil {
		return nil, err
	}
	ttl := usualTTL
	if token.TTL > 0 {
		ttl = min(max(token.TTL, shortestTTL), longestTTL)
	}
	until := now.Add(ttl)
	if !token.Expires.IsZero() && token.Expires.Before(until) {
		until = token.Expires
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) >= maxLists {
		s.drop(now)
	}
	s.kept[k] = keptList{token.List, until}
	return token.List, nil
}

// drop makes room: for the lists that have run out, or else for the one that
// does so first.
func (s *statusLists) drop(now time.Time) {
	var first listKey
	for k, l := range s.kept {
		if !now.Before(l.until) {
			delete(s.kept, k)
		} else if f, ok := s.kept[first]; !ok || l.until.Before(f.until) {
			first = k
		}
	}
	if len(s.kept) >= maxLists {
		delete(s.kept, first)
	}
}

// checkStatus is the last check of an SD-JWT (R-STA-04).
func (s *Server) checkStatus(l *checklist, issuer string, claims map[string]any) bool {
	reference, err := statuslist.ReferenceIn(claims)
	if err == nil && reference == nil {
		l.skip("status", "the credential has no place in a status list")
		return true
	}
	if err == nil {
		err = s.status.check(issuer, *reference, func(by jws.Signer) (*jose.JSONWebKey, error) {
			by.Issuer = issuer
			return s.sdjwtKey(by)
		})
	}
	if err != nil {
		l.fail("status", err)
		return false
	}
	l.pass("status")
	return true
}
