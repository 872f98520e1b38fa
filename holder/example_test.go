package holder_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"log"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// A platform asks for one claim; the holder sees what it would show, then
// shows it.
func Example() {
	issuerKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	holderKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	now := time.Now()
	issued, err := sdjwt.Issue(jose.SigningKey{Algorithm: jose.ES256, Key: issuerKey}, sdjwt.Template{
		Issuer: "https://issuer.example", Type: "https://halfmask.example/vct/person/1",
		IssuedAt: now, Expires: now.AddDate(0, 1, 0),
		HolderKey:   &jose.JSONWebKey{Key: &holderKey.PublicKey},
		Disclosable: map[string]any{"age_over_18": true, "name": "Specimen", "birth_date": "1990-02-03"},
	})
	if err != nil {
		log.Fatal(err)
	}

	query, err := openid4vp.ParseQuery([]byte(`{"credentials": [{
		"id": "person", "format": "dc+sd-jwt",
		"meta": {"vct_values": ["https://halfmask.example/vct/person/1"]},
		"claims": [{"path": ["age_over_18"], "values": [true]}]}]}`))
	if err != nil {
		log.Fatal(err)
	}
	request, err := openid4vp.NewRequest("https://platform.example/responses", *query, openid4vp.Metadata{
		Formats: map[credential.Format]openid4vp.FormatSupport{credential.SDJWT: {}},
	})
	if err != nil {
		log.Fatal(err)
	}

	selection, err := holder.Match(request.Query, []holder.Held{{ID: "copy 1", Format: credential.SDJWT, Raw: issued}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("would show:", selection.Disclosed())
	fmt.Println("beside it:", selection.Picks[0].Always)
	fmt.Println(selection.Linkable())
	token, err := holder.Present(selection, request, func(string) (jose.SigningKey, error) {
		return jose.SigningKey{Algorithm: jose.ES256, Key: holderKey}, nil
	}, now)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("presentations:", len(token["person"]))
	// Output:
	// would show: [age_over_18]
	// beside it: [cnf exp iat iss vct]
	// first showing: the issuer's signature and the key are new to verifiers, and known to the issuer
	// presentations: 1
}
