package openid4vci

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestDeferred(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	s.backend.decline(&Pending{Interval: time.Minute})
	_, address, err := s.endpoint.Offer("ming", OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	offer, err := s.client.Offer(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	keys := Keys{p256(t), p256(t)}
	_, grant, err := s.client.Accept(t.Context(), offer, "bound", "", keys)
	var later *Deferred
	if !errors.As(err, &later) || later.Interval != time.Minute || grant == nil {
		t.Fatalf("got %v, want a deferral", err)
	}
	if p, _ := s.endpoint.Progress(address); !p.Deferred || p.Issued != 0 {
		t.Errorf("progress %+v", p)
	}
	s.clock.advance(time.Hour) // the access token is over by then
	_, grant, err = s.client.Fetch(t.Context(), grant, later)
	var still *Deferred
	if !errors.As(err, &still) || still.TransactionID != later.TransactionID {
		t.Fatalf("got %v, want the same deferral", err)
	}
	s.backend.decline(nil)
	got, grant, err := s.client.Fetch(t.Context(), grant, still)
	if err != nil || len(got) != 2 || got[1] != fmt.Sprintf("ming %x", public(t, keys[1])) {
		t.Fatalf("got %q, %v", got, err)
	}
	if p, _ := s.endpoint.Progress(address); p.Deferred || p.Issued != 2 {
		t.Errorf("progress %+v", p)
	}
	if _, _, err := s.client.Fetch(t.Context(), grant, still); !hasCode(err, InvalidTransactionID) {
		t.Errorf("the same transaction again: %v", err)
	}
}

func TestDeferredRefuses(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	deferredFor := func() (string, string) {
		s.backend.decline(&Pending{})
		defer s.backend.decline(nil)
		token := s.accessToken()
		status, m, _ := s.post("/credential", mediaJSON, token, `{"credential_configuration_id":"free"}`)
		if status != 202 || m["interval"] != 5.0 {
			t.Fatalf("got %d %v", status, m)
		}
		return token, m["transaction_id"].(string)
	}
	ask := func(token, id string) (int, map[string]any) {
		b, _ := json.Marshal(map[string]string{"transaction_id": id})
		status, m, _ := s.post("/deferred_credential", mediaJSON, token, string(b))
		return status, m
	}
	token, id := deferredFor()
	for _, c := range []struct {
		name, token, id string
		status          int
		code            string
	}{
		{"unknown transaction", token, newSecret(), 400, InvalidTransactionID},
		{"no transaction", token, "", 400, InvalidTransactionID},
		{"somebody else's transaction", s.accessToken(), id, 400, InvalidTransactionID},
		{"no token", "", id, 401, InvalidToken},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status, m := ask(c.token, c.id); status != c.status || m["error"] != c.code {
				t.Errorf("got %d %v, want %d %s", status, m, c.status, c.code)
			}
		})
	}
	t.Run("an issuer that fails keeps the transaction", func(t *testing.T) {
		s.backend.decline(errors.New("disk"))
		if status, m := ask(token, id); status != 500 {
			t.Errorf("got %d %v", status, m)
		}
		s.backend.decline(nil)
	})
	t.Run("fifty parallel fetches of which one wins", func(t *testing.T) {
		if won := parallel(50, func() bool { status, _ := ask(token, id); return status == 200 }); won != 1 {
			t.Errorf("%d of 50 got the credential", won)
		}
	})
	t.Run("an issuer that declines ends the transaction", func(t *testing.T) {
		token, id := deferredFor()
		s.backend.decline(&Error{Status: 400, Code: CredentialRequestDenied})
		if status, m := ask(token, id); status != 400 || m["error"] != CredentialRequestDenied {
			t.Errorf("got %d %v", status, m)
		}
		s.backend.decline(nil)
		if status, m := ask(token, id); status != 400 || m["error"] != InvalidTransactionID {
			t.Errorf("got %d %v", status, m)
		}
	})
	t.Run("a wallet that asks again and again fills nothing", func(t *testing.T) {
		s.backend.decline(&Pending{})
		defer s.backend.decline(nil)
		before, token := len(s.endpoint.ledger.deferred.things), s.accessToken()
		for range 3 * maxDeferred {
			s.post("/credential", mediaJSON, token, `{"credential_configuration_id":"free"}`)
		}
		if n := len(s.endpoint.ledger.deferred.things) - before; n != maxDeferred {
			t.Errorf("%d transactions are kept", n)
		}
	})
}

func TestNotification(t *testing.T) {
	var heard []string
	s := newStage(t, "", EndpointOptions{Notified: func(_ context.Context, subject, configuration string, event Event, description string) {
		heard = append(heard, fmt.Sprint(subject, " ", configuration, " ", event, " ", description))
	}})
	_, grant, err := s.client.Accept(t.Context(), s.offer(OfferOptions{}), "free", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // idempotent
		if err := s.client.Notify(t.Context(), grant, Failure, `no "room" on the disk`); err != nil {
			t.Fatal(err)
		}
	}
	if len(heard) != 2 || heard[0] != "ming free credential_failure no 'room' on the disk" {
		t.Errorf("heard %q", heard)
	}
}

func TestNotificationRefuses(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	token := s.accessToken()
	_, m, _ := s.post("/credential", mediaJSON, token, `{"credential_configuration_id":"free"}`)
	id := m["notification_id"].(string)
	for _, c := range []struct {
		name, token, body string
		status            int
		code              string
	}{
		{"unknown notification", token, `{"notification_id":"x","event":"credential_accepted"}`, 400, InvalidNotificationID},
		{"somebody else's notification", s.accessToken(), `{"notification_id":"` + id + `","event":"credential_accepted"}`, 400, InvalidNotificationID},
		{"unknown event", token, `{"notification_id":"` + id + `","event":"credential_eaten"}`, 400, InvalidNotificationRequest},
		{"no event", token, `{"notification_id":"` + id + `"}`, 400, InvalidNotificationRequest},
		{"no notification", token, `{"event":"credential_accepted"}`, 400, InvalidNotificationRequest},
		{"description that is not ASCII", token, `{"notification_id":"` + id + `","event":"credential_failure","event_description":"é"}`, 400, InvalidNotificationRequest},
		{"repeated member", token, `{"notification_id":"` + id + `","event":"credential_failure","event":"credential_accepted"}`, 400, InvalidNotificationRequest},
		{"no token", "", `{}`, 401, InvalidToken},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status, m, _ := s.post("/notification", mediaJSON, c.token, c.body); status != c.status || m["error"] != c.code {
				t.Errorf("got %d %v, want %d %s", status, m, c.status, c.code)
			}
		})
	}
}
