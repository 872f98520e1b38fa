package openid4vci_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vci"
)

// library issues reader's cards; real ones would be signed.
type library struct{}

func (library) Credential(_ context.Context, subject, _ string, keys []openid4vci.Proved) ([]string, error) {
	cards := make([]string, len(keys))
	for i := range keys {
		cards[i] = fmt.Sprintf("card %d of %s", i+1, subject)
	}
	return cards, nil
}

func (library) Renew(context.Context, string) error { return nil }

func Example() {
	// The issuer: one handler, and an offer for one of its readers.
	var endpoint *openid4vci.Endpoint
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { endpoint.ServeHTTP(w, r) }))
	defer server.Close()
	endpoint, err := openid4vci.NewEndpoint(server.URL, map[string]openid4vci.CredentialConfiguration{
		"card": {Format: credential.SDJWT, ProofTypes: map[string]openid4vci.ProofType{"jwt": {SigningAlgs: openid4vci.ProofAlgs}}},
	}, library{}, openid4vci.EndpointOptions{})
	if err != nil {
		panic(err)
	}
	offer, _, err := endpoint.Offer("reader 7", openid4vci.OfferOptions{})
	if err != nil {
		panic(err)
	}
	link := offer.URI() // shown as a QR code

	// The wallet: two keys, so two cards.
	var keys openid4vci.Keys
	for range 2 {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		keys = append(keys, jose.SigningKey{Algorithm: jose.ES256, Key: key})
	}
	var client openid4vci.Client
	scanned, err := client.Offer(context.Background(), link)
	if err != nil {
		panic(err)
	}
	cards, grant, err := client.Accept(context.Background(), scanned, "card", "", keys)
	if err != nil {
		panic(err)
	}
	fmt.Println(cards)

	// Later, without the person.
	cards, _, err = client.Renew(context.Background(), grant, "card", keys[:1])
	fmt.Println(cards, err)
	// Output:
	// [card 1 of reader 7 card 2 of reader 7]
	// [card 1 of reader 7] <nil>
}
