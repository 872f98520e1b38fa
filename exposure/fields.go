package exposure

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/halfmask/halfmask/exposure/link"
	"github.com/halfmask/halfmask/spec"
)

// A Sight is what a party is shown of people on an occasion.
type Sight string

// The occasions, in the order of reports.
const (
	AtMinimal    Sight = "a platform of stratum minimal"
	AtPlaintext  Sight = "a platform of stratum plaintext"
	AtEnrollment Sight = "the authority, at enrollment and renewal"
	AtLogins     Sight = "the authority, at logins"
)

// Sights lists the occasions in the order of reports.
var Sights = []Sight{AtMinimal, AtPlaintext, AtEnrollment, AtLogins}

// A Role is what the values at a path are good for.
type Role string

// The roles, as they were found in the values, and not as anybody declares
// them.
const (
	Names      Role = "names the person"  // a document number of the register stands there
	Identifies Role = "identifies"        // it tells people apart and joins their visits
	Shared     Role = "shared by several" // different people have the same value
	Once       Role = "does not repeat"   // neither
)

// Field is one path in what a party saw on an occasion.
type Field struct {
	Sight Sight  `json:"sight"`
	Path  string `json:"path"`
	Role  Role   `json:"role"`
}

// note adds the fields of a coalition's view whose members each have a sight
// of their own. What was taken apart is left out for its parts, and what is no
// value by itself unless it tells people apart.
func (s *scorer) note(c coalition, stratum spec.Stratum, in []bool, linkers []*link.Linker) {
	sight := func(i int) (Sight, bool) {
		login := s.visit(i).platform != ""
		switch {
		case c.name == AllPlatforms && stratum == spec.Minimal && login:
			return AtMinimal, true
		case c.name == AllPlatforms && stratum == spec.Plaintext && login:
			return AtPlaintext, true
		case c.name == IssuerAlone && stratum == spec.AllStrata && login:
			return AtLogins, true
		case c.name == IssuerAlone && stratum == spec.AllStrata:
			return AtEnrollment, true
		}
		return "", false
	}
	wanted := c.name == AllPlatforms && stratum != spec.AllStrata || c.name == IssuerAlone && stratum == spec.AllStrata
	if !wanted {
		return
	}
	shared := make(map[uint32]bool) // paths
	leaves := s.seen.Leaves
	for first := 0; first < len(leaves); {
		last, one, several := first, uint32(0), false
		for n := 0; last < len(leaves) && leaves[last].Value == leaves[first].Value; last++ {
			if unit := leaves[last].Unit; in[unit] {
				several = several || (n > 0 && s.truth.Person[unit] != one)
				one, n = s.truth.Person[unit], n+1
			}
		}
		for ; first < last; first++ {
			if several && in[leaves[first].Unit] {
				shared[leaves[first].Path] = true
			}
		}
	}
	// Of what was decoded only the whole is told, and only where nothing else is.
	decoded, left := make([]bool, len(s.seen.paths)), make([]bool, len(s.seen.paths))
	containers := make(map[string]bool)
	for _, p := range s.seen.paths {
		containers[p.Name] = p.Container
	}
	for i, p := range s.seen.paths {
		var encoded string
		encoded, decoded[i] = strings.CutSuffix(p.Name, decodedPath)
		left[i] = p.Container || p.Window || (decoded[i] && !containers[encoded])
	}
	found := make(map[Field]bool)
	for _, l := range leaves {
		at, ok := sight(int(l.Unit))
		if !in[l.Unit] || !ok || int(l.Path) >= len(s.seen.paths) { // derived paths were not seen
			continue
		}
		p := s.seen.paths[l.Path]
		if left[l.Path] {
			continue
		}
		role := Once
		switch {
		case p.Names:
			role = Names
		case slices.ContainsFunc(linkers, func(k *link.Linker) bool { return k.Tells(l.Path) }):
			role = Identifies
		case strings.HasSuffix(p.Name, partPath) || strings.HasSuffix(p.Name, namePath) || decoded[l.Path]:
			continue
		case shared[l.Path]:
			role = Shared
		}
		found[Field{at, p.Name, role}] = true
	}
	s.fields = append(s.fields, slices.SortedFunc(maps.Keys(found), func(a, b Field) int {
		return cmp.Or(cmp.Compare(a.Sight, b.Sight), cmp.Compare(a.Path, b.Path))
	})...)
}
