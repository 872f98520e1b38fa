package exposure

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

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

func manifest(s Scenario, designs []string, schedule *Schedule, found []*outcome, began time.Time) Manifest {
	m := Manifest{
		Halfmask: "(devel)", Go: runtime.Version(), OS: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(),
		Seed: s.Seed, People: s.People, Enrolled: s.People - len(found[0].refused), Days: s.Days, Start: Start.String(),
		Rules: s.Rules.Name, Designs: designs, LoginsIn: make(map[spec.Stratum]int), Ordered: found[0].ordered,
		Inputs: make(map[string]string), Began: began.UTC(), Simulated: simulated, Recorded: make(map[string]int), Abouts: make(map[string]string),
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		m.Halfmask = info.Main.Version
	}
	refused := make(map[int]bool)
	for _, p := range found[0].refused {
		refused[p] = true
	}
	for _, l := range schedule.Logins {
		if !refused[l.Person] {
			m.Logins++
			m.LoginsIn[l.Platform.Stratum()]++
		}
	}
	for i, d := range designs {
		m.Abouts[d] = About(d)
		m.Recorded[d] = found[i].recorded
	}
	for name, b := range spec.DataFiles() {
		m.Inputs[name] = digest(b)
	}
	m.Seconds = math.Round(time.Since(began).Seconds()*10) / 10
	return m
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Write writes the comparison to a folder, which it makes: report.html (one
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
	if err := os.MkdirAll(filepath.Join(dir, "transcripts"), 0o755); err != nil {
		return fmt.Errorf("exposure: %w", err)
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, fs.FileMode(0o644)); err != nil {
			return fmt.Errorf("exposure: %w", err)
		}
	}
	return nil
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
