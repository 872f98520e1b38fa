package exposure

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/spec"
)

// swapPeople is how many people live in each of two swapped worlds.
const swapPeople = 12

// swap runs a few people of the scenario twice, the second time with one of
// them replaced by somebody else who does the same at the same times
// (R-EXP-13), and lists where what parties saw differs because of it: the
// paths whose values are the same in both worlds for everybody else, and are
// not for the one replaced. Values that are fresh each time differ for
// everybody, and are left out.
func (r *run) swap(ctx context.Context, d scenario.Design) ([]string, error) {
	people := min(swapPeople, r.scenario.People)
	one, other, ok := r.replaceable(people)
	if !ok {
		return nil, nil
	}
	type place struct {
		party Party
		visit uint32
		path  string
	}
	quiet := *r // none of this is counted as progress
	quiet.step = func(int) {}
	var worlds [2]map[place][]uint64
	var visits []visit
	for i := range worlds {
		x := &execution{run: &quiet, kept: make(map[spec.Stratum]int)}
		if err := x.start(d, 0, people, 0); err != nil {
			return nil, err
		}
		if i == 1 {
			who := r.plan.Person(other)
			who.Index = one
			p, err := r.world.person(fmt.Sprintf("in the place of person %d", one), who)
			if err != nil {
				x.network.Close()
				return nil, err
			}
			x.people[one] = p
		}
		x.tabler = newTabler(newMiner(registerOf(x.people)))
		err := x.live(ctx, d)
		x.network.Close()
		if err != nil {
			return nil, fmt.Errorf("design %s, with one person replaced: %w", d.Name, err)
		}
		worlds[i] = make(map[place][]uint64)
		t := x.tabler.done(x.visits)
		for _, l := range t.Leaves { // in the order of values
			if p := t.paths[l.Path]; !p.Window && !p.Container {
				k := place{t.party(int(l.Unit)), t.Units[l.Unit].Visit, p.Name}
				worlds[i][k] = append(worlds[i][k], l.Value)
			}
		}
		visits = x.visits
	}
	type field struct {
		role string
		path string
	}
	fresh, differs := make(map[field]bool), make(map[field]bool)
	for _, places := range worlds {
		for k := range places {
			role, _, _ := strings.Cut(string(k.party), ":")
			if slices.Equal(worlds[0][k], worlds[1][k]) || int(k.visit) >= len(visits) {
				continue
			}
			if f := (field{role, k.path}); visits[k.visit].person == one {
				differs[f] = true
			} else {
				fresh[f] = true
			}
		}
	}
	found := []string{}
	for f := range differs {
		if !fresh[f] {
			found = append(found, f.role+": "+f.path)
		}
	}
	slices.Sort(found)
	return found, nil
}

// replaceable finds a person among the first who logs in, and somebody else of
// the same group and tier to take the place.
func (r *run) replaceable(people int) (one, other int, ok bool) {
	for one = range people {
		who := r.plan.Person(one)
		if who.Cell.Document == spec.NoDocument || len(r.plan.Logins(one, nil)) < 2 {
			continue
		}
		for other = people; other < people+10_000; other++ {
			o := r.plan.Person(other)
			if o.Cell.Group == who.Cell.Group && o.Age >= 18 && who.Age >= 18 && o.Age < 60 == (who.Age < 60) {
				return one, other, true
			}
		}
	}
	return 0, 0, false
}

// swaps does it for every design.
func (r *run) swaps(ctx context.Context) (map[string][]string, error) {
	lists := make([][]string, len(r.designs))
	group, working := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, d := range r.designs {
		group.Go(func() (err error) {
			lists[i], err = r.swap(working, d)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	all := make(map[string][]string)
	for i, d := range r.designs {
		if lists[i] != nil {
			all[d.Name] = lists[i]
		}
	}
	return all, nil
}
