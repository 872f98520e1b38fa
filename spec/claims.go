package spec

import (
	"fmt"
	"slices"
)

// The claims that a credential can carry and a platform can ask for, under
// the same names in every credential form and in the centralized design
// (claims.md). Every credential carries every claim, so that the number of
// claims says nothing about its holder.
const (
	RealPerson      = "real_person"      // bool: enrolled, with evidence that was checked
	AgeBand         = "age_band"         // string: one of AgeBands
	AgeOver8        = "age_over_8"       // bool, as the other AgeOver claims: completed years on the day of issuance
	AgeOver12       = "age_over_12"      //
	AgeOver14       = "age_over_14"      //
	AgeOver16       = "age_over_16"      //
	AgeOver18       = "age_over_18"      //
	AgeOver60       = "age_over_60"      //
	GuardianConsent = "guardian_consent" // bool: a guardian consented to the enrollment; false for adults
	Sex             = "sex"              // string: "female" or "male"
	Name            = "name"             // string: as printed on the document
	BirthDate       = "birth_date"       // string: YYYY-MM-DD
	DocumentType    = "document_type"    // string: a DocumentKind
	DocumentNumber  = "document_number"  // string
	DocumentExpiry  = "document_expiry"  // string: YYYY-MM-DD, or "permanent"
	PhoneNumber     = "phone_number"     // string: E.164
	Portrait        = "portrait"         // string: base64url of the SHA-256 of the portrait
)

// Claims lists every claim in the order in which credentials carry them.
var Claims = []string{
	RealPerson, AgeBand, AgeOver8, AgeOver12, AgeOver14, AgeOver16, AgeOver18, AgeOver60,
	GuardianConsent, Sex, Name, BirthDate, DocumentType, DocumentNumber, DocumentExpiry,
	PhoneNumber, Portrait,
}

// AgeThresholds are the completed years that have an age_over claim.
var AgeThresholds = []int{8, 12, 14, 16, 18, 60}

// AgeOver names the claim "completed years >= years"; ok is false when no
// credential carries that threshold.
func AgeOver(years int) (claim string, ok bool) {
	if !slices.Contains(AgeThresholds, years) {
		return "", false
	}
	return fmt.Sprintf("age_over_%d", years), true
}

// AgeBands are the values of the age_band claim, youngest first. The cuts
// below 18 are those of the minor modes that platforms must offer.
var AgeBands = []string{"0-2", "3-7", "8-11", "12-15", "16-17", "18-59", "60+"}

// AgeBandOf gives the band of an age in completed years.
func AgeBandOf(years int) string {
	for i, first := range []int{3, 8, 12, 16, 18, 60} {
		if years < first {
			return AgeBands[i]
		}
	}
	return AgeBands[len(AgeBands)-1]
}

const (
	// CredentialType is the vct of the SD-JWT VC form.
	CredentialType = "https://halfmask.example/vct/person/1"
	// CredentialContext is the JSON-LD context of the bbs-2023 form; its text
	// is contexts/person-v1.jsonld.
	CredentialContext = "https://halfmask.example/contexts/person/v1"
	// CredentialClass is the JSON-LD type beside VerifiableCredential.
	CredentialClass = "PersonCredential"
)
