package openid4vci

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
	"sync"
	"time"
)

// ledger remembers what an Endpoint handed out. Secrets are kept as SHA-256
// only and looked up by it, so neither memory nor the time of a lookup gives
// one away. Every change is made under one lock: what is good for one use is
// used once.
type ledger struct {
	mu      sync.Mutex
	codes   shelf[code]
	offers  shelf[*Offer]
	access  shelf[*family]
	refresh shelf[*family]  // by the family's name, which its refresh tokens start with
	nonces  shelf[struct{}] // those that were used
}

// family is everything that follows from one code. It has one good access
// token and one good refresh token at a time, so nobody fills the ledger by
// renewing, and it ends as a whole when a spent refresh token comes again (RFC
// 9700 section 4.14.2).
type family struct {
	subject        string
	configurations []string
	name           string   // random; "" until there are tokens
	access         [32]byte // SHA-256 of the access token
	refresh        [32]byte // SHA-256 of the refresh token
}

type code struct {
	family *family
	tx     *[32]byte // SHA-256 of the transaction code; nil: none is asked for
	tries  *int      // wrong transaction codes left
	offer  [32]byte  // where the offer is shelved
}

func newLedger(limit int) *ledger {
	return &ledger{
		codes: newShelf[code](limit), offers: newShelf[*Offer](limit), access: newShelf[*family](limit),
		refresh: newShelf[*family](limit), nonces: newShelf[struct{}](limit),
	}
}

var errFull = &Error{Status: 503, Code: TemporarilyUnavailable, Description: "too many unfinished issuances; try later"}

// redeem spends a pre-authorized code and gives tokens.
func (l *ledger) redeem(secret, txCode string, now time.Time, lives lifetimes) (*TokenResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := digest(secret)
	c, ok := l.codes.get(key, now)
	switch {
	case !ok:
		return nil, refuse(400, InvalidGrant, "the pre-authorized code is unknown, used or expired")
	case c.tx == nil && txCode != "":
		return nil, refuse(400, InvalidRequest, "tx_code is not expected")
	case c.tx != nil && txCode == "":
		return nil, refuse(400, InvalidRequest, "tx_code is required")
	case c.tx != nil:
		if entered := digest(txCode); subtle.ConstantTimeCompare(entered[:], c.tx[:]) != 1 {
			if *c.tries--; *c.tries > 0 {
				return nil, refuse(400, InvalidGrant, "tx_code is wrong; tries left: %d", *c.tries)
			}
			l.codes.drop(key)
			l.offers.drop(c.offer)
			return nil, refuse(400, InvalidGrant, "tx_code is wrong; no tries left, the pre-authorized code is void")
		}
	}
	token, err := l.grant(c.family, now, lives)
	if err != nil {
		return nil, err
	}
	l.codes.drop(key)
	l.offers.drop(c.offer)
	return token, nil
}

// renewable finds whom a refresh token stands for, without spending it.
func (l *ledger) renewable(token string, now time.Time) (*family, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.family(token, now)
}

// rotate spends a refresh token and gives new tokens.
func (l *ledger) rotate(token string, now time.Time, lives lifetimes) (*TokenResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := l.family(token, now)
	if err != nil {
		return nil, err
	}
	return l.grant(f, now, lives)
}

// family finds the family of a refresh token. A spent one that comes again
// ends it, because one of its two bearers is a thief.
func (l *ledger) family(token string, now time.Time) (*family, error) {
	name, _, _ := strings.Cut(token, ".")
	f, ok := l.refresh.get(digest(name), now)
	if ok {
		sum := digest(token)
		if subtle.ConstantTimeCompare(sum[:], f.refresh[:]) == 1 {
			return f, nil
		}
		l.refresh.drop(digest(name))
		l.access.drop(f.access)
	}
	return nil, refuse(400, InvalidGrant, "the refresh token is unknown, used or expired")
}

// grant gives a family its next tokens in the place of the last.
func (l *ledger) grant(f *family, now time.Time, lives lifetimes) (*TokenResponse, error) {
	if f.name == "" {
		if !l.access.room(now) || !l.refresh.room(now) {
			return nil, errFull
		}
		f.name = newSecret()
	}
	access, refresh := newSecret(), f.name+"."+newSecret()
	l.access.drop(f.access)
	f.access, f.refresh = digest(access), digest(refresh)
	l.access.put(f.access, f, now.Add(lives.access))
	l.refresh.put(digest(f.name), f, now.Add(lives.refresh))
	return &TokenResponse{
		AccessToken: access, TokenType: "Bearer", ExpiresIn: int(lives.access / time.Second), RefreshToken: refresh,
	}, nil
}

// authorized finds whom an access token stands for.
func (l *ledger) authorized(secret string, now time.Time) (*family, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.access.get(digest(secret), now)
}

// offer shelves a code, and the offer under the identifier of its URL.
func (l *ledger) offer(o *Offer, c code, now time.Time, life time.Duration) (id string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.codes.room(now) || !l.offers.room(now) {
		return "", errFull
	}
	id = newSecret()
	c.offer = digest(id)
	l.codes.put(digest(o.Grants.PreAuthorized.Code), c, now.Add(life))
	l.offers.put(c.offer, o, now.Add(life))
	return id, nil
}

func (l *ledger) offered(id string, now time.Time) (*Offer, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.offers.get(digest(id), now)
}

// spend marks nonces as used; false when one of them was.
func (l *ledger) spend(nonces []string, now time.Time, life time.Duration) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range nonces {
		if _, used := l.nonces.get(digest(n), now); used {
			return false, nil
		}
	}
	for _, n := range nonces {
		if !l.nonces.room(now) {
			return false, errFull
		}
		l.nonces.put(digest(n), struct{}{}, now.Add(life))
	}
	return true, nil
}

// shelf keeps things until they expire, at most limit of them.
type shelf[T any] struct {
	things  map[[32]byte]shelved[T]
	limit   int
	sweepAt int // number of things at which the expired ones are cleared away
}

type shelved[T any] struct {
	thing   T
	expires time.Time
}

const firstSweep = 1024

func newShelf[T any](limit int) shelf[T] {
	return shelf[T]{things: map[[32]byte]shelved[T]{}, limit: limit, sweepAt: min(limit, firstSweep)}
}

func (s *shelf[T]) get(key [32]byte, now time.Time) (thing T, ok bool) {
	found, ok := s.things[key]
	if !ok || !now.Before(found.expires) {
		return thing, false
	}
	return found.thing, true
}

// room reports whether one more thing fits. It clears expired ones away
// whenever their number may have doubled, so that a put costs little on
// average.
func (s *shelf[T]) room(now time.Time) bool {
	if len(s.things) >= s.sweepAt {
		for key, t := range s.things {
			if !now.Before(t.expires) {
				delete(s.things, key)
			}
		}
		s.sweepAt = min(s.limit, max(firstSweep, 2*len(s.things)))
	}
	return len(s.things) < s.limit
}

func (s *shelf[T]) put(key [32]byte, thing T, expires time.Time) {
	s.things[key] = shelved[T]{thing, expires}
}

func (s *shelf[T]) drop(key [32]byte) { delete(s.things, key) }

func digest(secret string) [32]byte { return sha256.Sum256([]byte(secret)) }

// newSecret gives 256 random bits as 43 characters.
func newSecret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails, since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b[:])
}
