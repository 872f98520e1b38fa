package issuer_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/issuer"
	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
)

// A synthetic person enrolls over HTTP and gets a batch of two credentials.
func Example() {
	// Documents of a synthetic authority, and phones that do not ring.
	authority, err := mint.NewAuthority(1)
	check(err)
	rules, err := spec.LoadRules(spec.National)
	check(err)
	var phones enrollment.SimulatedGateway

	// The issuer.
	var server *issuer.Server
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { server.ServeHTTP(w, r) }))
	defer listener.Close()
	signing, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	bbsKey, err := bbs.GenerateKey()
	check(err)
	server, err = issuer.New(issuer.Config{
		URL:        listener.URL,
		Desk:       &enrollment.Desk{Rules: rules, Trust: authority.Trust(), Phones: &enrollment.PhoneCodes{Sender: &phones}},
		SigningKey: jose.SigningKey{Algorithm: jose.ES256, Key: signing},
		BBSKey:     bbsKey,
	})
	check(err)

	// The person.
	person := mint.Person{Name: "测试", Latin: "CE SHI", Sex: "female", BirthDate: spec.Date{Year: 1990, Month: 3, Day: 5}}
	card, err := authority.Issue(person, spec.ResidentIdentityCard, mint.Options{})
	check(err)
	const phone = "+861000000000"
	post(listener.URL+"/enrollments/phone-codes", issuer.PhoneCodeRequest{Phone: phone}, nil)
	code, _ := phones.Read(phone)
	var enrolled issuer.EnrollmentAnswer
	post(listener.URL+"/enrollments", enrollment.Submission{
		Document: card.Presented, Face: card.LiveFace(1), Phone: phone, PhoneCode: code, Consent: true,
	}, &enrolled)
	fmt.Println(enrolled.Decision.Outcome, enrolled.Decision.Tier)

	// The person's wallet.
	var wallet openid4vci.Client
	offer, err := wallet.Offer(context.Background(), enrolled.Link)
	check(err)
	var keys []jose.SigningKey
	for range 2 {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		check(err)
		keys = append(keys, jose.SigningKey{Algorithm: jose.ES256, Key: key})
	}
	credentials, _, err := wallet.Accept(context.Background(), offer, issuer.PersonSDJWT, "", keys)
	check(err)
	fmt.Println(len(credentials), "credentials")
	fmt.Println(server.People()[0].Issued)
	// Output:
	// accepted 18-and-over
	// 2 credentials
	// map[person-sd-jwt:2]
}

func post(url string, body, answer any) {
	b, err := json.Marshal(body)
	check(err)
	res, err := http.Post(url, "application/json", bytes.NewReader(b))
	check(err)
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		panic(res.Status)
	}
	if answer != nil {
		check(json.NewDecoder(res.Body).Decode(answer))
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
