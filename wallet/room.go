package wallet

import (
	"bytes"

	"github.com/halfmask/halfmask/wallet/internal/vault"
)

// Sizes that are set aside, in bytes before encryption: about twice what our
// own issuer's credentials take.
const (
	roomPerIssuance   = 4 << 10 // the grant, the log line, and what the file needs to find them
	roomPerCredential = 8 << 10 // a credential with the key that it is bound to
)

// reserve makes the file big enough for what an issuance is about to bring,
// or fails with ErrFull while nothing is spent. The placeholder is written and
// deleted again: the file keeps its pages for what is written next, and the
// deletion took as much room beside the file, for the journal. Nothing of it
// stays reserved there, so that a disk that others fill meanwhile can still
// fail a later write.
func (w *Wallet) reserve(credentials int) error {
	if err := w.write(room(roomPerIssuance + credentials*roomPerCredential)); err != nil {
		return err
	}
	return w.write(forgotten{kindRoom, roomName})
}

// room is a record of so many bytes that say nothing. A process that was
// killed may leave one; the next replaces it.
type room int

const roomName = "reserved"

func (r room) record() (vault.Record, error) {
	return vault.Record{Kind: kindRoom, Name: roomName, Value: bytes.Repeat([]byte{'0'}, int(r))}, nil
}
