package openid4vci

import (
	"net/http"
	"strings"
	"time"
)

// Event is what a wallet says of credentials that it got (section 11.1).
type Event string

const (
	Accepted Event = "credential_accepted" // stored
	Failure  Event = "credential_failure"  // not stored
	Deleted  Event = "credential_deleted"  // not stored, because the person did not want them
)

// notification is the request of section 11.1.
type notification struct {
	ID          string `json:"notification_id"`
	Event       Event  `json:"event"`
	Description string `json:"event_description,omitempty"`
}

// serveNotification answers section 11.
func (e *Endpoint) serveNotification(w http.ResponseWriter, r *http.Request) error {
	a, err := e.authorized(w, r, notificationPath)
	if err != nil {
		return err
	}
	body, err := readBody(w, r, maxTokenRequest, mediaJSON)
	if err != nil {
		return err
	}
	var n notification
	if err := decodeStrict(body, &n); err != nil {
		return refuse(400, InvalidNotificationRequest, "the notification: %v", err)
	}
	switch n.Event {
	case Accepted, Failure, Deleted:
	default:
		return refuse(400, InvalidNotificationRequest, "event is none of section 11.1")
	}
	if n.ID == "" || len(n.Description) > 1024 || strings.ContainsFunc(n.Description, func(r rune) bool { return r < 0x20 || r > 0x7e || r == '"' || r == '\\' }) {
		return refuse(400, InvalidNotificationRequest, "notification_id is missing or event_description is not as section 11.1 has it")
	}
	configuration, ok := e.ledger.notify(n, a.family, e.now())
	if !ok {
		return refuse(400, InvalidNotificationID, "notification_id is unknown or has expired")
	}
	if e.options.Notified != nil {
		e.options.Notified(r.Context(), a.subject, configuration, n.Event, n.Description)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (l *ledger) notify(n notification, f *family, now time.Time) (configuration string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of, ok := l.notices.get(digest(n.ID), now)
	if !ok || of.family != f {
		return "", false
	}
	f.progress.notified(n.Event)
	return of.configuration, true
}
