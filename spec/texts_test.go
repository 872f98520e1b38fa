package spec

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func text(t *testing.T, name string) string {
	t.Helper()
	b, err := Texts.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The worked examples of age-tiers.md are right.
func TestWorkedExamplesOfAges(t *testing.T) {
	r := national(t)
	rows := regexp.MustCompile("(?m)^\\| ([0-9-]{10}) \\| ([0-9-]{10}) \\| ([0-9]+) \\| `([a-z0-9-]+)` \\|$").FindAllStringSubmatch(text(t, "age-tiers.md"), -1)
	if len(rows) < 5 {
		t.Fatalf("%d examples", len(rows))
	}
	for _, row := range rows {
		birth, err1 := ParseDate(row[1])
		on, err2 := ParseDate(row[2])
		want, err3 := strconv.Atoi(row[3])
		if err1 != nil || err2 != nil || err3 != nil {
			t.Fatalf("%q", row[0])
		}
		if got := r.Settings.Age(birth, on); got != want || r.TierOf(got) != Tier(row[4]) {
			t.Errorf("%s: age %d, tier %s", row[0], got, r.TierOf(got))
		}
	}
}

// The table of kinds in enrollment.md is that of the two rule sets (R-ENR-01).
func TestTableOfKinds(t *testing.T) {
	inclusive, err := LoadRules("inclusive")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|.*\\| (accepted|excluded) \\| (accepted|excluded) \\|$").FindAllStringSubmatch(text(t, "enrollment.md"), -1)
	var listed []DocumentKind
	for _, row := range rows {
		k := DocumentKind(row[1])
		listed = append(listed, k)
		if national(t).Accepts(k) != (row[2] == "accepted") || inclusive.Accepts(k) != (row[3] == "accepted") {
			t.Errorf("%s: the text and the rule sets differ", k)
		}
	}
	if !slices.Equal(listed, KnownKinds) {
		t.Errorf("listed %v, want %v", listed, KnownKinds)
	}
}

// The table of claims.md has every claim and every band, and nothing else.
func TestTableOfClaims(t *testing.T) {
	var listed []string
	for _, line := range strings.Split(text(t, "claims.md"), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !strings.Contains(cells[1], "`") {
			continue
		}
		for _, m := range regexp.MustCompile("`([a-z0-9_]+)`").FindAllStringSubmatch(cells[1], -1) {
			listed = append(listed, m[1])
		}
		if strings.Contains(cells[1], AgeBand) {
			for _, band := range AgeBands {
				if !strings.Contains(cells[3], "`"+band+"`") {
					t.Errorf("no band %s", band)
				}
			}
		}
	}
	if !slices.Equal(listed, Claims) {
		t.Errorf("listed %v, want %v", listed, Claims)
	}
	for _, name := range []string{CredentialType, CredentialContext, CredentialClass} {
		if !strings.Contains(text(t, "claims.md"), name) {
			t.Errorf("claims.md does not name %s", name)
		}
	}
	for _, name := range []string{"claims.md", "exposure.md"} {
		for _, c := range Identifying { // R-EXP-06
			if !strings.Contains(text(t, name), "`"+c+"`") {
				t.Errorf("%s does not say that %s identifies", name, c)
			}
		}
	}
}

// The texts have what their readers look for by name.
func TestTextsNameWhatTheyDefine(t *testing.T) {
	for name, words := range map[string][]string{
		"exposure.md":     {"central_sight", "cross_platform_linkage", "reidentification", "order_reach", "order_reach_eventual", "order_reach_delay", "exclusion", "Wilson", "rule-of-three", "person-bootstrap", string(Minimal), string(Plaintext), string(AllStrata)},
		"centralized.md":  {"orgID", "appID", "bizSeq", "C0000000", "R01", "R02", "R03", "R04", string(ResultOnly), string(ResultPlusAppID), string(ResultPlusAgeBand), string(PlaintextOnConsent)},
		"presentation.md": {"nonce", "client identifier", "DCQL"},
		"enrollment.md":   RuleSets(),
		"age-tiers.md":    {string(Under14), string(From14To17), string(From18), string(DayAfterBirthday), string(FirstOfMarch), string(LastOfFebruary)},
	} {
		for _, word := range words {
			if !strings.Contains(text(t, name), word) {
				t.Errorf("%s does not name %s", name, word)
			}
		}
	}
}
