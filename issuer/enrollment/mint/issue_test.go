package mint

import (
	"testing"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/spec"
)

func TestEveryKindVerifies(t *testing.T) {
	a, err := NewAuthority(7)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, spec.Zone)
	for _, kind := range spec.KnownKinds {
		for _, o := range []Options{{}, {OldNumber: true}, {Macau: true}} {
			name, latin := SyntheticName(7, string(kind))
			p := Person{ID: string(kind), Name: name, Latin: latin, Sex: document.Female, BirthDate: spec.Date{Year: 2010, Month: 2, Day: 3}}
			switch kind {
			case spec.ForeignPermanentResidentCard:
				p.Nationality = "KAZ"
			case spec.ForeignPassport:
				p.Nationality = "UTO"
			case spec.UNHCRCertificate:
				p.Nationality = "XXB"
			}
			d, err := a.Issue(p, kind, o)
			if err != nil {
				t.Fatal(err)
			}
			v, err := document.Verify(d.Presented, a.Trust(), at)
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			if v.Kind != kind || v.Number != d.Number || v.BirthDate != p.BirthDate || v.Sex != p.Sex ||
				v.Expiry != d.Expires || string(v.Portrait) != string(d.Portrait) || v.SettledAbroad != (kind == spec.OverseasChinesePassport) {
				t.Errorf("%s: %+v", kind, v)
			}
		}
	}
}
