package report

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/halfmask/halfmask/exposure/metrics"
)

var keep = flag.String("keep", "", "write the page of the full example there")

func row(design, coalition, stratum, metric string, e metrics.Estimate) Row {
	return Row{Design: design, Coalition: coalition, Stratum: stratum, Metric: metric, Estimate: e.Value, Lo: e.Lo, Hi: e.Hi, Method: e.Method, N: e.N, Unit: "share"}
}

// full is a run that has every section.
func full() *Data {
	d := &Data{Manifest: Manifest{Halfmask: "test", Go: "go", Scenario: "smoke", Seed: 1, People: 1000, Enrolled: 990, Days: 30, Start: "2026-03-01",
		Rules: "national-2025", Designs: []string{"centralized-shared", "centralized-pairwise", "sdjwt-reused", "sdjwt-batch", "bbs-2020", "bbs", "bbs-pseudonym"},
		Logins: 7200, LoginsIn: map[string]int{"minimal": 5000, "plaintext": 2200}, Simulated: []string{"people: minted"},
		Abouts: map[string]string{"bbs": "a fresh proof for each login", "sdjwt-reused": "one SD-JWT VC, shown everywhere"}}}
	shares := []float64{1, 0, 1, 0.43, 0, 0, 0.07}
	for i, design := range d.Manifest.Designs {
		for _, stratum := range []string{"minimal", "plaintext", "all"} {
			for _, c := range []string{"platform", "platforms", "issuer", "issuer+platforms", "status host", "network"} {
				for _, metric := range []string{"cross_platform_linkage", "reidentification", "central_sight"} {
					e := metrics.Wilson(int(shares[i]*900), 900)
					d.Rows = append(d.Rows, row(design, c, stratum, metric, e))
				}
			}
			for _, metric := range []string{"order_reach", "order_reach_eventual"} {
				e := metrics.Wilson(900, 900)
				if i > 1 && metric == "order_reach" {
					e = metrics.Wilson(0, 900)
				}
				d.Rows = append(d.Rows, row(design, "issuer", stratum, metric, e))
			}
		}
		days := 31.0
		if i < 2 {
			days = 0
		}
		d.Rows = append(d.Rows, row(design, "issuer", "all", "order_reach_delay", metrics.Estimate{Value: days, Lo: days, Hi: days, Method: "observed", N: 40}))
		p := Profile{Design: design, Coalition: "platforms", Stratum: "minimal"}
		for size := range 30 {
			p.Sizes = append(p.Sizes, int(900*math.Exp(-float64(size)*(1-0.9*shares[i]))))
		}
		d.Details.Profiles = append(d.Details.Profiles, p)
		a := Anonymity{Design: design, Coalition: "platforms", Stratum: "minimal"}
		c := Curve{Design: design, Coalition: "platforms", Stratum: "minimal"}
		for k := range 10 {
			a.Persons = append(a.Persons, SetCount{1 << k, 100 + int(shares[i]*float64(50*(10-k)))})
			c.Points = append(c.Points, CurvePoint{shares[i] * float64(k) / 9, 1 - float64(k*k)/200*(1-shares[i]), math.Pow(10, float64(k-9))})
		}
		d.Details.Anonymity = append(d.Details.Anonymity, a)
		d.Details.Curves = append(d.Details.Curves, c)
		for _, kind := range []string{"16 bytes", "8 bits", "timing only"} {
			d.Details.Canaries = append(d.Details.Canaries, Canary{design, kind, 1, 0.97, 1, 100})
		}
	}
	d.Details.Fields = map[string][]Field{"bbs": {{"a platform of stratum minimal", "request.body.proof", "does not repeat"}, {"the authority, at logins", "record.person", "names the person"},
		{"a platform of stratum minimal", "request.body.age_over_18", "shared by several"}, {"the authority, at logins", "request.body.key", "identifies"}}}
	d.Details.Causes = map[string][]Cause{"bbs": nil, "sdjwt-reused": {{"platforms", "minimal", "request.body.vp_token.jwt.signature", 812}}}
	d.Details.Channels = []Channel{{"sdjwt-reused", "platforms", "minimal", "value", 1, 0.97, 1, 0.8}, {"sdjwt-reused", "platforms", "minimal", "time", 0, 0, 0, 0.2}}
	d.Details.Controls = []Control{{"sdjwt-reused", "platforms", "minimal", "cross_platform_linkage", 1, 0.003}}
	d.Rows = append(d.Rows, row("bbs", "issuer", "all", "sibling_linkage", metrics.Wilson(30, 30)), row("bbs", "platforms", "all", "sibling_linkage", metrics.Wilson(0, 30)))
	d.Details.Kin = []Kin{{"bbs", "issuer", "request.body.guardian.document.number", 30}}
	d.Details.Pairs = []Difference{{"centralized-shared", "bbs", "platforms", "minimal", "cross_platform_linkage", 1, 0.98, 1}}
	d.Details.Swaps = map[string][]string{"bbs": {"issuer: request.body.birth_date"}}
	for _, p := range []struct{ x, y, lo, hi float64 }{{20, 0, 0, 0.01}, {21, 0.0048, 0.004, 0.006}, {40, 0.0256, 0.02, 0.03}, {1000, 0.049, 0.048, 0.05}} {
		d.Swept = append(d.Swept, Row{Design: "sdjwt-batch", Coalition: "platform", Stratum: "minimal", Metric: "within_platform_linkage",
			Estimate: p.y, Lo: p.lo, Hi: p.hi, Method: "person-bootstrap", N: 60, Sweep: "uses", X: p.x})
	}
	d.Details.Checks = []metrics.Checked{metrics.Checks()[0].Run()}
	d.Exclusions = []Exclusion{{"national-2025", "a", "residents with an identity card", "from18", "resident_identity_card", 1.3e9, 1.3e9, 1.3e9, false, ""},
		{"national-2025", "b", "stateless people", "from18", "", 4e4, 2e4, 2e5, true, "no document"}}
	return d
}

func TestPageIsOneOfflineFile(t *testing.T) {
	b, err := full().HTML()
	if err != nil {
		t.Fatal(err)
	}
	if *keep != "" {
		if err := os.WriteFile(*keep, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := string(b)
	for _, bad := range []string{"<script", "http://", "https://", "url(", "@import", "<link", "<img", "NaN", "ZgotmplZ", "unlinkable with", "%!"} {
		if strings.Contains(s, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	for _, want := range []string{"none found<small>&lt; 0.3</small>", "prefers-color-scheme: dark", "@media print", `role="img"`, "L1–L6", "stateless people"} {
		if !strings.Contains(s, want) {
			t.Errorf("the page does not contain %q", want)
		}
	}
}

// Every picture has its table.
func TestEveryPictureIsATableToo(t *testing.T) {
	b, err := full().HTML()
	if err != nil {
		t.Fatal(err)
	}
	if pictures, tables := strings.Count(string(b), "<figure>"), strings.Count(string(b), "the figures as a table"); pictures != 5 || pictures != tables {
		t.Errorf("%d pictures and %d tables of them, want 5", pictures, tables)
	}
}

func TestWhatARunHasNotIsNamed(t *testing.T) {
	d := full()
	d.Details, d.Exclusions, d.Swept = Details{}, nil, nil
	b, err := d.HTML()
	if err != nil {
		t.Fatal(err)
	}
	if s := string(b); !strings.Contains(s, "Not in this run: precision and recall") || strings.Contains(s, `id="anonymity"`) {
		t.Error("a missing section is not named")
	}
}

func TestFilesThatDoNotFitAreRefused(t *testing.T) {
	const header = "design,coalition,stratum,metric,estimate,lo,hi,method,n,unit\n"
	for name, c := range map[string]struct{ manifest, results, want string }{
		"no manifest":         {"", header, "manifest.json"},
		"manifest of no JSON": {"{", header, "manifest.json"},
		"a column is missing": {"{}", "design,coalition\n", "no column stratum"},
		"a number that is none": {"{}", header + "a,b,c,d,1,2,3,wilson,4,u\n" +
			"a,b,c,d,x,2,3,wilson,4,u\n", "results.csv:3: \"x\" is no number"},
		"a short line": {"{}", header + "a,b\n", "wrong number of fields"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if c.manifest != "" {
				os.WriteFile(filepath.Join(dir, "manifest.json"), []byte(c.manifest), 0o644)
			}
			os.WriteFile(filepath.Join(dir, "results.csv"), []byte(c.results), 0o644)
			if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestReadGivesWhatWasWritten(t *testing.T) {
	dir := t.TempDir()
	b, err := full().Details.JSON()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"details.json": string(b), "manifest.json": `{"seed": 7, "rules": "national-2025"}`,
		"results.csv":   "design,coalition,stratum,metric,estimate,lo,hi,method,n,unit,seed\nbbs,platforms,minimal,reidentification,,,,too-few-to-learn,0,share,1\n",
		"exclusion.csv": "rules,group,title,tier,document,residents,low,high,excluded,reason\nnational-2025,b,stateless people,from18,,40000,20000,200000,true,no document\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if d.Manifest.Seed != 7 || len(d.Manifest.Designs) != 1 || !math.IsNaN(d.Rows[0].Estimate) || !d.Exclusions[0].Excluded || len(d.Details.Profiles) != 7 {
		t.Errorf("%+v", d)
	}
	if _, err := d.HTML(); err != nil {
		t.Error(err)
	}
}

// Whatever stands in the files of a folder, reading it ends with a page or an
// error, and the page lets nothing of it in as markup.
func FuzzRead(f *testing.F) {
	details, err := full().Details.JSON()
	if err != nil {
		f.Fatal(err)
	}
	const header = "design,coalition,stratum,metric,estimate,lo,hi,method,n,unit\n"
	f.Add(`{"seed": 7, "designs": ["bbs"]}`, string(details), header+"bbs,platforms,minimal,reidentification,0.5,0.4,0.6,wilson,9,share\n")
	f.Add(`{}`, `{"profiles":[{"persons_by_platforms":[0,3]}],"anonymity":[{"persons_by_set_size":[{"size":0,"persons":4}]}]}`, header)
	f.Add(`{}`, `{}`, header+"a,issuer,all,order_reach_delay,1e300,,,wilson,1,<script>\n")
	f.Add(`{}`, `{}`, strings.Replace(header, "\n", ",sweep,x\n", 1)+"a,b,minimal,m,0.1,,,w,1,u,uses,0\na,b,minimal,m,0.1,,,w,1,u,uses,1e300\n")
	f.Fuzz(func(t *testing.T, manifest, details, results string) {
		files := fstest.MapFS{"manifest.json": {Data: []byte(manifest)}, "details.json": {Data: []byte(details)}, "results.csv": {Data: []byte(results)}}
		d, err := read(folder{files, "run"})
		if err != nil {
			return
		}
		page, err := d.HTML()
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<script", "ZgotmplZ", "%!"} {
			if bytes.Contains(page, []byte(bad)) && !strings.Contains(manifest+details+results, "%!") {
				t.Errorf("the page contains %q", bad)
			}
		}
	})
}
