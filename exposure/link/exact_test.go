package link

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// world makes a table of people who each had some visits at platforms, with
// what plant puts into each; half of the people are for training.
type world struct {
	Table
	truth           Truth
	training, score View
	r               *rand.Rand
	paths           map[string]uint32
}

func newWorld(people, visits int, plant func(w *world, person, visit int, unit uint32)) *world {
	w := &world{r: rand.New(rand.NewPCG(1, 2)), paths: make(map[string]uint32)}
	for p := range 5 {
		w.Parties = append(w.Parties, fmt.Sprintf("platform:%d", p))
	}
	w.Parties = append(w.Parties, "issuer")
	w.truth.People = people
	for p := range people {
		for v := range visits {
			unit := w.unit(uint32(p), uint32((p+v)%5), int64(100*v+1_700_000_000+p))
			w.leaf("nonce", unit, w.r.Uint64())
			w.leaf("constant", unit, 1)
			plant(w, p, v, unit)
		}
	}
	return w
}

func (w *world) unit(person, party uint32, at int64) uint32 {
	unit := uint32(len(w.Units))
	w.Units = append(w.Units, Unit{Party: party, Visit: unit, At: at})
	w.truth.Person = append(w.truth.Person, person)
	platform := int32(party)
	if party == 5 {
		platform = -1
	}
	w.truth.Platform = append(w.truth.Platform, platform)
	return unit
}

func (w *world) path(name string) uint32 {
	if _, ok := w.paths[name]; !ok {
		w.paths[name] = uint32(len(w.Paths))
		w.Paths = append(w.Paths, Path{Name: name})
	}
	return w.paths[name]
}

func (w *world) leaf(path string, unit uint32, value uint64) {
	w.Leaves = append(w.Leaves, Leaf{Value: value, Path: w.path(path), Unit: unit})
}

// views sorts the table and cuts the people in two.
func (w *world) views() {
	w.Sort()
	w.training, w.score = View{make([]bool, len(w.Units)), true}, View{make([]bool, len(w.Units)), true}
	for i, p := range w.truth.Person {
		w.training.In[i], w.score.In[i] = p%2 == 0, p%2 == 1
	}
}

// joined counts the pairs of scored units that are joined rightly, joined
// wrongly, and of one person.
func (w *world) joined(c *Components) (right, wrong, own int) {
	for i := range w.Units {
		for j := range i {
			if !w.score.In[i] || !w.score.In[j] {
				continue
			}
			same := w.truth.Person[i] == w.truth.Person[j]
			if same {
				own++
			}
			switch together := c.Of(uint32(i)) == c.Of(uint32(j)); {
			case together && same:
				right++
			case together:
				wrong++
			}
		}
	}
	return right, wrong, own
}

func TestExactValuesJoinByPathsThatEarnedIt(t *testing.T) {
	w := newWorld(60, 4, func(w *world, p, v int, unit uint32) {
		w.leaf("key", unit, uint64(1000+p))
		w.leaf("age band", unit, uint64(10+p%7))
	})
	w.views()
	l := LearnExact(&w.Table, w.training, w.truth, 60, nil)
	if !l.Tells(w.path("key")) || l.Tells(w.path("age band")) || l.Tells(w.path("nonce")) || l.Tells(w.path("constant")) {
		t.Errorf("admitted paths %v of %v", l.Admitted(), w.paths)
	}
	c, used := l.Join(w.score)
	if right, wrong, own := w.joined(c); right != own || wrong != 0 {
		t.Errorf("joined %d rightly of %d, %d wrongly", right, own, wrong)
	}
	if used[w.path("key")] != 30*3 {
		t.Errorf("the key came again %d times, want 90", used[w.path("key")])
	}

	masked := make([]bool, len(w.Paths))
	masked[w.path("key")] = true
	c, _ = LearnExact(&w.Table, w.training, w.truth, 60, masked).Join(w.score)
	if right, wrong, _ := w.joined(c); right+wrong != 0 {
		t.Errorf("with the key masked %d pairs are joined rightly, %d wrongly", right, wrong)
	}
}
