package credential_test

import (
	"errors"
	"fmt"

	"github.com/halfmask/halfmask/credential"
)

// A failed check says what failed and which clause asks for it.
func ExampleError() {
	err := fmt.Errorf("verifier: %w", credential.Failed("key-binding-nonce", "RFC 9901 section 7.3", "not the nonce of the request"))

	var failed *credential.Error
	if errors.As(err, &failed) {
		fmt.Println(failed.Check)
		fmt.Println(failed.Clause)
	}
	// Output:
	// key-binding-nonce
	// RFC 9901 section 7.3
}
