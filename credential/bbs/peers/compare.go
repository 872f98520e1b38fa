package main

import (
	"fmt"
	"io"
	"time"
)

// contender is a library: it gives the least processor time of each step.
type contender struct {
	name string
	run  func(messages [][]byte, disclosed []int, budget time.Duration) ([]time.Duration, error)
}

var contenders = []contender{
	{"halfmask bbs", here(halfmask)},
	{"aries-framework-go", here(aries)},
	{"bbs-signature-go", trustbloc},
	{"gabi, 2048 bits", here(cl)},
}

var steps = []string{"sign", "verify", "prove", "verify proof"}

type step func() error

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

// compare writes a table of all contenders.
func compare(w io.Writer, messages [][]byte, disclosed []int, budget time.Duration) error {
	took := make([][]time.Duration, len(contenders))
	for i, c := range contenders {
		var err error
		if took[i], err = c.run(messages, disclosed, budget); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	ahead := make([]int, len(steps))
	for j := range steps {
		for i := range contenders {
			if took[i][j] < took[ahead[j]][j] {
				ahead[j] = i
			}
		}
	}
	fmt.Fprintf(w, "\n| %d messages |", len(messages))
	for _, s := range steps {
		fmt.Fprintf(w, " %s |", s)
	}
	fmt.Fprint(w, "\n|---|---|---|---|---|\n")
	for i, c := range contenders {
		fmt.Fprintf(w, "| %s |", c.name)
		for j := range steps {
			fmt.Fprintf(w, " %.2f (%.1fx) |", took[i][j].Seconds()*1000, float64(took[i][j])/float64(took[ahead[j]][j]))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprint(w, "| **ahead** |")
	for j := range steps {
		fmt.Fprintf(w, " %s |", contenders[ahead[j]].name)
	}
	_, err := fmt.Fprintln(w)
	return err
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
		if n >= 5 && time.Since(start) > 2*budget {
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
