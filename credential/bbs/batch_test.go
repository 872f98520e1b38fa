package bbs_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/halfmask/halfmask/credential/bbs"
)

// newBatch has n proofs for three keys in turn.
func newBatch(t testing.TB, n int) []bbs.ProofClaim {
	var of [3]*inputs
	for i := range of {
		of[i] = newInputs(t, 10)
	}
	claims := make([]bbs.ProofClaim, n)
	for i := range claims {
		in := of[i%len(of)]
		c := bbs.ProofClaim{Key: in.key.PublicKey(), Header: in.header, Ph: fmt.Appendf(nil, "nonce %d", i), DisclosedMessages: in.shown, Disclosed: in.disclosed}
		var err error
		if c.Proof, err = in.holder(t).ProofGen(c.Ph, c.Disclosed); err != nil {
			t.Fatal(err)
		}
		claims[i] = c
	}
	return claims
}

func requireBad(t *testing.T, err error, want ...int) {
	t.Helper()
	var batch *bbs.BatchError
	if !errors.As(err, &batch) {
		t.Fatalf("got %v, want bad proofs at %v", err, want)
	}
	var got []int
	for _, bad := range batch.Bad {
		got = append(got, bad.Index)
		requireRefusal(t, fmt.Sprintf("proof %d", bad.Index), bad.Err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("bad proofs at %v, want %v", got, want)
	}
}

func TestBatchNamesTheBadProof(t *testing.T) {
	claims := newBatch(t, 7)
	if err := bbs.SHA256.ProofVerifyBatch(claims); err != nil {
		t.Fatal(err)
	}
	if err := bbs.SHA256.ProofVerifyBatch(nil); err != nil {
		t.Errorf("an empty batch: %v", err)
	}
	forged := forgery(t)
	requireRefusal(t, "a forged proof alone", bbs.SHA256.ProofVerify(forged.Key, forged.Proof, forged.Header, forged.Ph, forged.DisclosedMessages, forged.Disclosed))
	for at := range claims {
		bad := slices.Clone(claims)
		bad[at].Ph = []byte("another nonce")
		requireBad(t, bbs.SHA256.ProofVerifyBatch(bad), at)
		bad[at] = forged // its challenge agrees: the pairings alone can tell
		requireBad(t, bbs.SHA256.ProofVerifyBatch(bad), at)
		bad[at], bad[(at+1)%7].Proof = claims[at], bad[(at+1)%7].Proof[:300]
		requireBad(t, bbs.SHA256.ProofVerifyBatch(bad), (at+1)%7)
	}
	all := make([]bbs.ProofClaim, 5)
	for i := range all {
		all[i] = forged
	}
	requireBad(t, bbs.SHA256.ProofVerifyBatch(all), 0, 1, 2, 3, 4)
	mixed := slices.Clone(claims)
	mixed[0], mixed[3].Key, mixed[6].Key = forged, nil, claims[1].Key
	requireBad(t, bbs.SHA256.ProofVerifyBatch(mixed), 0, 3, 6)
	requireBad(t, bbs.SHAKE256.ProofVerifyBatch(claims[:2]), 0, 1)
}

// A batch longer than what is computed with together, or kept at a time, names
// a bad proof wherever it is, and as many as there are.
func TestLongBatches(t *testing.T) {
	three := newBatch(t, 3)
	forged := forgery(t)
	for _, c := range []struct {
		n   int
		bad []int
	}{
		{20, []int{0}}, {20, []int{7}}, {20, []int{8}}, {20, []int{19}}, {16, []int{15}}, {17, []int{16}},
		{24, []int{0, 1, 2, 3, 4, 5, 6, 7}}, {24, []int{7, 8, 15, 16, 23}},
		{1<<10 + 3, []int{1<<10 - 1, 1 << 10, 1<<10 + 2}},
	} {
		if c.n > 100 && testing.Short() {
			continue
		}
		claims := make([]bbs.ProofClaim, c.n)
		for i := range claims {
			claims[i] = three[i%len(three)]
		}
		if c.n < 100 {
			if err := bbs.SHA256.ProofVerifyBatch(claims); err != nil {
				t.Fatal(err)
			}
		}
		for i, at := range c.bad {
			if i%2 == 0 {
				claims[at] = forged // the pairings alone can tell
			} else {
				claims[at].Ph = []byte("another nonce")
			}
		}
		requireBad(t, bbs.SHA256.ProofVerifyBatch(claims), c.bad...)
	}
}

// forgery is a proof of a signature by another key than the claim's, made for
// the claim's key: its challenge agrees and its pairings do not.
func forgery(t testing.TB) bbs.ProofClaim {
	in := newInputs(t, 10)
	other, err := bbs.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	sig, err := bbs.SHA256.Sign(other, in.header, in.messages)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := bbs.SHA256.ProofGen(in.key.PublicKey(), sig, in.header, in.ph, in.messages, in.disclosed)
	if err != nil {
		t.Fatal(err)
	}
	return bbs.ProofClaim{Key: in.key.PublicKey(), Proof: proof, Header: in.header, Ph: in.ph, DisclosedMessages: in.shown, Disclosed: in.disclosed}
}

// BenchmarkBatchVerify is the time for each proof, on one core and on all.
func BenchmarkBatchVerify(b *testing.B) {
	const n = 100
	claims := newBatch(b, n)
	verify := func() {
		if err := bbs.SHA256.ProofVerifyBatch(claims); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("proofs=100", func(b *testing.B) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		ratio(b, n, func() func() { return verify })
	})
	b.Run("proofs=100/cores=all", func(b *testing.B) { ratio(b, n, func() func() { return verify }) })
}
