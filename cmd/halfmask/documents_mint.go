package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

const defaultAuthority = "authority"

func documentsMintCommand() *cobra.Command {
	var m minting
	c := &cobra.Command{
		Use:   "mint",
		Short: "Make a synthetic person's document, signed by a synthetic authority",
		Long: `Make a synthetic person's document, signed by a synthetic authority that is made
as well when its folder is not there. THE AUTHORITY'S KEYS ARE PUBLIC: they
follow from its seed. Trust it where everybody is synthetic and nowhere else.

A folder gets ` + documentFile + `, ` + portraitFile + `, ` + liveFaceFile + ` (what a camera would see at
enrollment) and, for the kinds that have one, the dump of a chip. With an --out
that ends in .json the same files are put beside it, without the dump.

Same seed and same person, same bytes. Two people need different names, birth
dates or --person.

Document kinds:
  ` + strings.Join(kindNames(), "\n  ") + `

Defects that a document can be made with, to see it refused:
  ` + strings.Join(defectNames(), "\n  "),
		Example: `  halfmask documents mint --out card
  halfmask documents mint --kind taiwan-travel-permit --birth-date 1985-03-02 --out permit
  halfmask documents mint --birth-date 2014-06-01 --person child --out child-card
  halfmask documents mint --kind overseas-chinese-passport --defect changed-portrait --out bad-passport`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m.seeded = cmd.Flags().Changed("seed")
			minted, err := m.mint()
			if err != nil {
				return err
			}
			if m.json {
				return printJSON(cmd.OutOrStdout(), minted)
			}
			minted.print(cmd.OutOrStdout())
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&m.kind, "kind", string(spec.ResidentIdentityCard), "`KIND` of the document")
	f.StringVar(&m.authority, "authority", defaultAuthority, "the synthetic authority's `DIR`")
	f.Uint64Var(&m.seed, "seed", 1, "the synthetic authority's `SEED`, when it is made")
	f.StringVar(&m.out, "out", "", "`DIR` or .json file for the document (default: the kind)")
	f.StringVar(&m.person.ID, "person", "", "any `WORD`: tells people apart who share the rest")
	f.StringVar(&m.person.Name, "name", "", "`NAME` as printed (default: drawn, and recognizable as a test's)")
	f.StringVar(&m.person.Latin, "latin-name", "", "`NAME` in Latin letters, surname first, for a machine readable zone")
	f.StringVar(&m.birth, "birth-date", "1990-05-01", "birth date `DAY`, as YYYY-MM-DD")
	f.StringVar(&m.person.Sex, "sex", document.Female, "`SEX`: female or male")
	f.StringVar(&m.person.Nationality, "nationality", "", "ISO 3166-1 alpha-3 `CODE` (default: what the kind suggests)")
	f.StringVar(&m.issued, "issued", "", "`DAY` of issue (default 2024-01-01, or the day of birth)")
	f.StringVar(&m.expires, "expires", "", "last `DAY` of validity (default: as long as the kind is valid for that age)")
	f.BoolVar(&m.options.Permanent, "permanent", false, "without expiry")
	f.BoolVar(&m.options.Macau, "macau", false, "a Hong Kong or Macau document: of Macau")
	f.BoolVar(&m.options.OldNumber, "old-number", false, "a foreign permanent resident card: in the number format of 2017")
	f.BoolVar(&m.options.NoResidenceNote, "no-residence-note", false, "a passport: without the note that the holder is settled abroad")
	f.BoolVar(&m.options.NotSettled, "not-settled-abroad", false, "a passport: with a note that the holder is not settled abroad")
	f.StringVar((*string)(&m.options.Defect), "defect", "", "with `DEFECT`: something that a check must find")
	f.BoolVar(&m.json, "json", false, "print JSON")
	c.MarkFlagsMutuallyExclusive("permanent", "expires")
	return c
}

// defectNames lists every defect, with the kinds that can have it where not
// all can.
func defectNames() []string {
	var names []string
	kinds := map[mint.Defect]int{}
	var order []mint.Defect
	for _, k := range spec.KnownKinds {
		for _, d := range mint.Defects(k) {
			if kinds[d]++; kinds[d] == 1 {
				order = append(order, d)
			}
		}
	}
	for _, d := range order {
		name := string(d)
		if kinds[d] < len(spec.KnownKinds) {
			name += " (of some kinds)"
		}
		names = append(names, name)
	}
	return names
}

// usualNationality are the nationalities where package mint has no default
// that fits the kind.
var usualNationality = map[spec.DocumentKind]string{
	spec.ForeignPermanentResidentCard: "CAN", // of the published specimen: the number needs a state that has digits
	spec.UNHCRCertificate:             "XXB", // refugee, ICAO Doc 9303-3 section 5
	spec.AsylumSeekerCertificate:      "XXX", // unspecified
	spec.CommunityAttestation:         "XXA", // stateless
}

// minting is what documents mint was told.
type minting struct {
	kind, authority, out, birth, issued, expires string
	seed                                         uint64
	seeded, json                                 bool
	person                                       mint.Person
	options                                      mint.Options
}

// minted is what documents mint prints.
type minted struct {
	Synthetic bool              `json:"synthetic"` // always
	Kind      spec.DocumentKind `json:"kind"`
	Number    string            `json:"number"`
	Name      string            `json:"name"`
	BirthDate spec.Date         `json:"birth_date"`
	Expires   string            `json:"expires"`
	Defect    mint.Defect       `json:"defect,omitempty"`
	Document  string            `json:"document"`
	Portrait  string            `json:"portrait"`
	LiveFace  string            `json:"live_face"`
	ChipDump  string            `json:"chip_dump,omitempty"`
	Authority string            `json:"authority"`
	Trust     string            `json:"trust"`

	made bool   // the authority was made, too
	next string // the argument for what comes next
}

func (m *minting) mint() (*minted, error) {
	kind := spec.DocumentKind(m.kind)
	if err := m.parse(kind); err != nil {
		return nil, usageError{err}
	}
	authority, made, err := m.openAuthority()
	if err != nil {
		return nil, err
	}
	d, err := authority.Issue(m.person, kind, m.options)
	if err != nil {
		return nil, err
	}
	if made {
		if err := authority.Save(m.authority); err != nil {
			return nil, err
		}
	}
	r := &minted{
		Synthetic: true, Kind: kind, Number: d.Number, Name: d.Person.Name, BirthDate: d.Person.BirthDate, Expires: expiryOf(d.Expires),
		Defect: m.options.Defect, Authority: m.authority, Trust: filepath.Join(m.authority, mint.TrustDir), made: made, next: m.out,
	}
	return r, r.write(m.out, d)
}

// parse checks what was told and fills in the rest.
func (m *minting) parse(kind spec.DocumentKind) error {
	if !slices.Contains(spec.KnownKinds, kind) {
		return fmt.Errorf("--kind: unknown kind %q; known: %s", m.kind, strings.Join(kindNames(), ", "))
	}
	if d := m.options.Defect; d != "" && !slices.Contains(mint.Defects(kind), d) {
		return fmt.Errorf("--defect: a %s cannot have %q; it can have %v", kind, d, mint.Defects(kind))
	}
	if s := m.person.Sex; s != document.Female && s != document.Male {
		return fmt.Errorf("--sex: %q is neither %s nor %s", s, document.Female, document.Male)
	}
	for _, day := range []struct {
		flag, text string
		into       *spec.Date
	}{{"birth-date", m.birth, &m.person.BirthDate}, {"issued", m.issued, &m.options.Issued}, {"expires", m.expires, &m.options.Expires}} {
		if day.text == "" && day.flag != "birth-date" {
			continue
		}
		var err error
		if *day.into, err = spec.ParseDate(day.text); err != nil {
			return fmt.Errorf("--%s: %w", day.flag, err)
		}
	}
	if today := spec.DateOf(time.Now()); today.Before(m.person.BirthDate) {
		return fmt.Errorf("--birth-date: %s is in the future", m.person.BirthDate)
	}
	if m.person.Nationality == "" {
		m.person.Nationality = usualNationality[kind]
	}
	if m.person.Name == "" {
		name, latin := mint.SyntheticName(m.seed, m.person.ID+m.birth+m.person.Sex)
		m.person.Name = name
		if m.person.Latin == "" {
			m.person.Latin = latin
		}
	}
	if m.out == "" {
		m.out = m.kind
	}
	return nil
}

func (m *minting) openAuthority() (a *mint.Authority, made bool, err error) {
	a, err = mint.LoadAuthority(m.authority)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		a, err = mint.NewAuthority(m.seed)
		return a, true, err
	case err != nil || !m.seeded:
		return a, false, err
	}
	wanted, err := mint.NewAuthority(m.seed)
	if err == nil && !wanted.Trust().CountryCAs[0].Equal(a.Trust().CountryCAs[0]) {
		err = fmt.Errorf("--seed: the synthetic authority in %s has another seed: leave --seed out, or name another --authority", m.authority)
	}
	return a, false, err
}

// write puts the files into a folder, or beside a .json file.
func (r *minted) write(out string, d *mint.Document) error {
	if base, single := strings.CutSuffix(out, ".json"); single {
		r.Document, r.Portrait, r.LiveFace = out, base+"-"+portraitFile, base+"-"+liveFaceFile
		if err := os.MkdirAll(filepath.Dir(out), 0o700); err != nil {
			return err
		}
	} else {
		r.Document, r.Portrait, r.LiveFace = filepath.Join(out, documentFile), filepath.Join(out, portraitFile), filepath.Join(out, liveFaceFile)
		if d.Presented.Chip != nil {
			r.ChipDump = filepath.Join(out, chipFolder)
		}
		if err := os.MkdirAll(out, 0o700); err != nil {
			return err
		}
	}
	var text strings.Builder
	if err := printJSON(&text, d.Presented); err != nil {
		return err
	}
	if err := createFile("out", r.Document, []byte(text.String())); err != nil {
		return err
	}
	portrait := d.Portrait
	if d.Presented.Record != "" {
		portrait = d.Presented.Portrait // with its defect, if that is what is wrong
	}
	if err := replaceFile(r.Portrait, portrait); err != nil {
		return err
	}
	if err := replaceFile(r.LiveFace, d.LiveFace(1)); err != nil {
		return err
	}
	if r.ChipDump != "" {
		return d.Presented.WriteChip(r.ChipDump)
	}
	return nil
}

func (r *minted) print(w io.Writer) {
	if r.made {
		fmt.Fprintf(w, "made a synthetic authority in %s; its keys are public, so trust %s only where everybody is synthetic\n", r.Authority, r.Trust)
	}
	fmt.Fprintf(w, "minted a synthetic %s: %s, born %s, number %s, ", r.Kind, r.Name, r.BirthDate, r.Number)
	if r.Expires == enrollment.Permanent {
		fmt.Fprintln(w, "without expiry")
	} else {
		fmt.Fprintf(w, "valid until %s\n", r.Expires)
	}
	if r.Defect != "" {
		fmt.Fprintf(w, "with the defect %s\n", r.Defect)
	}
	fmt.Fprintf(w, "  document   %s\n  portrait   %s\n  live face  %s\n", r.Document, r.Portrait, r.LiveFace)
	if r.ChipDump != "" {
		fmt.Fprintf(w, "  chip dump  %s\n", r.ChipDump)
	}
	fmt.Fprintf(w, "\nNext: halfmask documents check %s --trust %s\n  or  halfmask issuer serve --trust %s, and then halfmask issuer enroll --document %s\n",
		r.next, r.Authority, r.Authority, r.next)
}
