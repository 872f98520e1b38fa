package openid4vci

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"
)

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

// replace changes a thing and keeps its time.
func (s *shelf[T]) replace(key [32]byte, thing T) {
	if found, ok := s.things[key]; ok {
		s.things[key] = shelved[T]{thing, found.expires}
	}
}
