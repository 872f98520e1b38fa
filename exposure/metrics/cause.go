package metrics

import "math/bits"

// MaxChannels bounds the channels of a Shapley value: it needs the figure for
// every subset of them.
const MaxChannels = 6

// Shapley is figure 14: how a figure that value gives for each set of open
// channels, as bits, is shared out among n channels (Shapley 1953): the mean,
// over all orders in which they are opened, of what each adds. The shares sum
// to value(all) − value(none). It panics for more than MaxChannels.
func Shapley(n int, value func(open uint) float64) []float64 {
	if n > MaxChannels {
		panic("metrics: too many channels")
	}
	values := make([]float64, 1<<n)
	for open := range values {
		values[open] = value(uint(open))
	}
	factorial := func(k int) float64 {
		f := 1.0
		for i := 2; i <= k; i++ {
			f *= float64(i)
		}
		return f
	}
	shares := make([]float64, n)
	for i := range shares {
		for open := range values {
			if open&(1<<i) == 0 {
				k := bits.OnesCount(uint(open))
				weight := factorial(k) * factorial(n-k-1) / factorial(n)
				shares[i] += weight * (values[open|1<<i] - values[open])
			}
		}
	}
	return shares
}

// Ablate is figure 14 for one channel: by how much the figure falls when the
// channel is masked, paired person by person.
func Ablate(open, masked Ratio, seed uint64) Estimate { return open.Minus(masked, seed) }
