package openid4vci

import (
	"crypto/subtle"
	"slices"
	"strings"
	"sync"
	"time"
)

// ledger remembers what an Endpoint handed out. Secrets are kept as SHA-256
// only and looked up by it, so neither memory nor the time of a lookup gives
// one away. Every change is made under one lock: what is good for one use is
// used once.
type ledger struct {
	mu       sync.Mutex
	codes    shelf[code]           // pre-authorized
	granted  shelf[grantedCode]    // authorization codes, also used ones
	offers   shelf[*Offer]         // by the identifier in their URL
	states   shelf[*family]        // by issuer_state
	progress shelf[*Progress]      // by the identifier of the offer
	pushed   shelf[*authorization] // by request_uri
	logins   shelf[*authorization] // by the identifier of the login
	access   shelf[*access]        //
	refresh  shelf[*family]        // by the family's name, which its refresh tokens start with
	deferred shelf[*deferral]      // by transaction_id
	notices  shelf[*notice]        // by notification_id
	nonces   shelf[struct{}]       // c_nonces that were used
	proofs   shelf[struct{}]       // DPoP proofs that were used, by key and jti
}

// family is everything that follows from one code. It has one good access
// token and one good refresh token at a time, so nobody fills the ledger by
// renewing, and it ends as a whole when a spent refresh token or a spent
// authorization code comes again (RFC 9700 section 4.14.2, RFC 6749 section
// 4.1.2).
type family struct {
	subject        string
	configurations []string
	client         string   // client_id that its code was given to; "": nobody's in particular
	jkt            string   // thumbprint of the DPoP key of its tokens; "": bearer tokens
	name           string   // random; "" until there are tokens
	access         [32]byte // SHA-256 of the access token
	refresh        [32]byte // SHA-256 of the refresh token
	deferred       [][32]byte
	progress       *Progress // of its offer; nil when it came from none
}

// access is what an access token is good for.
type access struct {
	*family
	configurations []string
	byIdentifier   bool // credentials are asked for by credential_identifier
}

type code struct {
	family *family
	tx     *[32]byte // SHA-256 of the transaction code; nil: none is asked for
	tries  *int      // wrong transaction codes left
	offer  [32]byte  // where the offer is shelved
}

// grantedCode is an authorization code.
type grantedCode struct {
	*authorization
	until  time.Time
	family *family // not nil: the code was used
}

type deferral struct {
	family        *family
	configuration string
	proved        []Proved
}

type notice struct {
	family        *family
	configuration string
}

func newLedger(limit int) *ledger {
	return &ledger{
		codes: newShelf[code](limit), granted: newShelf[grantedCode](limit), offers: newShelf[*Offer](limit),
		states: newShelf[*family](limit), progress: newShelf[*Progress](limit), pushed: newShelf[*authorization](min(limit, maxLogins)),
		logins: newShelf[*authorization](min(limit, maxLogins)), access: newShelf[*access](limit), refresh: newShelf[*family](limit),
		deferred: newShelf[*deferral](limit), notices: newShelf[*notice](limit),
		nonces: newShelf[struct{}](limit), proofs: newShelf[struct{}](limit),
	}
}

var errFull = &Error{Status: 503, Code: TemporarilyUnavailable, Description: "too many unfinished issuances; try later"}

// asked is what a token request asks for, beside its code.
type asked struct {
	client  string
	dpop    *dpopProof // nil: bearer tokens
	details []AuthorizationDetail
}

// redeem spends a pre-authorized code and gives tokens.
func (l *ledger) redeem(secret, txCode string, a asked, now time.Time, lives lifetimes) (*TokenResponse, error) {
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
	token, err := l.grant(c.family, a, now, lives)
	if err != nil {
		return nil, err
	}
	l.codes.drop(key)
	l.offers.drop(c.offer)
	return token, nil
}

// exchange spends an authorization code and gives tokens.
func (l *ledger) exchange(secret, redirect, verifier string, a asked, now time.Time, lives lifetimes) (*TokenResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := digest(secret)
	c, ok := l.granted.get(key, now)
	switch {
	case !ok:
		return nil, refuse(400, InvalidGrant, "the authorization code is unknown or expired")
	case c.family != nil:
		l.end(c.family)
		return nil, refuse(400, InvalidGrant, "the authorization code was used before; what came of it ends")
	case !now.Before(c.until):
		return nil, refuse(400, InvalidGrant, "the authorization code is unknown or expired")
	case a.client != c.client:
		return nil, refuse(400, InvalidGrant, "the authorization code was given to another client")
	case redirect != c.redirect:
		return nil, refuse(400, InvalidGrant, "redirect_uri is not that of the authorization request")
	case subtle.ConstantTimeCompare([]byte(challengeOf(verifier)), []byte(c.challenge)) != 1:
		return nil, refuse(400, InvalidGrant, "code_verifier does not match code_challenge")
	case c.jkt != "" && (a.dpop == nil || a.dpop.jkt != c.jkt):
		return nil, refuse(400, InvalidGrant, "the authorization code is bound to another DPoP key")
	}
	if a.details == nil {
		a.details = c.details
	}
	f := &family{subject: c.subject, configurations: c.configurations, client: c.client, progress: c.progress}
	token, err := l.grant(f, a, now, lives)
	if err != nil {
		return nil, err
	}
	c.family = f
	l.granted.replace(key, c)
	return token, nil
}

// renewable finds whom a refresh token stands for, without spending it.
func (l *ledger) renewable(token string, a asked, now time.Time) (*family, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.family(token, a, now)
}

// rotate spends a refresh token and gives new tokens.
func (l *ledger) rotate(token string, a asked, now time.Time, lives lifetimes) (*TokenResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := l.family(token, a, now)
	if err != nil {
		return nil, err
	}
	return l.grant(f, a, now, lives)
}

// family finds the family of a refresh token. A spent one that comes again
// ends it, because one of its two bearers is a thief.
func (l *ledger) family(token string, a asked, now time.Time) (*family, error) {
	name, _, _ := strings.Cut(token, ".")
	f, ok := l.refresh.get(digest(name), now)
	if !ok {
		return nil, refuse(400, InvalidGrant, "the refresh token is unknown, used or expired")
	}
	if sum := digest(token); subtle.ConstantTimeCompare(sum[:], f.refresh[:]) != 1 {
		l.end(f)
		return nil, refuse(400, InvalidGrant, "the refresh token is unknown, used or expired")
	}
	switch {
	case f.client != "" && a.client != f.client:
		return nil, refuse(400, InvalidGrant, "the refresh token was given to another client")
	case f.jkt != "" && (a.dpop == nil || a.dpop.jkt != f.jkt):
		return nil, refuse(400, InvalidGrant, "the refresh token is bound to another DPoP key")
	}
	return f, nil
}

func (l *ledger) end(f *family) {
	l.refresh.drop(digest(f.name))
	l.access.drop(f.access)
	for _, id := range f.deferred {
		l.deferred.drop(id)
	}
}

// grant gives a family its next tokens in the place of the last.
func (l *ledger) grant(f *family, a asked, now time.Time, lives lifetimes) (*TokenResponse, error) {
	allowed := f.configurations
	if a.details != nil {
		allowed = nil
		for _, d := range a.details {
			if !slices.Contains(f.configurations, d.Configuration) {
				return nil, refuse(400, InvalidAuthorizationDetails, "credential configuration %.80q was not offered", d.Configuration)
			}
			allowed = append(allowed, d.Configuration)
		}
	}
	if a.dpop != nil {
		if err := l.fresh(a.dpop, now, lives); err != nil {
			return nil, err
		}
	}
	if f.name == "" {
		if !l.access.room(now) || !l.refresh.room(now) {
			return nil, errFull
		}
		f.name = newSecret()
		if a.dpop != nil {
			f.jkt = a.dpop.jkt
		}
		f.progress.redeemed()
	}
	next, refresh := newSecret(), f.name+"."+newSecret()
	l.access.drop(f.access)
	f.access, f.refresh = digest(next), digest(refresh)
	l.access.put(f.access, &access{f, allowed, a.details != nil}, now.Add(lives.access))
	l.refresh.put(digest(f.name), f, now.Add(lives.refresh))
	token := &TokenResponse{
		AccessToken: next, TokenType: bearerScheme, ExpiresIn: int(lives.access / time.Second), RefreshToken: refresh, Details: a.details,
	}
	if f.jkt != "" {
		token.TokenType = dpopScheme
	}
	return token, nil
}

// fresh refuses a DPoP proof that came before (RFC 9449 section 11.1).
func (l *ledger) fresh(p *dpopProof, now time.Time, lives lifetimes) error {
	if _, used := l.proofs.get(p.id, now); used {
		return refuse(400, InvalidDPoPProof, "the DPoP proof was used before")
	}
	if !l.proofs.room(now) {
		return errFull
	}
	l.proofs.put(p.id, struct{}{}, now.Add(lives.nonce+proofMaxAge+proofMaxSkew))
	return nil
}

// authorized finds what an access token is good for, and spends the DPoP
// proof that came with it.
func (l *ledger) authorized(secret string, p *dpopProof, now time.Time, lives lifetimes) (*access, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ok := l.access.get(digest(secret), now)
	switch {
	case !ok:
		return nil, refuse(401, InvalidToken, "the access token is unknown, revoked or expired")
	case a.jkt != "" && (p == nil || p.jkt != a.jkt):
		return nil, refuse(401, InvalidToken, "the access token is bound to another DPoP key")
	case a.jkt == "" && p != nil:
		return nil, refuse(401, InvalidToken, "the access token is bound to no DPoP key")
	case p != nil:
		if err := l.fresh(p, now, lives); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// spend marks nonces as used; false when one of them was.
func (l *ledger) spend(nonces map[string]bool, now time.Time, life time.Duration) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n := range nonces {
		if _, used := l.nonces.get(digest(n), now); used {
			return false, nil
		}
	}
	for n := range nonces {
		if !l.nonces.room(now) {
			return false, errFull
		}
		l.nonces.put(digest(n), struct{}{}, now.Add(life))
	}
	return true, nil
}
