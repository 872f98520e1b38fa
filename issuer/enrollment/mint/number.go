package mint

import (
	"encoding/binary"
	"fmt"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/spec"
)

var provinces = []string{
	"11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41",
	"42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65",
}

// number gives the person a number of the kind that this authority has given
// to nobody else; the same person gets the same one again. It starts at one
// that follows from the seed and the person and tries the next until one is
// free.
func (a *Authority) number(p Person, kind spec.DocumentKind, o Options) (string, error) {
	d := digest(a.seed, "number", string(kind), p.identity())
	start := binary.BigEndian.Uint64(d[:]) >> 1
	candidate, count := candidates(p, kind, o)
	if count == 0 {
		return "", fmt.Errorf("mint: no number of a %s for nationality %q, sex %q", kind, p.Nationality, p.Sex)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range count {
		n := candidate((start + i) % count)
		if holder, given := a.used[string(kind)+n]; !given || holder == p.identity() {
			a.used[string(kind)+n] = p.identity()
			return n, nil
		}
	}
	return "", fmt.Errorf("mint: all %d synthetic numbers of a %s for that birth date are given", count, kind)
}

// candidates gives the numbers that the kind allows for a synthetic person.
func candidates(p Person, kind spec.DocumentKind, o Options) (candidate func(uint64) string, count uint64) {
	born := fmt.Sprintf("%04d%02d%02d", p.BirthDate.Year, p.BirthDate.Month, p.BirthDate.Day)
	odd := uint64(0)
	if p.Sex == document.Male {
		odd = 1
	}
	checked := func(digits string) string { return digits + string(document.CheckCharacter(digits)) }
	family := func(area string, first, count uint64) (func(uint64) string, uint64) {
		return func(i uint64) string { return checked(fmt.Sprintf("%s%s%03d", area, born, first+2*i+odd)) }, count
	}
	region, letter := "810000", "H"
	if o.Macau {
		region, letter = "820000", "M"
	}
	switch kind {
	case spec.ResidentIdentityCard:
		return family("000000", 0, 500)
	case spec.HongKongMacauResidencePermit:
		return family(region, 990, 5)
	case spec.TaiwanResidencePermit:
		return family("830000", 990, 5)
	case spec.ForeignPermanentResidentCard:
		if o.OldNumber {
			return func(i uint64) string {
				s := fmt.Sprintf("%s0000%s%d", p.Nationality, born[2:], i)
				return s + string(document.CheckDigit(s))
			}, 10
		}
		digits, ok := document.DigitsOfState(p.Nationality)
		if !ok {
			return nil, 0
		}
		return func(i uint64) string {
			area := "9" + provinces[i/5%uint64(len(provinces))] + digits
			return checked(fmt.Sprintf("%s%s%03d", area, born, 990+2*(i%5)+odd))
		}, 5 * uint64(len(provinces))
	}
	prefix := map[spec.DocumentKind]string{
		spec.HongKongMacauTravelPermit: letter + "0000",
		spec.TaiwanTravelPermit:        "0000",
		spec.OverseasChinesePassport:   "EA000",
		spec.ForeignPassport:           "UT000",
		spec.OneWayPermit:              "SYN-OW-",
		spec.UNHCRCertificate:          "SYN-UN-",
		spec.AsylumSeekerCertificate:   "SYN-AS-",
		spec.CommunityAttestation:      "SYN-CA-",
	}[kind]
	if prefix == "" {
		return nil, 0
	}
	return func(i uint64) string { return fmt.Sprintf("%s%04d", prefix, i) }, 10000
}
