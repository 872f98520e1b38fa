package exposure

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/halfmask/halfmask/exposure/report"
	"github.com/halfmask/halfmask/spec"
)

// Result is everything a comparison found.
type Result struct {
	Rows       []Row                 `json:"results"`
	Exclusions []ExclusionCell       `json:"-"`
	Causes     map[string][]Cause    `json:"-"` // by design
	Fields     map[string][]Field    `json:"-"` // by design
	Samples    map[string][]Exchange `json:"-"` // by design
	Details    report.Details        `json:"-"` // what else there is for the report
	Manifest   Manifest              `json:"-"`
}

// captured is the backend of traffic that other software made.
const captured = "captured"

// Manifest says what was run, so that it can be run again.
type Manifest struct {
	Halfmask   string               `json:"halfmask"` // version
	Go         string               `json:"go"`
	OS         string               `json:"os"`
	CPUs       int                  `json:"cpus"`
	Scenario   string               `json:"scenario"`
	Backend    string               `json:"backend"` // a scenario.Backend, or "captured"
	Seed       uint64               `json:"seed"`
	People     int                  `json:"people"`
	Enrolled   int                  `json:"enrolled"`
	Days       int                  `json:"days"`
	Start      string               `json:"start"`
	Rules      string               `json:"rules"`
	Designs    []string             `json:"designs"`
	Abouts     map[string]string    `json:"about_designs"`
	Coalitions []Coalition          `json:"coalitions"`
	Logins     int                  `json:"logins"`
	LoginsIn   map[spec.Stratum]int `json:"logins_in_stratum"`
	Ordered    int                  `json:"people_ordered_against"`
	Inputs     map[string]string    `json:"sha256"` // of the data files, and of results.csv
	Began      time.Time            `json:"began"`
	Seconds    float64              `json:"seconds"`
	Simulated  []string             `json:"simulated"`
	LeftOut    []string             `json:"left_out,omitempty"` // of what the scenario asks for
	Recorded   map[string]int       `json:"exchanges_recorded"`
	Skipped    int                  `json:"exchanges_skipped,omitempty"` // of captured traffic: they could not be read
}

// header is the first line of results.csv.
var header = []string{"design", "coalition", "stratum", "metric", "estimate", "lo", "hi", "method", "n", "unit", "sweep", "x"}

// CSV gives the rows as comma-separated values, byte for byte the same for
// the same rows.
func (r *Result) CSV() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write(header)
	for _, row := range r.Rows {
		x := ""
		if row.Sweep != "" {
			x = number(row.X)
		}
		w.Write([]string{row.Design, string(row.Coalition), string(row.Stratum), row.Metric,
			number(row.Estimate), number(row.Lo), number(row.Hi), row.Method, strconv.Itoa(row.N), row.Unit, row.Sweep, x})
	}
	w.Flush()
	return b.Bytes()
}

// number writes six digits after the point, fewer where they are zeros.
func number(f float64) string {
	if math.IsNaN(f) {
		return ""
	}
	return strconv.FormatFloat(math.Round(f*1e6)/1e6, 'f', -1, 64)
}

// MarshalJSON writes a row; a figure that does not exist is null.
func (r Row) MarshalJSON() ([]byte, error) {
	figure := func(f float64) *float64 {
		if math.IsNaN(f) {
			return nil
		}
		f = math.Round(f*1e6) / 1e6
		return &f
	}
	type plain Row
	return json.Marshal(struct {
		plain
		Estimate *float64 `json:"estimate"`
		Lo       *float64 `json:"lo"`
		Hi       *float64 `json:"hi"`
	}{plain(r), figure(r.Estimate), figure(r.Lo), figure(r.Hi)})
}

// Find gives the row of a figure of the scenario itself, not of a sweep.
func (r *Result) Find(design string, c Coalition, stratum spec.Stratum, metric string) (Row, bool) {
	for _, row := range r.Rows {
		if row.Design == design && row.Coalition == c && row.Stratum == stratum && row.Metric == metric && row.Sweep == "" {
			return row, true
		}
	}
	return Row{}, false
}
