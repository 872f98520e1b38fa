package core

import (
	"fmt"
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"slices"
	"testing"
	"time"
)

type cmpOp struct {
	name string
	f    func()
}

func compareOps(t *testing.T, rounds, inner int, ops ...cmpOp) {
	all := make([][]float64, len(ops))
	for range rounds {
		for i, o := range ops {
			s := time.Now()
			for range inner {
				o.f()
			}
			all[i] = append(all[i], float64(time.Since(s).Nanoseconds())/float64(inner))
		}
	}
	for i, o := range ops {
		slices.Sort(all[i])
		fmt.Printf("%-24s min %9.1f  p20 %9.1f  med %9.1f\n", o.name, all[i][0], all[i][len(all[i])/5], all[i][len(all[i])/2])
	}
}
func TestZPair(t *testing.T) {
	_, _, g, g2 := bls.Generators()
	l := precompute(&g2)
	var m bls.G1Affine
	m.Neg(&g)
	pts := []bls.G1Affine{g, m}
	scr := [][2][len(bls.LoopCounter) - 1]bls.LineEvaluationAff{*l, *l}
	if !productIsOne(pts, []*lines{l, l}) || productIsOne([]bls.G1Affine{g, g}, []*lines{l, l}) {
		t.Fatal()
	}
	compareOps(t, 300, 3, cmpOp{"gnark", func() { scr[0] = *l; scr[1] = *l; bls.PairingCheckFixedQ(pts, scr) }},
		cmpOp{"own", func() { productIsOne(pts, []*lines{l, l}) }},
	)
}
