package main

import (
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
// with the dump of a chip, or a file.
func readDocument(path string) (*document.Presented, error) {
	if minted := filepath.Join(path, documentFile); isFile(minted) {
		path = minted
	}
	return document.ReadChip(path)
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
