package exposure

import (
	"strings"
	"testing"

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
