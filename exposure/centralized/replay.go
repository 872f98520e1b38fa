package centralized

import "time"

// sequences remembers the logins that were answered, for as long as the
// person's data in them is fresh. After that nobody can use them again
// anyway, so memory is bounded by what happens in a few minutes.
type sequences struct {
	limit          int
	since          time.Time
	recent, before map[sequence]bool
}

type sequence struct {
	application application
	bizSeq      string
}

// generation is how long a generation of sequences is filled: data made at
// most sealedFor ahead of the clock is fresh for twice that.
const generation = 2 * sealedFor

// maxSequences bounds one generation.
const maxSequences = 1 << 19

// use notes a login. The code is Success, Replayed or Busy.
func (u *sequences) use(q sequence, now time.Time) ResultCode {
	switch age := now.Sub(u.since); {
	case u.recent == nil || age >= 2*generation:
		u.recent, u.before, u.since = make(map[sequence]bool), nil, now
	case age >= generation:
		u.recent, u.before, u.since = make(map[sequence]bool), u.recent, now
	}
	switch {
	case u.recent[q] || u.before[q]:
		return Replayed
	case len(u.recent) >= u.limit:
		return Busy
	}
	u.recent[q] = true
	return Success
}
