package sdjwt_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"log"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/credential/sdjwt"
)

// An issuer signs three claims, the holder shows one of them, the verifier
// learns that one.
func Example() {
	issuerKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	holderKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

	// Issuer.
	issued, err := sdjwt.Issue(
		jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: issuerKey, KeyID: "2026"}},
		sdjwt.Template{
			Issuer:    "https://issuer.example",
			Type:      "https://issuer.example/vct/person/1",
			IssuedAt:  day,
			Expires:   day.AddDate(0, 2, 0),
			HolderKey: &jose.JSONWebKey{Key: &holderKey.PublicKey},
			Disclosable: map[string]any{
				"age_over_18": true,
				"name":        "Specimen",
				"birth_date":  "1990-02-03",
			},
		})
	if err != nil {
		log.Fatal(err)
	}

	// Holder.
	credential, err := sdjwt.Parse(issued)
	if err != nil {
		log.Fatal(err)
	}
	presentation, err := credential.Select([]any{"age_over_18"})
	if err != nil {
		log.Fatal(err)
	}
	now := day.AddDate(0, 0, 20)
	presentation, err = sdjwt.Bind(presentation,
		jose.SigningKey{Algorithm: jose.ES256, Key: holderKey},
		"n-0S6_WzA2Mj", "redirect_uri:https://platform.example/back", now)
	if err != nil {
		log.Fatal(err)
	}

	// Verifier.
	trusted := func(by jws.Signer) (*jose.JSONWebKey, error) {
		if by.Issuer != "https://issuer.example" || by.KeyID != "2026" {
			return nil, fmt.Errorf("not a trusted issuer")
		}
		return &jose.JSONWebKey{Key: &issuerKey.PublicKey}, nil
	}
	verified, err := sdjwt.Verify(presentation, trusted, sdjwt.Policy{
		Type: "https://issuer.example/vct/person/1",
		Now:  now,
		KeyBinding: &sdjwt.KeyBinding{
			Nonce:    "n-0S6_WzA2Mj",
			Audience: "redirect_uri:https://platform.example/back",
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	_, named := verified.Claims["name"]
	fmt.Println("age_over_18:", verified.Claims["age_over_18"])
	fmt.Println("name shown:", named)
	fmt.Println("held by the presenter:", verified.KeyBound)
	// Output:
	// age_over_18: true
	// name shown: false
	// held by the presenter: true
}
