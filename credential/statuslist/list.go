package statuslist

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"

	"github.com/halfmask/halfmask/credential"
)

const (
	// MaxOctets is the most that a list may have, uncompressed: 67 million
	// credentials of one bit.
	MaxOctets = 8 << 20
	// MaxToken is the most characters or octets of a token.
	MaxToken = 12 << 20
)

// Status is what a list says of a credential, section 7.1.
type Status byte

const (
	Valid     Status = 0
	Invalid   Status = 1 // revoked, for good
	Suspended Status = 2 // for the time being; needs lists of two bits or more
)

func (s Status) String() string {
	switch s {
	case Valid:
		return "valid"
	case Invalid:
		return "revoked"
	case Suspended:
		return "suspended"
	}
	return fmt.Sprintf("of status 0x%02x", byte(s))
}

// A List holds the status of many credentials, section 4.1. It is not for use
// by several goroutines while one of them calls Set.
type List struct {
	bits  int // for each credential: 1, 2, 4 or 8
	array []byte
}

// New makes a list of at least size credentials, all of them [Valid], with 1,
// 2, 4 or 8 bits for each.
func New(bits, size int) (*List, error) {
	if !allowed(bits) {
		return nil, fmt.Errorf("statuslist: %d bits, not 1, 2, 4 or 8", bits)
	}
	perOctet := 8 / bits
	if size <= 0 || size > MaxOctets*perOctet {
		return nil, fmt.Errorf("statuslist: a list of %d, not of 1 to %d", size, MaxOctets*perOctet)
	}
	return &List{bits, make([]byte, (size+perOctet-1)/perOctet)}, nil
}

func allowed(bits int) bool { return bits == 1 || bits == 2 || bits == 4 || bits == 8 }

// Bits gives the bits for each credential.
func (l *List) Bits() int { return l.bits }

// Len gives the number of places.
func (l *List) Len() int { return len(l.array) * 8 / l.bits }

// Get gives the status at an index. An index beyond the list is an error, and
// the credential that names it must be refused (section 8.3).
func (l *List) Get(index int) (Status, error) {
	if index < 0 || index >= l.Len() {
		return 0, credential.Failed("status-index", clauseRules, "index %d is not in a list of %d", index, l.Len())
	}
	octet, shift := l.place(index)
	return Status(l.array[octet] >> shift & l.mask()), nil
}

// Set changes the status at an index.
func (l *List) Set(index int, s Status) error {
	if index < 0 || index >= l.Len() {
		return fmt.Errorf("statuslist: index %d is not in a list of %d", index, l.Len())
	}
	if byte(s) > l.mask() {
		return fmt.Errorf("statuslist: a credential %v does not fit %d bits", s, l.bits)
	}
	octet, shift := l.place(index)
	l.array[octet] = l.array[octet]&^(l.mask()<<shift) | byte(s)<<shift
	return nil
}

func (l *List) place(index int) (octet, shift int) {
	perOctet := 8 / l.bits
	return index / perOctet, index % perOctet * l.bits
}

func (l *List) mask() byte { return byte(1<<l.bits - 1) }

func (l *List) compress() ([]byte, error) {
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, zlib.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(l.array); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// decompress reads a list of at most MaxOctets, in the ZLIB format (RFC 1950)
// and with nothing behind it.
func decompress(bits int, compressed []byte) (*List, error) {
	failed := func(format string, args ...any) error {
		return credential.Failed("status-list", "draft-ietf-oauth-status-list section 4.1", format, args...)
	}
	if !allowed(bits) {
		return nil, failed("bits is %d, not 1, 2, 4 or 8", bits)
	}
	source := bytes.NewReader(compressed)
	r, err := zlib.NewReader(source)
	if err != nil {
		return nil, failed("not in ZLIB format: %w", err)
	}
	array, err := io.ReadAll(io.LimitReader(r, MaxOctets+1))
	if err != nil {
		return nil, failed("not in ZLIB format: %w", err)
	}
	if len(array) > MaxOctets {
		return nil, failed("more than %d octets", MaxOctets)
	}
	if source.Len() > 0 {
		return nil, failed("%d octets behind the list", source.Len())
	}
	return &List{bits, array}, nil
}
