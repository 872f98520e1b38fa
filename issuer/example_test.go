package issuer_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
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
	device := &issuer.Applicant{Issuer: listener.URL}
	check(device.SendPhoneCode(context.Background(), phone))
	code, _ := phones.Read(phone)
	enrolled, err := device.Enroll(context.Background(), enrollment.Submission{
		Document: card.Presented, Face: card.LiveFace(1), Phone: phone, PhoneCode: code, Consent: true,
	})
	check(err)
	fmt.Println(enrolled.Decision.Outcome, enrolled.Decision.Tier)

	// The person's wallet.
	var wallet openid4vci.Client
	offer, err := wallet.Offer(context.Background(), enrolled.Link)
	check(err)
	var keys openid4vci.Keys
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

func check(err error) {
	if err != nil {
		panic(err)
	}
}
