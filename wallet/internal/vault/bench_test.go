package vault

import (
	"path/filepath"
	"testing"
)

func TestManyInMemory(t *testing.T) {
	for range 300 {
		v, err := InMemory()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.NewKey(); err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	DefaultCost = Cost{Time: 4, MemoryKiB: 128 << 10, Threads: 4}
	path := filepath.Join(b.TempDir(), "w")
	v, err := Create(path, passphrase)
	if err != nil {
		b.Fatal(err)
	}
	v.Close()
	for b.Loop() {
		v, err := Open(path, passphrase)
		if err != nil {
			b.Fatal(err)
		}
		v.Close()
	}
}

func BenchmarkWrite(b *testing.B) {
	v, err := Create(filepath.Join(b.TempDir(), "w"), passphrase)
	if err != nil {
		b.Fatal(err)
	}
	defer v.Close()
	for b.Loop() {
		if err := v.Write(Record{"a", "b", []byte("value")}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	v, err := Create(filepath.Join(b.TempDir(), "w"), passphrase)
	if err != nil {
		b.Fatal(err)
	}
	defer v.Close()
	if err := v.Write(Record{"a", "b", []byte("value")}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := v.Read("a", "b"); err != nil {
			b.Fatal(err)
		}
	}
}
