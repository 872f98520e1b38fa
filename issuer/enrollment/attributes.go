package enrollment

import (
	"crypto/sha256"
	"encoding/base64"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/spec"
)

// Attributes is what enrollment established about a person, from checked
// evidence alone. An issuer keeps it to sign credentials from.
type Attributes struct {
	DocumentKind    spec.DocumentKind `json:"document_type"`
	DocumentNumber  string            `json:"document_number"`
	DocumentExpiry  spec.Date         `json:"document_expiry"` // zero for a permanent document
	Name            string            `json:"name"`
	Sex             string            `json:"sex"` // "female", "male", or Unspecified
	BirthDate       spec.Date         `json:"birth_date"`
	Phone           string            `json:"phone_number"`     // E.164
	Portrait        string            `json:"portrait"`         // base64url of the SHA-256 of the portrait
	GuardianConsent bool              `json:"guardian_consent"` // a guardian consented to the enrollment
	Settings        spec.Settings     `json:"settings"`         // how ages are counted
}

const (
	// Unspecified is the sex of a person whose document leaves it open.
	Unspecified = "unspecified"
	// Permanent is the document_expiry of a document that has none.
	Permanent = "permanent"
)

func attributesOf(v *document.Verified, phone string, guardianConsent bool, settings spec.Settings) Attributes {
	portrait := sha256.Sum256(v.Portrait)
	a := Attributes{
		DocumentKind: v.Kind, DocumentNumber: v.Number, DocumentExpiry: v.Expiry,
		Name: v.Name, Sex: v.Sex, BirthDate: v.BirthDate, Phone: phone,
		Portrait:        base64.RawURLEncoding.EncodeToString(portrait[:]),
		GuardianConsent: guardianConsent, Settings: settings,
	}
	if a.Sex == "" {
		a.Sex = Unspecified
	}
	return a
}

// Claims gives every one of spec.Claims as it is on a day: ages are those of
// the day, and a guardian's consent ends with the 18th birthday.
func (a Attributes) Claims(on spec.Date) map[string]any {
	years := a.Settings.Age(a.BirthDate, on)
	expiry := a.DocumentExpiry.String()
	if a.DocumentExpiry.IsZero() {
		expiry = Permanent
	}
	claims := map[string]any{
		spec.RealPerson:      true,
		spec.AgeBand:         spec.AgeBandOf(years),
		spec.GuardianConsent: a.GuardianConsent && years < 18,
		spec.Sex:             a.Sex,
		spec.Name:            a.Name,
		spec.BirthDate:       a.BirthDate.String(),
		spec.DocumentType:    string(a.DocumentKind),
		spec.DocumentNumber:  a.DocumentNumber,
		spec.DocumentExpiry:  expiry,
		spec.PhoneNumber:     a.Phone,
		spec.Portrait:        a.Portrait,
	}
	for _, threshold := range spec.AgeThresholds {
		claim, _ := spec.AgeOver(threshold)
		claims[claim] = years >= threshold
	}
	return claims
}
