// Command peers runs Go libraries for selective disclosure on the same work in
// the same run and prints who is ahead: this project's package bbs, the BBS+
// of aries-framework-go, that of trustbloc's bbs-signature-go, and gabi's
// Camenisch-Lysyanskaya signatures of 2048 bits. It is a module of its own, so
// that the others' dependencies stay out of the project's.
//
//	cd credential/bbs/peers && go run . -gabi 2048
//
// The work: sign, verify the signature, prove with 3 messages disclosed,
// verify the proof, for 10 and for 50 messages, on one core. Package bbs
// proves as a holder does who keeps a Prover. Each figure is the least
// processor time of the runs. The schemes differ: gabi hides under other
// assumptions, the older BBS+ is not the IETF's scheme, and only package bbs
// states a protection of its secrets against timing. gabi's key takes some
// minutes to make, so that gabi is left out unless asked for.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"text/tabwriter"
	"time"
)

// contender is a library: it gives the least processor time of each step.
type contender struct {
	name string
	run  func(messages [][]byte, disclosed []int, budget time.Duration) ([]time.Duration, error)
}

// here runs a library in this process. Its steps can be repeated.
func here(setup func(messages [][]byte, disclosed []int) ([]step, error)) func([][]byte, []int, time.Duration) ([]time.Duration, error) {
	return func(messages [][]byte, disclosed []int, budget time.Duration) ([]time.Duration, error) {
		work, err := setup(messages, disclosed)
		if err != nil {
			return nil, err
		}
		var took []time.Duration
		for i, f := range work {
			least, err := measure(f, budget)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", steps[i], err)
			}
			took = append(took, least)
		}
		return took, nil
	}
}

type step func() error

var steps = []string{"sign", "verify", "prove", "verify proof"}

var clBits = flag.Int("gabi", 0, "bits of gabi's key: 2048 for a fair comparison, and some minutes to make it; 0 leaves gabi out")

func main() {
	budget := flag.Duration("time", time.Second, "time for each step of each library")
	flag.Parse()
	if err := run(*budget); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(budget time.Duration) error {
	runtime.GOMAXPROCS(1)
	for _, n := range []int{10, 50} {
		var messages [][]byte
		for i := range n {
			messages = append(messages, fmt.Appendf(nil, "message %d", i))
		}
		fmt.Printf("%d messages, 3 disclosed: milliseconds, and multiples of the fastest\n", n)
		if err := compare(messages, []int{0, 4, 9}, budget); err != nil {
			return err
		}
		fmt.Println()
	}
	return nil
}

func compare(messages [][]byte, disclosed []int, budget time.Duration) error {
	contenders := []contender{{"halfmask bbs", here(halfmask)}, {"aries-framework-go", here(aries)}, {"bbs-signature-go", trustbloc}}
	if *clBits != 0 {
		contenders = append(contenders, contender{"gabi", here(cl)})
	}
	took := make([][]time.Duration, len(contenders))
	for i, c := range contenders {
		var err error
		if took[i], err = c.run(messages, disclosed, budget); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "library\t")
	for _, s := range steps {
		fmt.Fprintf(w, "%s\t\t", s)
	}
	fmt.Fprintln(w)
	ahead := make([]int, len(steps))
	for j := range steps {
		for i := range contenders {
			if took[i][j] < took[ahead[j]][j] {
				ahead[j] = i
			}
		}
	}
	for i, c := range contenders {
		fmt.Fprintf(w, "%s\t", c.name)
		for j := range steps {
			fmt.Fprintf(w, "%.3f\t%.1fx\t", took[i][j].Seconds()*1000, float64(took[i][j])/float64(took[ahead[j]][j]))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprint(w, "ahead\t")
	for j := range steps {
		fmt.Fprintf(w, "%s\t\t", contenders[ahead[j]].name)
	}
	fmt.Fprintln(w)
	return w.Flush()
}

// measure repeats f and returns its least processor time. The first runs,
// which may build tables, are left out.
func measure(f step, budget time.Duration) (time.Duration, error) {
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
