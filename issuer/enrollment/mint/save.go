package mint

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// The files of a saved document.
const (
	PresentedFile = "document.json" // what document.ReadChip reads, and an enrollment submits
	LiveFaceFile  = "face.jpg"      // a live face of the holder
	ChipDir       = "chip"          // the dump of the chip, for the kinds that have one
)

// Save writes what the holder has at hand into a folder, which is made if it
// is not there: the document as JSON, a live face, and the dump of the chip
// if there is one.
func (d *Document) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("mint: %w", err)
	}
	b, err := json.MarshalIndent(d.Presented, "", "  ")
	if err != nil {
		return fmt.Errorf("mint: %w", err)
	}
	for name, content := range map[string][]byte{PresentedFile: append(b, '\n'), LiveFaceFile: d.LiveFace(1)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return fmt.Errorf("mint: %w", err)
		}
	}
	if d.Presented.Chip != nil {
		return d.Presented.WriteChip(filepath.Join(dir, ChipDir))
	}
	return nil
}
