package main

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// readFile reads a file of at most limit bytes.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%s is longer than %d bytes", path, limit)
	}
	return b, nil
}

// readLine reads a file that holds one line, such as a token or a passphrase,
// without the end of the line.
func readLine(path string) (string, error) {
	b, err := readFile(path, 4096)
	if err != nil {
		return "", err
	}
	line := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if line == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	if strings.ContainsAny(line, "\r\n") {
		return "", fmt.Errorf("%s has more than one line", path)
	}
	return line, nil
}

// writable sees whether a folder can be made and filled, before long work whose
// results shall go there. It leaves nothing behind.
func writable(dir string) error {
	for _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) && filepath.Dir(dir) != dir; _, err = os.Stat(dir) {
		dir = filepath.Dir(dir)
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	f.Close()
	return os.Remove(f.Name())
}

// replaceFile writes a file that only its owner can read, so that a reader
// finds the old one, the new one or none, and never a part.
func replaceFile(path string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(content); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// createFile writes a file that only its owner can read and replaces none;
// flag is what names the file on the command line.
func createFile(flag, path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already: name another --%s, or delete it", path, flag)
	}
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

// dataFile gives the place of a file that lasts, after the XDG base directory
// specification: below $XDG_DATA_HOME or ~/.local/share.
func dataFile(name string) (string, error) {
	base := os.Getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(base) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		base = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(base, "halfmask", name), nil
}

// certificatesIn reads a PEM file of certificates; without one there are none.
func certificatesIn(path string) ([]*x509.Certificate, error) {
	if path == "" {
		return nil, nil
	}
	text, err := readFile(path, 64<<10)
	if err != nil {
		return nil, err
	}
	var found []*x509.Certificate
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("%s: a %s among the certificates", path, block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: certificate %d: %w", path, len(found)+1, err)
		}
		found, text = append(found, c), rest
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: no PEM certificate", path)
	}
	return found, nil
}
