package bbs2023_test

import (
	"fmt"
	"log"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
)

// An issuer signs four claims, the holder shows one of them.
func Example() {
	key, err := bbs.GenerateKey()
	if err != nil {
		log.Fatal(err)
	}
	document := fmt.Appendf(nil, `{
		"@context": ["https://www.w3.org/ns/credentials/v2", "https://halfmask.example/contexts/person/v1"],
		"type": ["VerifiableCredential", "PersonCredential"],
		"issuer": %q,
		"validUntil": "2026-12-14T00:00:00Z",
		"credentialSubject": {"name": "Li Example", "birth_date": "1990-02-03", "age_over_18": true, "real_person": true}
	}`, bbs2023.Issuer(key.PublicKey()))

	// Issuer.
	secured, err := bbs2023.CreateBaseProof(document, bbs2023.Options{MandatoryPointers: []string{"/issuer", "/validUntil"}}, key)
	if err != nil {
		log.Fatal(err)
	}

	// Verifier: this issuer's key is trusted, and this presentation is for nonce 7.
	trusted := func(method string) (*bbs.PublicKey, error) {
		if method != bbs2023.VerificationMethod(key.PublicKey()) {
			return nil, fmt.Errorf("%s is not trusted", method)
		}
		return key.PublicKey(), nil
	}
	presentationHeader := []byte("nonce 7")

	// Holder.
	if _, err := bbs2023.VerifyBase(secured, trusted); err != nil {
		log.Fatal(err)
	}
	derived, err := bbs2023.Derive(secured, []string{"/credentialSubject/age_over_18"}, presentationHeader)
	if err != nil {
		log.Fatal(err)
	}

	// Verifier.
	verified, err := bbs2023.Verify(derived, trusted, presentationHeader)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(verified.Document["credentialSubject"], verified.Document["validUntil"])

	_, err = bbs2023.Verify(derived, trusted, []byte("nonce 8"))
	fmt.Println(err)
	// Output:
	// map[age_over_18:true] 2026-12-14T00:00:00Z
	// check presentation-header failed (vc-di-bbs section 3.4.7): the proof is bound to another presentation header than this verifier's
}
