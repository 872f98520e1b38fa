package main

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
)

// The files of a folder that documents mint writes.
const (
	documentFile = "document.json" // a document.Presented
	portraitFile = "portrait.jpg"  // as on the document
	liveFaceFile = "live-face.jpg" // what a camera would see at enrollment
	chipFolder   = "chip"          // the same as the dump of a chip, for the kinds that have one
)

func documentsCommand() *cobra.Command {
	c := &cobra.Command{Use: "documents", Short: "Make synthetic identity documents, and check documents"}
	c.AddCommand(documentsMintCommand(), documentsCheckCommand())
	return c
}

// readDocument reads a document from a folder of documents mint, a folder
// with the dump of a chip, or a file. In a minted folder each file is there
// twice; one that is not the same as its copy is refused, for what is signed
// is one of the two at most.
func readDocument(path string) (*document.Presented, error) {
	minted := filepath.Join(path, documentFile)
	if !isFile(minted) {
		return document.ReadChip(path)
	}
	p, err := document.ReadChip(minted)
	if err != nil {
		return nil, err
	}
	return p, sameCopies(p, path)
}

// sameCopies compares a document with the files beside it that are there.
func sameCopies(p *document.Presented, dir string) error {
	type copied struct {
		file, check, field string
		want               []byte
	}
	copies := []copied{{portraitFile, "record-portrait", "portrait", p.Portrait}}
	if p.Chip != nil {
		copies = []copied{
			{filepath.Join(chipFolder, "EF_COM.bin"), "minted-copy", "chip.com", p.Chip.COM},
			{filepath.Join(chipFolder, "EF_DG1.bin"), "sod-hash", "chip.dg1", p.Chip.DG1},
			{filepath.Join(chipFolder, "EF_DG2.bin"), "sod-hash", "chip.dg2", p.Chip.DG2},
			{filepath.Join(chipFolder, "EF_SOD.bin"), "minted-copy", "chip.sod", p.Chip.SOD},
			{filepath.Join(chipFolder, "residence-note.jws"), "minted-copy", "residence_note", []byte(p.Note)},
		}
	}
	for _, c := range copies {
		path := filepath.Join(dir, c.file)
		content, err := readFile(path, document.MaxPresented)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if !bytes.Equal(content, c.want) {
			return &document.Error{Check: c.check, Field: c.field, Clause: "a folder of documents mint",
				Err: fmt.Errorf("%s is not the same as its copy in %s: one of them was changed", path, filepath.Join(dir, documentFile))}
		}
	}
	return nil
}

// loadTrust reads a folder of trusted keys, or the one inside a synthetic
// authority's folder.
func loadTrust(dir string) (*document.Trust, error) {
	if inside := filepath.Join(dir, mint.TrustDir); isDir(inside) {
		dir = inside
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("--trust: there is no folder %s: 'halfmask documents mint' makes a synthetic authority, or name a folder with CA certificates", dir)
	case err != nil:
		return nil, fmt.Errorf("--trust: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("--trust: %s is no folder: put the certificates (.pem, .crt, .cer) and register keys (.jwk) into one", dir)
	}
	trust, err := document.LoadTrust(dir)
	if err != nil {
		return nil, fmt.Errorf("--trust: %w", err)
	}
	return trust, nil
}

// isSynthetic reports whether an authority of package mint is among those
// trusted. Real country CAs and such an authority are never to be mixed.
func isSynthetic(t *document.Trust) bool {
	return slices.ContainsFunc(t.CountryCAs, func(c *x509.Certificate) bool {
		return slices.ContainsFunc(c.Subject.Organization, func(o string) bool { return strings.Contains(o, "synthetic") })
	})
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
