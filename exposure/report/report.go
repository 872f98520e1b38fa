// Package report makes one offline page of what a run of the lab found: no
// script, no font and no picture from elsewhere, in light and dark and on
// paper. Every figure stands in a table, too.
//
// Start at [Read], which takes the folder of a run, and [Data.HTML]. A run
// writes results.csv, exclusion.csv, manifest.json and details.json; a section
// whose data a run has not is left out and named as such at the end.
package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"slices"
	"time"

	"github.com/halfmask/halfmask/exposure/metrics"
)

// Data is what a run found, as the files of its folder hold it.
type Data struct {
	Manifest   Manifest
	Rows       []Row       // results.csv: the scenario itself
	Swept      []Row       // the same file: as one thing varies
	Exclusions []Exclusion // exclusion.csv
	Details    Details     // details.json
}

// Manifest is what the page says of how the run was made, out of
// manifest.json.
type Manifest struct {
	Halfmask  string            `json:"halfmask"`
	Go        string            `json:"go"`
	OS        string            `json:"os"`
	CPUs      int               `json:"cpus"`
	Scenario  string            `json:"scenario"`
	Backend   string            `json:"backend"`  // "executed" where there is none
	LeftOut   []string          `json:"left_out"` // of what the scenario asks for
	Seed      uint64            `json:"seed"`
	People    int               `json:"people"`
	Enrolled  int               `json:"enrolled"`
	Days      int               `json:"days"`
	Start     string            `json:"start"`
	Rules     string            `json:"rules"`
	Designs   []string          `json:"designs"`
	Abouts    map[string]string `json:"about_designs"`
	Logins    int               `json:"logins"`
	LoginsIn  map[string]int    `json:"logins_in_stratum"`
	Began     time.Time         `json:"began"`
	Seconds   float64           `json:"seconds"`
	Simulated []string          `json:"simulated"`
}

// Row is one figure.
type Row struct {
	Design, Coalition, Stratum, Metric string
	Estimate, Lo, Hi                   float64 // not a number where there is no figure
	Method                             string
	N                                  int
	Unit                               string
	Sweep                              string  // what varies; "" for a figure of the scenario itself
	X                                  float64 // how much of it
}

// Exclusion is one group of residents in one tier under one rule set.
type Exclusion struct {
	Rules, Group, Title, Tier, Document string
	Residents, Low, High                float64
	Excluded                            bool
	Reason                              string
}

// Details are what does not fit rows of one figure each.
type Details struct {
	Fields    map[string][]Field  `json:"fields,omitempty"`   // by design
	Causes    map[string][]Cause  `json:"causes,omitempty"`   // by design
	Channels  []Channel           `json:"channels,omitempty"` // link cause by masking
	Kin       []Kin               `json:"kin,omitempty"`      // what joins siblings
	Linkers   []Joins             `json:"linkers,omitempty"`
	Profiles  []Profile           `json:"profiles,omitempty"`
	Curves    []Curve             `json:"curves,omitempty"`
	Anonymity []Anonymity         `json:"anonymity,omitempty"`
	Canaries  []Canary            `json:"canaries,omitempty"`
	Controls  []Control           `json:"controls,omitempty"`
	Pairs     []Difference        `json:"differences,omitempty"`
	Swaps     map[string][]string `json:"swaps,omitempty"` // by design: what differs when one person is replaced
	Checks    []metrics.Checked   `json:"checks,omitempty"`
	Notes     []string            `json:"notes,omitempty"` // what else is to be known, such as what a stand-in rests on
}

// Field is one path in what a party saw on an occasion, and what its values
// turned out to be good for.
type Field struct {
	Sight string `json:"sight"`
	Path  string `json:"path"`
	Role  string `json:"role"`
}

// Cause says how often a value at a path joined visits.
type Cause struct {
	Coalition string `json:"coalition"`
	Stratum   string `json:"stratum"`
	Path      string `json:"path"`
	Joins     int    `json:"joins"`
}

// Joins says how many joins a linker made.
type Joins struct {
	Design    string `json:"design"`
	Coalition string `json:"coalition"`
	Stratum   string `json:"stratum"`
	Linker    string `json:"linker"`
	Joins     int    `json:"joins"`
}

// Channel says by how much linkage falls when a channel is masked, and the
// channel's share in it over all orders (Shapley).
type Channel struct {
	Design    string  `json:"design"`
	Coalition string  `json:"coalition"`
	Stratum   string  `json:"stratum"`
	Channel   string  `json:"channel"`
	Drop      float64 `json:"drop"`
	Lo        float64 `json:"lo"`
	Hi        float64 `json:"hi"`
	Shapley   float64 `json:"shapley"`
}

// Kin says for how many pairs of siblings a value at a path is the same, and
// nobody else's.
type Kin struct {
	Design    string `json:"design"`
	Coalition string `json:"coalition"`
	Path      string `json:"path"`
	Pairs     int    `json:"pairs"`
}

// Profile counts persons by how many platforms their largest linked profile
// has.
type Profile struct {
	Design    string `json:"design"`
	Coalition string `json:"coalition"`
	Stratum   string `json:"stratum"`
	Sizes     []int  `json:"persons_by_platforms"`
}

// Curve is the precision and recall of pairs of visits by threshold.
type Curve struct {
	Design    string       `json:"design"`
	Coalition string       `json:"coalition"`
	Stratum   string       `json:"stratum"`
	Points    []CurvePoint `json:"points"`
}

// CurvePoint is one threshold.
type CurvePoint struct {
	Recall    float64 `json:"recall"`
	Precision float64 `json:"precision"`
	FPR       float64 `json:"fpr"`
}

// Anonymity counts persons by how many people they cannot be told from,
// themselves included.
type Anonymity struct {
	Design    string     `json:"design"`
	Coalition string     `json:"coalition"`
	Stratum   string     `json:"stratum"`
	Persons   []SetCount `json:"persons_by_set_size"` // by size, ascending
}

// SetCount is how many persons are in sets of a size.
type SetCount struct {
	Size    int `json:"size"`
	Persons int `json:"persons"`
}

// Canary says how much of something planted was found again.
type Canary struct {
	Design string  `json:"design"`
	Kind   string  `json:"kind"`
	Recall float64 `json:"recall"`
	Lo     float64 `json:"lo"`
	Hi     float64 `json:"hi"`
	N      int     `json:"n"`
}

// Control is a rate beside that of permuted labels.
type Control struct {
	Design    string  `json:"design"`
	Coalition string  `json:"coalition"`
	Stratum   string  `json:"stratum"`
	Metric    string  `json:"metric"`
	Rate      float64 `json:"rate"`
	Control   float64 `json:"control"`
}

// Difference is a paired difference between two designs.
type Difference struct {
	Design    string  `json:"design"`
	Other     string  `json:"other"`
	Coalition string  `json:"coalition"`
	Stratum   string  `json:"stratum"`
	Metric    string  `json:"metric"`
	Value     float64 `json:"difference"`
	Lo        float64 `json:"lo"`
	Hi        float64 `json:"hi"`
}

//go:embed report.html
var source string

var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"heat": heat, "role": roleHeat, "number": number, "thousands": thousands, "count": func(n int) string { return thousands(float64(n)) }, "percent": percent, "per100k": func(f float64) string { return thousands(1e5 * f) },
}).Parse(source))

// HTML makes the page.
func (d *Data) HTML() ([]byte, error) {
	var b bytes.Buffer
	err := page.Execute(&b, d.view())
	return b.Bytes(), err
}

// Find gives the row of a figure.
func (d *Data) Find(design, coalition, stratum, metric string) (Row, bool) {
	i := slices.IndexFunc(d.Rows, func(r Row) bool {
		return r.Metric == metric && r.Design == design && r.Coalition == coalition && r.Stratum == stratum
	})
	if i < 0 {
		return Row{Estimate: math.NaN()}, false
	}
	return d.Rows[i], true
}

// WriteDetails gives details.json.
func (d Details) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return append(b, '\n'), nil
}
