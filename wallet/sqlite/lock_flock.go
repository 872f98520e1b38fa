//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package sqlite

import (
	"errors"
	"os"
	"syscall"
)

func lockDescriptor(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrInUse
		}
		return err
	}
}

// unlockDescriptor gives the lock up. Closing alone would not while a child
// process that is just being started still has a copy of the descriptor.
func unlockDescriptor(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
