package bbs

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/halfmask/halfmask/credential/bbs/internal/core"
)

// ProofClaim is a proof with what [Suite.ProofVerify] checks it against.
type ProofClaim struct {
	Key               *PublicKey
	Proof             []byte
	Header            []byte
	Ph                []byte
	DisclosedMessages [][]byte
	Disclosed         []int
}

// BadProof is a proof of a batch that was refused, and why.
type BadProof struct {
	Index int // in the batch
	Err   error
}

// BatchError names the bad proofs of a batch, by ascending index. All others
// hold.
type BatchError struct{ Bad []BadProof }

func (e *BatchError) Error() string {
	const few = 16
	s := fmt.Sprintf("%d bad proofs in the batch", len(e.Bad))
	for i, bad := range e.Bad {
		if i == few {
			return s + "; …"
		}
		s += fmt.Sprintf("; %d: %v", bad.Index, bad.Err)
	}
	return s
}

// Unwrap gives the refusals, each of them a [*credential.Error].
func (e *BatchError) Unwrap() []error {
	out := make([]error, len(e.Bad))
	for i := range e.Bad {
		out[i] = e.Bad[i].Err
	}
	return out
}

// ProofVerifyBatch checks many proofs, on all cores, in about half the time
// for each that [Suite.ProofVerify] takes: what they have in common is done
// once, and their pairings are checked together, with random weights of 128
// bits. A nil error means that each holds, but for a probability of 2^-127; any
// other outcome is a [*BatchError], which names the bad ones and costs a few
// more pairings for each.
func (s *Suite) ProofVerifyBatch(claims []ProofClaim) error {
	const block = 1 << 10 // bounds the memory for decoded proofs, of 10 kB each
	var bad []BadProof
	for from := 0; from < len(claims); from += block {
		for i, err := range s.verifyBlock(claims[from:min(from+block, len(claims))]) {
			if err != nil {
				bad = append(bad, BadProof{from + i, err})
			}
		}
	}
	if bad == nil {
		return nil
	}
	return &BatchError{bad}
}

func (s *Suite) verifyBlock(claims []ProofClaim) []error {
	const few = 16 // proofs that are computed with together
	errs := make([]error, len(claims))
	pairs := make([]core.Pair, len(claims))
	parallel((len(claims)+few-1)/few, func(n int) {
		var read []*core.Claim
		var at []int
		for i := n * few; i < min((n+1)*few, len(claims)); i++ {
			claim, err := s.read(&claims[i])
			if err != nil {
				errs[i] = err
				continue
			}
			read, at = append(read, claim), append(at, i)
		}
		for i, agrees := range s.core.Agree(read...) {
			if agrees {
				pairs[at[i]] = core.Pair{Key: read[i].Key, Proof: read[i].Proof}
			} else {
				errs[at[i]] = errProof
			}
		}
	})
	var left []core.Pair
	var at []int
	for i := range pairs {
		if errs[i] == nil {
			left, at = append(left, pairs[i]), append(at, i)
		}
	}
	for _, i := range failing(left) {
		errs[at[i]] = errProof
	}
	return errs
}

// failing is core.Failing on all cores.
func failing(pairs []core.Pair) (out []int) {
	const least = 64 // pairs that are worth pairings of their own
	n := max(1, min(runtime.GOMAXPROCS(0), len(pairs)/least))
	parts := make([][]int, n)
	parallel(n, func(i int) {
		from, to := i*len(pairs)/n, (i+1)*len(pairs)/n
		for _, at := range core.Failing(pairs[from:to]) {
			parts[i] = append(parts[i], from+at)
		}
	})
	for _, part := range parts {
		out = append(out, part...)
	}
	return out
}

// parallel calls f with each of 0 to n-1, on all cores.
func parallel(n int, f func(int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wait.Wait()
}
