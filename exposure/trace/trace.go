// Package trace reads logins that were recorded elsewhere, to run the lab on
// habits of one's own in the place of drawn ones: who came to which platform
// when, and nothing else. Three forms are read:
//
//   - CSV with the header time,user,platform
//   - Parquet with columns of those names
//   - the authentication data of Los Alamos National Laboratory as they are:
//     nine columns without a header, time,source user@domain,destination
//     user@domain,source computer,destination computer,authentication
//     type,logon type,orientation,result. Successful log-ons are taken; the
//     destination computer is the platform.
//
// CSV may be compressed with gzip. A time is in whole seconds, or an instant as RFC 3339 writes it. Start at
// [Read]. Users become synthetic people and platforms become those of the
// scenario, both in the order in which they first appear; names are forgotten.
package trace

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/halfmask/halfmask/exposure/schedule"
)

// Bounds of a trace.
const (
	MaxUsers  = 20_000_000
	MaxLogins = 200_000_000
)

// Trace is logins by user.
type Trace struct {
	Users     [][]schedule.Login // by user, in the order of the first login; by time
	Platforms int                // different ones; more than the scenario has share some
	Days      int                // that it lasts
}

// Read reads a trace for a number of platforms. An error names file and line.
func Read(name string, platforms int) (*Trace, error) {
	r := &reader{name: name, platforms: platforms, users: make(map[string]int), places: make(map[string]int)}
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("trace: %s is not a file; it is read more than once", name)
	}
	if strings.HasSuffix(name, ".parquet") {
		err = r.parquet()
	} else {
		err = r.csv()
	}
	if err != nil {
		return nil, err
	}
	return r.trace()
}

type reader struct {
	name      string
	platforms int
	users     map[string]int
	places    map[string]int
	rows      []row
}

type row struct {
	at       int64
	user     int
	platform int
}

func (r *reader) fail(line int, format string, args ...any) error {
	return fmt.Errorf("trace: %s:%d: %s", r.name, line, fmt.Sprintf(format, args...))
}

func (r *reader) add(line int, at int64, user, platform string) error {
	switch {
	case user == "" || platform == "":
		return r.fail(line, "no user or no platform")
	case len(user) > 1024 || len(platform) > 1024:
		return r.fail(line, "a name of more than 1024 bytes")
	case len(r.rows) == MaxLogins:
		return r.fail(line, "more than %d logins", MaxLogins)
	}
	number := func(names map[string]int, name string) int {
		n, ok := names[name]
		if !ok {
			n = len(names)
			names[name] = n
		}
		return n
	}
	r.rows = append(r.rows, row{at, number(r.users, user), number(r.places, platform)})
	return nil
}

const lanlColumns = 9

func (r *reader) csv() error {
	f, err := os.Open(r.name)
	if err != nil {
		return fmt.Errorf("trace: %w", err)
	}
	defer f.Close()
	text, err := plainText(f)
	if err != nil {
		return fmt.Errorf("trace: %s: %w", r.name, err)
	}
	c := csv.NewReader(&lines{from: text})
	c.FieldsPerRecord, c.ReuseRecord = -1, true
	lanl := false
	for n := 1; ; n++ {
		fields, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			return r.fail(bad.Line, "%v", bad.Err)
		}
		if err != nil {
			return fmt.Errorf("trace: %s: %w", r.name, err)
		}
		line, _ := c.FieldPos(0)
		if n == 1 {
			if lanl = len(fields) == lanlColumns; !lanl {
				if !slices.Equal(fields, []string{"time", "user", "platform"}) {
					return r.fail(1, "the header is not time,user,platform, and it is not the authentication data of LANL")
				}
				continue
			}
		}
		if lanl {
			if len(fields) != lanlColumns {
				return r.fail(line, "%d columns instead of %d", len(fields), lanlColumns)
			}
			if fields[7] != "LogOn" || fields[8] != "Success" {
				continue
			}
			fields = []string{fields[0], fields[1], fields[4]}
		}
		if len(fields) != 3 {
			return r.fail(line, "%d columns instead of 3", len(fields))
		}
		at, err := seconds(fields[0])
		if err != nil {
			return r.fail(line, "%v", err)
		}
		if err := r.add(line, at, strings.Clone(fields[1]), strings.Clone(fields[2])); err != nil {
			return err
		}
	}
}

// plainText reads a file, compressed with gzip or not, behind its byte order
// mark.
func plainText(f *os.File) (*bufio.Reader, error) {
	text := bufio.NewReaderSize(f, 1<<20)
	if magic, _ := text.Peek(2); string(magic) == "\x1f\x8b" {
		z, err := gzip.NewReader(text)
		if err != nil {
			return nil, err
		}
		text = bufio.NewReaderSize(z, 1<<20)
	}
	if mark, _ := text.Peek(3); string(mark) == "\ufeff" {
		text.Discard(3)
	}
	return text, nil
}

// maxLine bounds a line, in bytes.
const maxLine = 64 << 10

// lines passes text on whose lines are of a bounded length.
type lines struct {
	from io.Reader
	long int // bytes since the end of the last line
}

func (l *lines) Read(p []byte) (int, error) {
	n, err := l.from.Read(p)
	for rest := p[:n]; ; {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			l.long += len(rest)
			break
		}
		l.long, rest = 0, rest[end+1:]
	}
	if l.long > maxLine {
		return 0, fmt.Errorf("a line of more than %d bytes: it is no trace", maxLine)
	}
	return n, err
}

// maxSecond is a time that no trace is later than.
const maxSecond = 1 << 40

func seconds(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if t, other := time.Parse(time.RFC3339, s); err != nil && other == nil {
		n, err = t.Unix(), nil
	}
	if err == nil && n >= 0 && n <= maxSecond {
		return n, nil
	}
	return 0, fmt.Errorf("%.40q is no time: write seconds, or an instant such as 2026-03-01T08:00:00Z", s)
}

type record struct {
	Time     int64  `parquet:"time"`
	User     string `parquet:"user"`
	Platform string `parquet:"platform"`
}

func (r *reader) parquet() (err error) {
	defer func() { // the library panics on some files
		if p := recover(); p != nil {
			err = fmt.Errorf("trace: %s: not a Parquet file with columns time, user and platform: %v", r.name, p)
		}
	}()
	f, err := os.Open(r.name)
	if err != nil {
		return fmt.Errorf("trace: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("trace: %w", err)
	}
	file, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		return fmt.Errorf("trace: %s: %w", r.name, err)
	}
	for _, name := range []string{"time", "user", "platform"} {
		if _, ok := file.Schema().Lookup(name); !ok {
			return fmt.Errorf("trace: %s: no column %s", r.name, name)
		}
	}
	rows := parquet.NewGenericReader[record](file)
	defer rows.Close()
	some := make([]record, 1024)
	for line := 1; ; {
		n, err := rows.Read(some)
		for _, row := range some[:n] {
			if row.Time < 0 || row.Time > maxSecond {
				return r.fail(line, "%d is no time in seconds", row.Time)
			}
			if err := r.add(line, row.Time, strings.Clone(row.User), strings.Clone(row.Platform)); err != nil {
				return err
			}
			line++
		}
		switch {
		case errors.Is(err, io.EOF) || err == nil && n == 0:
			return nil
		case err != nil:
			return r.fail(line, "%v", err)
		}
	}
}

func (r *reader) trace() (*Trace, error) {
	switch {
	case len(r.rows) == 0:
		return nil, fmt.Errorf("trace: %s: no login in it", r.name)
	case len(r.users) > MaxUsers:
		return nil, fmt.Errorf("trace: %s: more than %d users", r.name, MaxUsers)
	}
	slices.SortStableFunc(r.rows, func(a, b row) int { return int(min(max(a.at-b.at, -1), 1)) })
	first, last := r.rows[0].at, r.rows[len(r.rows)-1].at
	const day = 24 * 60 * 60
	t := &Trace{Users: make([][]schedule.Login, len(r.users)), Platforms: len(r.places), Days: int((last-first+firstSecond)/day) + 1}
	if t.Days > schedule.MaxDays {
		return nil, fmt.Errorf("trace: %s: it lasts %d days; at most %d can be run", r.name, t.Days, schedule.MaxDays)
	}
	for _, row := range r.rows {
		t.Users[row.user] = append(t.Users[row.user], schedule.Login{
			// Not before everybody has enrolled.
			Second: uint32(row.at-first) + firstSecond, Platform: uint8(row.platform % r.platforms),
		})
	}
	return t, nil
}

// firstSecond is the time of day of the first login.
const firstSecond = 7 * 60 * 60
