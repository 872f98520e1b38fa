package jwpbbs

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Any layout, any claims, any part of them shown: the verifier gets what was
// shown and nothing else, and ranges hold exactly if they are true.
func TestAnyCredentialShowsWhatIsAsked(t *testing.T) {
	secret := NewLinkSecret()
	commitment, blinding := commitTo(t, secret)
	rapid.Check(t, func(t *rapid.T) {
		claims, leaves := map[string]any{}, []Path{}
		var numbers []Path
		members := drawMembers(t, 0, claims, nil, &leaves, &numbers)
		l, err := NewLayout(testIssuer, "t", members...)
		if err != nil {
			t.Fatal(err)
		}
		issued, err := Issue(testKey(), l, claims, commitment)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Receive(issued, l, testKey().PublicKey(), secret, blinding)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := plainJSON(t, c.Claims()), plainJSON(t, claims); !reflect.DeepEqual(got, want) {
			t.Fatalf("held %v, issued %v", got, want)
		}
		r := ask()
		r.Type = "t"
		expected := map[string]any{"vct": "t"}
		for _, path := range leaves {
			if rapid.Bool().Draw(t, "show") {
				r.Disclose = append(r.Disclose, path)
				put(expected, path, at(claims, path))
			}
		}
		holds := true
		for _, path := range numbers {
			if slices.ContainsFunc(r.Disclose, func(p Path) bool { return slices.Equal(p, path) }) || !rapid.Bool().Draw(t, "prove") {
				continue
			}
			lower := rapid.Uint64Range(0, 1000).Draw(t, "lower")
			upper := lower + rapid.Uint64Range(2, 1000).Draw(t, "width")
			r.Ranges = append(r.Ranges, Range{path, lower, upper})
			n := at(claims, path).(uint64)
			holds = holds && lower <= n && n < upper
		}
		presented, err := c.Present(r)
		if !holds {
			if err == nil {
				t.Fatal("an untrue range was proved")
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		v, err := Verify(presented, trusted, r)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := plainJSON(t, v.Claims), plainJSON(t, expected); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// drawMembers makes a layout with claims, some of them in objects.
func drawMembers(t *rapid.T, depth int, claims map[string]any, path Path, leaves, numbers *[]Path) []Member {
	var members []Member
	for i := range rapid.IntRange(1, 3).Draw(t, "members") {
		name := fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"a", "é", "\"", "~/", "<"}).Draw(t, "name"), i)
		here := append(slices.Clip(path), name)
		switch kind := rapid.IntRange(0, 2).Draw(t, "kind"); {
		case kind == 0 && depth < 2:
			inner := map[string]any{}
			members = append(members, Member{name, Object(drawMembers(t, depth+1, inner, here, leaves, numbers)...)})
			claims[name] = inner
			continue
		case kind == 1:
			members = append(members, Member{name, Integer()})
			claims[name] = rapid.Uint64Range(0, 1500).Draw(t, "number")
			*numbers = append(*numbers, here)
		default:
			members = append(members, Member{name, Text()})
			claims[name] = rapid.SampledFrom([]any{"", "x", "JWP-BBS-DECOY", true, nil, 1.5, []any{"y", 2.0}}).Draw(t, "value")
		}
		*leaves = append(*leaves, here)
	}
	return members
}

func at(claims map[string]any, path Path) any {
	v := any(claims)
	for _, step := range path {
		v = v.(map[string]any)[step]
	}
	return v
}

func put(claims map[string]any, path Path, v any) {
	for ; len(path) > 1; path = path[1:] {
		if claims[path[0]] == nil {
			claims[path[0]] = map[string]any{}
		}
		claims = claims[path[0]].(map[string]any)
	}
	claims[path[0]] = v
}

// plainJSON makes values comparable that are written the same.
func plainJSON(t *rapid.T, v any) (out any) {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
