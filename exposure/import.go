package exposure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/halfmask/halfmask/exposure/capture"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/spec"
)

// Import measures recorded traffic of a design that runs elsewhere. issuers
// are the hosts of the authority, and each of them has to be in the capture.
// All others are platforms, in stratum minimal, and a visit is a login at the
// first of them that was spoken to. There is no register beside a capture, so
// that nobody is named.
func Import(ctx context.Context, design string, exchanges []capture.Exchange, issuers []string, seed uint64) (*Result, error) {
	began := time.Now()
	if len(exchanges) == 0 {
		return nil, errors.New("exposure: nothing was captured")
	}
	if err := present(exchanges, issuers); err != nil {
		return nil, err
	}
	exchanges = slices.Clone(exchanges)
	slices.SortStableFunc(exchanges, func(a, b capture.Exchange) int { return a.At.Compare(b.At) })
	people, index := make(map[string]int), make(map[[2]string]int)
	var visits []visit
	t := newTabler(newMiner(registerOf(nil)))
	var sample []Exchange // what canaries are planted in
	for _, e := range exchanges {
		person, ok := people[e.Person]
		if !ok {
			person = len(people)
			people[e.Person] = person
		}
		v, ok := index[[2]string{e.Person, e.Visit}]
		if !ok {
			v = len(visits)
			index[[2]string{e.Person, e.Visit}] = v
			visits = append(visits, visit{person: person})
		}
		party := Issuer
		if !slices.Contains(issuers, e.Party) {
			party = PlatformParty(e.Party)
			visits[v].platform, visits[v].stratum = cmp.Or(visits[v].platform, e.Party), spec.Minimal
		}
		seen := Exchange{Visit: v, Party: party, At: e.At, Request: message(e.Request), Response: message(e.Response)}
		t.add(seen)
		if party != Issuer && sample == nil {
			sample = []Exchange{seen}
		}
	}
	planted, err := canaries(design, sample)
	if err != nil {
		return nil, err
	}
	m := newMerger()
	m.add(newChunk(t.done(visits), visits))
	all, visits := m.done()
	var coalitions []coalition
	for _, c := range scenario.DefaultCoalitions() {
		resolved, err := resolve(c, nil, seed)
		if err != nil {
			return nil, err
		}
		coalitions = append(coalitions, resolved)
	}
	first, last := exchanges[0].At, exchanges[len(exchanges)-1].At
	days := int(last.Sub(first)/(24*time.Hour)) + 1
	f, err := score(ctx, design, all, visits, question{people: len(people), coalitions: coalitions, seed: seed, days: days})
	if err != nil {
		return nil, err
	}
	r := &Result{Causes: map[string][]Cause{design: f.causes}, Fields: map[string][]Field{design: f.fields}, Samples: make(map[string][]Exchange)}
	r.Details.Canaries = planted
	for _, row := range f.rows {
		if row.Stratum == spec.Minimal && row.Metric != Reidentification && row.Metric != CentralSight {
			r.Rows = append(r.Rows, row)
		}
	}
	r.Manifest = Manifest{Halfmask: version(), Go: runtime.Version(), OS: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(),
		Scenario: "captured traffic", Backend: captured, Seed: seed, People: len(people), Enrolled: len(people), Days: days,
		Start: first.UTC().Format(time.DateOnly), Rules: "none: captured traffic", Designs: []string{design}, Coalitions: Coalitions,
		Abouts: map[string]string{design: "captured traffic"}, LoginsIn: make(map[spec.Stratum]int), Inputs: make(map[string]string),
		Began: began.UTC(), Recorded: map[string]int{design: len(exchanges)}}
	for _, v := range visits {
		if v.platform != "" {
			r.Manifest.Logins++
			r.Manifest.LoginsIn[spec.Minimal]++
		}
	}
	r.Manifest.Inputs["results.csv"] = digest(r.CSV())
	return r, nil
}

// present refuses an authority that nobody spoke to: it would be misspelt, and
// counted as a platform under its right name.
func present(exchanges []capture.Exchange, issuers []string) error {
	hosts := make(map[string]bool)
	for _, e := range exchanges {
		hosts[e.Party] = true
	}
	for _, issuer := range issuers {
		if !hosts[issuer] {
			names := slices.Sorted(maps.Keys(hosts))
			return fmt.Errorf("exposure: nobody in the capture spoke to the authority %q; they spoke to %s", issuer, strings.Join(names[:min(len(names), 12)], ", "))
		}
		delete(hosts, issuer)
	}
	if len(hosts) == 0 {
		return errors.New("exposure: nobody in the capture spoke to a platform, only to the authority")
	}
	return nil
}

func message(m capture.Message) Message {
	return Message{Method: m.Method, URL: m.URL, Status: m.Status, Header: m.Header, Body: m.Body}
}
