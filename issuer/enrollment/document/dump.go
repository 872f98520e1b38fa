package document

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The files of a chip dump folder.
const (
	fileCOM = "EF_COM.bin"
	fileDG1 = "EF_DG1.bin"
	fileDG2 = "EF_DG2.bin"
	fileSOD = "EF_SOD.bin"
	// fileNote is not on the chip: the residence note of a passport.
	fileNote = "residence-note.jws"
)

// ReadChip reads a document from files: a folder with the dump of a chip
// (EF_COM.bin, EF_DG1.bin, EF_DG2.bin, EF_SOD.bin, and beside a passport
// optionally residence-note.jws), or one file with a Presented as JSON. The
// kind of a dump is told from its machine readable zone. Nothing is
// verified.
func ReadChip(path string) (*Presented, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	if !info.IsDir() {
		b, err := readBounded(path, MaxPresented)
		if err != nil {
			return nil, fmt.Errorf("document: %s: %w", path, err)
		}
		return ParsePresented(b)
	}
	p := &Presented{Chip: &Chip{}}
	for _, file := range []struct {
		name    string
		content *[]byte
	}{{fileCOM, &p.Chip.COM}, {fileDG1, &p.Chip.DG1}, {fileDG2, &p.Chip.DG2}, {fileSOD, &p.Chip.SOD}} {
		if *file.content, err = readBounded(filepath.Join(path, file.name), MaxPresented); err != nil {
			return nil, fmt.Errorf("document: chip dump: %w", err)
		}
	}
	note, err := readBounded(filepath.Join(path, fileNote), maxToken)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("document: chip dump: %w", err)
	}
	p.Note = string(note)
	zone, err := parseDG1(p.Chip.DG1)
	if err != nil {
		return nil, err
	}
	kind, ok := kindOfZone(zone)
	if !ok {
		return nil, failed("document-kind", "chip.dg1.code", clauseMRZ, "%q is no document that can be read here", zone[:5])
	}
	p.Kind = kind
	return p, nil
}

// WriteChip writes the files that ReadChip reads from a folder, which is
// made if it is not there.
func (p *Presented) WriteChip(dir string) error {
	if p.Chip == nil {
		return fmt.Errorf("document: a %s has no chip to write", p.Kind)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("document: chip dump: %w", err)
	}
	files := map[string][]byte{fileCOM: p.Chip.COM, fileDG1: p.Chip.DG1, fileDG2: p.Chip.DG2, fileSOD: p.Chip.SOD}
	if p.Note != "" {
		files[fileNote] = []byte(p.Note)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return fmt.Errorf("document: chip dump: %w", err)
		}
	}
	return nil
}
