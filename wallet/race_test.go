//go:build race

package wallet_test

// stride thins out the tests that start a process for each step: they are
// about crashes, and slow under the race detector.
const stride = 4
