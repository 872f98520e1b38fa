package timing

import (
	"math"
	"testing"
	"time"
)

// A class that takes longer is seen.
func TestWelchSeesADifference(t *testing.T) {
	t.Parallel()
	v := welch(60, func(fixed bool) func() {
		if fixed {
			return func() { time.Sleep(4 * time.Millisecond) }
		}
		return func() { time.Sleep(time.Millisecond) }
	})
	if math.Abs(v) < suspicious {
		t.Errorf("t = %.1f", v)
	}
}
