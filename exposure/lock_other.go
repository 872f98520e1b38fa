//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package exposure

// lock does not keep a second run out on this system.
func lock(string) (release func(), err error) { return func() {}, nil }
