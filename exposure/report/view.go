package report

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"math"
	"slices"
	"strings"
)

// view is what the template shows: every figure as a picture and as a table.
type view struct {
	M                  Manifest
	StandIn            bool
	Minimal, Plaintext int
	Headlines          []table
	Maps               []table
	Figures            map[string]figure
	Sweeps             []figure
	Fields             []matrix
	Causes             []causes
	Orders             bool // an order was given
	Channels           table
	Siblings           []siblings
	Controls           []Control
	Pairs              []Difference
	Canaries           []Canary
	Linkers            []Joins
	Swaps              []swap
	Exclusions         []excluded
	Rows               []Row
	D                  Details
	Missing            []string
}

// table is one of designs by figures.
type table struct {
	Title string
	Note  string
	Head  []string
	Lines []line
}

type line struct {
	Label string
	About string
	Cells []cell
}

type cell struct {
	Text  string
	Range string
	Share float64
	Row   Row
}

// figure is a picture with its table.
type figure struct {
	Title   string
	Caption string
	Picture template.HTML
	Head    []string
	Lines   [][]string
}

type matrix struct {
	Design string
	Sights []string
	Counts []int // fields that name or identify, by sight
	Lines  []fieldLine
	Most   []fieldLine // of these, those that name or identify; some where they are many
}

type fieldLine struct {
	Path  string
	Roles []string
}

type causes struct {
	Design string
	Causes []Cause
}

type swap struct {
	Design string
	Paths  []string
}

type excluded struct {
	Rules            string
	Share, Low, High float64
	Lines            []excludedLine
}

type excludedLine struct {
	Title, Document     string
	Residents, Excluded float64
	Bar                 template.HTML
	Reason              string
}

var strata = []struct{ name, title string }{
	{"minimal", "Platforms that need no identity in plain text"},
	{"plaintext", "Platforms that the law makes take it: no wallet helps there"},
	{"all", "All platforms together: what the plain-text platforms add"},
}

func (d *Data) view() *view {
	v := &view{
		M: d.Manifest, StandIn: d.Manifest.Backend == "stand-in", Minimal: d.Manifest.LoginsIn["minimal"], Plaintext: d.Manifest.LoginsIn["plaintext"],
		Figures: make(map[string]figure), Controls: d.Details.Controls, Pairs: d.Details.Pairs, Canaries: d.Details.Canaries,
		Linkers: d.Details.Linkers, Rows: d.Rows, D: d.Details,
	}
	v.Headlines, v.Maps = d.headlines(), d.maps()
	v.Exclusions = d.excluded()
	d.pictures(v)
	for _, design := range d.Manifest.Designs {
		if fields := d.Details.Fields[design]; len(fields) > 0 {
			v.Fields = append(v.Fields, matrixOf(design, fields))
		}
		if c, ok := d.Details.Causes[design]; ok {
			v.Causes = append(v.Causes, causes{design, c})
		}
		if paths, ok := d.Details.Swaps[design]; ok {
			v.Swaps = append(v.Swaps, swap{design, paths})
		}
	}
	v.Orders = slices.ContainsFunc(d.Rows, func(r Row) bool { return r.Metric == "order_reach" })
	v.Channels = d.channels()
	v.Siblings = d.siblings()
	for _, s := range []struct {
		name    string
		missing bool
	}{
		{"precision and recall by threshold", len(d.Details.Curves) == 0}, {"anonymity sets", len(d.Details.Anonymity) == 0},
		{"profile sizes", len(d.Details.Profiles) == 0}, {"link cause by channel", len(d.Details.Channels) == 0},
		{"canaries", len(d.Details.Canaries) == 0}, {"controls of permuted labels", len(d.Details.Controls) == 0},
		{"paired differences", len(d.Details.Pairs) == 0}, {"siblings (no guardian is shared, or by too few)", len(v.Siblings) == 0}, {"sweeps", len(d.Swept) == 0}, {"swapped worlds", len(d.Details.Swaps) == 0},
		{"the table of validation (run halfmask exposure validate)", len(d.Details.Checks) == 0}, {"exclusion", len(d.Exclusions) == 0},
		{"one order", !v.Orders},
	} {
		if s.missing {
			v.Missing = append(v.Missing, s.name)
		}
	}
	return v
}

func (d *Data) headlines() (tables []table) {
	for _, s := range strata {
		t := table{Title: s.title, Note: s.name}
		shown := make([]Headline, 0, len(Headlines))
		for _, h := range Headlines {
			if slices.ContainsFunc(d.Rows, func(r Row) bool {
				return r.Metric == h.Metric && r.Coalition == h.Coalition && r.Stratum == s.name
			}) {
				shown = append(shown, h)
				t.Head = append(t.Head, h.Short)
			}
		}
		for _, design := range d.Manifest.Designs {
			l := line{Label: design, About: d.Manifest.Abouts[design]}
			for _, h := range shown {
				l.Cells = append(l.Cells, d.cell(design, h.Coalition, s.name, h.Metric))
			}
			t.Lines = append(t.Lines, l)
		}
		if len(shown) > 0 {
			tables = append(tables, t)
		}
	}
	return tables
}

func (d *Data) cell(design, coalition, stratum, metric string) cell {
	r, ok := d.Find(design, coalition, stratum, metric)
	if !ok {
		return cell{Text: "–", Share: math.NaN(), Row: r}
	}
	text, bounds, _ := strings.Cut(strings.TrimSuffix(PerHundred(r), ")"), " (")
	return cell{strings.ReplaceAll(text, "-", "–"), strings.ReplaceAll(bounds, "-", "–"), r.Estimate, r}
}

// maps are the heat maps of design by coalition.
func (d *Data) maps() (maps []table) {
	for _, m := range []struct{ metric, stratum, title string }{
		{"cross_platform_linkage", "minimal", "Pairs of a person's platforms that are joined, of 100"},
		{"reidentification", "minimal", "People who are named, of 100"},
		{"cross_platform_linkage", "all", "Pairs of a person's platforms that are joined, of 100, plain-text platforms included"},
	} {
		t := table{Title: m.title, Note: m.stratum}
		for _, r := range d.Rows {
			if r.Metric == m.metric && r.Stratum == m.stratum && !slices.Contains(t.Head, r.Coalition) {
				t.Head = append(t.Head, r.Coalition)
			}
		}
		for _, design := range d.Manifest.Designs {
			l := line{Label: design}
			for _, c := range t.Head {
				l.Cells = append(l.Cells, d.cell(design, c, m.stratum, m.metric))
			}
			t.Lines = append(t.Lines, l)
		}
		if len(t.Head) > 0 {
			maps = append(maps, t)
		}
	}
	return maps
}

// channels puts the link causes of a design and coalition on a line.
func (d *Data) channels() (t table) {
	for _, c := range d.Details.Channels {
		if !slices.Contains(t.Head, c.Channel) {
			t.Head = append(t.Head, c.Channel)
		}
	}
	for _, c := range d.Details.Channels {
		if n := len(t.Lines); n == 0 || t.Lines[n-1].Label != c.Design || t.Lines[n-1].About != c.Coalition {
			t.Lines = append(t.Lines, line{Label: c.Design, About: c.Coalition, Cells: slices.Repeat([]cell{{Text: "–", Share: math.NaN()}}, len(t.Head))})
		}
		bounds := "share " + percent(c.Shapley)
		if c.Lo != c.Hi {
			bounds = percent(c.Lo) + " to " + percent(c.Hi) + "; " + bounds
		}
		t.Lines[len(t.Lines)-1].Cells[slices.Index(t.Head, c.Channel)] = cell{Text: percent(c.Drop), Range: bounds, Share: c.Drop}
	}
	return t
}

func matrixOf(design string, fields []Field) matrix {
	m := matrix{Design: design}
	at := make(map[string]*fieldLine)
	for _, f := range fields {
		if !slices.Contains(m.Sights, f.Sight) {
			m.Sights = append(m.Sights, f.Sight)
		}
	}
	slices.SortStableFunc(m.Sights, func(a, b string) int { return cmp.Compare(sightOrder(a), sightOrder(b)) })
	m.Counts = make([]int, len(m.Sights))
	for _, f := range fields {
		if at[f.Path] == nil {
			at[f.Path] = &fieldLine{f.Path, make([]string, len(m.Sights))}
		}
		i := slices.Index(m.Sights, f.Sight)
		at[f.Path].Roles[i] = f.Role
		if f.Role == roles[0] || f.Role == roles[1] {
			m.Counts[i]++
		}
	}
	most := func(l *fieldLine) int {
		return slices.IndexFunc(roles, func(r string) bool { return slices.Contains(l.Roles, r) })
	}
	for _, l := range slices.SortedFunc(maps.Values(at), func(a, b *fieldLine) int {
		return cmp.Or(cmp.Compare(most(a), most(b)), cmp.Compare(a.Path, b.Path))
	}) {
		m.Lines = append(m.Lines, *l)
		if i := most(l); i >= 0 && i < 2 && len(m.Most) < mostFields {
			m.Most = append(m.Most, *l)
		}
	}
	return m
}

// mostFields is how many fields of a design are shown at once.
const mostFields = 12

// roles of fields, those that tell the most first.
var roles = []string{"names the person", "identifies", "shared by several", "does not repeat"}

// sightOrder puts platforms before the authority.
func sightOrder(sight string) int {
	if strings.HasPrefix(sight, "a platform") {
		return 0
	}
	return 1
}

func (d *Data) excluded() (tables []excluded) {
	total := make(map[string]float64)
	for _, e := range d.Exclusions {
		total[e.Rules] += e.Residents
	}
	for _, e := range d.Exclusions {
		if n := len(tables); n == 0 || tables[n-1].Rules != e.Rules {
			tables = append(tables, excluded{Rules: e.Rules})
		}
		t := &tables[len(tables)-1]
		if n := len(t.Lines); n == 0 || t.Lines[n-1].Title != e.Title {
			t.Lines = append(t.Lines, excludedLine{Title: e.Title, Document: cmp.Or(e.Document, "none")})
		}
		l := &t.Lines[len(t.Lines)-1]
		l.Residents += e.Residents
		if e.Excluded {
			l.Excluded, l.Reason = l.Excluded+e.Residents, e.Reason
			t.Share, t.Low, t.High = t.Share+e.Residents/total[e.Rules], t.Low+e.Low/total[e.Rules], t.High+e.High/total[e.Rules]
		}
	}
	for _, t := range tables {
		for i, l := range t.Lines {
			t.Lines[i].Bar = bar(l.Excluded / l.Residents)
		}
	}
	return tables
}

// name labels a line of a picture.
func name(design, coalition string) string { return design + ", " + coalition }

func (d *Data) pictures(v *view) {
	v.Figures["reach"] = d.reach()

	profiles := chart{title: "Share of persons whose largest linked profile has at least so many platforms", x: "platforms in the largest linked profile", y: "of 100 persons, at least so many"}
	table := figure{Head: []string{"design, coalition", "persons", "median", "99th percentile", "largest"}}
	for _, p := range d.Details.Profiles {
		s := Series{Name: name(p.Design, p.Coalition)}
		total, rest := 0, 0
		for _, n := range p.Sizes {
			total += n
		}
		if total == 0 {
			continue
		}
		rest = total
		median, high := 0, 0
		for size, n := range p.Sizes {
			if size > 0 {
				s.Points = append(s.Points, Point{X: float64(size), Y: float64(rest) / float64(total)})
			}
			rest -= n
			if 2*rest > total {
				median = size + 1
			}
			if 100*rest > total {
				high = size + 1
			}
		}
		profiles.series = append(profiles.series, s)
		table.Lines = append(table.Lines, []string{s.Name, thousands(float64(total)), number(float64(median)), number(float64(high)), number(float64(len(p.Sizes) - 1))})
	}
	table.Picture = profiles.svg()
	v.Figures["profiles"] = table

	curves := chart{title: "Precision of the joined pairs of visits by recall", x: "recall: pairs of one person's visits that are joined, of 100", y: "precision: joined pairs that are right, of 100"}
	table = figure{Head: []string{"design, coalition", "recall", "precision", "false positive rate"}}
	for _, c := range d.Details.Curves {
		s := Series{Name: name(c.Design, c.Coalition)}
		for _, p := range c.Points {
			s.Points = append(s.Points, Point{X: 100 * p.Recall, Y: p.Precision})
			table.Lines = append(table.Lines, []string{s.Name, number(p.Recall), number(p.Precision), number(p.FPR)})
		}
		curves.series = append(curves.series, s)
	}
	table.Picture = curves.svg()
	v.Figures["curves"] = table

	sets := chart{title: "Share of persons who hide among at most so many people", x: "people one cannot be told from, oneself included", y: "of 100 persons, at most so many", log: true, steps: true}
	table = figure{Head: []string{"design, coalition", "alone", "fewer than 10", "median", "persons"}}
	for _, a := range d.Details.Anonymity {
		s := Series{Name: name(a.Design, a.Coalition)}
		total, sum, alone, few, median := 0, 0, 0, 0, 0
		for _, c := range a.Persons {
			total += c.Persons
		}
		for _, c := range a.Persons {
			if c.Size == 1 {
				alone += c.Persons
			}
			if c.Size < 10 {
				few += c.Persons
			}
			if 2*sum < total {
				median = c.Size
			}
			sum += c.Persons
			s.Points = append(s.Points, Point{X: float64(c.Size), Y: float64(sum) / float64(max(1, total))})
		}
		sets.series = append(sets.series, s)
		share := func(n int) string { return number(float64(n) / float64(max(1, total))) }
		table.Lines = append(table.Lines, []string{s.Name, share(alone), share(few), number(float64(median)), thousands(float64(total))})
	}
	table.Picture = sets.svg()
	v.Figures["anonymity"] = table
	v.Sweeps = d.sweeps()
}

// reach draws how many platforms an order takes away over time.
func (d *Data) reach() (f figure) {
	c := chart{title: "Platforms lost by one order, by days after it", x: "days after the order", y: "of 100 platforms, lost", steps: true}
	f.Head = []string{"design", "within a day", "in the end", "days until then"}
	longest := 10.0
	for _, design := range d.Manifest.Designs {
		if r, ok := d.Find(design, "issuer", "all", "order_reach_delay"); ok && r.Estimate > longest {
			longest = r.Estimate
		}
	}
	for _, design := range d.Manifest.Designs {
		once, ok := d.Find(design, "issuer", "all", "order_reach")
		end, ok2 := d.Find(design, "issuer", "all", "order_reach_eventual")
		delay, ok3 := d.Find(design, "issuer", "all", "order_reach_delay")
		if !ok || !ok2 || !ok3 || math.IsNaN(once.Estimate) {
			continue
		}
		at := delay.Estimate
		if math.IsNaN(at) {
			at = longest
		}
		// Lines that lie on one another are set apart by a hair.
		lift := 0.008 * float64(len(c.series))
		c.series = append(c.series, Series{Name: design, Points: []Point{{X: 0, Y: once.Estimate + lift}, {X: at, Y: end.Estimate + lift}, {X: 1.4 * longest, Y: end.Estimate + lift}}})
		f.Lines = append(f.Lines, []string{design, PerHundred(once), PerHundred(end), fmt.Sprint(number(delay.Estimate))})
	}
	c.top = 1 + 0.008*float64(len(c.series))
	f.Picture = c.svg()
	return f
}
