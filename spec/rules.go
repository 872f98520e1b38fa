package spec

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed rules/*.yaml
var rulesFiles embed.FS

// National is the name of the default rule set.
const National = "national-2025"

// RuleSets lists the names of the rule sets that are built in.
func RuleSets() []string { return []string{National, "inclusive"} }

// Ids of the rules that an enrollment decision can name. A rule set gives
// each of them its text; enrollment.md and age-tiers.md give the full wording.
const (
	RuleAcceptedKind = "R-ENR-01"
	RuleNotExpired   = "R-ENR-02"
	RuleVoluntary    = "R-ENR-03"
	RuleBirthDate    = "R-ENR-04"
	RuleAuthentic    = "R-ENR-05"
	RuleFace         = "R-ENR-06"
	RulePhone        = "R-ENR-07"
	RulePassword     = "R-ENR-08"

	RuleUnder14    = "R-AGE-01"
	RuleFrom14To17 = "R-AGE-02"
	RuleFrom18     = "R-AGE-03"
	RuleAge        = "R-AGE-04"

	RuleGuardianApplies    = "R-GRD-01"
	RuleGuardianConsents   = "R-GRD-02"
	RuleGuardianSupervises = "R-GRD-03"
	RuleGuardianAdult      = "R-GRD-04"
	RuleGuardianDocument   = "R-GRD-05"
	RuleGuardianRelation   = "R-GRD-06"
	RuleAlone              = "R-GRD-07"
)

// RuleIDs lists the ids above, in the order of the texts.
var RuleIDs = []string{
	RuleAcceptedKind, RuleNotExpired, RuleVoluntary, RuleBirthDate, RuleAuthentic, RuleFace, RulePhone, RulePassword,
	RuleUnder14, RuleFrom14To17, RuleFrom18, RuleAge,
	RuleGuardianApplies, RuleGuardianConsents, RuleGuardianSupervises, RuleGuardianAdult,
	RuleGuardianDocument, RuleGuardianRelation, RuleAlone,
}

// Rules is a rule set: who may enroll, with which documents and whose help.
// LoadRules and ParseRules give only valid ones.
type Rules struct {
	Name     string            `yaml:"name"`
	Title    string            `yaml:"title"`
	Source   string            `yaml:"source"`
	InForce  Date              `yaml:"in-force"`
	Settings Settings          `yaml:"settings"`
	Accepted []AcceptedKind    `yaml:"accepted"`
	Excluded []ExcludedKind    `yaml:"excluded"`
	Tiers    []TierRule        `yaml:"tiers"`
	Guardian GuardianRule      `yaml:"guardian"`
	Texts    map[string]string `yaml:"rules"` // id -> text, one for each of RuleIDs
}

// Settings are the readings that the texts leave open.
type Settings struct {
	ExactFourteen    Tier         `yaml:"exact-14" json:"exact_14"`                     // the tier of a person of exactly 14: From14To17 or Under14
	AgeReached       AgeReached   `yaml:"age-reached" json:"age_reached"`               // R-AGE-04
	LeapBirthday     LeapBirthday `yaml:"leap-birthday" json:"leap_birthday"`           // R-AGE-04
	ExpiredGraceDays int          `yaml:"expired-grace-days" json:"expired_grace_days"` // R-ENR-02: 0 to 365
}

// AcceptedKind is a document that opens enrollment.
type AcceptedKind struct {
	Kind           DocumentKind `yaml:"kind"`
	MayBePermanent bool         `yaml:"may-be-permanent"` // some of its documents have no expiry
}

// ExcludedKind is a known document that does not, and why.
type ExcludedKind struct {
	Kind    DocumentKind `yaml:"kind"`
	Because string       `yaml:"because"`
}

// GuardianPart is what a guardian does in an application.
type GuardianPart string

const (
	Applies    GuardianPart = "applies"    // on the person's behalf, with consent
	Supervises GuardianPart = "supervises" // while the person applies
	NoGuardian GuardianPart = "none"       // the person applies alone
)

// TierRule is the part that a tier asks of a guardian.
type TierRule struct {
	Tier     Tier         `yaml:"tier"`
	Guardian GuardianPart `yaml:"guardian"`
}

// Relation is how a guardian is related to the person.
type Relation string

const (
	Parent        Relation = "parent"
	LegalGuardian Relation = "guardian"
)

// GuardianRule says who can be a guardian.
type GuardianRule struct {
	MinimumAge int        `yaml:"minimum-age"` // completed years, 18 to 100
	Relations  []Relation `yaml:"relations"`
}

// LoadRules gives the rule set of that name, or reads the YAML file at that
// path when nameOrPath is none of RuleSets.
func LoadRules(nameOrPath string) (*Rules, error) {
	if slices.Contains(RuleSets(), nameOrPath) {
		b, err := rulesFiles.ReadFile(path.Join("rules", nameOrPath+".yaml"))
		if err != nil {
			return nil, fmt.Errorf("rules %s: %w", nameOrPath, err)
		}
		return parseRules(nameOrPath, b)
	}
	f, err := os.Open(nameOrPath)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("rules %q: neither a rule set (%s) nor a file", nameOrPath, strings.Join(RuleSets(), ", "))
		}
		return nil, fmt.Errorf("rules: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxRules+1))
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	return parseRules(nameOrPath, b)
}

// ParseRules reads a rule set: one YAML document of at most 64 KiB without
// anchors, every member known and none twice, checked as a whole.
func ParseRules(b []byte) (*Rules, error) { return parseRules("given", b) }

const (
	maxRules      = 64 << 10
	maxRulesDepth = 8
	maxRulesWidth = 256 // members of a list or a mapping
)

func parseRules(name string, b []byte) (*Rules, error) {
	r, err := decodeRules(b)
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return nil, fmt.Errorf("rules %s: %w", name, err)
	}
	return r, nil
}

func decodeRules(b []byte) (*Rules, error) {
	if len(b) > maxRules {
		return nil, fmt.Errorf("larger than %d bytes", maxRules)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(b, &root); err != nil {
		return nil, err
	}
	if err := plainYAML(&root, 0); err != nil {
		return nil, err
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	var r Rules
	if err := dec.Decode(&r); err != nil {
		return nil, err
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one document")
	}
	return &r, nil
}

// plainYAML refuses what rules have no use for: anchors, merges, depth,
// width, members that are not plain words. It also finds members that are
// there twice, for which the decoder would take time beyond all bounds.
func plainYAML(n *yaml.Node, depth int) error {
	switch {
	case depth > maxRulesDepth:
		return fmt.Errorf("line %d: nested deeper than %d", n.Line, maxRulesDepth)
	case len(n.Content) > 2*maxRulesWidth:
		return fmt.Errorf("line %d: more than %d members", n.Line, maxRulesWidth)
	case n.Kind == yaml.AliasNode || n.Anchor != "" || n.Tag == "!!merge":
		return fmt.Errorf("line %d: anchors are not allowed", n.Line)
	}
	seen := map[string]bool{}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if c.Kind != yaml.ScalarNode {
				return fmt.Errorf("line %d: a member's name is no word", c.Line)
			}
			if seen[c.Value] {
				return fmt.Errorf("line %d: member %.32q is there twice", c.Line, c.Value)
			}
			seen[c.Value] = true
		}
		if err := plainYAML(c, depth+1); err != nil {
			return err
		}
	}
	return nil
}
