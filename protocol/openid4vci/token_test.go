package openid4vci

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestTokenRefuses sends token requests that must give no token.
func TestTokenRefuses(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	good := func() url.Values {
		return url.Values{"grant_type": {grantPreAuthorized}, "pre-authorized_code": {s.offer(OfferOptions{}).Grants.PreAuthorized.Code}}
	}
	for _, c := range []struct {
		name   string
		path   string
		kind   string
		body   func() string
		status int
		code   string
	}{
		{"unknown code", "", "", func() string {
			return url.Values{"grant_type": {grantPreAuthorized}, "pre-authorized_code": {newSecret()}}.Encode()
		}, 400, InvalidGrant},
		{"missing code", "", "", func() string { f := good(); f.Del("pre-authorized_code"); return f.Encode() }, 400, InvalidRequest},
		{"missing grant type", "", "", func() string { f := good(); f.Del("grant_type"); return f.Encode() }, 400, InvalidRequest},
		{"grant type of another flow", "", "", func() string { f := good(); f.Set("grant_type", "authorization_code"); return f.Encode() }, 400, UnsupportedGrantType},
		{"parameter sent twice", "", "", func() string { return good().Encode() + "&pre-authorized_code=x" }, 400, InvalidRequest},
		{"transaction code that nobody asked for", "", "", func() string { f := good(); f.Set("tx_code", "1"); return f.Encode() }, 400, InvalidRequest},
		{"unknown refresh token", "", "", func() string {
			return url.Values{"grant_type": {grantRefresh}, "refresh_token": {newSecret()}}.Encode()
		}, 400, InvalidGrant},
		{"access token as refresh token", "", "", func() string {
			return url.Values{"grant_type": {grantRefresh}, "refresh_token": {s.accessToken()}}.Encode()
		}, 400, InvalidGrant},
		{"missing refresh token", "", "", func() string { return "grant_type=refresh_token" }, 400, InvalidRequest},
		{"authorization details", "", "", func() string { f := good(); f.Set("authorization_details", "[]"); return f.Encode() }, 400, InvalidAuthorizationDetails},
		{"code in the query", "?pre-authorized_code=x", "", func() string { return good().Encode() }, 400, InvalidRequest},
		{"wrong content type", "", "application/json", func() string { return good().Encode() }, 415, InvalidRequest},
		{"oversized body", "", "", func() string { return good().Encode() + "&x=" + strings.Repeat("a", maxTokenRequest) }, 413, InvalidRequest},
		{"malformed form", "", "", func() string { return good().Encode() + "&%zz" }, 400, InvalidRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			kind := formType
			if c.kind != "" {
				kind = c.kind
			}
			status, m, _ := s.post("/token"+c.path, kind, "", c.body())
			if status != c.status || m["error"] != c.code || m["access_token"] != nil {
				t.Errorf("got %d %v, want %d %s", status, m, c.status, c.code)
			}
		})
	}
}

func TestCodeReused(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	code := s.offer(OfferOptions{}).Grants.PreAuthorized.Code
	if status, m := s.redeem(code, ""); status != 200 {
		t.Fatalf("first use: %d %v", status, m)
	}
	if status, m := s.redeem(code, ""); status != 400 || m["error"] != InvalidGrant {
		t.Errorf("second use: %d %v", status, m)
	}
}

// TestFiftyParallelRedemptionsOfWhichOneWins: R-ISS-01.
func TestFiftyParallelRedemptionsOfWhichOneWins(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	code := s.offer(OfferOptions{TxCode: "1234"}).Grants.PreAuthorized.Code
	if won := parallel(50, func() bool { status, _ := s.redeem(code, "1234"); return status == 200 }); won != 1 {
		t.Errorf("%d of 50 redemptions got a token", won)
	}
}

func TestFiftyParallelRenewalsOfWhichOneWins(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	_, m := s.redeem(s.offer(OfferOptions{}).Grants.PreAuthorized.Code, "")
	form := url.Values{"grant_type": {grantRefresh}, "refresh_token": {m["refresh_token"].(string)}}.Encode()
	won := parallel(50, func() bool { status, _, _ := s.post("/token", formType, "", form); return status == 200 })
	if won != 1 {
		t.Errorf("%d of 50 renewals got a token", won)
	}
}

func parallel(n int, try func() bool) (won int) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	start := make(chan struct{})
	for range n {
		wg.Go(func() {
			<-start
			if try() {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	close(start)
	wg.Wait()
	return won
}

func TestTxCodeGuessed(t *testing.T) {
	s := newStage(t, "", EndpointOptions{TxCodeTries: 3})
	offer, offerURL, err := s.endpoint.Offer("ming", OfferOptions{TxCode: "777777"})
	if err != nil {
		t.Fatal(err)
	}
	code := offer.Grants.PreAuthorized.Code
	if status, m := s.redeem(code, ""); status != 400 || m["error"] != InvalidRequest {
		t.Errorf("without transaction code: %d %v", status, m)
	}
	for i := range 3 {
		if status, m := s.redeem(code, fmt.Sprint(i)); status != 400 || m["error"] != InvalidGrant {
			t.Errorf("guess %d: %d %v", i, status, m)
		}
	}
	if status, m := s.redeem(code, "777777"); status != 400 || m["error"] != InvalidGrant {
		t.Errorf("the right code after three wrong ones: %d %v", status, m)
	}
	if _, err := s.client.Offer(t.Context(), offerURL); err == nil {
		t.Error("the void offer is still served")
	}
}

func TestExpired(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	t.Run("code", func(t *testing.T) {
		code := s.offer(OfferOptions{}).Grants.PreAuthorized.Code
		s.clock.advance(10 * time.Minute)
		if status, m := s.redeem(code, ""); status != 400 || m["error"] != InvalidGrant {
			t.Errorf("got %d %v", status, m)
		}
	})
	t.Run("access token", func(t *testing.T) {
		token := s.accessToken()
		s.clock.advance(10 * time.Minute)
		if status, m := s.request(token, s.proof(p256(t), s.nonce())); status != 401 || m["error"] != InvalidToken {
			t.Errorf("got %d %v", status, m)
		}
	})
	t.Run("nonce", func(t *testing.T) {
		token, nonce := s.accessToken(), s.nonce()
		s.clock.advance(5 * time.Minute)
		if status, m := s.request(token, s.proof(p256(t), nonce)); status != 400 || m["error"] != InvalidNonce {
			t.Errorf("got %d %v", status, m)
		}
	})
	t.Run("refresh token", func(t *testing.T) {
		_, grant, err := s.client.Accept(t.Context(), s.offer(OfferOptions{}), "free", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		s.clock.advance(180 * 24 * time.Hour)
		if _, _, err := s.client.Renew(t.Context(), grant, "free", nil); !hasCode(err, InvalidGrant) {
			t.Errorf("got %v", err)
		}
	})
}

func TestRefreshTokenStolen(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	_, stolen, err := s.client.Accept(t.Context(), s.offer(OfferOptions{}), "free", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, grant, err := s.client.Renew(t.Context(), stolen, "free", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.client.Renew(t.Context(), stolen, "free", nil); !hasCode(err, InvalidGrant) {
		t.Errorf("a spent refresh token gave %v", err)
	}
	if _, _, err := s.client.Renew(t.Context(), grant, "free", nil); !hasCode(err, InvalidGrant) {
		t.Errorf("the rotated token is still good after the spent one came again: %v", err)
	}
	if n := len(s.endpoint.ledger.access.things) + len(s.endpoint.ledger.refresh.things); n != 0 {
		t.Errorf("%d tokens of the ended family are kept", n)
	}
}

func TestRenewingDoesNotFillTheLedger(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	_, grant, err := s.client.Accept(t.Context(), s.offer(OfferOptions{}), "free", "", nil)
	for range 20 {
		if err == nil {
			_, grant, err = s.client.Renew(t.Context(), grant, "free", nil)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if a, r := len(s.endpoint.ledger.access.things), len(s.endpoint.ledger.refresh.things); a != 1 || r != 1 {
		t.Errorf("%d access tokens and %d refresh tokens after 20 renewals, want one of each", a, r)
	}
}

func TestFullLedgerRefusesAndRecovers(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	s.endpoint.ledger = newLedger(3)
	for range 3 {
		s.offer(OfferOptions{})
	}
	if _, _, err := s.endpoint.Offer("ming", OfferOptions{}); !hasCode(err, TemporarilyUnavailable) {
		t.Errorf("a fourth offer: %v", err)
	}
	s.clock.advance(time.Hour)
	if _, _, err := s.endpoint.Offer("ming", OfferOptions{}); err != nil {
		t.Errorf("when the others expired: %v", err)
	}
}
