package sqlite_test

import (
	"path/filepath"
	"testing"

	suite "github.com/hyperledger/aries-framework-go/test/component/storage"

	"github.com/halfmask/halfmask/wallet/sqlite"
)

// TestStorageSPI runs aries' own tests of a storage provider.
func TestStorageSPI(t *testing.T) {
	p, err := sqlite.Create(filepath.Join(t.TempDir(), "suite"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	suite.TestAll(t, p)
}
