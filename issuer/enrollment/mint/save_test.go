package mint

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/spec"
)

func TestSavedDocumentVerifies(t *testing.T) {
	a := authority(t, 1)
	for _, kind := range spec.KnownKinds {
		p := people(1)[0]
		if kind == spec.ForeignPermanentResidentCard {
			p.Nationality = "KAZ"
		}
		d, err := a.Issue(p, kind, Options{})
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "holder")
		if err := d.Save(dir); err != nil {
			t.Fatal(err)
		}
		paths := []string{filepath.Join(dir, PresentedFile)}
		if hasChip(kind) {
			paths = append(paths, filepath.Join(dir, ChipDir))
		}
		for _, path := range paths {
			read, err := document.ReadChip(path)
			if err != nil {
				t.Fatal(err)
			}
			if v, err := document.Verify(*read, a.Trust(), at); err != nil || v.Number != d.Number {
				t.Errorf("%s: %+v, %v", path, v, err)
			}
		}
		face, err := os.ReadFile(filepath.Join(dir, LiveFaceFile))
		if err != nil || distance(t, face, d.Portrait) > 20 {
			t.Errorf("%s: not the holder's face, %v", kind, err)
		}
	}
}
