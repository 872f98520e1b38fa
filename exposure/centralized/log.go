package centralized

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A LogRow is what the service writes of each authentication: who, where,
// when, in which mode, with what result (R-CEN-03).
type LogRow struct {
	At             time.Time  `json:"at"`
	InternetNumber string     `json:"internet_number,omitempty"` // empty when nobody was recognised
	OrgID          string     `json:"orgID"`
	AppID          string     `json:"appID"`
	BizSeq         string     `json:"bizSeq"`
	Type           Mode       `json:"type"`
	ResultCode     ResultCode `json:"resultCode"`
}

// maxLog is how many rows are kept in memory; Config.Record is told of every
// one, and is where a longer log is kept.
const maxLog = 1 << 18

// journal keeps the last rows in a ring.
type journal struct {
	record func(context.Context, LogRow) // may be nil
	limit  int

	mu     sync.Mutex
	rows   []LogRow
	oldest int // once the ring is full
}

func (j *journal) write(ctx context.Context, row LogRow) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.rows) < j.limit {
		j.rows = append(j.rows, row)
	} else {
		j.rows[j.oldest] = row
		j.oldest = (j.oldest + 1) % j.limit
	}
	if j.record != nil {
		j.record(ctx, row)
	}
}

func (j *journal) read() []LogRow {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Concat(j.rows[j.oldest:], j.rows[:j.oldest])
}

// Log gives the log, oldest row first: the last 262 144 authentications, in
// the order in which they were answered.
func (s *Service) Log() []LogRow { return s.journal.read() }

func (s *Service) serveLog(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, append([]LogRow{}, s.Log()...))
}
