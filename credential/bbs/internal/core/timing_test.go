package core

import (
	"flag"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// The timing test takes two classes of secrets, one fixed and extreme, one
// random, runs the operation on a random interleaving of them and compares
// the times of the classes (Welch's t, after leaving out the slow tail that
// interruptions make). What is secret must not tell the classes apart; the
// control, a multiplication whose time does depend on the scalar, must.
//
// It is a tool, for a machine with nothing else to do:
//
//	go test ./credential/bbs/internal/core -run Timing -timing -v

var timing = flag.Bool("timing", false, "run the timing test")

const (
	suspicious = 6 // |t| by chance: below one in 10^8
	attempts   = 4 // a busy machine may spoil some
)

// welch times op on n secrets of alternating class and returns t.
func welch(n int, secret func(fixed bool) func()) float64 {
	type sample struct {
		fixed bool
		op    func()
		took  time.Duration
	}
	samples := make([]sample, n)
	for i := range samples {
		samples[i].fixed = rand.IntN(2) == 0
		samples[i].op = secret(samples[i].fixed)
	}
	for i := range samples {
		start := time.Now()
		samples[i].op()
		samples[i].took = time.Since(start)
	}
	samples = samples[n/20:] // warm-up
	slices.SortFunc(samples, func(a, b sample) int { return int(a.took - b.took) })
	samples = samples[:len(samples)*7/10]
	var count, mean, m2 [2]float64
	for _, s := range samples {
		c := 0
		if s.fixed {
			c = 1
		}
		x := float64(s.took)
		count[c]++
		d := x - mean[c]
		mean[c] += d / count[c]
		m2[c] += d * (x - mean[c])
	}
	v := m2[0]/(count[0]-1)/count[0] + m2[1]/(count[1]-1)/count[1]
	return (mean[0] - mean[1]) / math.Sqrt(v)
}

func TestTimingDoesNotTellSecretsApart(t *testing.T) {
	if !*timing || raceEnabled {
		t.Skip("run with -timing, and without the race detector")
	}
	one, random := fr.One(), randomScalar()
	pk := PublicKeyOf(&random)
	messages := RandomScalars(3)
	ones := []fr.Element{one, one, one}
	sig, err := SHA256.Sign(&random, pk, nil, messages)
	if err != nil {
		t.Fatal(err)
	}
	either := func(fixed bool, constant *fr.Element) *fr.Element {
		k := randomScalar() // in both classes
		if fixed {
			k = *constant
		}
		return &k
	}
	var tabled [2]*Credential // with a secret of one, and a random one
	for i, secret := range []fr.Element{one, randomScalar()} {
		tabled[i] = BlindSHA256.NewBlindCredential(pk, sig, 0, nil, []fr.Element{secret}, &random).Tabled()
	}
	for _, c := range []struct {
		name   string
		n      int
		leaks  bool
		secret func(fixed bool) func()
	}{
		{"control", 1000, true, func(fixed bool) func() {
			k := either(fixed, &one)
			return func() {
				var n big.Int
				var p bls.G1Jac
				p.ScalarMultiplicationBase(k.BigInt(&n))
			}
		}},
		{"public key of the secret key", 600, false, func(fixed bool) func() {
			k := either(fixed, &one)
			return func() { PublicKeyOf(k) }
		}},
		{"inverse", 4000, false, func(fixed bool) func() {
			k := either(fixed, &one)
			return func() { invertBlinded(k) }
		}},
		{"signing with the secret key", 1000, false, func(fixed bool) func() {
			k := either(fixed, &one)
			return func() { SHA256.Sign(k, pk, nil, messages) }
		}},
		{"proving with e of the signature", 600, false, func(fixed bool) func() {
			s := &Signature{A: sig.A, E: *either(fixed, &one)}
			scalars := RandomScalars(RandomScalarCount(3))
			return func() {
				SHA256.NewCredential(pk, s, SHA256.Generators(3), nil, messages).Init([]int{0, 1, 2}, scalars).Finalize(random)
			}
		}},
		{"proving with hidden messages", 600, false, func(fixed bool) func() {
			hidden := slices.Clone(ones)
			if !fixed {
				hidden = RandomScalars(3)
			}
			scalars := RandomScalars(RandomScalarCount(3))
			return func() {
				SHA256.NewCredential(pk, sig, SHA256.Generators(3), nil, hidden).Init([]int{0, 1, 2}, scalars).Finalize(random)
			}
		}},
		{"committing to a link secret", 2000, false, func(fixed bool) func() {
			secret := []fr.Element{*either(fixed, &one)}
			scalars := RandomScalars(CommitRandomCount(1))
			return func() { BlindSHA256.Commit(secret, scalars) }
		}},
		{"making tables of a link secret", 150, false, func(fixed bool) func() {
			held := BlindSHA256.NewBlindCredential(pk, sig, 0, nil, []fr.Element{*either(fixed, &one)}, &random)
			return func() { held.Tabled() }
		}},
		{"proving with tables and a link secret", 1500, false, func(fixed bool) func() {
			held := tabled[1]
			if fixed {
				held = tabled[0]
			}
			scalars := RandomScalars(RandomScalarCount(2))
			return func() { held.Init([]int{0, 1}, scalars).Finalize(random) }
		}},
		{"a commitment to a hidden message", 600, false, func(fixed bool) func() {
			held := BlindSHA256.NewBlindCredential(pk, sig, 1, nil, []fr.Element{*either(fixed, &one)}, &random)
			l := &Layout{Known: 1, Total: 1, Committed: []int{0}}
			scalars := RandomScalars(BlindRandomCount(l))
			return func() { held.BlindProofGen(l, nil, scalars) }
		}},
		{"a pseudonym of a secret", 1500, false, func(fixed bool) func() {
			secret := []fr.Element{*either(fixed, &one)}
			return func() { PseudonymSHA256.NymContext([]byte("context")).Pseudonym(secret) }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			least, most := math.Inf(1), 0.0
			for range attempts {
				v := math.Abs(welch(c.n, c.secret))
				t.Logf("|t| = %.1f", v)
				least, most = min(least, v), max(most, v)
				if !c.leaks && least < suspicious || c.leaks && most >= suspicious {
					return
				}
			}
			if c.leaks {
				t.Errorf("the test does not see a time that depends on the secret: |t| = %.1f", most)
			} else {
				t.Errorf("the time depends on the secret: |t| = %.1f in the best of %d attempts", least, attempts)
			}
		})
	}
}
