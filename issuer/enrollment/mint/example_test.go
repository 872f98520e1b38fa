package mint_test

import (
	"fmt"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

func ExampleAuthority_Issue() {
	authority, err := mint.NewAuthority(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	person := mint.Person{Name: "Chan Tai Man", Sex: document.Male, BirthDate: spec.Date{Year: 1990, Month: time.January, Day: 1}}
	permit, err := authority.Issue(person, spec.HongKongMacauTravelPermit, mint.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2026, time.November, 22, 12, 0, 0, 0, spec.Zone)
	verified, err := document.Verify(permit.Presented, authority.Trust(), at)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(verified.Name, verified.BirthDate, "valid until", verified.Expiry)
	// Output: CHAN TAI MAN 1990-01-01 valid until 2033-12-31
}
