package openid4vci

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

const (
	maxDeferred     = 8 // per family; the oldest makes room
	defaultInterval = 5 * time.Second
)

// serveDeferred answers section 9.
func (e *Endpoint) serveDeferred(w http.ResponseWriter, r *http.Request) error {
	a, err := e.authorized(w, r, deferredPath)
	if err != nil {
		return err
	}
	body, encrypted, err := e.readMessage(w, r, maxTokenRequest)
	if err != nil {
		return err
	}
	var message struct {
		TransactionID string          `json:"transaction_id"`
		Encryption    json.RawMessage `json:"credential_response_encryption"`
	}
	if err := decodeStrict(body, &message); err != nil {
		return refuse(400, InvalidCredentialRequest, "the request: %v", err)
	}
	request := &credentialRequest{}
	if message.Encryption != nil {
		if request.encryption, err = parseEncryption(message.Encryption); err != nil {
			return err
		}
	}
	if err := request.checkEncryption(encrypted); err != nil {
		return err
	}
	d, ok := e.ledger.takeDeferral(message.TransactionID, a.family, e.now())
	if !ok {
		return refuse(400, InvalidTransactionID, "transaction_id is unknown, or its credential was obtained")
	}
	response, err := e.issue(r, d.family, d.configuration, d.proved)
	var pending *Pending
	var refusal *Error
	switch {
	case errors.As(err, &pending):
		e.ledger.putDeferral(message.TransactionID, d, e.now(), e.lives.refresh)
		return e.answerMessage(w, http.StatusAccepted, deferredResponse(message.TransactionID, pending), request.encryption)
	case err != nil:
		if !errors.As(err, &refusal) || refusal.Code != CredentialRequestDenied {
			e.ledger.putDeferral(message.TransactionID, d, e.now(), e.lives.refresh)
		}
		return err
	}
	return e.answerMessage(w, http.StatusOK, response, request.encryption)
}

func deferredResponse(id string, p *Pending) *CredentialResponse {
	seconds := max(1, int(cmp.Or(p.Interval, defaultInterval)/time.Second))
	return &CredentialResponse{TransactionID: id, Interval: seconds}
}

func (l *ledger) deferCredential(d *deferral, now time.Time, life time.Duration) (id string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(d.family.deferred); n >= maxDeferred {
		l.deferred.drop(d.family.deferred[0])
		d.family.deferred = d.family.deferred[1:]
	}
	if !l.deferred.room(now) {
		return "", errFull
	}
	id = newSecret()
	d.family.deferred = append(d.family.deferred, digest(id))
	d.family.progress.deferred()
	l.deferred.put(digest(id), d, now.Add(life))
	return id, nil
}

// takeDeferral takes a transaction off the shelf, so that two requests do
// not both get its credential.
func (l *ledger) takeDeferral(id string, f *family, now time.Time) (*deferral, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d, ok := l.deferred.get(digest(id), now)
	if !ok || d.family != f {
		return nil, false
	}
	l.deferred.drop(digest(id))
	return d, true
}

func (l *ledger) putDeferral(id string, d *deferral, now time.Time, life time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deferred.put(digest(id), d, now.Add(life))
}
