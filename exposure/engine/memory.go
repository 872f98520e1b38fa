package engine

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Size is how much there is to join.
type Size struct {
	People int
	Units  int // what parties saw of visits
	Widest int // entries of the longest column; 0 for one in each unit
	Views  int
}

// Bytes that each takes at the height of a run.
const (
	perPerson = 8 + 2     // first unit, half, bits of those who share
	perUnit   = 1 + 1 + 4 // party, platform, person
	perSet    = 4         // of a unit in a view
	perTally  = 2 * 3 * 4 // of a unit while two views are counted
	perEntry  = 3 * 16    // filled, gathered, spare
	overhead  = 256 << 20 // the program, and what the collector has not got to
	slack     = 5         // fourths: what slices grow by
)

// Memory estimates the bytes that a run takes at most.
func Memory(s Size) int64 {
	widest := s.Widest
	if widest == 0 {
		widest = s.Units
	}
	base := int64(s.People)*perPerson + int64(s.Units)*perUnit + int64(s.Units)*perSet*int64(s.Views)
	return overhead + (base+max(int64(widest)*perEntry, int64(s.Units)*perTally))*slack/4
}

// A TooLargeError says that a run was not begun because it would not fit.
type TooLargeError struct {
	Needs, Has int64 // bytes
	Fits       int   // people that would fit
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("engine: the run takes about %s of memory and %s are available: %d people fit", gigabytes(e.Needs), gigabytes(e.Has), e.Fits)
}

func gigabytes(n int64) string { return fmt.Sprintf("%.1f GB", float64(n)/1e9) }

// Check refuses a size that available bytes do not hold, and says how many
// people would fit.
func Check(s Size, available int64) error {
	needs := Memory(s)
	if needs <= available || s.People == 0 {
		return nil
	}
	at := func(people int) int64 {
		part := float64(people) / float64(s.People)
		return Memory(Size{People: people, Units: int(float64(s.Units) * part), Widest: int(float64(s.Widest) * part), Views: s.Views})
	}
	low, high := 0, s.People
	for high-low > 1 {
		if middle := (low + high) / 2; at(middle) <= available {
			low = middle
		} else {
			high = middle
		}
	}
	for unit := 1; unit <= low; unit *= 10 { // a round number
		if low/unit < 100 {
			low = low / unit * unit
			break
		}
	}
	return &TooLargeError{Needs: needs, Has: available, Fits: low}
}

// Available tells how many bytes the machine can give without swapping, by
// the kernel's own estimate and the limit of the control group; on other
// systems than Linux it gives 0, false.
func Available() (int64, bool) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	defer f.Close()
	var available int64
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), "MemAvailable:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err != nil {
				return 0, false
			}
			available = n << 10
		}
	}
	if limit, ok := number("/sys/fs/cgroup/memory.max"); ok {
		used, _ := number("/sys/fs/cgroup/memory.current")
		available = min(available, limit-used)
	}
	return available, available > 0
}

func number(file string) (int64, bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return n, err == nil
}
