package jwpbbs

import (
	"fmt"
	"io"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
)

// LinkSecret is a number that the holder alone knows and that the issuer
// signs without seeing it. A credential is of no use without it, and
// pseudonyms are made of it: they last from one credential to the next for as
// long as the holder keeps it.
type LinkSecret struct{ scalar fr.Element }

// NewLinkSecret draws a link secret from crypto/rand.
func NewLinkSecret() *LinkSecret {
	l := new(LinkSecret)
	for l.scalar.IsZero() {
		l.scalar.MustSetRandom()
	}
	return l
}

// ParseLinkSecret reads what [LinkSecret.Bytes] wrote: a number of 32 octets,
// big-endian, in [1, r).
func ParseLinkSecret(octets []byte) (*LinkSecret, error) {
	l := new(LinkSecret)
	if err := l.scalar.SetBytesCanonical(octets); err != nil || l.scalar.IsZero() {
		return nil, credential.Failed("link-secret", ours+"2", "not a number of %d octets in [1, r)", scalarSize)
	}
	return l, nil
}

// Bytes encodes the link secret in 32 octets. They are the secret.
func (l *LinkSecret) Bytes() []byte {
	octets := l.scalar.Bytes()
	return octets[:]
}

// Format prints "jwpbbs.LinkSecret" whatever the verb, which keeps the secret
// out of logs and error messages.
func (LinkSecret) Format(f fmt.State, _ rune) { io.WriteString(f, "jwpbbs.LinkSecret") }

func (l *LinkSecret) message() (bbs.Message, error) {
	if l == nil {
		return bbs.Message{}, credential.Failed("link-secret", ours+"2", "no link secret")
	}
	return bbs.ParseNumber(l.Bytes())
}
