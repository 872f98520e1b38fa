package spec

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed platforms.yaml
var platformsFile []byte

// Platform is one of the 81 platforms with what it asks of a person.
type Platform struct {
	ID string // "syn-01" to "syn-81"
	Policy
}

// Policy is what platforms of a category have in common.
type Policy struct {
	Kind       string     `yaml:"kind"` // "public" or "commercial"
	Category   string     `yaml:"category"`
	Habit      string     `yaml:"habit"` // argument of Adoption
	Disclosure Disclosure `yaml:"disclosure"`
	Claims     []string   `yaml:"claims"`      // asked at each login
	Sometimes  []Occasion `yaml:"sometimes"`   // asked beside them on occasion
	Asks       string     `yaml:"asks"`        // the logins at which it asks at all; "" for each
	MinimumAge int        `yaml:"minimum-age"` // completed years; it takes nobody below
	Guardian   string     `yaml:"guardian"`
	Basis      string     `yaml:"basis"`
}

// Occasion is a circumstance in which a platform asks for more.
type Occasion struct {
	When   string   `yaml:"when"`
	Claims []string `yaml:"claims"`
}

// Disclosure is what the centralized service sends a platform
// (centralized.md section 5).
type Disclosure string

const (
	ResultOnly         Disclosure = "result_only"
	ResultPlusAppID    Disclosure = "result_plus_app_id"
	ResultPlusAgeBand  Disclosure = "result_plus_age_band"
	PlaintextOnConsent Disclosure = "plaintext_on_consent"
)

// Stratum separates the platforms that a wallet can help with from those
// that it cannot (exposure.md section 2).
type Stratum string

const (
	Minimal   Stratum = "minimal"   // needs no identity in plain text
	Plaintext Stratum = "plaintext" // the law makes it take identity in plain text
	AllStrata Stratum = "all"       // both; a row of results, no platform's stratum
)

const platformCount = 81

// Identifying lists the claims that name a person or nearly do. A platform
// that asks for one of them, if only on occasion, is in stratum Plaintext.
var Identifying = []string{Name, BirthDate, DocumentNumber, DocumentExpiry, PhoneNumber, Portrait}

// Stratum gives the stratum of the platform.
func (p Policy) Stratum() Stratum {
	asked := slices.Clone(p.Claims)
	for _, o := range p.Sometimes {
		asked = append(asked, o.Claims...)
	}
	if slices.ContainsFunc(asked, func(c string) bool { return slices.Contains(Identifying, c) }) {
		return Plaintext
	}
	return Minimal
}

// Platforms gives the 81 platforms in the order of their ids. The data are
// embedded, checked on the first call, and a copy each time.
func Platforms() ([]Platform, error) {
	list, err := platforms()
	return slices.Clone(list), err
}

var platforms = sync.OnceValues(func() ([]Platform, error) {
	list, err := parsePlatforms(platformsFile)
	if err != nil {
		return nil, fmt.Errorf("spec: platforms.yaml: %w", err)
	}
	return list, nil
})

func parsePlatforms(b []byte) ([]Platform, error) {
	var file struct {
		Policies []struct {
			IDs    []string `yaml:"ids"`
			Policy `yaml:",inline"`
		} `yaml:"policies"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil {
		return nil, err
	}
	var list []Platform
	for _, entry := range file.Policies {
		if err := entry.Policy.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Category, err)
		}
		for _, id := range entry.IDs {
			if want := fmt.Sprintf("syn-%02d", len(list)+1); id != want {
				return nil, fmt.Errorf("%s: id %q where %s belongs", entry.Category, id, want)
			}
			list = append(list, Platform{ID: id, Policy: entry.Policy})
		}
	}
	if len(list) != platformCount {
		return nil, fmt.Errorf("%d platforms, not %d", len(list), platformCount)
	}
	return list, nil
}

func (p Policy) check() error {
	if p.Kind != "public" && p.Kind != "commercial" {
		return fmt.Errorf("kind: %q is neither public nor commercial", p.Kind)
	}
	if p.Category == "" || p.Guardian == "" || p.Basis == "" {
		return fmt.Errorf("category, guardian and basis must be there")
	}
	if _, err := Adoption(30, p.Habit); err != nil {
		return fmt.Errorf("habit: %w", err)
	}
	if err := checkClaims(p.Claims); err != nil {
		return fmt.Errorf("claims: %w", err)
	}
	for _, o := range p.Sometimes {
		if o.When == "" {
			return fmt.Errorf("sometimes: when: missing")
		}
		if err := checkClaims(o.Claims); err != nil {
			return fmt.Errorf("sometimes: %w", err)
		}
		for _, c := range o.Claims {
			if slices.Contains(p.Claims, c) {
				return fmt.Errorf("sometimes: %s is asked each time", c)
			}
		}
	}
	if p.MinimumAge < 0 || p.MinimumAge > 18 {
		return fmt.Errorf("minimum-age: %d is not in 0 to 18", p.MinimumAge)
	}
	switch p.Disclosure {
	case ResultOnly, ResultPlusAppID, ResultPlusAgeBand:
		if p.Stratum() != Minimal {
			return fmt.Errorf("disclosure: %s with a claim that identifies", p.Disclosure)
		}
	case PlaintextOnConsent:
		if p.Stratum() != Plaintext {
			return fmt.Errorf("disclosure: %s without a claim that identifies", p.Disclosure)
		}
	default:
		return fmt.Errorf("disclosure: %q is not known", p.Disclosure)
	}
	return nil
}

func checkClaims(claims []string) error {
	if len(claims) == 0 {
		return fmt.Errorf("none")
	}
	for i, c := range claims {
		if !slices.Contains(Claims, c) {
			return fmt.Errorf("%q is not a claim", c)
		}
		if slices.Contains(claims[:i], c) {
			return fmt.Errorf("%s twice", c)
		}
	}
	return nil
}
