package core

import (
	"crypto/sha256"
	"crypto/sha3"
	"encoding/binary"
	"errors"
)

// The expand_message variants of RFC 9380 section 5.3. Both abort on a domain
// separation tag over 255 octets or on more output than two octets can count.

var errExpand = errors.New("expand_message: domain separation tag or output too long")

// expandXMD is expand_message_xmd with SHA-256, RFC 9380 section 5.3.1.
func expandXMD(message, dst []byte, length int) ([]byte, error) {
	blocks := (length + sha256.Size - 1) / sha256.Size
	if len(dst) > 255 || blocks > 255 || length > 65535 {
		return nil, errExpand
	}
	h := sha256.New()
	h.Write(make([]byte, sha256.BlockSize))
	h.Write(message)
	h.Write(binary.BigEndian.AppendUint16(nil, uint16(length)))
	h.Write([]byte{0})
	h.Write(dst)
	h.Write([]byte{byte(len(dst))})
	b0 := h.Sum(nil)

	out := make([]byte, 0, blocks*sha256.Size)
	mixed := make([]byte, sha256.Size)
	for i := 1; i <= blocks; i++ {
		copy(mixed, b0)
		if i > 1 {
			for j, b := range out[(i-2)*sha256.Size:] {
				mixed[j] ^= b
			}
		}
		h.Reset()
		h.Write(mixed)
		h.Write([]byte{byte(i)})
		h.Write(dst)
		h.Write([]byte{byte(len(dst))})
		out = h.Sum(out)
	}
	return out[:length], nil
}

// expandXOF is expand_message_xof with SHAKE-256, RFC 9380 section 5.3.2.
func expandXOF(message, dst []byte, length int) ([]byte, error) {
	if len(dst) > 255 || length > 65535 {
		return nil, errExpand
	}
	h := sha3.NewSHAKE256()
	h.Write(message)
	h.Write(binary.BigEndian.AppendUint16(nil, uint16(length)))
	h.Write(dst)
	h.Write([]byte{byte(len(dst))})
	out := make([]byte, length)
	h.Read(out)
	return out, nil
}
