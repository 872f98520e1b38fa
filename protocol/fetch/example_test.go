package fetch_test

import (
	"context"
	"fmt"

	"github.com/halfmask/halfmask/protocol/fetch"
)

func Example() {
	client := fetch.New(fetch.Options{})
	_, err := fetch.Get(context.Background(), client, "https://169.254.169.254/latest/meta-data", 1<<16, "application/json")
	fmt.Println(err)
	// Output:
	// fetch: GET https://169.254.169.254: dial tcp 169.254.169.254:443: check fetch-address failed (RFC 6890 section 2): 169.254.169.254 is not dialed: it is a link-local address
}
