package sdjwttest_test

import (
	"fmt"
	"log"
	"time"

	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/credential/sdjwt/sdjwttest"
)

// The same seed gives the same SD-JWT, byte for byte.
func ExampleIssue() {
	key, _ := sdjwttest.Ed25519Key("issuer", "k1")
	template := sdjwt.Template{
		Issuer: "https://issuer.example", Type: "https://issuer.example/type",
		Expires: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Disclosable: map[string]any{"age_over_18": true},
	}
	first, err := sdjwttest.Issue("seed", key, template)
	if err != nil {
		log.Fatal(err)
	}
	second, err := sdjwttest.Issue("seed", key, template)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(first == second)
	// Output:
	// true
}
