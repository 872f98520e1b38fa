//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package sqlite

import "os"

// lockDescriptor has nothing to add here: SQLite's exclusive lock and the
// list of what this process holds do the work.
func lockDescriptor(*os.File) error { return nil }

func unlockDescriptor(*os.File) error { return nil }
