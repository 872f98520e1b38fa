package report

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	"github.com/halfmask/halfmask/exposure/metrics"
)

// A Headline is a figure that tables and pages lead with.
type Headline struct {
	Label     string // "of 100 ..., ..."
	Short     string // for the head of a column
	Metric    string
	Coalition string
}

// Headlines are the figures for everybody, in the order of reports.
var Headlines = []Headline{
	{"of 100 logins, the authority sees who and where", "logins where the authority sees who and where", "central_sight", "issuer"},
	{"of 100 pairs of a person's platforms, the platforms together join", "pairs of a person's platforms that all platforms together join", "cross_platform_linkage", "platforms"},
	{"  ... with the authority's help", "… with the authority's help", "cross_platform_linkage", "issuer+platforms"},
	{"of 100 people, the platforms together can name", "people whom all platforms together can name", "reidentification", "platforms"},
	{"  ... with the authority's help", "… with the authority's help", "reidentification", "issuer+platforms"},
	{"of 100 platforms, one order takes away within a day", "platforms that one order takes away within a day", "order_reach", "issuer"},
	{"  ... in the end, when nothing is renewed", "… in the end, when nothing is renewed", "order_reach_eventual", "issuer"},
}

// PerHundred writes a share as a number of 100. A zero is written as what it
// is: nothing found, with its upper bound.
func PerHundred(r Row) string {
	switch {
	case math.IsNaN(r.Estimate):
		return "-"
	case r.Estimate == 0 && strings.HasPrefix(r.Method, metrics.MethodThree): // a stand-in says more behind it
		return fmt.Sprintf("none found (< %s)", short(100*r.Hi))
	case r.Estimate == 1:
		return "100"
	}
	return fmt.Sprintf("%s (%s-%s)", short(100*r.Estimate), short(100*r.Lo), short(100*r.Hi))
}

func short(f float64) string {
	switch {
	case f != 0 && math.Abs(f) < 0.1: // two digits, and no exponent
		f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'g', 2, 64), 64)
		return strconv.FormatFloat(f, 'f', -1, 64)
	case f != 0 && math.Abs(f) < 10:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.0f", f)
}

// number writes a figure for a table.
func number(f float64) string {
	switch a := math.Abs(f); {
	case math.IsNaN(f):
		return "–"
	case a >= 1000:
		return thousands(f)
	case a == 0 || a >= 1e-3:
		return strconv.FormatFloat(math.Round(f*1e4)/1e4, 'f', -1, 64)
	}
	return strconv.FormatFloat(f, 'g', 3, 64)
}

func percent(f float64) string {
	if math.IsNaN(f) {
		return "–"
	}
	return short(100 * f)
}

func thousands(f float64) string {
	s := fmt.Sprintf("%.0f", f)
	var parts []string
	for len(s) > 3 && s != "-" {
		parts = append([]string{s[len(s)-3:]}, parts...)
		s = s[:len(s)-3]
	}
	return strings.Join(append([]string{s}, parts...), "\u202f")
}

// heat gives a share its colour, by a variable that the style sheet turns into
// one for light and for dark.
func heat(share float64) template.HTMLAttr {
	if math.IsNaN(share) {
		return ""
	}
	return template.HTMLAttr(fmt.Sprintf(`class="heat" style="--v:%.3f"`, min(1, max(0, share))))
}

// roleHeat gives a role the colour of how much it tells.
func roleHeat(role string) template.HTMLAttr {
	switch role {
	case "names the person":
		return heat(1)
	case "identifies":
		return heat(0.75)
	case "shared by several":
		return heat(0.3)
	case "does not repeat":
		return heat(0)
	}
	return ""
}
