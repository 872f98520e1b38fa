package main

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

// output is standard output that remembers the first write that failed: most
// of what is printed is printed without a look at the error, and an offer that
// is good once must not get lost with a report of success.
type output struct {
	to io.Writer

	mu     sync.Mutex // servers print from many goroutines
	failed error
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.to.Write(p)
	if err != nil && o.failed == nil {
		o.failed = err
	}
	return n, err
}

// lostOutput says that what a command printed did not arrive.
type lostOutput struct{ err error }

func (e *lostOutput) Error() string {
	return fmt.Sprintf("the output could not be written, all or part of it is lost: %v", e.err)
}

func (e *lostOutput) Unwrap() error { return e.err }

// check adds to the error of a command that its output was lost, if it was.
func (o *output) check(err error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch o.failed {
	case nil:
		return err
	case err:
		return &lostOutput{err}
	}
	return errors.Join(err, &lostOutput{o.failed})
}
