package core

import (
	"fmt"
	"sync"
	"testing"
)

// What a suite keeps of signers never passes for another's: many of them in
// turn, differing in one thing each, at once, with and without a table.
func TestOriginsAreKeptApart(t *testing.T) {
	s := SHA256.with(SHA256.ID + "H2G_HM2S_")
	a, b := RandomKey(), RandomKey()
	keys := []*PublicKey{PublicKeyOf(&a), PublicKeyOf(&b)}
	generators := s.Generators(4)
	swapped := append(Generators{generators[0], generators[2], generators[1]}, generators[3:]...)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for i := range 200 {
				pk, list, header := keys[i%2], generators[:3], []byte("header")
				switch i % 5 {
				case 1:
					list = generators[:4]
				case 2:
					list = swapped[:3]
				case 3:
					header = fmt.Append(nil, i)
				case 4:
					header = make([]byte, keptHeader+1)
				}
				if got, want := s.origin(pk, list, header).domain, s.Domain(pk, list, header); !got.Equal(&want) {
					t.Error("the domain is another one's")
				}
			}
		})
	}
	wait.Wait()
	if n := len(s.origins.kept); n != keptOrigins {
		t.Errorf("%d are kept", n)
	}
}

func TestOriginTimes(t *testing.T) {
	sk := RandomKey()
	o := SHA256.origin(PublicKeyOf(&sk), SHA256.Generators(2), nil)
	k := randomScalar()
	want := sumPublic(o.times(SHA256, &k)...)
	for i := range originOften + 2 {
		if got := sumPublic(o.times(SHA256, &k)...); !got.Equal(&want) {
			t.Fatalf("use %d differs", i)
		}
	}
	if o.base.Load() == nil {
		t.Error("no table was built")
	}
}
