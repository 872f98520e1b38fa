package jwpbbs_test

import (
	"fmt"
	"log"
	"time"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/spec"
)

// One credential answers "18 or over, valid today, known to this platform as
// X" and shows no date.
func Example() {
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	today := spec.Date{Year: 2026, Month: time.November, Day: 22}
	_, expires := spec.Epoch(today.Time())

	// The issuer, and the layout that everybody's credential has.
	key, err := bbs.GenerateKey()
	check(err)
	layout, err := jwpbbs.PersonLayout("https://issuer.example")
	check(err)

	// The holder sends a commitment to a secret, and gets it signed unseen.
	secret := jwpbbs.NewLinkSecret()
	octets, blinding, err := secret.Commit("https://issuer.example", "c_nonce")
	check(err)
	claims, err := jwpbbs.PersonClaims(map[string]any{
		spec.RealPerson: true, spec.AgeBand: "18-59",
		spec.AgeOver8: true, spec.AgeOver12: true, spec.AgeOver14: true, spec.AgeOver16: true, spec.AgeOver18: true, spec.AgeOver60: false,
		spec.GuardianConsent: false, spec.Sex: "female", spec.Name: "LI EXAMPLE", spec.BirthDate: "1998-04-05",
		spec.DocumentType: string(spec.TaiwanResidencePermit), spec.DocumentNumber: "EXAMPLE 22", spec.DocumentExpiry: "2031-05-06",
		spec.PhoneNumber: "+8610000000000", spec.Portrait: "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
	}, expires)
	check(err)
	commitment, err := jwpbbs.ParseCommitment(octets, "https://issuer.example", "c_nonce")
	check(err)
	issued, err := jwpbbs.Issue(key, layout, claims, commitment)
	check(err)
	credential, err := jwpbbs.Receive(issued, layout, key.PublicKey(), secret, blinding)
	check(err)

	// The verifier asks, the holder answers, the verifier checks.
	adult, err := jwpbbs.AgeAtLeast(18, today, spec.Settings{})
	check(err)
	request := jwpbbs.Request{
		Type:      jwpbbs.PersonType,
		Nonce:     "f4Oa3wT0r8m2Vn1pQ7sKdA",
		Audience:  "redirect_uri:https://platform.example/responses",
		ValidAt:   today.Time(),
		Ranges:    []jwpbbs.Range{adult},
		Pseudonym: new(jwpbbs.Scope),
	}
	presented, err := credential.Present(request)
	check(err)
	verified, err := jwpbbs.Verify(presented, func(string) (*bbs.PublicKey, error) { return key.PublicKey(), nil }, request)
	check(err)
	fmt.Println(verified.Claims)
	fmt.Println(len(verified.Pseudonym))
	// Output:
	// map[vct:https://halfmask.example/vct/person-days/1]
	// 64
}
