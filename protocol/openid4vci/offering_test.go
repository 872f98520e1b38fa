package openid4vci

import (
	"io"
	"testing"
	"time"
)

func TestGrantedHearsOfTheGrantBeforeAnythingElse(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	var heard []*Grant
	s.client.Granted = func(g *Grant) error {
		heard = append(heard, g)
		if s.backend.count() != 0 {
			t.Error("a credential was made before")
		}
		return nil
	}
	_, grant, err := s.client.Accept(t.Context(), s.offer(OfferOptions{}), "free", "", nil)
	if err != nil || len(heard) != 1 || heard[0].RefreshToken != grant.RefreshToken {
		t.Fatalf("heard %v, %v", heard, err)
	}
	s.client.Granted = func(*Grant) error { return io.ErrShortWrite }
	if _, next, err := s.client.Renew(t.Context(), grant, "free", nil); err == nil || next == nil || s.backend.count() != 1 {
		t.Errorf("a grant that could not be kept: %v", err)
	}
}

func TestProgress(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	offer, address, err := s.endpoint.Offer("ming", OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	expect := func(want Progress) {
		t.Helper()
		if got, ok := s.endpoint.Progress(address); !ok || got != want {
			t.Errorf("got %+v %v, want %+v", got, ok, want)
		}
	}
	expect(Progress{})
	_, grant, err := s.client.Accept(t.Context(), offer, "bound", "", Keys{p256(t), p256(t)})
	if err != nil {
		t.Fatal(err)
	}
	expect(Progress{Redeemed: true, Issued: 2})
	if err := s.client.Notify(t.Context(), grant, Accepted, ""); err != nil {
		t.Fatal(err)
	}
	expect(Progress{Redeemed: true, Issued: 2, Event: Accepted})
	s.clock.advance(progressLifetime + 10*time.Minute)
	if _, ok := s.endpoint.Progress(address); ok {
		t.Error("told about after a day")
	}
}
