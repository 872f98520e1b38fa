package exposure

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/halfmask/halfmask/exposure/metrics"
	"github.com/halfmask/halfmask/spec"
)

const (
	maxOrdered  = 40 // people the authority acts against
	maxControl  = 10 // people it leaves alone, who must lose nothing
	maxDelay    = 70 // days after which an order is taken to have no further effect
	afterWindow = 23 * time.Hour
)

// orders has the authority act against some people after the last day, and
// looks which of the platforms they used they can still log in at: within a
// day, and once whatever else the order does has happened.
func (x *execution) orders(ctx context.Context, name string) (rows []Row, ordered int, err error) {
	used := make(map[int][]Login) // per person, the first login at each platform
	for _, l := range x.logins {
		if !x.refused[l.Person] &&
			!slices.ContainsFunc(used[l.Person], func(u Login) bool { return u.Platform.ID == l.Platform.ID }) {
			used[l.Person] = append(used[l.Person], l)
		}
	}
	var active []int
	for _, p := range x.people {
		if len(used[p.Index]) > 0 {
			active = append(active, p.Index)
		}
	}
	r := random(x.run.scenario.Seed, "orders", 0)
	r.Shuffle(len(active), func(i, j int) { active[i], active[j] = active[j], active[i] })
	ordered = min(maxOrdered, (len(active)+1)/2)
	targets := active[:ordered]
	control := active[ordered:min(len(active), ordered+maxControl)]
	if ordered == 0 {
		return nil, 0, nil
	}

	ctx = Visit(ctx, unscored)
	given := Start.AddDays(x.run.scenario.Days).Time()
	x.clock.Set(given)
	for _, p := range targets {
		if err := x.design.Order(ctx, x.person(p)); err != nil {
			return nil, 0, fmt.Errorf("order against person %d: %w", p, err)
		}
	}
	x.clock.Set(given.Add(afterWindow))
	atOnce, err := x.lost(ctx, targets, used)
	if err != nil {
		return nil, 0, err
	}

	// Day by day until the first of them, who tries once a day, is cut off; and
	// then on to the last day, when the others are, too, who do not try. What
	// software does by itself once a month, it does.
	delay, cut := 0, false
	for day := range maxDelay + 1 {
		now := given.AddDate(0, 0, day).Add(afterWindow)
		x.clock.Set(now)
		if spec.DateOf(now).Day == renewalDay {
			for _, p := range slices.Concat(targets, control) {
				err := x.design.Renew(ctx, x.person(p))
				if err != nil && (!errors.Is(err, ErrCutOff) || slices.Contains(control, p)) {
					return nil, 0, fmt.Errorf("renew for person %d: %w", p, err)
				}
			}
		}
		if !cut && day < maxDelay {
			if cut, err = x.cutOff(ctx, used[targets[0]][0]); err != nil {
				return nil, 0, err
			}
			delay = day
		}
	}
	eventually, err := x.lost(ctx, targets, used)
	if err != nil {
		return nil, 0, err
	}
	spared, err := x.lost(ctx, control, used)
	if err != nil {
		return nil, 0, err
	}
	for p, platforms := range spared {
		if len(platforms) > 0 {
			return nil, 0, fmt.Errorf("person %d lost platforms without an order", p)
		}
	}

	for _, stratum := range Strata {
		add := func(metric string, lost map[int]map[string]bool) {
			var shares, ones []float64
			for _, p := range targets {
				platforms, gone := 0.0, 0.0
				for _, l := range used[p] {
					if stratum == spec.AllStrata || l.Platform.Stratum() == stratum {
						platforms++
						if lost[p][l.Platform.ID] {
							gone++
						}
					}
				}
				if platforms > 0 {
					shares, ones = append(shares, gone/platforms), append(ones, 1)
				}
			}
			e := metrics.Ratio{Num: shares, Den: ones}.Estimate(x.run.scenario.Seed)
			rows = append(rows, Row{Design: name, Coalition: IssuerAlone, Stratum: stratum, Metric: metric,
				Estimate: e.Value, Lo: e.Lo, Hi: e.Hi, Method: e.Method, N: e.N, Unit: "share of platforms (mean over persons)"})
		}
		add(OrderReach, atOnce)
		add(OrderReachEventual, eventually)
	}
	days, method := float64(delay), "observed"
	if !cut {
		days, method = math.NaN(), fmt.Sprintf("none within %d days", maxDelay)
	}
	rows = append(rows, Row{Design: name, Coalition: IssuerAlone, Stratum: spec.AllStrata, Metric: OrderReachDelay,
		Estimate: days, Lo: days, Hi: days, Method: method, N: ordered, Unit: "days"})
	return rows, ordered, nil
}

// lost gives the platforms at which each of the people cannot log in now.
func (x *execution) lost(ctx context.Context, people []int, used map[int][]Login) (map[int]map[string]bool, error) {
	lost := make(map[int]map[string]bool)
	for _, p := range people {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		lost[p] = make(map[string]bool)
		for _, l := range used[p] {
			cut, err := x.cutOff(ctx, l)
			if err != nil {
				return nil, err
			}
			if cut {
				lost[p][l.Platform.ID] = true
			}
		}
	}
	return lost, nil
}

// cutOff tries a login now.
func (x *execution) cutOff(ctx context.Context, l Login) (bool, error) {
	err := x.design.LogIn(ctx, x.person(l.Person), l)
	if err != nil && !errors.Is(err, ErrCutOff) {
		return false, fmt.Errorf("log person %d in at %s: %w", l.Person, l.Platform.ID, err)
	}
	return err != nil, nil
}
