package wallet_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/halfmask/halfmask/wallet"
)

// A wallet is a file under a passphrase.
func Example() {
	dir, err := os.MkdirTemp("", "wallet")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "mine")

	w, err := wallet.Create(path, "correct horse battery staple")
	if err != nil {
		log.Fatal(err)
	}
	w.Close()

	_, err = wallet.Open(path, "correct horse battery stapler")
	fmt.Println(errors.Is(err, wallet.ErrPassphrase))

	w, err = wallet.Open(path, "correct horse battery staple")
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close()
	entries, err := w.List()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(entries), "credentials")
	// Output:
	// true
	// 0 credentials
}

// Nothing leaves a wallet before the person has seen what would.
func ExampleWallet_Present() {
	w, err := wallet.Ephemeral()
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close()
	consent := func(a wallet.Ask) bool {
		if a.Problem != nil {
			fmt.Println(a.Verifier, "cannot be answered:", a.Problem)
			return false
		}
		fmt.Println(a.Verifier, "would see", a.Disclosed(), "and", a.Linkable)
		return true
	}
	_, err = w.Present(context.Background(), "https://platform.example/not-a-request", consent)
	fmt.Println(err)
	// Output:
	// wallet: present: openid4vp: invalid_request: check request-uri failed (OpenID4VP 1.0 section 13.1.2): not a URI of the scheme openid4vp
}
