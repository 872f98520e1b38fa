package spec

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// readTable reads an embedded table: comment lines, a header that must be the
// given one, rows of the same width. Each row goes to row; an error from it
// names the file and the row.
func readTable(name, header string, row func(map[string]string) error) error {
	b, err := populationFiles.ReadFile("population/" + name)
	if err != nil {
		return err
	}
	r := csv.NewReader(bytes.NewReader(b))
	r.Comment = '#'
	lines, err := r.ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	columns := strings.Split(header, ",")
	if len(lines) < 2 || !slices.Equal(lines[0], columns) {
		return fmt.Errorf("%s: the header is not %s", name, header)
	}
	for _, line := range lines[1:] {
		fields := map[string]string{}
		for i, c := range columns {
			fields[c] = line[i]
		}
		if err := row(fields); err != nil {
			return fmt.Errorf("%s: %s: %w", name, line[0], err)
		}
	}
	return nil
}

// numbers parses the named fields, all of them numbers from 0 up.
func numbers(fields map[string]string, names ...string) ([]float64, error) {
	values := make([]float64, len(names))
	for i, name := range names {
		v, err := strconv.ParseFloat(fields[name], 64)
		if err != nil || !(v >= 0 && v < 1e12) {
			return nil, fmt.Errorf("%s: %q is not a number from 0 up", name, fields[name])
		}
		values[i] = v
	}
	return values, nil
}

// readCensus gives the census by province, sex and single year of age: the
// bands of five years are split by births where those are known, evenly
// elsewhere, and always sum to the census's figure.
func readCensus() ([]Cell, error) {
	births := map[int]float64{}
	err := readTable("births.csv", "year,births_10k", func(f map[string]string) error {
		v, err := numbers(f, "year", "births_10k")
		if err == nil {
			births[int(v[0])] = v[1]
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var cells []Cell
	err = readTable("census2020.csv", "province,first_age,last_age,male,female", func(f map[string]string) error {
		v, err := numbers(f, "first_age", "last_age", "male", "female")
		if err != nil {
			return err
		}
		first, last := int(v[0]), int(v[1])
		if last < first || last > 100 {
			return fmt.Errorf("no such band: %d to %d", first, last)
		}
		for i, part := range splitBand(first, last, births) {
			cells = append(cells,
				Cell{AgeYears: first + i, Sex: "male", Province: f["province"], Document: ResidentIdentityCard, Weight: v[2] * part},
				Cell{AgeYears: first + i, Sex: "female", Province: f["province"], Document: ResidentIdentityCard, Weight: v[3] * part})
		}
		return nil
	})
	return cells, err
}

// splitBand gives the part of each year of age in a band. Who was a years old
// on 1 November 2020 was born from November of one year to October of the
// next: two months of births in 2019-a and ten in 2020-a.
func splitBand(first, last int, births map[int]float64) []float64 {
	parts := make([]float64, last-first+1)
	sum := 0.0
	for i := range parts {
		age := first + i
		earlier, later := births[2019-age], births[2020-age]
		if earlier == 0 || later == 0 {
			sum = 0
			break
		}
		parts[i] = (2*earlier + 10*later) / 12
		sum += parts[i]
	}
	for i := range parts {
		if sum == 0 {
			parts[i] = 1 / float64(len(parts))
		} else {
			parts[i] /= sum
		}
	}
	return parts
}

func readGroups() ([]Group, error) {
	var groups []Group
	err := readTable("groups.csv", "id,title,of,count,low,high,document,first_age,last_age,female,status,source,note", func(f map[string]string) error {
		g := Group{
			ID: f["id"], Title: f["title"], OfCensus: f["of"] == "census", Document: DocumentKind(f["document"]),
			Status: f["status"], Source: f["source"], Note: f["note"], Count: -1, Female: -1,
		}
		ages, err := numbers(f, "first_age", "last_age")
		if err != nil {
			return err
		}
		g.FirstAge, g.LastAge = int(ages[0]), int(ages[1])
		if f["female"] != "" {
			v, err := numbers(f, "female")
			if err != nil {
				return err
			}
			g.Female = v[0]
		}
		if f["count"] != "" {
			v, err := numbers(f, "count", "low", "high")
			if err != nil {
				return err
			}
			g.Count, g.Low, g.High = v[0], v[1], v[2]
		}
		if slices.ContainsFunc(groups, func(other Group) bool { return other.ID == g.ID }) {
			return fmt.Errorf("twice")
		}
		groups = append(groups, g)
		return g.check(f["of"])
	})
	return groups, err
}

func (g Group) check(of string) error {
	switch {
	case of != "census" && of != "added":
		return fmt.Errorf("of: %q is neither census nor added", of)
	case g.Document != NoDocument && !g.Document.Known():
		return fmt.Errorf("document: %q is not a known kind", g.Document)
	case g.FirstAge > g.LastAge || g.LastAge > 100:
		return fmt.Errorf("ages: %d to %d", g.FirstAge, g.LastAge)
	case g.Female > 1:
		return fmt.Errorf("female: %v is more than everybody", g.Female)
	case g.Count >= 0 && (g.Low > g.Count || g.High < g.Count):
		return fmt.Errorf("count: %v is not between %v and %v", g.Count, g.Low, g.High)
	case g.Status != "S" && g.Status != "K" && g.Status != "U":
		return fmt.Errorf("status: %q is none of S, K, U", g.Status)
	case g.Source == "":
		return fmt.Errorf("source: missing")
	case g.Status == "U" && g.Note == "":
		return fmt.Errorf("note: an unsure figure needs its reasoning")
	}
	return nil
}
