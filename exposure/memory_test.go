package exposure

import (
	"errors"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/exposure/engine"
	"github.com/halfmask/halfmask/exposure/scenario"
)

func TestMemoryIsRefusedBeforeTheRunWithWhatFits(t *testing.T) {
	s := scenario.New("test", 500_000, 30)
	if err := checkMemory(s, 2, 8<<30); err == nil || !strings.Contains(err.Error(), "people: ") {
		t.Fatalf("half a million people in 8 GB: %v", err)
	}
	s.People = 20_000
	if err := checkMemory(s, 2, 8<<30); err != nil {
		t.Error(err)
	}
	if err := checkMemory(s, 2, 0); err != nil {
		t.Errorf("where nobody knows what is free: %v", err)
	}
}

// Numbers that no machine has the memory for are refused by the estimate, and
// not by what they overflow.
func TestAbsurdNumbersAreRefusedWithWhatFits(t *testing.T) {
	for _, people := range []int{50_000_000, 2_000_000_000, 10_000_000_000} {
		s := scenario.New("test", people, 30)
		s.Habits.MeanLogins = 10_000
		if _, err := Run(t.Context(), s, Options{}); err == nil || !strings.Contains(err.Error(), "fits") {
			t.Errorf("%d people executed: %v", people, err)
		}
		s.Backend = scenario.StandIn
		var large *engine.TooLargeError
		if _, err := StandIn(t.Context(), s, Options{}); !errors.As(err, &large) || large.Fits < 2 {
			t.Errorf("%d people in a stand-in: %v", people, err)
		}
	}
}
