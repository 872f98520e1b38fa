package sqlite_test

import (
	"bytes"
	"errors"
	"flag"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hyperledger/aries-framework-go/spi/storage"
	"pgregory.net/rapid"

	"github.com/halfmask/halfmask/wallet/sqlite"
)

// TestStoreIsAMap holds a store against a map through random writes, batches
// that are refused half way, and reopening.
func TestStoreIsAMap(t *testing.T) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set("20"); err != nil { // each writes to a disk
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		path := filepath.Join(dir, string(rune('a'+runs%26))+string(rune('a'+runs/26)))
		p, err := sqlite.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { p.Close() }()
		s, err := p.OpenStore("s")
		if err != nil {
			t.Fatal(err)
		}
		key := rapid.SampledFrom([]string{"a", "b", "\x00", "ключ", "a'--", "A"})
		value := rapid.SliceOfN(rapid.Byte(), 0, 5000)
		model := map[string][]byte{}
		check := func() {
			for _, k := range []string{"a", "b", "\x00", "ключ", "a'--", "A"} {
				got, err := s.Get(k)
				want, ok := model[k]
				if ok && (err != nil || !bytes.Equal(got, want)) || !ok && !errors.Is(err, storage.ErrDataNotFound) {
					t.Fatalf("%q: got %q, %v; want %q, %v", k, got, err, want, ok)
				}
			}
			it, err := s.Query("t")
			if err != nil {
				t.Fatal(err)
			}
			var keys []string
			for more, _ := it.Next(); more; more, _ = it.Next() {
				k, _ := it.Key()
				keys = append(keys, k)
			}
			slices.Sort(keys)
			if want := slices.Sorted(maps.Keys(model)); !slices.Equal(keys, want) {
				t.Fatalf("query gave %q, want %q", keys, want)
			}
		}
		tag := storage.Tag{Name: "t", Value: "v"}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				k, v := key.Draw(t, "key"), value.Draw(t, "value")
				if err := s.Put(k, v, tag); err != nil {
					t.Fatal(err)
				}
				model[k] = v
			},
			"delete": func(t *rapid.T) {
				k := key.Draw(t, "key")
				if err := s.Delete(k); err != nil {
					t.Fatal(err)
				}
				delete(model, k)
			},
			"batch": func(t *rapid.T) {
				next := maps.Clone(model)
				var ops []storage.Operation
				for range rapid.IntRange(1, 5).Draw(t, "n") {
					k := key.Draw(t, "key")
					if rapid.Bool().Draw(t, "delete") {
						ops = append(ops, storage.Operation{Key: k})
						delete(next, k)
						continue
					}
					v := value.Draw(t, "value")
					ops = append(ops, storage.Operation{Key: k, Value: v, Tags: []storage.Tag{tag}})
					next[k] = v
				}
				if rapid.Bool().Draw(t, "refused") {
					ops = append(ops, storage.Operation{Key: "new", Value: []byte{1}}, storage.Operation{Key: "new", Value: []byte{2}, PutOptions: &storage.PutOptions{IsNewKey: true}})
					if err := s.Batch(ops); !errors.Is(err, storage.ErrDuplicateKey) {
						t.Fatalf("got %v, want ErrDuplicateKey", err)
					}
					return
				}
				if err := s.Batch(ops); err != nil {
					t.Fatal(err)
				}
				model = next
			},
			"reopen": func(t *rapid.T) {
				if err := p.Close(); err != nil {
					t.Fatal(err)
				}
				if p, err = sqlite.Open(path); err != nil {
					t.Fatal(err)
				}
				if s, err = p.OpenStore("s"); err != nil {
					t.Fatal(err)
				}
			},
			"": func(*rapid.T) { check() },
		})
	})
}
