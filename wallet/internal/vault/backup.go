package vault

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/halfmask/halfmask/wallet/sqlite"
)

// Backup copies the whole vault, as it is at one moment, to a new file, which
// opens with the same passphrase. The errors are ErrExists and those of the
// file system; a vault in memory has none.
func (v *Vault) Backup(path string) error {
	p, ok := v.provider.(*sqlite.Provider)
	if !ok {
		return errors.New("vault: nothing is kept in a file")
	}
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s: %w", path, ErrExists)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	suffix := make([]byte, 6)
	rand.Read(suffix)
	draft := path + ".new-" + hex.EncodeToString(suffix)
	defer os.Remove(draft)
	if err := p.CopyTo(draft); err != nil {
		return err
	}
	return publish(draft, path)
}
