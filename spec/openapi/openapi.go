// Package openapi holds the descriptions of every HTTP endpoint of issuer,
// verifier and wallet, as OpenAPI 3.0.3. The tests of these roles hold each of
// their exchanges against them with package openapitest.
package openapi

import "embed"

// Files are issuer.yaml, verifier.yaml and wallet.yaml.
//
//go:embed *.yaml
var Files embed.FS
