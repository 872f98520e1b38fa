// Package seeded lets sdjwttest issue with a given source of salts. No other
// package can reach it, and the public API has no such argument.
package seeded

import (
	"io"

	"github.com/go-jose/go-jose/v4"
)

// Issue is sdjwt.Issue with the source of the salts and decoys; the template
// is an sdjwt.Template. Package sdjwt sets it when it is initialized.
var Issue func(random io.Reader, key jose.SigningKey, template any) (string, error)
