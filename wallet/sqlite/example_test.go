package sqlite_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/hyperledger/aries-framework-go/spi/storage"

	"github.com/halfmask/halfmask/wallet/sqlite"
)

func Example() {
	dir, err := os.MkdirTemp("", "sqlite")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	provider, err := sqlite.Create(filepath.Join(dir, "store"))
	if err != nil {
		log.Fatal(err)
	}
	defer provider.Close()
	store, err := provider.OpenStore("notes")
	if err != nil {
		log.Fatal(err)
	}
	if err := store.Put("first", []byte("kept"), storage.Tag{Name: "kind", Value: "note"}); err != nil {
		log.Fatal(err)
	}
	found, err := store.Query("kind:note")
	if err != nil {
		log.Fatal(err)
	}
	defer found.Close()
	for more, err := found.Next(); more && err == nil; more, err = found.Next() {
		value, _ := found.Value()
		fmt.Printf("%s\n", value)
	}
	// Output:
	// kept
}
