package enrollment_test

import (
	"fmt"
	"log"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment"
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
