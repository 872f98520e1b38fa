package exposure

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/halfmask/halfmask/exposure/engine"
	"github.com/halfmask/halfmask/exposure/link"
	"github.com/halfmask/halfmask/exposure/metrics"
	"github.com/halfmask/halfmask/exposure/report"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/exposure/standin"
	"github.com/halfmask/halfmask/spec"
)

// Canaries are what the lab plants itself into messages of each design
// (R-EXP-10), so that a zero means something.
const (
	LongCanary   = "an identifier of 16 bytes"
	ShortCanary  = "an identifier of 8 bits"
	TimingCanary = "timing only: a contact with the authority soon after each login"
)

const (
	canaryPeople = 100
	canaryVisits = 4 // of each

	canaryTown = 200 // people, of whom a stand-in is made
)

// canaries plants each canary into copies of messages that platforms of the
// design were sent, lets the miner and the linkers at them, and says which part
// of the pairs of visits of one person they join; of timing, which part of the
// visits they join with the contact that follows. Half of the people are for
// training.
func canaries(design string, sample []Exchange) (found []report.Canary, err error) {
	var templates []Exchange
	for _, e := range sample {
		if strings.HasPrefix(string(e.Party), "platform:") && e.Request.Method != "" && e.Record == nil {
			templates = append(templates, e)
		}
	}
	if len(templates) == 0 {
		return nil, nil
	}
	for _, kind := range []string{LongCanary, ShortCanary, TimingCanary} {
		t := newTabler(newMiner(registerOf(nil)))
		truth := link.Truth{People: canaryPeople}
		var visits []visit
		for p := range canaryPeople {
			for v := range canaryVisits {
				e := templates[0]
				e.Visit = len(visits)
				visits = append(visits, visit{person: p, platform: fmt.Sprint((p + v) % 5), stratum: spec.Minimal})
				e.Party = PlatformParty(fmt.Sprintf("canary-%d", (p+v)%5))
				e.Request.Header = e.Request.Header.Clone()
				if e.Request.Header == nil {
					e.Request.Header = make(http.Header)
				}
				// An hour apart and out of step, so that nothing else is told by time.
				e.At = Start.Time().Add(time.Duration((v*canaryPeople+(37*p)%canaryPeople)*3600+scattered16(e.Visit)%600) * time.Second)
				switch kind {
				case LongCanary:
					e.Request.Header.Set("Canary", fmt.Sprintf("%016x%016x", mix64(uint64(p)), mix64(uint64(p)+1<<32)))
				case ShortCanary:
					e.Request.Header.Set("Canary", fmt.Sprintf("%02x", p))
				}
				t.add(e)
				if kind == TimingCanary {
					t.add(Exchange{Visit: e.Visit, Party: Issuer, At: e.At.Add(time.Duration(2+scattered16(e.Visit)%4) * time.Second),
						Request: Message{Method: "GET", URL: "http://issuer.localhost/"}, Response: Message{Status: 200}})
				}
			}
		}
		m := newMerger()
		m.add(newChunk(t.done(visits), visits))
		all, _ := m.done()
		training, scored := link.View{In: make([]bool, len(all.Units)), Shared: true}, link.View{In: make([]bool, len(all.Units)), Shared: true}
		for i, u := range all.Units {
			person := u.Visit / canaryVisits
			truth.Person, truth.Platform = append(truth.Person, person), append(truth.Platform, int32(person+u.Visit%canaryVisits)%5)
			if p := all.party(i); p != Issuer && !strings.HasPrefix(string(p), "platform:") {
				continue
			}
			training.In[i], scored.In[i] = person%2 == 0, person%2 == 1
		}
		joined, _, _ := link.Learn(all.Table, training, truth, canaryPeople, link.All).Join(scored)
		right, of := 0, 0
		for i := range all.Units {
			for j := range i {
				if !scored.In[i] || !scored.In[j] || truth.Person[i] != truth.Person[j] {
					continue
				}
				same := all.Units[i].Visit == all.Units[j].Visit
				if same != (kind == TimingCanary) {
					continue
				}
				of++
				if joined.Of(uint32(i)) == joined.Of(uint32(j)) {
					right++
				}
			}
		}
		e := metrics.Wilson(right, of)
		if of == 0 {
			return nil, fmt.Errorf("exposure: canaries of %s: nothing to find", design)
		}
		found = append(found, report.Canary{Design: design, Kind: kind, Recall: e.Value, Lo: e.Lo, Hi: e.Hi, N: of})
	}
	return found, nil
}

// standInCanaries plants canaries into logins of a small town at all platforms
// in the place of the design's values, has a stand-in learned from them, and
// says which part of the pairs of platforms of one person the engine joins.
func (r *run) standInCanaries(ctx context.Context, d scenario.Design, m *standin.Model) (found []report.Canary, err error) {
	town := standin.NewTown(r.plan, canaryTown)
	all := engine.View{}
	for i := range r.plan.Platforms() {
		all.Members[i] = true
	}
	for _, c := range []struct {
		kind  string
		value func(person int) uint64
	}{
		{LongCanary, func(person int) uint64 { return mix64(uint64(person)) }},
		{ShortCanary, func(person int) uint64 { return mix64(uint64(person % 256)) }},
	} {
		learned, err := standin.Learn(r.data(d, m, town).Planted(c.value))
		if err != nil {
			return nil, fmt.Errorf("exposure: canaries of %s: %w", d.Name, err)
		}
		counts, err := engine.Run(ctx, r.data(d, learned, town), []engine.View{all}, engine.Options{Seed: r.scenario.Seed})
		if err != nil {
			return nil, err
		}
		if e := counts[0].CrossPlatform.Mean(r.scenario.Seed); e.People > 0 {
			found = append(found, report.Canary{Design: d.Name, Kind: c.kind, Recall: e.Value, Lo: e.Lo, Hi: e.Hi, N: int(e.People)})
		}
	}
	return found, nil
}

// mix64 scatters numbers (the finish of SplitMix64).
func mix64(x uint64) uint64 {
	x = (x + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func scattered16(i int) int { return int(mix64(uint64(i)) >> 48) }
