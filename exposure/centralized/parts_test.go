package centralized

import (
	"context"
	"testing"
	"time"
)

// R-CEN-06: the forms of the masks.
func TestMask(t *testing.T) {
	for _, c := range []struct{ in, name, number string }{
		{"", "", ""}, {"王", "*", "*"}, {"AB", "A*", "A*"}, {"王小", "王*", "王*"}, {"测试甲", "测**", "测*甲"},
		{"H00001234", "H********", "H*******4"},
	} {
		if got := mask(c.in, false); got != c.name {
			t.Errorf("name %q: %q", c.in, got)
		}
		if got := mask(c.in, true); got != c.number {
			t.Errorf("number %q: %q", c.in, got)
		}
	}
}

// A sequence is remembered for as long as data of its login can be fresh, at
// any time at which it comes, and then forgotten.
func TestSequencesAreRememberedWhileFresh(t *testing.T) {
	start := time.Date(2026, time.November, 22, 0, 0, 0, 0, time.UTC)
	q := sequence{application{"o", "a"}, seq(0)}
	for minutes := range 45 {
		u := sequences{limit: 100}
		at := start.Add(time.Duration(minutes) * time.Minute)
		for m := range minutes { // others come before
			u.use(sequence{q.application, seq(1 + m)}, start.Add(time.Duration(m)*time.Minute))
		}
		if got := u.use(q, at); got != Success {
			t.Fatalf("minute %d: %s", minutes, got)
		}
		if got := u.use(sequence{application{"o", "b"}, q.bizSeq}, at); got != Success {
			t.Errorf("minute %d: the same bizSeq of another application: %s", minutes, got)
		}
		for later := time.Duration(0); later <= 2*sealedFor; later += time.Minute {
			if got := u.use(q, at.Add(later)); got != Replayed {
				t.Errorf("minute %d, %s later: %s", minutes, later, got)
			}
		}
		u.use(sequence{q.application, seq(101)}, at.Add(time.Hour))
		if n := len(u.recent) + len(u.before); n != 1 {
			t.Errorf("minute %d: %d sequences after an hour", minutes, n)
		}
	}
}

func TestSequencesAreBounded(t *testing.T) {
	u := sequences{limit: 3}
	at := time.Date(2026, time.November, 22, 0, 0, 0, 0, time.UTC)
	for i, want := range []ResultCode{Success, Success, Success, Busy} {
		if got := u.use(sequence{bizSeq: seq(i)}, at); got != want {
			t.Errorf("login %d: %s", i, got)
		}
	}
	if got := u.use(sequence{bizSeq: seq(0)}, at); got != Replayed {
		t.Errorf("a replay when busy: %s", got)
	}
	if got := u.use(sequence{bizSeq: seq(3)}, at.Add(generation)); got != Success {
		t.Errorf("later: %s", got)
	}
}

// R-CEN-03: Record is told of every row; the last ones are in memory.
func TestJournalKeepsTheLastRows(t *testing.T) {
	var told []string
	j := journal{limit: 3, record: func(_ context.Context, row LogRow) { told = append(told, row.BizSeq) }}
	if rows := j.read(); len(rows) != 0 {
		t.Errorf("rows %v", rows)
	}
	for i := range 8 {
		j.write(t.Context(), LogRow{BizSeq: seq(i)})
		rows := j.read()
		if want := min(i+1, 3); len(rows) != want || rows[want-1].BizSeq != seq(i) || rows[0].BizSeq != seq(i+1-want) {
			t.Errorf("after %d: %v", i+1, rows)
		}
	}
	if len(told) != 8 {
		t.Errorf("told of %v", told)
	}
}
