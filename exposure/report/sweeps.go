package report

import (
	"cmp"
	"math"
	"slices"
)

// Series is a line of a picture; Y are shares.
type Series struct {
	Name   string
	Points []Point
}

// Point is one setting; an interval that is not known is zero.
type Point struct{ X, Y, Lo, Hi float64 }

// What varies in sweeps, and the figures they are of, in words.
var (
	swept = map[string][2]string{
		"batch_size": {"How many credentials a batch has", "credentials of a batch"},
		"uses":       {"How often people log in", "logins a person, mean over the people"},
		"colluding":  {"How many platforms compare what they saw", "platforms that compare"},
	}
	sweptFigure = map[string]string{
		"cross_platform_linkage":  "of 100 pairs of a person’s platforms, joined",
		"within_platform_linkage": "of 100 pairs of visits at one platform, joined",
	}
)

// logarithmic is from which ratio of the largest to the least on a sweep's
// points are set out by their logarithms.
const logarithmic = 20

// sweeps draws a picture for each thing that varied and each figure.
func (d *Data) sweeps() (figures []figure) {
	type key struct{ sweep, metric string }
	var order []key
	charts := make(map[key]*chart)
	tables := make(map[key]*figure)
	for _, r := range d.Swept {
		k := key{r.Sweep, r.Metric}
		words := swept[r.Sweep]
		c, f := charts[k], tables[k]
		if c == nil {
			order = append(order, k)
			c = &chart{title: cmp.Or(words[0], r.Sweep) + ": " + cmp.Or(sweptFigure[r.Metric], r.Metric), x: cmp.Or(words[1], r.Sweep), y: cmp.Or(sweptFigure[r.Metric], r.Metric)}
			f = &figure{Title: cmp.Or(words[0], r.Sweep), Caption: c.y, Head: []string{"design, coalition", c.x, "of 100", "from", "to", "how"}}
			charts[k], tables[k] = c, f
		}
		line := name(r.Design, r.Coalition)
		i := slices.IndexFunc(c.series, func(s Series) bool { return s.Name == line })
		if i < 0 {
			i = len(c.series)
			c.series = append(c.series, Series{Name: line})
		}
		if !math.IsNaN(r.Estimate) {
			c.series[i].Points = append(c.series[i].Points, Point{r.X, r.Estimate, r.Lo, r.Hi})
		}
		f.Lines = append(f.Lines, []string{line, number(r.X), percent(r.Estimate), percent(r.Lo), percent(r.Hi), r.Method})
	}
	for _, k := range order {
		c, f := charts[k], tables[k]
		lo, hi := math.Inf(1), 0.0
		for _, s := range c.series {
			for _, p := range s.Points {
				lo, hi = min(lo, p.X), max(hi, p.X)
			}
		}
		c.log = lo > 0 && hi/lo >= logarithmic
		f.Picture = c.svg()
		figures = append(figures, *f)
	}
	return figures
}
