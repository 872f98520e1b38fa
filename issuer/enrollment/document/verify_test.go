package document_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

var at = time.Date(2026, time.November, 22, 12, 0, 0, 0, spec.Zone)

func authority(t testing.TB) *mint.Authority {
	t.Helper()
	a, err := mint.NewAuthority(1)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// person is somebody who can hold a document of the kind.
func person(kind spec.DocumentKind) mint.Person {
	p := mint.Person{Name: "测试甲子", Latin: "CESHI JIAZI", Sex: document.Female, BirthDate: spec.Date{Year: 1992, Month: 2, Day: 29}}
	switch kind {
	case spec.ForeignPermanentResidentCard, spec.AsylumSeekerCertificate:
		p.Nationality = "KAZ"
	case spec.UNHCRCertificate:
		p.Nationality = "XXB"
	}
	return p
}

func issue(t testing.TB, a *mint.Authority, kind spec.DocumentKind, o mint.Options) *mint.Document {
	t.Helper()
	d, err := a.Issue(person(kind), kind, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func clone(p document.Presented) document.Presented {
	if p.Chip != nil {
		c := *p.Chip
		c.COM, c.DG1, c.DG2, c.SOD = bytes.Clone(c.COM), bytes.Clone(c.DG1), bytes.Clone(c.DG2), bytes.Clone(c.SOD)
		p.Chip = &c
	}
	p.Portrait = bytes.Clone(p.Portrait)
	return p
}

func TestSoundDocumentsVerify(t *testing.T) {
	a := authority(t)
	for _, kind := range spec.KnownKinds {
		for name, o := range map[string]mint.Options{
			"plain": {}, "of Macau": {Macau: true}, "in the 2017 format": {OldNumber: true},
			"expired": {Issued: spec.Date{Year: 2012, Month: 3, Day: 1}, Expires: spec.Date{Year: 2020, Month: 2, Day: 29}},
		} {
			d := issue(t, a, kind, o)
			v, err := document.Verify(d.Presented, a.Trust(), at)
			if err != nil {
				t.Errorf("%s %s: %v", kind, name, err)
				continue
			}
			p := d.Person
			if v.Kind != kind || v.Number != d.Number || v.BirthDate != p.BirthDate || v.Sex != p.Sex || v.Nationality != p.Nationality || v.Expiry != d.Expires {
				t.Errorf("%s %s: %+v", kind, name, v)
			}
			if !bytes.Equal(v.Portrait, d.Portrait) {
				t.Errorf("%s %s: another portrait", kind, name)
			}
			if v.Expired(spec.DateOf(at)) != (name == "expired") {
				t.Errorf("%s %s: expired %t, valid until %s", kind, name, v.Expired(spec.DateOf(at)), v.Expiry)
			}
			if v.SettledAbroad != (kind == spec.OverseasChinesePassport) {
				t.Errorf("%s %s: settled abroad %t", kind, name, v.SettledAbroad)
			}
		}
	}
}

func TestDocumentCountsOnItsLastDay(t *testing.T) {
	v := document.Verified{Expiry: on}
	if v.Expired(on) || !v.Expired(on.AddDays(1)) || (&document.Verified{}).Expired(on) {
		t.Error("wrong day of expiry")
	}
}

func TestSettledAbroadNeedsTheNote(t *testing.T) {
	a := authority(t)
	for _, o := range []mint.Options{{NoResidenceNote: true}, {NotSettled: true}} {
		v, err := document.Verify(issue(t, a, spec.OverseasChinesePassport, o).Presented, a.Trust(), at)
		if err != nil || v.SettledAbroad {
			t.Errorf("%+v: %+v, %v", o, v, err)
		}
	}
}

func TestDefectsAreRefused(t *testing.T) {
	a := authority(t)
	checks := map[mint.Defect][]string{
		mint.ChangedPortrait:  {"sod-hash", "record-portrait"},
		mint.ChangedSignature: {"sod-signature", "record-signature"},
		mint.UnknownSigner:    {"sod-signer", "record-signature"},
		mint.WrongKind:        {"document-kind", "record-signer"},
		mint.Truncated:        {"sod-structure", "record-shape"},
		mint.OtherHolder:      {"sod-hash", "record-portrait"},
		mint.ChangedZone:      {"sod-hash"},
		mint.ExpiredSigner:    {"sod-signer"},
		mint.WrongCountry:     {"sod-signer-country"},
		mint.MissingHash:      {"sod-hash"},
		mint.DuplicateHash:    {"sod-structure"},
		mint.OtherNote:        {"residence-note"},
		mint.WrongCheckDigit:  {"mrz-check-digit", "number-check-digit"},
		mint.NumberDisagrees:  {"number-agrees"},
		mint.FutureBirth:      {"birth-date"},
	}
	for _, kind := range spec.KnownKinds {
		for _, defect := range mint.Defects(kind) {
			d := issue(t, a, kind, mint.Options{Defect: defect})
			_, err := document.Verify(d.Presented, a.Trust(), at)
			if err == nil {
				t.Errorf("%s with %s accepted", kind, defect)
				continue
			}
			if e := wantTyped(t, err); !slices.Contains(checks[defect], e.Check) {
				t.Errorf("%s with %s: check %s failed, want one of %s: %v", kind, defect, e.Check, checks[defect], err)
			}
		}
	}
}

// Every byte of a chip's files counts, and no cut-off file is read.
func TestEveryChangedByteIsRefused(t *testing.T) {
	a := authority(t)
	trust := a.Trust()
	kind := spec.HongKongMacauTravelPermit
	sound := issue(t, a, kind, mint.Options{}).Presented
	files := func(p *document.Presented) map[string]*[]byte {
		return map[string]*[]byte{"dg1": &p.Chip.DG1, "dg2": &p.Chip.DG2, "sod": &p.Chip.SOD}
	}
	for name, file := range files(&sound) {
		for i := range *file {
			p := clone(sound)
			(*files(&p)[name])[i] ^= 1 << (i % 8)
			_, err := document.Verify(p, trust, at)
			if err == nil {
				t.Fatalf("%s: %s accepted with a bit of byte %d of %d changed", kind, name, i, len(*file))
			}
			wantTyped(t, err)
		}
		for n := range len(*file) {
			p := clone(sound)
			*files(&p)[name] = (*file)[:n]
			if _, err := document.Verify(p, trust, at); err == nil {
				t.Fatalf("%s: %s accepted cut off after %d bytes", kind, name, n)
			}
		}
		p := clone(sound)
		*files(&p)[name] = append(*files(&p)[name], 0)
		if _, err := document.Verify(p, trust, at); err == nil {
			t.Errorf("%s: %s accepted with a byte more", kind, name)
		}
	}
}

// Sound files of two holders do not make a document.
func TestFilesOfTwoHoldersAreRefused(t *testing.T) {
	a := authority(t)
	first := issue(t, a, spec.TaiwanTravelPermit, mint.Options{}).Presented
	second, err := a.Issue(mint.Person{Name: "Ceshi Yi", Sex: document.Male, BirthDate: spec.Date{Year: 1980, Month: 1, Day: 1}}, spec.TaiwanTravelPermit, mint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	other := second.Presented.Chip
	for name, c := range map[string]struct {
		swap  func(*document.Chip)
		field string
	}{
		"zone of another":                {func(c *document.Chip) { c.DG1 = other.DG1 }, "chip.dg1"},
		"portrait of another":            {func(c *document.Chip) { c.DG2 = other.DG2 }, "chip.dg2"},
		"security object of another":     {func(c *document.Chip) { c.SOD = other.SOD }, "chip.dg1"},
		"zone in the place of portrait":  {func(c *document.Chip) { c.DG2 = c.DG1 }, "chip.dg2"},
		"files in each other's place":    {func(c *document.Chip) { c.DG1, c.DG2 = c.DG2, c.DG1 }, "chip.dg1"},
		"zone and security object alike": {func(c *document.Chip) { c.DG1, c.SOD = other.DG1, other.SOD }, "chip.dg2"},
	} {
		p := clone(first)
		c.swap(p.Chip)
		_, err := document.Verify(p, a.Trust(), at)
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if e := wantTyped(t, err); e.Field != c.field {
			t.Errorf("%s: field %s, want %s", name, e.Field, c.field)
		}
	}
}

// EF.COM is not signed: what it says beyond a list of hashed files is of no
// consequence, but it must be one.
func TestListOfFilesIsRefused(t *testing.T) {
	a := authority(t)
	sound := issue(t, a, spec.TaiwanTravelPermit, mint.Options{}).Presented
	// The worked example of ICAO Doc 9303-10 lists data groups 1, 2, 4 and 12.
	example := append([]byte("\x60\x16\x5f\x01\x040107\x5f\x36\x06040000\x5c\x04"), 0x61, 0x75, 0x76, 0x6c)
	if groups, err := document.ParseCOM(example); err != nil || !slices.Equal(groups, []int{1, 2, 4, 12}) {
		t.Errorf("%v, %v", groups, err)
	}
	list := func(tags string) []byte {
		return append([]byte("\x60"+string(rune(0x12+len(tags)))+"\x5f\x01\x040107\x5f\x36\x06040000\x5c"+string(rune(len(tags)))), tags...)
	}
	if p := clone(sound); true {
		p.Chip.COM = list("\x75\x61")
		if _, err := document.Verify(p, a.Trust(), at); err != nil {
			t.Errorf("other order: %v", err)
		}
	}
	for name, com := range map[string][]byte{
		"none":                    nil,
		"data group twice":        list("\x61\x75\x75"),
		"no portrait":             list("\x61"),
		"unknown tag":             list("\x61\x75\x42"),
		"data group without hash": example,
		"cut off":                 sound.Chip.COM[:10],
		"bytes after it":          append(bytes.Clone(sound.Chip.COM), 0),
		"no version":              []byte("\x60\x04\x5c\x02\x61\x75"),
		"indefinite length":       []byte("\x60\x80\x5c\x02\x61\x75\x00\x00"),
	} {
		p := clone(sound)
		p.Chip.COM = com
		_, err := document.Verify(p, a.Trust(), at)
		wantCheck(t, name, err, "chip-com")
	}
}

func TestTimesAreChecked(t *testing.T) {
	a := authority(t)
	for name, c := range map[string]struct {
		kind  spec.DocumentKind
		o     mint.Options
		at    time.Time
		check string
	}{
		"before it was signed":         {spec.TaiwanTravelPermit, mint.Options{}, time.Date(2023, 12, 31, 0, 0, 0, 0, spec.Zone), "sod-signer"},
		"after its signer has ended":   {spec.TaiwanTravelPermit, mint.Options{}, time.Date(2059, 1, 1, 0, 0, 0, 0, spec.Zone), "sod-signer"},
		"before its signer":            {spec.TaiwanTravelPermit, mint.Options{Issued: spec.Date{Year: 2011, Month: 1, Day: 1}}, at, "sod-signer"},
		"before its holder was born":   {spec.ResidentIdentityCard, mint.Options{}, time.Date(1991, 1, 1, 0, 0, 0, 0, spec.Zone), "birth-date"},
		"signed by one retired before": {spec.TaiwanTravelPermit, mint.Options{Defect: mint.ExpiredSigner, Issued: spec.Date{Year: 2015, Month: 1, Day: 1}}, at, "sod-signer"},
	} {
		_, err := document.Verify(issue(t, a, c.kind, c.o).Presented, a.Trust(), c.at)
		wantCheck(t, name, err, c.check)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	a := authority(t)
	other, err := mint.NewAuthority(2)
	if err != nil {
		t.Fatal(err)
	}
	for kind, check := range map[spec.DocumentKind]string{
		spec.TaiwanTravelPermit: "sod-signer", spec.ForeignPassport: "sod-signer",
		spec.ResidentIdentityCard: "record-signature", spec.UNHCRCertificate: "record-signature",
	} {
		d := issue(t, a, kind, mint.Options{})
		_, err := document.Verify(d.Presented, other.Trust(), at)
		wantCheck(t, fmt.Sprintf("%s of another authority", kind), err, check)
		for _, nobody := range []*document.Trust{nil, {}} {
			if _, err := document.Verify(d.Presented, nobody, at); err == nil {
				t.Errorf("%s accepted where nobody is trusted", kind)
			}
		}
	}
}

func TestShapeOfPresentedIsRefused(t *testing.T) {
	a := authority(t)
	permit := issue(t, a, spec.TaiwanTravelPermit, mint.Options{}).Presented
	card := issue(t, a, spec.ResidentIdentityCard, mint.Options{}).Presented
	note := issue(t, a, spec.OverseasChinesePassport, mint.Options{}).Presented.Note
	for _, c := range []struct {
		name   string
		change func() document.Presented
		check  string
	}{
		{"nothing", func() document.Presented { return document.Presented{} }, "document-kind"},
		{"unknown kind", func() document.Presented { p := card; p.Kind = "library-card"; return p }, "document-kind"},
		{"permit as a card", func() document.Presented { p := permit; p.Kind = card.Kind; return p }, "presented-shape"},
		{"card as a permit", func() document.Presented { p := card; p.Kind = permit.Kind; return p }, "presented-shape"},
		{"chip beside a record", func() document.Presented { p := card; p.Chip = permit.Chip; return p }, "presented-shape"},
		{"portrait beside a chip", func() document.Presented { p := permit; p.Portrait = card.Portrait; return p }, "presented-shape"},
		{"note with a permit", func() document.Presented { p := permit; p.Note = note; return p }, "presented-shape"},
		{"too much", func() document.Presented {
			p := card
			p.Portrait = make([]byte, document.MaxPresented)
			return p
		}, "presented-size"},
	} {
		_, err := document.Verify(c.change(), a.Trust(), at)
		wantCheck(t, c.name, err, c.check)
	}
}

// The signature is right and the issuer trusted, but the chip is not one of
// the kind that it is presented as.
func TestChipOfAnotherKindIsRefused(t *testing.T) {
	a := authority(t)
	as := func(from, to spec.DocumentKind, nationality string) document.Presented {
		p := person(from)
		p.Nationality = nationality
		d, err := a.Issue(p, from, mint.Options{NoResidenceNote: true})
		if err != nil {
			t.Fatal(err)
		}
		d.Presented.Kind = to
		return d.Presented
	}
	for name, c := range map[string]struct {
		p     document.Presented
		field string
	}{
		"passport as a permit":                 {as(spec.OverseasChinesePassport, spec.TaiwanTravelPermit, ""), "chip.dg1.code"},
		"permit as a passport":                 {as(spec.TaiwanTravelPermit, spec.OverseasChinesePassport, ""), "chip.dg1.code"},
		"Taiwan permit as a Hong Kong one":     {as(spec.TaiwanTravelPermit, spec.HongKongMacauTravelPermit, ""), "chip.dg1.code"},
		"foreign passport as a Chinese one":    {as(spec.ForeignPassport, spec.OverseasChinesePassport, ""), "chip.dg1.issuing_state"},
		"Chinese passport as a foreign one":    {as(spec.OverseasChinesePassport, spec.ForeignPassport, ""), "chip.dg1.issuing_state"},
		"foreign passport of a citizen":        {as(spec.ForeignPassport, spec.ForeignPassport, "CHN"), "chip.dg1.nationality"},
		"Chinese passport of another national": {as(spec.OverseasChinesePassport, spec.OverseasChinesePassport, "FRA"), "chip.dg1.nationality"},
	} {
		_, err := document.Verify(c.p, a.Trust(), at)
		wantCheck(t, name, err, "document-kind")
		if e := wantTyped(t, err); e.Field != c.field {
			t.Errorf("%s: field %s, want %s", name, e.Field, c.field)
		}
	}
}

func TestErrorNamesCheckFieldAndClause(t *testing.T) {
	a := authority(t)
	_, err := document.Verify(issue(t, a, spec.TaiwanTravelPermit, mint.Options{Defect: mint.ExpiredSigner}).Presented, a.Trust(), at)
	e := wantTyped(t, err)
	if e.Check != "sod-signer" || e.Field != "chip.sod" || e.Clause != "ICAO Doc 9303-11 section 5.1" {
		t.Errorf("%+v", e)
	}
	var expired x509.CertificateInvalidError
	if !errors.As(err, &expired) || expired.Reason != x509.Expired {
		t.Errorf("the cause is lost: %v", err)
	}
}

// An error can be shown and logged: it repeats nothing that tells who the
// holder is.
func TestErrorsDoNotRepeatTheHolder(t *testing.T) {
	a := authority(t)
	for _, kind := range spec.KnownKinds {
		for _, defect := range mint.Defects(kind) {
			d := issue(t, a, kind, mint.Options{Defect: defect})
			_, err := document.Verify(d.Presented, a.Trust(), at)
			if err == nil {
				t.Fatalf("%s with %s accepted", kind, defect)
			}
			for _, told := range []string{d.Number, d.Person.Name, d.Person.BirthDate.String(), "CESHI", "920229", "19920229"} {
				if strings.Contains(err.Error(), told) {
					t.Errorf("%s with %s: error tells %q: %v", kind, defect, told, err)
				}
			}
		}
	}
	for _, n := range numbers(t) {
		if _, err := document.ParseNumber(n.kind, n.value+"0"); err == nil || strings.Contains(err.Error(), n.value) {
			t.Errorf("error tells the number: %v", err)
		}
	}
}
