package spec

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func national(t testing.TB) *Rules {
	t.Helper()
	r, err := LoadRules(National)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBuiltInRuleSets(t *testing.T) {
	nat := national(t)
	for _, k := range KnownKinds { // R-ENR-01
		if got, want := nat.Accepts(k), slices.Contains(AcceptedKinds, k); got != want {
			t.Errorf("%s accepts %s: %v, want %v", nat.Name, k, got, want)
		}
	}
	inc, err := LoadRules("inclusive")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range KnownKinds {
		if !inc.Accepts(k) {
			t.Errorf("inclusive refuses %s", k)
		}
	}
	if inc.Accepts(NoDocument) {
		t.Error("inclusive accepts no document at all")
	}
	if inc.Settings != nat.Settings || !slices.Equal(inc.Tiers, nat.Tiers) {
		t.Error("the two sets differ in more than the documents")
	}
}

// R-AGE-01, R-AGE-02, R-AGE-03
func TestTierOfBothReadings(t *testing.T) {
	r := national(t)
	for years, want := range map[int]Tier{0: Under14, 13: Under14, 14: From14To17, 15: From14To17, 17: From14To17, 18: From18, 99: From18} {
		if got := r.TierOf(years); got != want {
			t.Errorf("under 14: %d is in %s, want %s", years, got, want)
		}
	}
	r.Settings.ExactFourteen = Under14
	for years, want := range map[int]Tier{13: Under14, 14: Under14, 15: From14To17, 18: From18} {
		if got := r.TierOf(years); got != want {
			t.Errorf("14 and below: %d is in %s, want %s", years, got, want)
		}
	}
}

func TestLoadRulesFromAFile(t *testing.T) {
	b, err := rulesFiles.ReadFile("rules/national-2025.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := LoadRules(path)
	if err != nil {
		t.Fatal(err)
	}
	if r.Name != National {
		t.Errorf("name %q", r.Name)
	}
	if _, err := LoadRules(path + ".absent"); err == nil || !strings.Contains(err.Error(), "inclusive") {
		t.Errorf("absent file: %v, want an error that lists the rule sets", err)
	}
}

func TestRulesRefused(t *testing.T) {
	b, err := rulesFiles.ReadFile("rules/national-2025.yaml")
	if err != nil {
		t.Fatal(err)
	}
	good := string(b)
	for _, c := range []struct{ name, old, new, want string }{
		{"an unknown member", "name:", "nickname: x\nname:", "nickname"},
		{"a member twice", "name:", "name: x\nname:", "name"},
		{"a kind nobody knows", "kind: taiwan-travel-permit", "kind: library-card", "library-card"},
		{"a kind in both lists", "kind: foreign-passport", "kind: taiwan-travel-permit", "taiwan-travel-permit"},
		{"a kind forgotten", "  - {kind: taiwan-travel-permit}\n", "", "taiwan-travel-permit"},
		{"an exclusion without a reason", ", because: on the list of the 2024 draft only", "", "because"},
		{"another reading of 14", "exact-14: 14-to-17", "exact-14: 18-and-over", "exact-14"},
		{"an unknown birthday convention", "age-reached: birthday", "age-reached: eve", "age-reached"},
		{"an unknown leap convention", "leap-birthday: 1-march", "leap-birthday: 2-march", "leap-birthday"},
		{"negative grace", "expired-grace-days: 0", "expired-grace-days: -1", "expired-grace-days"},
		{"a minor as guardian", "minimum-age: 18", "minimum-age: 17", "minimum-age"},
		{"an unknown relation", "[parent, guardian]", "[parent, neighbour]", "neighbour"},
		{"no relation", "[parent, guardian]", "[]", "relations"},
		{"an unknown part", "guardian: supervises", "guardian: watches", "watches"},
		{"tiers out of order", "tier: under-14, ", "tier: 18-and-over, ", "under-14"},
		{"a rule without a text", "R-ENR-05: the document is authentic, shown by its issuer's signature\n", "R-ENR-05: ''\n", "R-ENR-05"},
		{"a rule nobody knows", "rules:", "rules:\n  R-ENR-99: x", "R-ENR-99"},
		{"no such day", "in-force: 2025-07-15", "in-force: 2025-07-45", "2025-07-45"},
		{"an anchor", "name: national", "name: &a national", "anchor"},
		{"two documents", "name:", "---\n---\nname:", ""},
		{"a member whose name is a list", "name:", "? [a]\n: b\nname:", "no word"},
		{"a list as long as the file allows", "name:", "x: [" + strings.Repeat("a,", maxRulesWidth*3) + "]\nname:", "members"},
		{"too large", "name:", "#" + strings.Repeat("x", maxRules) + "\nname:", "larger"},
		{"too deep", "name:", "x: " + strings.Repeat("[", 20) + strings.Repeat("]", 20) + "\nname:", "nested"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad := strings.Replace(good, c.old, c.new, 1)
			if bad == good {
				t.Fatalf("%q is not in the rules", c.old)
			}
			_, err := ParseRules([]byte(bad))
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error %q does not name %q", err, c.want)
			}
		})
	}
}

// Repeated members took the decoder minutes before they were looked for.
func TestRepeatedMembersAreRefusedAtOnce(t *testing.T) {
	for _, line := range []string{"k: {a: b}\n", "? [a]\n", "a: 1\n"} {
		start := time.Now()
		if _, err := ParseRules([]byte(strings.Repeat(line, maxRules/len(line)))); err == nil {
			t.Errorf("%q: accepted", line)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%q: refused after %v", line, took)
		}
	}
}

func FuzzParseRules(f *testing.F) {
	for _, name := range RuleSets() {
		b, err := rulesFiles.ReadFile("rules/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRules(b)
		if err != nil {
			return
		}
		for _, k := range KnownKinds { // what parses is whole
			if r.Accepts(k) == (r.WhyExcluded(k) != "") {
				t.Fatalf("%s is neither or both", k)
			}
		}
		for _, id := range RuleIDs {
			if r.Texts[id] == "" {
				t.Fatalf("%s has no text", id)
			}
		}
	})
}
