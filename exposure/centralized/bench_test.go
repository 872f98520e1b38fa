package centralized

import "testing"

// BenchmarkLogin is a whole login over loopback: person's app, platform and
// service, in each mode.
func BenchmarkLogin(b *testing.B) {
	for _, mode := range Modes {
		b.Run(string(mode), func(b *testing.B) {
			o := newTown(b, Pairwise)
			p := o.platform("10000001", "0001")
			app := o.adult()
			for b.Loop() {
				o.logIn(app, p, mode)
			}
		})
	}
}

// BenchmarkParallelLogins shows what one service carries.
func BenchmarkParallelLogins(b *testing.B) {
	o := newTown(b, Pairwise)
	p := o.platform("10000001", "0001")
	app := o.adult()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := app.LogIn(b.Context(), p.url, WithPassword, nil); err != nil {
				b.Error(err)
			}
		}
	})
}
