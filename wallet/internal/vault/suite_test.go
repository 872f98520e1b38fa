package vault

import (
	"path/filepath"
	"testing"

	"github.com/hyperledger/aries-framework-go/component/storageutil/formattedstore"
	suite "github.com/hyperledger/aries-framework-go/test/component/storage"

	"github.com/halfmask/halfmask/wallet/sqlite"
)

// TestEncryptedStorageSPI runs aries' own tests of a storage provider through
// the encryption. Sorting is left out: HMACs have no order.
func TestEncryptedStorageSPI(t *testing.T) {
	p, err := sqlite.Create(filepath.Join(t.TempDir(), "suite"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	lock, err := randomLock()
	if err != nil {
		t.Fatal(err)
	}
	outer, err := newKeys(p, lock)
	if err != nil {
		t.Fatal(err)
	}
	var h header
	if h.EncryptionKey, h.MACKey, err = outer.createStorageKeys(); err != nil {
		t.Fatal(err)
	}
	formatter, mac, err := outer.formatter(&h)
	if err != nil {
		t.Fatal(err)
	}
	suite.TestAll(t, formattedstore.NewProvider(&hiddenNames{p, mac}, formatter), suite.SkipSortTests(false))
}
