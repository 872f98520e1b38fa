package bbs

import (
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs/internal/core"
)

// Message is what a blind signature or a signature with pseudonym signs at
// one index: octets, which are hashed to a scalar, or a number, which is the
// scalar itself and about which other proofs can say more, such as that it is
// in a range. The zero value is the empty octet string.
//
// Octets and numbers are not told apart once they are scalars: issuer and
// verifier have to agree on which index holds which. [Suite.Sign] has octets
// alone.
type Message struct {
	octets []byte
	number *fr.Element
}

// Octets is a message of at most [MaxOctets] octets, mapped to a scalar by
// messages_to_scalars (draft-irtf-cfrg-bbs-signatures-11 section 4.1.2).
func Octets(o []byte) Message { return Message{octets: o} }

// Number is the message that is this number.
func Number(n uint64) Message { return Message{number: new(fr.Element).SetUint64(n)} }

// ParseNumber is the number written in 32 octets, big-endian, and below the
// group order r. It refuses everything else.
func ParseNumber(octets []byte) (Message, error) {
	const check, clause = "bbs-message", spec + "4.2.4.1"
	if len(octets) != core.ScalarLength {
		return Message{}, credential.Failed(check, clause, "a number of %d octets instead of %d", len(octets), core.ScalarLength)
	}
	var n fr.Element
	if n.SetBytesCanonical(octets) != nil {
		return Message{}, credential.Failed(check, clause, "a number over the group order")
	}
	return Message{number: &n}, nil
}

// AllOctets is [Octets] of each.
func AllOctets(messages ...[]byte) []Message {
	out := make([]Message, len(messages))
	for i, m := range messages {
		out[i].octets = m
	}
	return out
}

func scalars(c *core.Suite, messages []Message) []fr.Element {
	dst := c.MessageDST()
	out := make([]fr.Element, len(messages))
	for i := range messages {
		if n := messages[i].number; n != nil {
			out[i] = *n
		} else {
			out[i] = c.HashToScalar(messages[i].octets, dst)
		}
	}
	return out
}

// boundedMessages is [bounded] for messages of both kinds.
func boundedMessages(check, clause string, headers [][]byte, lists ...[]Message) error {
	for _, h := range headers {
		if len(h) > MaxOctets {
			return credential.Failed(check, clause, "a header or context over %d octets", MaxOctets)
		}
	}
	total := 0
	for _, list := range lists {
		total += len(list)
		for i := range list {
			if len(list[i].octets) > MaxOctets {
				return credential.Failed(check, clause, "message %d over %d octets", i, MaxOctets)
			}
		}
	}
	if total > MaxMessages {
		return credential.Failed(check, clause, "%d messages, more than %d", total, MaxMessages)
	}
	return nil
}
