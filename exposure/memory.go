package exposure

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/halfmask/halfmask/exposure/scenario"
)

// What a run takes, measured on the designs that are built in and rounded up:
// the chunks in work, one for each processor, and the table of the design
// that is scored.
const (
	bytesOfChunk  = 400 << 20
	bytesOfPerson = 40 << 10 // with the enrollment
	bytesOfLogin  = 30 << 10
)

// Memory estimates how many bytes a run takes at most.
func Memory(s *scenario.Scenario, processors int) int64 {
	return int64(processors)*bytesOfChunk + bytesOfTable(s)
}

func bytesOfTable(s *scenario.Scenario) int64 {
	return int64(s.People) * (bytesOfPerson + int64(s.Habits.MeanLogins*bytesOfLogin))
}

// scorers is how many designs can be scored at a time in as much memory.
func scorers(s *scenario.Scenario, processors int, available int64) int {
	return int(max(1, min(int64(processors), available/bytesOfTable(s))))
}

// checkMemory refuses a run that would not fit, and says what would.
func checkMemory(s *scenario.Scenario, processors int, available int64) error {
	need := Memory(s, processors)
	if available <= 0 || need <= available {
		return nil
	}
	each := int64(bytesOfPerson) + int64(s.Habits.MeanLogins*bytesOfLogin)
	fits := min((available-int64(processors)*bytesOfChunk)/each, maxExecuted)
	if fits < 2 {
		return fmt.Errorf("exposure: the run takes about %d MB of memory, and %d MB are free: too few for any", need>>20, available>>20)
	}
	return fmt.Errorf("exposure: %d people with %.4g logins each take about %d MB of memory, and %d MB are free; people: %d fits",
		s.People, s.Habits.MeanLogins, need>>20, available>>20, fits)
}

// availableMemory is what the machine has to give, 0 where that is not known.
func availableMemory() int64 {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), "MemAvailable:"); ok {
			n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				return 0
			}
			return n << 10
		}
	}
	return 0
}
