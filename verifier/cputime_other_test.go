//go:build !unix

package verifier_test

import "time"

var began = time.Now()

func spent() time.Duration { return time.Since(began) }
