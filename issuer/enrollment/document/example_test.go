package document_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

func ExampleVerify() {
	authority, err := mint.NewAuthority(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	person := mint.Person{Name: "测试甲子", Sex: document.Female, BirthDate: spec.Date{Year: 2012, Month: time.November, Day: 23}}
	at := time.Date(2026, time.November, 22, 12, 0, 0, 0, spec.Zone)
	for _, options := range []mint.Options{{}, {Defect: mint.ChangedPortrait}} {
		card, err := authority.Issue(person, spec.ResidentIdentityCard, options)
		if err != nil {
			fmt.Println(err)
			return
		}
		verified, err := document.Verify(card.Presented, authority.Trust(), at)
		var refused *document.Error
		if errors.As(err, &refused) {
			fmt.Println("refused:", refused.Check, "on", refused.Field)
			continue
		}
		fmt.Println(verified.Name, verified.BirthDate, "until", verified.Expiry)
	}
	// Output:
	// 测试甲子 2012-11-23 until 2028-12-31
	// refused: record-portrait on portrait
}
