package sqlite

import (
	"errors"
	"fmt"
	"os"
)

// CopyTo writes a copy of everything into a new file, readable and writable
// by its owner only, as of one moment between two writes. It never overwrites:
// when the path exists, the error is fs.ErrExist.
func (p *Provider) CopyTo(path string) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("sqlite: copy: %w", err)
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	if _, err := p.db.Exec("VACUUM INTO ?", path); err != nil {
		return fmt.Errorf("sqlite: copy: %w", explain(err))
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sqlite: copy: %w", err)
	}
	return nil
}
