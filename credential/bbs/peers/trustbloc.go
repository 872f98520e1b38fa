package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// trustbloc runs the module in the folder of that name: bbs-signature-go needs
// an older gnark-crypto than package bbs.
func trustbloc(messages [][]byte, disclosed []int, budget time.Duration) ([]time.Duration, error) {
	work, err := json.Marshal(struct {
		Messages  [][]byte
		Disclosed []int
		Budget    time.Duration
	}{messages, disclosed, budget})
	if err != nil {
		return nil, err
	}
	// mathlib, below bbs-signature-go, links to a private function of gnark-crypto.
	c := exec.Command("go", "run", "-ldflags=-checklinkname=0", ".", string(work))
	c.Dir, c.Stderr = "trustbloc", os.Stderr
	out, err := c.Output()
	if err != nil {
		return nil, err
	}
	var took []time.Duration
	if err := json.Unmarshal(out, &took); err != nil || len(took) != len(steps) {
		return nil, fmt.Errorf("unexpected output %.80q", out)
	}
	return took, nil
}
