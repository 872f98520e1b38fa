package link

import (
	"testing"
)

// number plants a number, as the miner notes it.
func (w *world) number(path string, kind Kind, unit uint32, value int64) {
	w.leaf(path, unit, uint64(value))
	w.Paths[w.path(path)].Kind = kind
	w.Numbers = append(w.Numbers, Number{value, w.path(path), unit})
}

func (w *world) derived() { w.Derive(); w.views() }

// found says what the linkers with some open channels make of a world.
func found(w *world, open Channels) (right, wrong, own int, by map[string]int) {
	joined, _, by := Learn(&w.Table, w.training, w.truth, w.truth.People, open).Join(w.score)
	right, wrong, own = w.joined(joined)
	return right, wrong, own, by
}

// Rules R-EXP-11 and R-EXP-12: each linker finds what it is for, and does not
// where its channel is masked.
func TestEachLinkerFindsItsOwn(t *testing.T) {
	for _, c := range []struct {
		name    string
		channel Kind
		linker  string
		plant   func(w *world, p, v int, unit uint32)
	}{
		{"a combination of common values", Combination, L2, func(w *world, p, v int, unit uint32) {
			w.leaf("x", unit, uint64(100+p/12))
			w.leaf("y", unit, uint64(200+p%12))
		}},
		{"places of a batch in a status list", Index, L3, func(w *world, p, v int, unit uint32) {
			w.number("status.idx", Index, unit, int64(20*(7919*p%100_003)+v))
		}},
		{"the size of a message", Size, L4, func(w *world, p, v int, unit uint32) { w.number("size", Size, unit, int64(1000+p)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(144, 5, c.plant)
			w.derived()
			right, wrong, own, by := found(w, All)
			if 10*right < 9*own || 50*wrong > right || by[c.linker] == 0 {
				t.Errorf("joined %d rightly of %d, %d wrongly; by linker %v", right, own, wrong, by)
			}
			if right, wrong, _, by := found(w, All.Without(c.channel).Without(Combination)); right+wrong > 0 {
				t.Errorf("with the channel masked: %d rightly, %d wrongly; by linker %v", right, wrong, by)
			}
		})
	}
}

// A presentation tells the time at which its credential was issued, and the
// issuer saw somebody just then.
func TestIssuanceIsJoinedWithPresentation(t *testing.T) {
	issued := func(p int) int64 { return 1_690_000_000 + int64(p)*977 }
	w := newWorld(100, 4, func(w *world, p, v int, unit uint32) { w.number("iat", Time, unit, issued(p)) })
	for p := range 100 {
		unit := w.unit(uint32(p), 5, issued(p))
		w.leaf("document", unit, uint64(5000+p))
	}
	w.derived()
	right, wrong, own, _ := found(w, All)
	if right != own || wrong != 0 {
		t.Errorf("joined %d rightly of %d, %d wrongly", right, own, wrong)
	}
}

// A wallet that fetches anew right after a use tells the issuer of the use.
func TestContactSoonAfterUseIsFound(t *testing.T) {
	w := newWorld(100, 3, func(w *world, p, v int, unit uint32) {
		w.Units[unit].At = 1_700_000_000 + int64(unit)*5000 + int64(w.r.IntN(900))
	})
	for unit := range uint32(300) {
		refill := w.unit(w.truth.Person[unit], 5, w.Units[unit].At+3+int64(w.r.IntN(5)))
		w.leaf("account", refill, uint64(5000+w.truth.Person[unit]))
	}
	w.derived()
	right, wrong, own, by := found(w, All)
	if right != own || wrong != 0 || by[L5] == 0 {
		t.Errorf("joined %d rightly of %d, %d wrongly; by linker %v", right, own, wrong, by)
	}
	// Platforms alone learn nothing of it.
	for i, u := range w.Units {
		w.training.In[i] = w.training.In[i] && u.Party != 5
		w.score.In[i] = w.score.In[i] && u.Party != 5
	}
	if right, wrong, _, by := found(w, All); right+wrong > 0 {
		t.Errorf("platforms alone: %d rightly, %d wrongly; by linker %v", right, wrong, by)
	}
}

// A counter that goes on by 300 from one visit to the next: no value comes
// again, and no block of neighbours is that wide. Only who learns how far apart
// the numbers of one person are can join them.
func TestTreesLearnADistance(t *testing.T) {
	for _, c := range []struct {
		name string
		step func(w *world) int64
		most float64 // of the pairs of one person, joined; 0 for none at all
	}{
		{"steps of 300", func(*world) int64 { return 300 }, 1},
		{"steps as wide as the numbers lie apart", func(w *world) int64 { return w.r.Int64N(1 << 40) }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := make(map[int]int64)
			w := newWorld(120, 5, func(w *world, p, v int, unit uint32) {
				if v == 0 {
					at[p] = w.r.Int64N(1 << 40)
				}
				w.number("counter", Index, unit, at[p])
				at[p] += c.step(w)
			})
			w.derived()
			right, wrong, own, by := found(w, All)
			if c.most == 0 {
				if right+wrong > 0 {
					t.Errorf("joined %d rightly, %d wrongly; by linker %v", right, wrong, by)
				}
				return
			}
			if 10*right < 9*own || wrong > 0 || by[L6] == 0 {
				t.Errorf("joined %d rightly of %d, %d wrongly; by linker %v", right, own, wrong, by)
			}
			for name, n := range by {
				if name != L6 && n > 0 {
					t.Errorf("%s joined %d: that is no test of the trees", name, n)
				}
			}
			for _, masked := range []Kind{Combination, Index} {
				if right, wrong, _, by := found(w, All.Without(masked)); right+wrong > 0 {
					t.Errorf("with %s masked: %d rightly, %d wrongly; by linker %v", masked, right, wrong, by)
				}
			}
		})
	}
}

// Without anything planted nothing is joined, whatever the linkers try.
func TestNothingIsFoundInNonces(t *testing.T) {
	for _, people := range []int{40, 200} {
		w := newWorld(people, 5, func(w *world, p, v int, unit uint32) {
			w.leaf("age band", unit, uint64(10+p%7))
			w.number("size", Size, unit, int64(900+w.r.IntN(9)))
			w.number("serial", Index, unit, int64(w.r.Uint32()))
		})
		w.derived()
		if right, wrong, _, by := found(w, All); right+wrong > 0 {
			t.Errorf("%d people: %d rightly, %d wrongly; by linker %v", people, right, wrong, by)
		}
	}
}

func TestEvaluation(t *testing.T) {
	w := newWorld(120, 4, func(w *world, p, v int, unit uint32) {
		if p < 60 {
			w.leaf("key", unit, uint64(1000+p))
		}
		w.leaf("age band", unit, uint64(10+p%6))
	})
	w.derived()
	l := Learn(&w.Table, w.training, w.truth, 120, All)
	curve := l.Curve(w.score, w.truth, 20)
	if first, last := curve[0], curve[len(curve)-1]; first.Precision != 1 || first.Recall != 0.5 || last.Recall < first.Recall || last.Precision > 0.9 {
		t.Errorf("curve from %+v to %+v", first, last)
	}
	alike := l.Alike(w.score, w.truth)
	for p, k := range alike {
		want := 0
		switch {
		case p%2 == 0:
		case p < 60:
			want = 1
		default:
			want = 10 // of 30 people without a key, those of one band
		}
		if k != want {
			t.Fatalf("person %d is like %d, want %d", p, k, want)
		}
	}
	mated, other := l.Scored(w.score, w.truth)
	if len(mated) != 60 || len(other) == 0 || mated[0] != 1e6 {
		t.Errorf("%d pairs of one, %d of two, the first scores %v", len(mated), len(other), mated[0])
	}
}
