package exposure

import (
	"bytes"
	"encoding/csv"
	"math"
	"path/filepath"
	"strconv"
)

// WriteSeeds writes what each figure is over several seeds, whose rows are
// given: mean, least and most. Within one seed an interval speaks of people
// like these; the seeds say how much depends on which people they are.
func WriteSeeds(name string, seeds [][]Row) error {
	type key struct{ design, coalition, stratum, metric, sweep, x string }
	values := make(map[key][]float64)
	var order []key
	for _, rows := range seeds {
		for _, r := range rows {
			k := key{r.Design, string(r.Coalition), string(r.Stratum), r.Metric, r.Sweep, ""}
			if r.Sweep != "" {
				k.x = number(r.X)
			}
			if values[k] == nil {
				order = append(order, k)
			}
			if !math.IsNaN(r.Estimate) {
				values[k] = append(values[k], r.Estimate)
			}
		}
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write([]string{"design", "coalition", "stratum", "metric", "mean", "min", "max", "seeds", "sweep", "x"})
	written := make(map[key]bool)
	for _, k := range order {
		v := values[k]
		if len(v) == 0 || written[k] {
			continue
		}
		written[k] = true
		sum, low, high := 0.0, math.Inf(1), math.Inf(-1)
		for _, f := range v {
			sum, low, high = sum+f, min(low, f), max(high, f)
		}
		w.Write([]string{k.design, k.coalition, k.stratum, k.metric, number(sum / float64(len(v))), number(low), number(high), strconv.Itoa(len(v)), k.sweep, k.x})
	}
	w.Flush()
	return WriteFiles(filepath.Dir(name), map[string][]byte{filepath.Base(name): b.Bytes()})
}
