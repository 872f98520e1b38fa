//go:build !unix

package main

import "time"

var began = time.Now()

func spent() time.Duration { return time.Since(began) }
