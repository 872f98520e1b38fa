package metrics

// A Sight is what one party learns of one login.
type Sight uint8

// The sights; those of a login that is seen whole are all three.
const (
	SeesEvent    Sight = 1 << iota // that a login took place
	SeesPerson                     // whose it was
	SeesPlatform                   // where it was
)

// CentralSight is figure 1: of all logins, the share of which the party sees
// all of want. seen has a Sight for each login, person who it was, in order.
func CentralSight(person []uint32, seen []Sight, want Sight) (r Ratio) {
	eachPerson(person, func(lo, hi int) {
		n := 0
		for _, s := range seen[lo:hi] {
			if s&want == want {
				n++
			}
		}
		r.add(float64(n), float64(hi-lo))
	})
	return r
}

// Nobody stands for a login that nobody was named for.
const Nobody = ^uint32(0)

// Naming is figure 3: of all persons, the share with a login that the
// coalition rightly says is theirs, and the share with one that it says is
// somebody else's. named has the person said for each login, or Nobody.
func Naming(person, named []uint32) (right, wrong Estimate) {
	persons, rightly, wrongly := 0, 0, 0
	eachPerson(person, func(lo, hi int) {
		persons++
		var r, w int
		for i := lo; i < hi; i++ {
			switch named[i] {
			case Nobody:
			case person[i]:
				r = 1
			default:
				w = 1
			}
		}
		rightly, wrongly = rightly+r, wrongly+w
	})
	return Wilson(rightly, persons), Wilson(wrongly, persons)
}

// Share is the mean of part over whole, every person weighing the same:
// figure 4 takes the platforms that a person lost by one order, and those that
// the person used.
func Share(part, whole []int) (r Ratio) {
	for i, w := range whole {
		if w > 0 {
			r.add(float64(part[i])/float64(w), 1)
		} else {
			r.add(0, 0)
		}
	}
	return r
}

// Claims is a set of up to 64 claims, as bits.
type Claims uint64

// OverDisclosure is figure 12: the weight of the claims that were shown and
// not needed, over that of those needed, logins in the order of persons. With
// a weight of one each it counts claims, with their entropies it counts bits.
func OverDisclosure(person []uint32, shown, needed []Claims, weight []float64) (r Ratio) {
	weigh := func(c Claims) (total float64) {
		for i, w := range weight {
			if c&(1<<i) != 0 {
				total += w
			}
		}
		return total
	}
	eachPerson(person, func(lo, hi int) {
		excess, need := 0.0, 0.0
		for i := lo; i < hi; i++ {
			excess += weigh(shown[i] &^ needed[i])
			need += weigh(needed[i])
		}
		r.add(excess, need)
	})
	return r
}

// Breach is figure 13: what a thief of one party's database has at once.
// Figures are counts, of one run; repeat with other seeds for a range.
type Breach struct {
	Persons    int     // named
	Edges      int     // a named person at a platform
	ExcessBits float64 // of claims that were not needed
	PersonDays float64 // persons times the days their rows are kept
}

// BreachOf counts a database whose rows are the logins, in the order of
// persons, of which named says whether the row names its person, and excess
// how many bits it holds that were not needed (nil for none). Rows are kept
// for days.
func BreachOf(s Sessions, named []bool, excess []float64, days float64) (b Breach) {
	var used platformSet
	eachPerson(s.Person, func(lo, hi int) {
		var platforms []uint16
		for i := lo; i < hi; i++ {
			if excess != nil {
				b.ExcessBits += excess[i]
			}
			if named[i] {
				platforms = append(platforms, s.Platform[i])
			}
		}
		if platforms != nil {
			used.take(platforms)
			b.Persons++
			b.Edges += len(used.list)
		}
	})
	b.PersonDays = float64(b.Persons) * days
	return b
}
