package exposure

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/spec"
)

// simulated lists what stands in for something real, for the output.
var simulated = []string{
	"people, documents and their authorities: minted, with keys that anybody can derive",
	"faces: patterns of grey squares, matched by correlation",
	"telephones: one-time codes are handed over in the process",
	"TLS and network addresses: every party is on one loopback listener, in plain HTTP",
	"the platforms: 81 invented ones, with invented habits of use",
}

func (r *run) manifest(found []*outcome, began time.Time) Manifest {
	m := Manifest{
		Halfmask: "(devel)", Go: runtime.Version(), OS: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(),
		Scenario: r.scenario.Name, Backend: string(cmp.Or(r.scenario.Backend, scenario.Executed)), Seed: r.scenario.Seed, People: r.scenario.People, Enrolled: r.scenario.People - len(found[0].refused),
		Days: r.scenario.Days, Start: Start.String(), Rules: r.rules.Name, LoginsIn: found[0].logins, Ordered: found[0].first.Ordered,
		Inputs: dataDigests(), Began: began.UTC(), Simulated: simulated, Recorded: make(map[string]int), Abouts: make(map[string]string),
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		m.Halfmask = info.Main.Version
	}
	for _, n := range m.LoginsIn {
		m.Logins += n
	}
	for _, c := range r.coalitions {
		m.Coalitions = append(m.Coalitions, c.name)
	}
	for i, d := range r.designs {
		m.Designs = append(m.Designs, d.Name)
		m.Abouts[d.Name] = about(r.builders[d.Base].About, d)
		m.Recorded[d.Name] = found[i].records
	}
	m.Seconds = math.Round(time.Since(began).Seconds()*10) / 10
	return m
}

// about says in a line what a design of a scenario is.
func about(base string, d scenario.Design) string {
	if d.Base == "sdjwt-batch" {
		base += fmt.Sprintf(", %d at a time, %s", d.Batch.Size, d.Batch.Policy)
	}
	for _, m := range []struct{ name, value string }{
		{"status", string(d.Modifiers.Status)}, {"timestamps", string(d.Modifiers.Timestamps)},
		{"epoch", string(d.Modifiers.Epoch)}, {"platforms ask", string(d.Modifiers.Ask)},
	} {
		if m.value != "" {
			base += "; " + m.name + ": " + m.value
		}
	}
	return base
}

// dataDigests are those of the embedded data.
func dataDigests() map[string]string {
	digests := make(map[string]string)
	for name, b := range spec.DataFiles() {
		digests[name] = digest(b)
	}
	return digests
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Write writes the comparison to a folder, which it makes, all of it or nothing: report.html (one
// file, for reading offline), results.csv, exclusion.csv, details.json, manifest.json and
// transcripts, some logins of each design as each party saw them, as JSON
// Lines.
func (r *Result) Write(dir string) error {
	manifest, err := json.MarshalIndent(r.Manifest, "", "  ")
	if err != nil {
		return err
	}
	data, err := r.report(manifest)
	if err != nil {
		return err
	}
	page, err := data.HTML()
	if err != nil {
		return err
	}
	details, err := data.Details.JSON()
	if err != nil {
		return err
	}
	files := map[string][]byte{
		"report.html": page, "details.json": details, "results.csv": r.CSV(), "exclusion.csv": r.exclusionCSV(), "manifest.json": append(manifest, '\n'),
	}
	for design, exchanges := range r.Samples {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		for _, x := range exchanges {
			if err := e.Encode(x); err != nil {
				return err
			}
		}
		files[filepath.Join("transcripts", design+".jsonl")] = b.Bytes()
	}
	return WriteFiles(dir, files)
}

func (r *Result) exclusionCSV() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write([]string{"rules", "group", "title", "tier", "document", "residents", "low", "high", "excluded", "reason"})
	for _, c := range r.Exclusions {
		w.Write([]string{c.Rules, c.Group, c.Title, string(c.Tier), string(c.Document),
			number(math.Round(c.Residents)), number(math.Round(c.Low)), number(math.Round(c.High)), strconv.FormatBool(c.Excluded), c.Reason})
	}
	w.Flush()
	return b.Bytes()
}
