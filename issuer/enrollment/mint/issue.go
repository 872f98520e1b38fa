package mint

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/spec"
)

// Options vary what Issue makes. The zero value is a sound document issued
// on 2024-01-01, or on the day of birth if that is later, valid as long as
// its kind is for a holder of that age.
type Options struct {
	Issued    spec.Date // day of issue; from 2012 on for the kinds with a chip, whose signer is not older
	Expires   spec.Date // last day of validity
	Permanent bool      // a register record that does not expire; Expires is then not looked at
	Macau     bool      // a Hong Kong or Macau document: of Macau

	OldNumber       bool   // a foreign permanent resident card: the number format of 2017
	NoResidenceNote bool   // a passport: without the note that the holder is settled abroad
	NotSettled      bool   // a passport: with a note that says the holder is not
	Defect          Defect // something wrong with it
}

// Document is a document that the authority issued, with what its holder
// knows of it.
type Document struct {
	Person    Person
	Presented document.Presented
	Number    string
	Expires   spec.Date // zero when permanent
	Portrait  []byte    // JPEG
}

// LiveFace takes a picture of the holder, see the function of that name.
func (d *Document) LiveFace(noiseSeed uint64) []byte {
	b, err := LiveFace(d.Portrait, noiseSeed)
	if err != nil {
		panic("mint: own portrait: " + err.Error()) // it was drawn by this package
	}
	return b
}

var defaultIssue = spec.Date{Year: 2024, Month: 1, Day: 1}

// Issue makes a document of a kind for a person.
func (a *Authority) Issue(p Person, kind spec.DocumentKind, o Options) (*Document, error) {
	if p.BirthDate.IsZero() || p.Name == "" {
		return nil, fmt.Errorf("mint: a person needs a name and a birth date")
	}
	if p.Nationality == "" {
		p.Nationality = "CHN"
		if kind == spec.ForeignPassport {
			p.Nationality = "UTO"
		}
	}
	if o.Issued.IsZero() {
		o.Issued = defaultIssue
		if o.Issued.Before(p.BirthDate) {
			o.Issued = p.BirthDate
		}
	}
	if o.Permanent && hasChip(kind) {
		return nil, fmt.Errorf("mint: a %s expires", kind)
	}
	number, err := a.number(p, kind, o)
	if err != nil {
		return nil, err
	}
	d := &Document{Person: p, Number: number, Portrait: Portrait(fmt.Sprintf("%d %s", a.seed, p.identity()))}
	if !o.Permanent {
		d.Expires = o.Expires
		if d.Expires.IsZero() {
			d.Expires = usualExpiry(p, kind, o.Issued)
		}
	}
	d.Presented.Kind = kind
	if o.Defect != "" && !slices.Contains(Defects(kind), o.Defect) {
		return nil, fmt.Errorf("mint: a %s cannot have the defect %q", kind, o.Defect)
	}
	if hasChip(kind) {
		err = a.fillChip(d, o)
	} else {
		err = a.fillRecord(d, o)
	}
	if err != nil {
		return nil, err
	}
	return d, o.Defect.damagePresented(&d.Presented)
}

// usualExpiry follows the validity of each kind: years by the holder's age
// on the day of issue, the identity card of a holder of 46 or more without
// end.
func usualExpiry(p Person, kind spec.DocumentKind, issued spec.Date) spec.Date {
	age := issued.Year - p.BirthDate.Year // by the year: the day matters to nobody here
	years := 5
	switch kind {
	case spec.ResidentIdentityCard:
		switch {
		case age >= 46:
			return spec.Date{}
		case age >= 26:
			years = 20
		case age >= 16:
			years = 10
		}
	case spec.HongKongMacauTravelPermit, spec.ForeignPermanentResidentCard:
		if age >= 18 {
			years = 10
		}
	case spec.OverseasChinesePassport, spec.ForeignPassport:
		if age >= 16 {
			years = 10
		}
	}
	return spec.DateOf(issued.Time().AddDate(years, 0, -1))
}

func (a *Authority) fillRecord(d *Document, o Options) error {
	kind := d.Presented.Kind
	register := document.PopulationRegister
	switch kind {
	case spec.UNHCRCertificate, spec.AsylumSeekerCertificate:
		register = document.ProtectionRegister
	case spec.CommunityAttestation:
		register = document.CommunityRegister
	}
	sum := sha256.Sum256(d.Portrait)
	record := document.Record{
		Kind: kind, Number: d.Number, Name: d.Person.Name, Sex: d.Person.Sex, BirthDate: d.Person.BirthDate,
		Nationality: d.Person.Nationality, ValidUntil: d.Expires, Permanent: d.Expires.IsZero(),
		Portrait: base64.RawURLEncoding.EncodeToString(sum[:]),
	}
	signer := a.registers[register]
	o.Defect.damageRecord(&record)
	switch o.Defect {
	case UnknownSigner:
		signer = jwsSigner{a.stranger.ca.key, register}
	case OtherHolder:
		record.Portrait = base64.RawURLEncoding.EncodeToString(make([]byte, sha256.Size))
	}
	payload, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("mint: record: %w", err)
	}
	d.Presented.Portrait = d.Portrait
	if d.Presented.Record, err = signer.sign(document.RecordType, payload); err != nil {
		return fmt.Errorf("mint: record: %w", err)
	}
	return nil
}
