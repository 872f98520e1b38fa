package enrollment

import (
	"errors"

	"github.com/halfmask/halfmask/spec"
)

const passwordLength = 8

// CheckPassword applies R-ENR-08: eight digits that do not run up or down one
// by one (9 and 0 are neighbours) and are not all the same. The error is an
// *EvidenceError.
func CheckPassword(password string) error {
	fail := func(text string) error {
		return &EvidenceError{Check: "password", Rule: spec.RulePassword, Field: "password", Err: errors.New(text)}
	}
	if len(password) != passwordLength {
		return fail("not eight digits")
	}
	steps := map[byte]bool{}
	for i := range len(password) {
		if password[i] < '0' || password[i] > '9' {
			return fail("not eight digits")
		}
		if i > 0 {
			steps[(password[i]+10-password[i-1])%10] = true
		}
	}
	if len(steps) == 1 && steps[0] {
		return fail("all digits are the same")
	}
	if len(steps) == 1 && (steps[1] || steps[9]) {
		return fail("the digits are consecutive")
	}
	return nil
}
