package enrollment_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

// A child is a day short of 14 and applies alone.
func ExampleDecide() {
	rules, err := spec.LoadRules(spec.National)
	if err != nil {
		log.Fatal(err)
	}
	decision := enrollment.Decide(enrollment.Application{
		Document:  enrollment.Document{Kind: spec.ResidentIdentityCard, Expires: spec.Date{Year: 2028, Month: time.March, Day: 1}},
		BirthDate: spec.Date{Year: 2012, Month: time.November, Day: 23},
		Consent:   true,
	}, rules, spec.Date{Year: 2026, Month: time.November, Day: 22})
	fmt.Println(decision.Tier, decision.Outcome)
	for _, reason := range decision.Against() {
		fmt.Printf("%s, %s: %s (%s)\n", reason.Rule, reason.Field, reason.Text, reason.Detail)
	}
	// Output:
	// under-14 refused
	// R-GRD-01, guardian: a guardian applies on the child's behalf (13 completed years and no guardian)
}

// A person shows a card, a face and the code that came to the phone.
func ExampleDesk_Enroll() {
	rules, err := spec.LoadRules(spec.National)
	if err != nil {
		log.Fatal(err)
	}
	authority, err := mint.NewAuthority(1) // of synthetic documents
	if err != nil {
		log.Fatal(err)
	}
	card, err := authority.Issue(mint.Person{
		Name: "Ceshi Jia", Sex: document.Female,
		BirthDate: spec.Date{Year: 1990, Month: time.February, Day: 28},
	}, spec.ResidentIdentityCard, mint.Options{})
	if err != nil {
		log.Fatal(err)
	}

	phones := &enrollment.SimulatedGateway{}
	desk := &enrollment.Desk{
		Rules:  rules,
		Trust:  authority.Trust(),
		Phones: &enrollment.PhoneCodes{Sender: phones},
		Now:    func() time.Time { return time.Date(2026, time.November, 22, 9, 0, 0, 0, spec.Zone) },
	}
	ctx, phone := context.Background(), "+8613000000001"
	if err := desk.SendPhoneCode(ctx, phone); err != nil {
		log.Fatal(err)
	}
	code, _ := phones.Read(phone)
	enrolled, err := desk.Enroll(ctx, enrollment.Submission{
		Document: card.Presented, Face: card.LiveFace(1), Phone: phone, PhoneCode: code, Consent: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	claims := enrolled.Attributes.Claims(enrolled.Decision.On)
	fmt.Println(enrolled.Decision.Outcome, claims[spec.AgeBand], claims[spec.AgeOver18])
	// Output: accepted 18-59 true
}
