package sqlite

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
)

// fileLock is held for as long as a Provider is open. SQLite's own lock is
// taken too, but POSIX drops that one as soon as this process closes any
// other descriptor of the file; the lock here belongs to one descriptor. The
// list of what this process holds keeps a second Open from touching the
// file at all.
type fileLock struct {
	file *os.File
	info os.FileInfo
}

var held struct {
	sync.Mutex
	locks []*fileLock
}

func lockFile(path string) (*fileLock, error) {
	held.Lock()
	defer held.Unlock()
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	if slices.ContainsFunc(held.locks, func(l *fileLock) bool { return os.SameFile(l.info, info) }) {
		return nil, fmt.Errorf("sqlite: open %s: %w", path, ErrInUse)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	if err := lockDescriptor(f); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: open %s: %w", path, err), f.Close())
	}
	if info, err = f.Stat(); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: open: %w", err), f.Close())
	}
	l := &fileLock{f, info}
	held.locks = append(held.locks, l)
	return l, nil
}

func (l *fileLock) release() error {
	held.Lock()
	defer held.Unlock()
	held.locks = slices.DeleteFunc(held.locks, func(h *fileLock) bool { return h == l })
	return errors.Join(unlockDescriptor(l.file), l.file.Close())
}
