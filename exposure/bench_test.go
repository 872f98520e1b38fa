package exposure

import (
	"context"
	"testing"

	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/spec"
)

// BenchmarkLogin is an executed login of each design, recorded and mined: the
// platform's challenge, the person's answer and what the platform and the
// authority do, over HTTP on this machine. logins/s is of one person after
// another, on one processor and a little.
func BenchmarkLogin(b *testing.B) {
	for _, name := range Designs() {
		b.Run(name, func(b *testing.B) {
			d := scenario.Design{Name: name, Base: name}
			s := scenario.New("bench", 40, 30)
			s.Designs = []scenario.Design{d}
			r, err := newRun(s, Options{})
			if err != nil {
				b.Fatal(err)
			}
			r.progress()
			d = r.designs[0]
			x := &execution{run: r, kept: make(map[spec.Stratum]int)}
			if err := x.start(d, 0, s.People, 0); err != nil {
				b.Fatal(err)
			}
			defer x.network.Close()
			x.tabler = newTabler(newMiner(registerOf(x.people)))
			ctx := context.Background()
			for _, p := range x.people {
				if err := x.enroll(ctx, p); err != nil {
					b.Fatal(err)
				}
			}
			var logins []Login
			for _, l := range x.logins {
				if !x.refused[l.Person] {
					logins = append(logins, l)
				}
			}
			x.clock.Set(Start.Time().Add(opening))
			n := 0
			for b.Loop() {
				if err := x.logIn(ctx, logins[n%len(logins)]); err != nil {
					b.Fatal(err)
				}
				n++
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "logins/s")
		})
	}
}
