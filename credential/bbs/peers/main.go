// Command peers makes ../BENCHMARKS.md: what the operations of package bbs cost,
// as multiples of a pairing check, next to the aims, and how long other Go
// libraries for selective disclosure take for the same work in the same run,
// with who is ahead. It is a module of its own, so that the others'
// dependencies stay out of the project's.
//
//	cd credential/bbs/peers && go run . -o ../BENCHMARKS.md
//
// The others are the BBS+ of aries-framework-go and that of trustbloc's
// bbs-signature-go, and gabi's Camenisch-Lysyanskaya signatures of 2048 bits.
// The work: sign, verify the signature, prove with 3 messages disclosed,
// verify the proof, for 10 and for 50 messages, on one core. Package bbs proves
// as a holder does who keeps a Prover. The schemes differ: gabi hides under
// other assumptions, the older BBS+ is not the IETF's scheme, and only package
// bbs states a protection of its secrets against timing.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
)

func main() {
	budget := flag.Duration("time", 2*time.Second, "time for each benchmark, and for each step of each library")
	file := flag.String("o", "", "write to this file, not to the terminal")
	flag.Parse()
	var out bytes.Buffer
	err := run(&out, *budget)
	if err == nil && *file != "" {
		err = os.WriteFile(*file, out.Bytes(), 0o644)
	} else if err == nil {
		_, err = out.WriteTo(os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, budget time.Duration) error {
	fmt.Fprintf(w, "# What package bbs costs\n\nMade by `go run . -o ../BENCHMARKS.md` in credential/bbs/peers, on %s.\n\n", machine())
	if err := aims(w, budget); err != nil {
		return err
	}
	runtime.GOMAXPROCS(1)
	fmt.Fprint(w, `
## Other Go libraries

The same work in the same run, on one core: milliseconds, the least processor
time of the runs, and how many times that of the fastest. 3 messages are
disclosed. The schemes differ, as the program's package comment says.
`)
	for _, n := range []int{10, 50} {
		var messages [][]byte
		for i := range n {
			messages = append(messages, fmt.Appendf(nil, "message %d", i))
		}
		if err := compare(w, messages, []int{0, 4, 9}, budget); err != nil {
			return err
		}
	}
	_, err := fmt.Fprint(w, `
What the protection against timing costs is measured by
`+"`go test ./credential/bbs/internal/core -run '^$' -bench Protection`"+`.
`)
	return err
}
