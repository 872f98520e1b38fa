package sdjwt_test

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/halfmask/halfmask/credential/sdjwt"
)

// A leaf is something that a random claims tree says.
type leaf struct {
	path []any
	// marks are the places on its path, itself included, that are
	// disclosures of their own: lengths of prefixes of path.
	marks []int
}

// randomTree draws a value, tells its leaves and marks some of what is in it.
func randomTree(t *rapid.T, depth int, path []any, marks []int, leaves *[]leaf) any {
	extend := func(component any) []any { return append(path[:len(path):len(path)], component) }
	mark := func(v func(marks []int) any, length int) any {
		if rapid.Bool().Draw(t, "marked") {
			return sdjwt.Selective{Value: v(append(marks[:len(marks):len(marks)], length))}
		}
		return v(marks)
	}
	kind := 0
	if depth > 0 {
		kind = rapid.IntRange(0, 2).Draw(t, "kind")
	}
	n := rapid.IntRange(1, 3).Draw(t, "size")
	switch kind {
	case 1:
		o := map[string]any{}
		for i := range n {
			name := fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"a", "iss", "🎭", "", "_sd_"}).Draw(t, "name"), i)
			at := extend(name)
			o[name] = mark(func(marks []int) any { return randomTree(t, depth-1, at, marks, leaves) }, len(at))
		}
		return o
	case 2:
		var a []any
		for i := range n {
			at := extend(i)
			a = append(a, mark(func(marks []int) any { return randomTree(t, depth-1, at, marks, leaves) }, len(at)))
		}
		return a
	default:
		*leaves = append(*leaves, leaf{path, marks})
		return rapid.OneOf(
			rapid.Just[any](nil), rapid.Just[any](true),
			rapid.Map(rapid.String(), func(s string) any { return s }),
			rapid.Map(rapid.Int32(), func(i int32) any { return float64(i) }),
		).Draw(t, "value")
	}
}

// prefix names a place of the tree.
func prefix(path []any, length int) string { return fmt.Sprintf("%#v", path[:length]) }

// prune gives the part of the tree that is seen when the disclosures at the
// places shown are sent: marks are taken away, and what is not shown with them.
func prune(v any, path []any, shown map[string]bool) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, member := range v {
			at := append(path[:len(path):len(path)], name)
			if m, marked := member.(sdjwt.Selective); marked {
				if !shown[prefix(at, len(at))] {
					continue
				}
				member = m.Value
			}
			out[name] = prune(member, at, shown)
		}
		return out
	case []any:
		out := []any{}
		for i, element := range v {
			at := append(path[:len(path):len(path)], i)
			if m, marked := element.(sdjwt.Selective); marked {
				if !shown[prefix(at, len(at))] {
					continue
				}
				element = m.Value
			}
			out = append(out, prune(element, at, shown))
		}
		return out
	default:
		return v
	}
}

// Whatever an issuer signs and a holder selects, the verifier learns exactly
// the selection.
func TestVerifiedIsExactlyTheSelection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var leaves []leaf
		claims := map[string]any{}
		for i := range rapid.IntRange(1, 4).Draw(t, "claims") {
			name := fmt.Sprint("claim", i)
			path := []any{name}
			if rapid.Bool().Draw(t, "disclosable") {
				claims[name] = sdjwt.Selective{Value: randomTree(t, 3, path, []int{1}, &leaves)}
			} else {
				claims[name] = randomTree(t, 3, path, nil, &leaves)
			}
		}
		made := template()
		made.Claims, made.Disclosable = map[string]any{}, map[string]any{}
		for name, v := range claims {
			if m, marked := v.(sdjwt.Selective); marked && rapid.Bool().Draw(t, "as disclosable") {
				made.Disclosable[name] = m.Value
			} else {
				made.Claims[name] = v
			}
		}
		s, err := sdjwt.Issue(issuerSigner, made)
		if err != nil {
			t.Fatal(err)
		}
		c, err := sdjwt.Parse(s)
		if err != nil {
			t.Fatal(err)
		}

		var paths [][]any
		shown := map[string]bool{}
		for _, l := range leaves {
			if !rapid.Bool().Draw(t, "selected") {
				continue
			}
			paths = append(paths, l.path)
			for _, length := range l.marks {
				shown[prefix(l.path, length)] = true
			}
		}
		s, err = c.Select(paths...)
		if err != nil {
			t.Fatal(err)
		}
		s, err = sdjwt.Bind(s, holderSigner, nonce, audience, now)
		if err != nil {
			t.Fatal(err)
		}
		v, err := sdjwt.Verify(s, trusted, bound)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"iss", "vct", "iat", "nbf", "exp", "cnf"} {
			delete(v.Claims, name)
		}
		if want := prune(claims, nil, shown); !reflect.DeepEqual(v.Claims, want) {
			t.Fatalf("selected %v: verified %v, want %v", paths, v.Claims, want)
		}
		all := map[string]bool{}
		for _, l := range leaves {
			for length := range len(l.path) + 1 {
				all[prefix(l.path, length)] = true
			}
		}
		got := c.Claims()
		for _, name := range []string{"iss", "vct", "iat", "nbf", "exp", "cnf"} {
			delete(got, name)
		}
		if want := prune(claims, nil, all); !reflect.DeepEqual(got, want) {
			t.Fatalf("the holder sees %v, want %v", got, want)
		}
	})
}
