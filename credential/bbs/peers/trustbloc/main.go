// Command trustbloc is the part of command peers that runs trustbloc's
// bbs-signature-go, which needs an older gnark-crypto than the others. It
// prints nanoseconds for sign, verify, prove and verify proof.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/trustbloc/bbs-signature-go/bbs12381g2pub"
)

// work is what the parent asks for, in JSON, as the one argument.
type work struct {
	Messages  [][]byte
	Disclosed []int
	Budget    time.Duration
}

func main() {
	runtime.GOMAXPROCS(1)
	var w work
	if len(os.Args) != 2 || json.Unmarshal([]byte(os.Args[1]), &w) != nil {
		fmt.Fprintln(os.Stderr, "trustbloc: to be run by command peers")
		os.Exit(2)
	}
	took, err := w.run()
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(took)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "trustbloc:", err)
		os.Exit(1)
	}
}

func (w work) run() (took []time.Duration, err error) {
	public, secret, err := bbs12381g2pub.GenerateKeyPair(sha256.New, nil)
	if err != nil {
		return nil, err
	}
	pk, err := public.Marshal()
	if err != nil {
		return nil, err
	}
	sk, err := secret.Marshal()
	if err != nil {
		return nil, err
	}
	scheme, nonce := bbs12381g2pub.New(), []byte("nonce")
	signature, err := scheme.Sign(w.Messages, sk)
	if err != nil {
		return nil, err
	}
	proof, err := scheme.DeriveProof(w.Messages, signature, nonce, pk, w.Disclosed)
	if err != nil {
		return nil, err
	}
	var shown [][]byte
	for _, i := range w.Disclosed {
		shown = append(shown, w.Messages[i])
	}
	for _, f := range []func() error{
		func() error { _, err := scheme.Sign(w.Messages, sk); return err },
		func() error { return scheme.Verify(w.Messages, bytes.Clone(signature), pk) },
		func() error { _, err := scheme.DeriveProof(w.Messages, signature, nonce, pk, w.Disclosed); return err },
		func() error { return scheme.VerifyProof(shown, bytes.Clone(proof), nonce, pk) },
	} {
		least, err := measure(f, w.Budget)
		if err != nil {
			return nil, err
		}
		took = append(took, least)
	}
	return took, nil
}

// measure repeats f and returns its least processor time. The first runs,
// which may build tables, are left out.
func measure(f func() error, budget time.Duration) (time.Duration, error) {
	for range 3 {
		if err := f(); err != nil {
			return 0, err
		}
	}
	least := time.Hour
	for start, n := time.Now(), 0; n < 100 || time.Since(start) < budget; n++ {
		if n >= 5 && time.Since(start) > 5*budget {
			break
		}
		before := spent()
		if err := f(); err != nil {
			return 0, err
		}
		least = min(least, spent()-before)
	}
	return least, nil
}
