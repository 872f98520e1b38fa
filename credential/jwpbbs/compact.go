package jwpbbs

import (
	"encoding/base64"
	"strings"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
)

// Bounds on what is read, and kept to when writing. They are far above what a
// credential of people needs.
const (
	MaxSize      = 256 << 10 // octets of an issued or presented form
	MaxHeader    = 32 << 10  // octets of a header
	MaxMessages  = 256       // payload slots
	MaxPayload   = 16 << 10  // octets of a payload
	MaxDepth     = 8         // objects and arrays inside one another in cmap and in a payload
	MaxSubProofs = 16        // sub-proofs of a presentation
	maxSubProof  = 16 << 10  // octets of a sub-proof
	maxText      = 4096      // octets of a nonce, an audience, a scope

	maxTransactions = 64
)

const (
	draft = "draft-bormann-jwp-modular-bbs-03 section "
	jwp   = "draft-ietf-jose-json-web-proof-13 section "
	ours  = "spec/jwpbbs.md section "

	clauseCompact = jwp + "7.1"
)

// compact is a form of JSON Web Proof taken apart: one header (issued) or
// two, presentation header first (presented), payload slots, proof values. A
// payload that is omitted is nil; one of no octets is empty and not nil.
type compact struct {
	headers  [][]byte
	payloads [][]byte
	proof    [][]byte
}

// String writes the Compact Serialization.
func (c compact) String() string {
	var b strings.Builder
	for _, h := range c.headers {
		b.WriteString(base64url.EncodeToString(h))
		b.WriteByte('.')
	}
	writeOctets(&b, c.payloads)
	b.WriteByte('.')
	writeOctets(&b, c.proof)
	return b.String()
}

func writeOctets(b *strings.Builder, list [][]byte) {
	for i, octets := range list {
		if i > 0 {
			b.WriteByte('~')
		}
		if octets != nil && len(octets) == 0 {
			b.WriteByte('_')
		}
		b.WriteString(base64url.EncodeToString(octets))
	}
}

// parseCompact reads the Compact Serialization of a form with so many
// headers.
func parseCompact(text string, headers int) (compact, error) {
	if len(text) > MaxSize {
		return compact{}, credential.Failed("size", clauseCompact, "%d octets, more than %d", len(text), MaxSize)
	}
	if n := strings.Count(text, "."); n != headers+1 {
		return compact{}, credential.Failed("form", clauseCompact, "%d parts, not %d", n+1, headers+2)
	}
	parts := strings.Split(text, ".")
	var c compact
	for _, part := range parts[:headers] {
		h, err := jws.ReadBase64(part)
		if err != nil {
			return compact{}, credential.Failed("form", clauseCompact, "a header: %w", err)
		}
		if len(h) > MaxHeader {
			return compact{}, credential.Failed("size", clauseCompact, "a header of %d octets, more than %d", len(h), MaxHeader)
		}
		c.headers = append(c.headers, h)
	}
	var err error
	if c.payloads, err = readOctets(parts[headers], MaxMessages, MaxPayload, "payload"); err != nil {
		return compact{}, err
	}
	// The core proof grows with the messages, so only the whole bounds it.
	if c.proof, err = readOctets(parts[headers+1], MaxSubProofs+1, MaxSize, "proof value"); err != nil {
		return compact{}, err
	}
	for i, p := range c.proof {
		if len(p) == 0 {
			return compact{}, credential.Failed("form", clauseCompact, "proof value %d is empty", i)
		}
	}
	return c, nil
}

func readOctets(text string, most, longest int, what string) ([][]byte, error) {
	if n := strings.Count(text, "~") + 1; n > most {
		return nil, credential.Failed("size", clauseCompact, "%d times %s, more than %d", n, what, most)
	}
	var out [][]byte
	for i, s := range strings.Split(text, "~") {
		var octets []byte
		switch s {
		case "":
		case "_":
			octets = []byte{}
		default:
			var err error
			if octets, err = jws.ReadBase64(s); err != nil {
				return nil, credential.Failed("form", clauseCompact, "%s %d: %w", what, i, err)
			}
		}
		if len(octets) > longest {
			return nil, credential.Failed("size", clauseCompact, "%s %d has %d octets, more than %d", what, i, len(octets), longest)
		}
		out = append(out, octets)
	}
	return out, nil
}

// base64url is read by jws.ReadBase64, which takes one text for each value.
var base64url = base64.RawURLEncoding
