package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// A chart is drawn by hand: a few lines of SVG with the colours of the page,
// so that it follows light and dark. Lines differ by dashes and by the shape
// of their marks as well as by colour.
type chart struct {
	title  string // what it shows, for those who do not see it
	x, y   string
	log    bool // the axis of x is logarithmic
	top    float64
	series []Series
	steps  bool // lines hold their value until the next point
}

const (
	width, height             = 720, 340
	left, right, above, below = 58, 16, 14, 46
	inks                      = 8
)

var dashes = []string{"", "7 4", "2 4", "10 3 2 3"}

// far is as far out as anything is drawn; a file may say anything.
const far = 1e15

// drawn reports whether a point has a place in the picture.
func (c chart) drawn(p Point) bool {
	return math.Abs(p.X) <= far && math.Abs(p.Y) <= far && (!c.log || p.X >= 1/far)
}

func (c chart) svg() template.HTML {
	lo, hi := math.Inf(1), math.Inf(-1)
	lines := make([]Series, len(c.series))
	for i, s := range c.series {
		lines[i].Name = s.Name
		for _, p := range s.Points {
			if c.drawn(p) {
				lines[i].Points = append(lines[i].Points, p)
				lo, hi = min(lo, p.X), max(hi, p.X)
			}
		}
	}
	c.series = lines
	if math.IsInf(lo, 1) {
		return ""
	}
	top := c.top
	if top == 0 {
		top = 1
	}
	if lo == hi {
		hi = lo + max(1, math.Abs(lo)/8)
	}
	px := func(x float64) float64 {
		share := (x - lo) / (hi - lo)
		if c.log {
			share = (math.Log(x) - math.Log(lo)) / (math.Log(hi) - math.Log(lo))
		}
		return left + share*(width-left-right)
	}
	py := func(y float64) float64 { return height - below - min(1, y/top)*(height-above-below) }

	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, width, height, template.HTMLEscapeString(c.title))
	for i := range 5 {
		y := float64(i) / 4 // of 100, also where there is a hair's room above
		fmt.Fprintf(&b, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text x="%d" y="%.1f" class="tick end">%s</text>`,
			left, width-right, py(y), py(y), left-8, py(y)+4, number(100*y))
	}
	for _, x := range ticks(lo, hi, c.log) {
		fmt.Fprintf(&b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/><text x="%.1f" y="%d" class="tick">%s</text>`,
			px(x), px(x), height-below, height-below+5, px(x), height-below+20, number(x))
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" class="axis">%s</text>`, (left+width-right)/2, height-6, template.HTMLEscapeString(c.x))
	fmt.Fprintf(&b, `<text transform="translate(14 %d) rotate(-90)" class="axis">%s</text>`, (above+height-below)/2, template.HTMLEscapeString(c.y))
	for i, s := range c.series {
		ink := i % inks
		var path strings.Builder
		for j, p := range s.Points {
			switch {
			case j == 0:
				fmt.Fprintf(&path, "M%.1f %.1f", px(p.X), py(p.Y))
			case c.steps:
				fmt.Fprintf(&path, "H%.1fV%.1f", px(p.X), py(p.Y))
			default:
				fmt.Fprintf(&path, "L%.1f %.1f", px(p.X), py(p.Y))
			}
		}
		fmt.Fprintf(&b, `<path class="line" style="stroke:var(--s%d)" stroke-dasharray="%s" d="%s"/>`, ink, dashes[i/2%len(dashes)], path.String())
		if len(s.Points) > 40 {
			continue
		}
		for _, p := range s.Points {
			if p.Hi > p.Lo {
				fmt.Fprintf(&b, `<line style="stroke:var(--s%d)" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, ink, px(p.X), px(p.X), py(p.Lo), py(p.Hi))
			}
			b.WriteString(mark(i, ink, px(p.X), py(p.Y)))
		}
	}
	b.WriteString("</svg>")
	return template.HTML(b.String() + c.legend())
}

func (c chart) legend() string {
	var b strings.Builder
	b.WriteString(`<ul class="legend">`)
	for i, s := range c.series {
		fmt.Fprintf(&b, `<li><svg viewBox="0 0 34 12" width="34" height="12" aria-hidden="true"><path class="line" style="stroke:var(--s%d)" stroke-dasharray="%s" d="M1 6H33"/>%s</svg>%s</li>`,
			i%inks, dashes[i/2%len(dashes)], mark(i, i%inks, 17, 6), template.HTMLEscapeString(s.Name))
	}
	b.WriteString("</ul>")
	return b.String()
}

// mark draws a point in the shape of its series.
func mark(series, ink int, x, y float64) string {
	style := fmt.Sprintf(`style="fill:var(--s%d)"`, ink)
	switch series % 4 {
	case 1:
		return fmt.Sprintf(`<rect %s x="%.1f" y="%.1f" width="7" height="7"/>`, style, x-3.5, y-3.5)
	case 2:
		return fmt.Sprintf(`<path %s d="M%.1f %.1fl4.5 7.5h-9z"/>`, style, x, y-4.5)
	case 3:
		return fmt.Sprintf(`<path %s d="M%.1f %.1fl4.5 4.5l-4.5 4.5l-4.5 -4.5z"/>`, style, x, y-4.5)
	}
	return fmt.Sprintf(`<circle %s cx="%.1f" cy="%.1f" r="3.8"/>`, style, x, y)
}

// maxTicks ends a row of ticks whose step is lost in rounding.
const maxTicks = 64

// ticks chooses round numbers.
func ticks(lo, hi float64, log bool) (at []float64) {
	if log {
		for d := math.Pow(10, math.Floor(math.Log10(lo))); d <= hi*1.0001; d *= 10 {
			for _, m := range []float64{1, 2, 5} {
				if x := d * m; x >= lo*0.9999 && x <= hi*1.0001 && (m == 1 || hi/lo < 500) {
					at = append(at, x)
				}
			}
		}
		return at
	}
	step := math.Pow(10, math.Floor(math.Log10((hi-lo)/4)))
	for _, m := range []float64{1, 2, 5, 10} {
		if (hi-lo)/(step*m) <= 8 {
			step *= m
			break
		}
	}
	for x := math.Ceil(lo/step) * step; x <= hi+step/1e6 && len(at) < maxTicks; x += step {
		at = append(at, x)
	}
	return at
}

// bar draws a share as a bar of its table cell.
func bar(share float64) template.HTML {
	if math.IsNaN(share) {
		return ""
	}
	return template.HTML(fmt.Sprintf(`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="10" class="rail"/><rect width="%.1f" height="10" class="fill"/></svg>`, 100*min(1, max(0, share))))
}
