package exposure

import (
	"context"
	"fmt"

	"github.com/halfmask/halfmask/exposure/engine"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/exposure/standin"
	"github.com/halfmask/halfmask/spec"
)

// sweptTown is how many people at most a stand-in makes for a point of a sweep.
const sweptTown = 20_000

// standInSweeps makes the points of the sweeps for designs that have stand-ins,
// given by name. These make more or fewer logins; batches of other sizes, which
// they have not learned, are executed; and colluding platforms join anew what a
// stand-in made once.
func (r *run) standInSweeps(ctx context.Context, models map[string]*standin.Model) (rows []Row, err error) {
	if rows, err = r.executed(ctx, ByBatchSize); err != nil {
		return nil, err
	}
	for _, v := range r.variants(ByUses, sweptTown) {
		m, err := r.model(ctx, v.design, models)
		if err != nil {
			return nil, v.fail(err)
		}
		found, _, err := StandInOf(ctx, &v.scenario, m, Options{Rules: r.rules, Also: r.options.Also})
		if err != nil {
			return nil, v.fail(err)
		}
		rows = append(rows, v.of(found, fmt.Sprintf("%d people", v.scenario.People))...)
	}
	if len(r.scenario.Sweeps.Colluding) == 0 {
		return rows, nil
	}
	for _, d := range r.designs {
		m, err := r.model(ctx, d, models)
		if err != nil {
			return nil, fmt.Errorf("design %s: %w", d.Name, err)
		}
		found, err := r.standInColluding(ctx, d, m)
		if err != nil {
			return nil, fmt.Errorf("sweep over %s, design %s: %w", ByColluding, d.Name, err)
		}
		rows = append(rows, found...)
	}
	return rows, nil
}

// standInColluding joins what a stand-in made for each draw of platforms.
func (r *run) standInColluding(ctx context.Context, d scenario.Design, m *standin.Model) (rows []Row, err error) {
	platforms := r.plan.Platforms()
	people := min(r.scenario.People, sweptTown)
	data := r.data(d, m, standin.NewTown(r.plan, people))
	for _, k := range r.scenario.Sweeps.Colluding {
		var views []engine.View
		for i, in := range draws(r.scenario.Seed, k, len(platforms)) {
			v := engine.View{Name: fmt.Sprintf("%d of them, draw %d", k, i), Platforms: new([256]bool)}
			for i, p := range platforms {
				v.Platforms[i], v.Members[i] = p.Stratum() == spec.Minimal, in[i]
			}
			views = append(views, v)
		}
		counts, err := engine.Run(ctx, data, views, engine.Options{Seed: r.scenario.Seed})
		if err != nil {
			return nil, err
		}
		var shares []float64
		persons := 0
		for _, c := range counts {
			e := c.CrossPlatform.Mean(r.scenario.Seed)
			if persons = int(e.People); persons > 0 {
				shares = append(shares, e.Value)
			}
		}
		row := drawn(shares, k, persons, fmt.Sprintf("stand-in, validated on %d executed sessions; %d people, joined anew", m.Sessions, people))
		row.Design = d.Name
		rows = append(rows, row)
	}
	return rows, nil
}
