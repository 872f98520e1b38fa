//go:build !race

package wallet_test

const stride = 1
