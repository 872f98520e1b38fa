package exposure

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/halfmask/halfmask/spec"
)

//go:embed report.html
var reportSource string

var reportTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"heat": heat, "lines": fieldLines, "counts": fieldCounts, "shade": shade, "about": About, "thousands": thousands, "per100k": func(f float64) string { return thousands(1e5 * f) },
}).Parse(reportSource))

// report makes the one-file report: no script, no font, no picture from
// elsewhere.
func (r *Result) report() ([]byte, error) {
	linkage, err := r.intervals(CrossPlatformLinkage, AllPlatforms)
	if err != nil {
		return nil, err
	}
	reach, err := r.reach()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = reportTemplate.Execute(&b, map[string]any{
		"M": r.Manifest, "Tables": r.tables(), "Maps": r.maps(), "Causes": r.Causes, "Fields": r.Fields, "Sights": Sights,
		"Linkage": linkage, "Reach": reach, "Exclusions": exclusionTables(r.Exclusions),
		"Delays": r.delays(), "Minimal": r.Manifest.LoginsIn[spec.Minimal], "Plaintext": r.Manifest.LoginsIn[spec.Plaintext],
	})
	return b.Bytes(), err
}

type reportCell struct {
	Text  string
	Share float64 // for the colour; not a number for none
	Row   Row
}

type reportTable struct {
	Title string
	Lines []reportLine
}

type reportLine struct {
	Label string
	Cells []reportCell
}

func (r *Result) cell(design string, c Coalition, s spec.Stratum, metric string) reportCell {
	row, ok := r.Find(design, c, s, metric)
	if !ok {
		return reportCell{"–", math.NaN(), row}
	}
	return reportCell{PerHundred(row), row.Estimate, row}
}

// tables are the headline figures, a table for each stratum.
func (r *Result) tables() (tables []reportTable) {
	for _, s := range Strata {
		t := reportTable{Title: strataTitles[s]}
		for _, h := range Headlines {
			line := reportLine{Label: h.Label}
			for _, d := range r.Manifest.Designs {
				line.Cells = append(line.Cells, r.cell(d, h.Coalition, s, h.Metric))
			}
			t.Lines = append(t.Lines, line)
		}
		tables = append(tables, t)
	}
	return tables
}

// maps are the heat maps of design by coalition, in stratum minimal.
func (r *Result) maps() (maps []reportTable) {
	for _, m := range []struct{ metric, title string }{
		{CrossPlatformLinkage, "Pairs of a person's platforms that are joined, of 100"},
		{Reidentification, "People who are named, of 100 (for a single platform: of 100 people at a platform)"},
	} {
		t := reportTable{Title: m.title}
		for _, d := range r.Manifest.Designs {
			line := reportLine{Label: d}
			for _, c := range Coalitions {
				line.Cells = append(line.Cells, r.cell(d, c, spec.Minimal, m.metric))
			}
			t.Lines = append(t.Lines, line)
		}
		maps = append(maps, t)
	}
	return maps
}

func (r *Result) delays() []reportCell {
	var cells []reportCell
	for _, d := range r.Manifest.Designs {
		row, ok := r.Find(d, IssuerAlone, spec.AllStrata, OrderReachDelay)
		text := "–"
		if ok && !math.IsNaN(row.Estimate) {
			text = short(row.Estimate)
		}
		cells = append(cells, reportCell{text, math.NaN(), row})
	}
	return cells
}

// heat gives a share its colour: from a calm green to a warm red, readable in
// black ink throughout.
func heat(share float64) template.CSS {
	if math.IsNaN(share) {
		return "background:transparent"
	}
	hue := 140 * (1 - share)
	return template.CSS(fmt.Sprintf("background:hsl(%.0f 55%% %.0f%%)", hue, 88-14*share))
}

// shade gives a role the colour of how much it tells.
func shade(r Role) template.CSS {
	switch r {
	case Names:
		return heat(1)
	case Identifies:
		return heat(0.75)
	case Shared:
		return heat(0.3)
	case Once:
		return heat(0)
	}
	return heat(math.NaN())
}

func thousands(f float64) string {
	s := fmt.Sprintf("%.0f", f)
	var parts []string
	for len(s) > 3 {
		parts = append([]string{s[len(s)-3:]}, parts...)
		s = s[:len(s)-3]
	}
	return strings.Join(append([]string{s}, parts...), " ")
}

type exclusionTable struct {
	Rules            string
	Share, Low, High float64
	Lines            []exclusionLine
}

type exclusionLine struct {
	Title     string
	Document  spec.DocumentKind
	Residents float64
	Excluded  float64
	Reason    string
}

// exclusionTables adds the tiers of each group up.
func exclusionTables(cells []ExclusionCell) (tables []exclusionTable) {
	for _, s := range exclusionBySet(cells) {
		t := exclusionTable{Rules: s.rules, Share: s.share, Low: s.low, High: s.high}
		for _, c := range cells {
			if c.Rules != s.rules {
				continue
			}
			if n := len(t.Lines); n == 0 || t.Lines[n-1].Title != c.Title {
				t.Lines = append(t.Lines, exclusionLine{Title: c.Title, Document: c.Document})
			}
			l := &t.Lines[len(t.Lines)-1]
			l.Residents += c.Residents
			if c.Excluded {
				l.Excluded, l.Reason = l.Excluded+c.Residents, c.Reason
			}
		}
		tables = append(tables, t)
	}
	return tables
}

var inks = []color.Color{
	color.RGBA{0xb2, 0x3a, 0x48, 0xff}, color.RGBA{0xd9, 0x82, 0x2b, 0xff},
	color.RGBA{0x3b, 0x6e, 0xa8, 0xff}, color.RGBA{0x2e, 0x8b, 0x57, 0xff},
}

// intervals draws a metric with its intervals, for each design in each
// stratum.
func (r *Result) intervals(metric string, c Coalition) (template.HTML, error) {
	p := plot.New()
	p.Y.Label.Text = "share joined"
	p.Y.Min, p.Y.Max = -0.02, 1.05
	p.Legend.Top, p.Legend.Left = true, false
	p.Add(plotter.NewGrid())
	names := make([]string, len(Strata))
	n := len(r.Manifest.Designs)
	for i, d := range r.Manifest.Designs {
		var points struct {
			plotter.XYs
			plotter.YErrors
		}
		for j, s := range Strata {
			names[j] = string(s)
			row, ok := r.Find(d, c, s, metric)
			if !ok || math.IsNaN(row.Estimate) {
				continue
			}
			points.XYs = append(points.XYs, plotter.XY{X: float64(j) + 0.16*(float64(i)-float64(n-1)/2), Y: row.Estimate})
			points.YErrors = append(points.YErrors, struct{ Low, High float64 }{row.Estimate - row.Lo, row.Hi - row.Estimate})
		}
		if len(points.XYs) == 0 {
			continue
		}
		dots, err := plotter.NewScatter(points)
		if err != nil {
			return "", err
		}
		bars, err := plotter.NewYErrorBars(points)
		if err != nil {
			return "", err
		}
		dots.GlyphStyle = draw.GlyphStyle{Color: inks[i%len(inks)], Radius: vg.Points(4), Shape: draw.CircleGlyph{}}
		bars.Color, bars.LineStyle.Width = inks[i%len(inks)], vg.Points(1.5)
		p.Add(bars, dots)
		p.Legend.Add(d, dots)
	}
	p.NominalX(names...)
	p.X.Min, p.X.Max = -0.5, float64(len(names))+0.3 // room for the legend
	return svg(p)
}

// reach draws how many platforms an order takes away over time.
func (r *Result) reach() (template.HTML, error) {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = "days after the order", "platforms lost"
	p.Y.Min, p.Y.Max = -0.02, 1.05
	p.Legend.Top, p.Legend.Left, p.Legend.YOffs = false, false, 3*vg.Centimeter
	p.Add(plotter.NewGrid())
	longest := 10.0
	for _, d := range r.Manifest.Designs {
		if row, ok := r.Find(d, IssuerAlone, spec.AllStrata, OrderReachDelay); ok && row.Estimate > longest {
			longest = row.Estimate
		}
	}
	for i, d := range r.Manifest.Designs {
		once, ok1 := r.Find(d, IssuerAlone, spec.AllStrata, OrderReach)
		end, ok2 := r.Find(d, IssuerAlone, spec.AllStrata, OrderReachEventual)
		delay, ok3 := r.Find(d, IssuerAlone, spec.AllStrata, OrderReachDelay)
		if !ok1 || !ok2 || !ok3 {
			continue
		}
		at := delay.Estimate
		if math.IsNaN(at) {
			at = longest
		}
		// Lines that lie on one another are set apart by a hair.
		lift := 0.006 * float64(i)
		line, err := plotter.NewLine(plotter.XYs{{X: 0, Y: lift}, {X: 0, Y: once.Estimate + lift}, {X: at, Y: once.Estimate + lift},
			{X: at, Y: end.Estimate + lift}, {X: 1.5 * longest, Y: end.Estimate + lift}})
		if err != nil {
			return "", err
		}
		line.Color, line.Width = inks[i%len(inks)], vg.Points(2)
		if i%2 == 1 {
			line.Dashes = []vg.Length{vg.Points(6), vg.Points(3)}
		}
		p.Add(line)
		p.Legend.Add(d, line)
	}
	return svg(p)
}

func svg(p *plot.Plot) (template.HTML, error) {
	canvas := vgsvg.New(16*vg.Centimeter, 8*vg.Centimeter)
	p.Draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return "", err
	}
	// Drop the XML declaration and the document type: the picture stands
	// inside HTML.
	s := b.String()
	return template.HTML(s[strings.Index(s, "<svg"):]), nil
}
