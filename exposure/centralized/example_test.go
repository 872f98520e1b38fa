package centralized_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/halfmask/halfmask/exposure/centralized"
	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

// A person enrolls, logs in, and is cut off by one order; the service has
// seen it all.
func Example() {
	ctx := context.Background()

	// A synthetic authority, the service that trusts its documents, a platform.
	authority, err := mint.NewAuthority(1)
	check(err)
	rules, err := spec.LoadRules(spec.National)
	check(err)
	var phones enrollment.SimulatedGateway
	service, err := centralized.New(centralized.Config{
		Desk:    &enrollment.Desk{Rules: rules, Trust: authority.Trust(), Phones: &enrollment.PhoneCodes{Sender: &phones}},
		Variant: centralized.Pairwise, OperatorToken: "the operator's token",
	})
	check(err)
	at := httptest.NewServer(service)
	defer at.Close()
	games := centralized.Application{OrgID: "10000001", AppID: "0001", Attributes: []string{spec.AgeOver18, centralized.MaskedName}}
	key, err := service.Register(games)
	check(err)
	platform := httptest.NewServer(centralized.NewPlatform(centralized.PlatformConfig{
		Service: at.URL, OrgID: games.OrgID, AppID: games.AppID, Key: key, Attributes: games.Attributes,
	}))
	defer platform.Close()

	// The person enrolls.
	card, err := authority.Issue(mint.Person{Name: "测试甲", Sex: "female", BirthDate: spec.Date{Year: 1990, Month: 3, Day: 5}},
		spec.ResidentIdentityCard, mint.Options{})
	check(err)
	app := &centralized.App{Service: at.URL}
	const phone = "+861000000000"
	check(app.SendPhoneCode(ctx, phone))
	code, _ := phones.Read(phone)
	enrolled, err := app.Enroll(ctx, enrollment.Submission{Document: card.Presented, Face: card.LiveFace(1),
		Phone: phone, PhoneCode: code, Password: centralized.NewPassword(), Consent: true})
	check(err)
	fmt.Println("enrolled:", enrolled.Decision.Outcome, "with a number of", len(enrolled.InternetNumber), "characters")

	// The person logs in with certificate and password, and agrees to one attribute.
	login, err := app.LogIn(ctx, platform.URL, centralized.WithPassword, func([]string) []string { return []string{spec.AgeOver18} })
	check(err)
	fmt.Println("the platform got:", login.ResultCode, login.Attributes)

	// The authority orders the person off every platform.
	order, err := http.NewRequest(http.MethodPost, at.URL+"/restrictions", strings.NewReader(`{"internet_number":"`+app.InternetNumber+`"}`))
	check(err)
	order.Header.Set("Content-Type", "application/json")
	order.Header.Set("Authorization", "Bearer the operator's token")
	response, err := http.DefaultClient.Do(order)
	check(err)
	response.Body.Close()
	_, err = app.LogIn(ctx, platform.URL, centralized.Certificate, nil)
	fmt.Println("refused:", errors.Is(err, centralized.ErrRefused))

	for _, row := range service.Log() {
		fmt.Println("the service saw:", row.InternetNumber == app.InternetNumber, row.OrgID, row.AppID, row.Type, row.ResultCode)
	}
	// Output:
	// enrolled: accepted with a number of 10 characters
	// the platform got: C0000000 map[age_over_18:true]
	// refused: true
	// the service saw: true 10000001 0001 R02 C0000000
	// the service saw: true 10000001 0001 R01 H0000006
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
