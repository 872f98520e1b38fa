package exposure

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/exposure/engine"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/exposure/schedule"
	"github.com/halfmask/halfmask/exposure/standin"
	"github.com/halfmask/halfmask/spec"
)

// Observe executes the one design of a scenario and gives what the parties
// saw, with the schedule, for a stand-in to learn from or to be held to.
// Windows of opaque values are left out.
func Observe(ctx context.Context, s *scenario.Scenario) (*standin.Observation, error) {
	r, err := newRun(s, Options{})
	if err != nil {
		return nil, err
	}
	if len(r.designs) != 1 {
		return nil, fmt.Errorf("exposure: %d designs where one is observed", len(r.designs))
	}
	d, platforms := r.designs[0], r.plan.Platforms()
	r.progress()
	x := &execution{run: r}
	if err := x.start(d, 0, s.People, 0); err != nil {
		return nil, err
	}
	defer x.network.Close()
	o := &observer{Observation: &standin.Observation{Design: d.Name, Policy: policyOf(d)}, wallets: make([]standin.Wallet, s.People)}
	for i := range o.wallets {
		o.wallets[i] = o.Policy.NewWallet()
	}
	for i := range s.People {
		o.People = append(o.People, r.plan.Person(i))
	}
	enrolled := make([]bool, s.People)
	logins := x.logins
	var all []Exchange
	x.watch = func(v visit, exchanges []Exchange, err error) {
		all = append(all, exchanges...)
		now := standin.Visit{Person: v.person, Moment: standin.Renewal, Platform: engine.NoPlatform, Second: x.clock.Now().Unix()}
		switch {
		case v.platform != "":
			for x.refused[logins[0].Person] {
				logins = logins[1:]
			}
			now.Moment, now.Mode = standin.Login, schedule.Mode(slices.Index(modes[:], logins[0].Mode))
			now.Platform = uint8(slices.IndexFunc(platforms, func(p spec.Platform) bool { return p.ID == v.platform }))
			now.Asks = standin.Asks(platforms[now.Platform])
			logins = logins[1:]
		case err != nil:
			now.Moment = standin.Refusal
		case !enrolled[v.person]:
			now.Moment, enrolled[v.person] = standin.Enrollment, true
		}
		o.visit(now)
	}
	if err := x.live(ctx, d); err != nil {
		return nil, err
	}
	numbers := make([]string, s.People)
	for i, p := range x.people {
		numbers[i] = p.DocumentNumber
	}
	o.mine(all, numbers, registerOf(x.people), platforms)
	return o.Observation, nil
}

type observer struct {
	*standin.Observation
	wallets []standin.Wallet // by person
}

func (o *observer) visit(v standin.Visit) {
	switch w := &o.wallets[v.Person]; v.Moment {
	case standin.Enrollment:
		w.Issue(&v)
	case standin.Renewal:
		w.Renew(&v)
	case standin.Login:
		w.Use(&v)
	}
	o.Visits = append(o.Visits, v)
}

// mine takes the exchanges apart.
func (o *observer) mine(exchanges []Exchange, numbers []string, people *register, platforms []spec.Platform) {
	parties := map[Party]engine.Party{Issuer: engine.Issuer, StatusHost: engine.StatusHost}
	for i, p := range platforms {
		parties[PlatformParty(p.ID)] = engine.Party(i)
	}
	names := make(map[uint64]bool)
	for _, n := range numbers {
		if n != "" {
			names[hash(fold([]byte(n)))] = true
		}
	}
	common := make(map[uint64]bool)
	for _, p := range platforms { // also of one where a single person was
		ordinary(common, platformHost(p.ID))
	}
	for _, p := range o.People {
		ordinary(common, p.Birth.String())
	}
	for _, e := range exchanges {
		var record struct{ Claims map[string]any }
		if e.Record == nil || json.Unmarshal(e.Record, &record) != nil {
			continue
		}
		for _, claim := range []string{spec.Name, spec.BirthDate, spec.DocumentExpiry} {
			if text, ok := record.Claims[claim].(string); ok {
				ordinary(common, text)
			}
		}
	}
	m := &miner{register: people, lengths: make(map[uint64]int32)}
	for _, e := range exchanges {
		party, ok := parties[e.Party]
		if !ok {
			continue
		}
		times := times(o.Visits[e.Visit].Second)
		put := func(party engine.Party, leaves []leaf) {
			for _, l := range leaves {
				if !m.paths.list[l.path].Window {
					o.Leaves = append(o.Leaves, standin.Leaf{Visit: int32(e.Visit), Party: party, Path: l.path, Value: l.value,
						Length: m.lengths[l.value], Time: slices.Contains(times, l.value), Names: names[l.value], Common: common[l.value]})
				}
			}
		}
		leaves, _ := m.mine(e)
		put(party, leaves)
		if e.Record == nil {
			put(engine.Observer, m.observe(e))
		}
	}
	for _, p := range m.paths.list {
		o.Paths = append(o.Paths, p.Name)
	}
}

// times gives the forms in which a second can stand in a message.
func times(second int64) (values []uint64) {
	t := time.Unix(second, 0).UTC()
	for _, s := range []string{strconv.FormatInt(second, 10), strconv.FormatInt(1000*second, 10), t.Format(time.RFC3339), t.Format(http.TimeFormat), t.Format("20060102150405")} {
		values = append(values, hash([]byte(strings.ToLower(s))))
	}
	return values
}

// ordinary notes the forms in which a name or a date of a person can stand in a
// message. Of millions of people many have the same, so that they are no
// identifiers, but of a hundred hardly two.
func ordinary(values map[uint64]bool, text string) {
	forms := []string{text, strconv.Quote(text)}
	if date, err := spec.ParseDate(text); err == nil {
		if day, err := jwpbbs.Day(date); err == nil {
			forms = append(forms, strconv.FormatUint(day, 10))
		}
	}
	for _, form := range forms {
		values[hash(fold([]byte(form)))] = true
		values[hash(fold([]byte(base64.RawURLEncoding.EncodeToString([]byte(form)))))] = true
	}
}
