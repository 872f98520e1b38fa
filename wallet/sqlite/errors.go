package sqlite

import (
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
)

var (
	// ErrNotStore: the path is no file of this package.
	ErrNotStore = errors.New("not a halfmask store")
	// ErrVersion: the file was written by another version of this package.
	ErrVersion = errors.New("written by another version")
	// ErrDamaged: the file is truncated or its content contradicts itself.
	ErrDamaged = errors.New("damaged or truncated")
	// ErrInUse: another process, or another Provider in this one, has the file open.
	ErrInUse = errors.New("in use by another process")
	// ErrFull: writing failed, for want of room as a rule; nothing of the call
	// was written.
	ErrFull = errors.New("no room left to write, or the disk failed")
	// ErrClosed: the Provider was closed.
	ErrClosed = errors.New("closed")
)

// Primary result codes of SQLite.
const (
	codeBusy = 5 + iota
	codeLocked
	_
	codeReadOnly
	_
	codeIO
	codeCorrupt
	_
	codeFull
	codeNotDatabase = 26
)

const (
	codeShortRead = codeIO | 2<<8 // SQLITE_IOERR_SHORT_READ
	codeWrite     = codeIO | 3<<8 // SQLITE_IOERR_WRITE: a quota, or a limit on the size of files
)

// explain wraps an error of SQLite in the error of this package that a
// caller can branch on.
func explain(err error) error {
	if err != nil && (errors.Is(err, sql.ErrConnDone) || err.Error() == "sql: database is closed") {
		return ErrClosed
	}
	var coded *sqlite.Error
	if !errors.As(err, &coded) {
		return err
	}
	switch code := coded.Code(); {
	case code == codeShortRead, code&0xff == codeCorrupt:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case code&0xff == codeNotDatabase:
		return fmt.Errorf("%w: %w", ErrNotStore, err)
	case code&0xff == codeBusy, code&0xff == codeLocked:
		return fmt.Errorf("%w: %w", ErrInUse, err)
	case code == codeWrite, code&0xff == codeFull:
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
