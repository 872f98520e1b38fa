package spec

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestPlatforms(t *testing.T) {
	list, err := Platforms()
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, p := range list {
		count[p.Kind]++
		count[string(p.Stratum())]++
	}
	if count["public"] != 10 || count["commercial"] != 71 {
		t.Errorf("%v, want 10 public and 71 commercial", count)
	}
	if count["plaintext"] == 0 || count["minimal"] < 40 {
		t.Errorf("strata %v", count)
	}
	list[0].ID = "changed"
	if again, _ := Platforms(); again[0].ID != "syn-01" {
		t.Error("the caller's change reached the next caller")
	}
}

func TestEveryClaimIsAskedSomewhereOrIsLeftOutOnPurpose(t *testing.T) {
	list, err := Platforms()
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for _, p := range list {
		for _, c := range p.Claims {
			asked[c] = true
		}
		for _, o := range p.Sometimes {
			for _, c := range o.Claims {
				asked[c] = true
			}
		}
	}
	for _, c := range Claims {
		onPurpose := slices.Contains([]string{BirthDate, PhoneNumber}, c) // no platform of the facts needs them
		if asked[c] == onPurpose {
			t.Errorf("%s: asked %v", c, asked[c])
		}
	}
}

func TestPlatformsRefused(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"an unknown member", "kind: public", "colour: red\n    kind: public", "colour"},
		{"an id out of order", "syn-02", "syn-03", "syn-02"},
		{"a platform missing", "[syn-81]", "[]", "80"},
		{"a claim nobody carries", "claims: [real_person, name]", "claims: [real_person, shoe_size]", "shoe_size"},
		{"a claim twice", "claims: [real_person, name]", "claims: [name, name]", "twice"},
		{"an occasion that asks what is asked anyway", "claims: [age_over_12]}", "claims: [name]}", "each time"},
		{"an unknown habit", "habit: Ride hailing", "habit: Skating", "Skating"},
		{"plain text by a result-only platform", "claims: [age_band]", "claims: [birth_date]", "identifies"},
		{"plain text without need", "claims: [real_person, name]", "claims: [real_person, sex]", "identifies"},
		{"an unknown disclosure", "disclosure: result_only", "disclosure: everything", "everything"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad := bytes.Replace(platformsFile, []byte(c.old), []byte(c.new), 1)
			if bytes.Equal(bad, platformsFile) {
				t.Fatalf("%q is not in the file", c.old)
			}
			if _, err := parsePlatforms(bad); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want an error that names %q", err, c.want)
			}
		})
	}
}
