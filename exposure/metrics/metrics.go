// Package metrics holds the figures of the lab as pure functions over
// columns: what a coalition saw or joined, login by login, against the truth.
// spec/exposure.md, section 4, defines each figure with its unit, source and
// interval; the numbers there are those of this comment.
//
//	 1 [CentralSight]      logins whose person and platform a central party sees
//	 2 [Sessions.Linkage]  pairs of a person's platforms that are joined, and how often rightly
//	 3 [Naming]            persons named rightly, and wrongly
//	 4 [Share]             platforms that one order takes away
//	 5 [Wilson]            residents who cannot enroll, by group
//	 6 [Sessions.Profiles] platforms in the largest linked profile of each person
//	 7 [Sessions.Pairwise] pairs of logins: precision, recall, F1
//	 8 [Sessions.BCubed], [Sessions.ARI], [Sessions.VI]
//	 9 [Scores]            advantage, true positives at a rate of false ones, D_sys
//	10 [Classes]           anonymity sets
//	11 [Classes.Leakage]   min-entropy leakage
//	12 [OverDisclosure]    claims shown and not needed
//	13 [Breach]            what one party's database gives away
//	14 [Shapley], [Ablate] which channel the links come from
//	15 [Wilson]            how often an observer's "these two were in contact" is right
//
// A figure that is a ratio of sums over persons is a [Ratio], which gives its
// interval and its difference to another design's. Beside a rate belongs its
// control: the same figure of [Sessions.Permuted]. [Checks] compares the
// functions with published and closed-form figures.
//
// Everything counts by contingency and never lists pairs: 12.5 million logins
// take seconds. Who the persons are is truth, and no linker's business.
package metrics

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Sessions are logins in columns of equal length, in the order of persons.
type Sessions struct {
	Person    []uint32
	Platform  []uint16
	Component []uint32 // what a linker joined; a login joined with none has a component of its own
}

// Check reports columns of unequal length or out of order.
func (s Sessions) Check() error {
	if len(s.Person) != len(s.Platform) || len(s.Person) != len(s.Component) {
		return fmt.Errorf("metrics: columns of %d persons, %d platforms and %d components", len(s.Person), len(s.Platform), len(s.Component))
	}
	if !slices.IsSorted(s.Person) {
		return fmt.Errorf("metrics: the logins are not in the order of persons")
	}
	return nil
}

// Permuted gives the control: the same components, dealt out to the logins by
// chance. What a metric finds there it finds without any information.
func (s Sessions) Permuted(seed uint64) Sessions {
	s.Component = slices.Clone(s.Component)
	r := rand.New(rand.NewPCG(seed, 0x7065726d))
	r.Shuffle(len(s.Component), func(i, j int) { s.Component[i], s.Component[j] = s.Component[j], s.Component[i] })
	return s
}

// Residual is what an attack finds beyond its control, as a share of what the
// control left to find (Anonymeter, Giomi and others 2023).
func Residual(attack, control float64) float64 {
	if control >= 1 {
		return 0
	}
	return (attack - control) / (1 - control)
}

// Persons counts the persons.
func (s Sessions) Persons() (n int) {
	eachPerson(s.Person, func(int, int) { n++ })
	return n
}

// eachPerson calls f with the bounds of each run of equal persons.
func eachPerson(person []uint32, f func(lo, hi int)) {
	for lo := 0; lo < len(person); {
		hi := lo + 1
		for hi < len(person) && person[hi] == person[lo] {
			hi++
		}
		f(lo, hi)
		lo = hi
	}
}

// dense gives the components as numbers below a small bound, so that arrays
// can be indexed by them.
func (s Sessions) dense() (component []uint32, bound int) {
	if len(s.Component) == 0 {
		return nil, 0
	}
	if most := slices.Max(s.Component); uint64(most) < uint64(4*len(s.Component))+1024 {
		return s.Component, int(most) + 1
	}
	names := slices.Clone(s.Component)
	slices.Sort(names)
	names = slices.Compact(names)
	component = make([]uint32, len(s.Component))
	for i, c := range s.Component {
		at, _ := slices.BinarySearch(names, c)
		component[i] = uint32(at)
	}
	return component, len(names)
}

// A cell of the contingency table: what one component holds of one person.
type cell struct {
	component uint32
	logins    int
	platforms []uint16 // distinct, ascending
}

// cells calls f with each person's cells. f must not keep them.
func (s Sessions) cells(component []uint32, f func(lo, hi int, cells []cell)) {
	type row struct {
		component uint32
		platform  uint16
	}
	var rows []row
	var platforms []uint16
	var cells []cell
	eachPerson(s.Person, func(lo, hi int) {
		rows, platforms, cells = rows[:0], platforms[:0], cells[:0]
		for i := lo; i < hi; i++ {
			rows = append(rows, row{component[i], s.Platform[i]})
		}
		if len(rows) > 1 {
			slices.SortFunc(rows, func(a, b row) int {
				return cmp.Or(cmp.Compare(a.component, b.component), cmp.Compare(a.platform, b.platform))
			})
		}
		platforms = slices.Grow(platforms, len(rows)) // cells point into it
		for i, r := range rows {
			fresh := i == 0 || rows[i-1].component != r.component
			if fresh {
				cells = append(cells, cell{component: r.component, platforms: platforms[len(platforms):]})
			}
			c := &cells[len(cells)-1]
			c.logins++
			if fresh || rows[i-1].platform != r.platform {
				platforms = append(platforms, r.platform)
				c.platforms = platforms[len(platforms)-len(c.platforms)-1:]
			}
		}
		f(lo, hi, cells)
	})
}

// pairs is n over 2.
func pairs(n int) float64 { return float64(n) * float64(n-1) / 2 }
