package vault

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hyperledger/aries-framework-go/spi/storage"

	"github.com/halfmask/halfmask/wallet/sqlite"
)

// Record is one thing kept. Kind and Name are letters, digits, '-', '_' and
// '.'; together they are its place.
type Record struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	Value []byte `json:"value"` // nil deletes the record
}

// Write writes all of the records or none. What is written stays written
// when Write returns nil.
func (v *Vault) Write(records ...Record) error {
	operations := make([]storage.Operation, len(records))
	for i, r := range records {
		if !plain(r.Kind) || !plain(r.Name) {
			return fmt.Errorf("vault: write: unusable kind %q or name %q", r.Kind, r.Name)
		}
		operations[i].Key = r.place()
		if r.Value == nil {
			continue
		}
		value, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("vault: write: %w", err)
		}
		operations[i].Value = value
		operations[i].Tags = []storage.Tag{{Name: r.Kind}}
	}
	if err := v.records.Batch(operations); err != nil {
		return fmt.Errorf("vault: write: %w", err)
	}
	return nil
}

// Read gives the value of a record, or ErrNotFound.
func (v *Vault) Read(kind, name string) ([]byte, error) {
	want := Record{Kind: kind, Name: name}
	value, err := v.records.Get(want.place())
	if errors.Is(err, storage.ErrDataNotFound) {
		return nil, fmt.Errorf("vault: read %s: %w", kind, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("vault: read %s: %w", kind, unreadable(err))
	}
	r, err := parseRecord(value, want.place())
	if err != nil {
		return nil, err
	}
	return r.Value, nil
}

// All gives every record of a kind, in order of name.
func (v *Vault) All(kind string) (records []Record, err error) {
	it, err := v.records.Query(kind)
	if err != nil {
		return nil, fmt.Errorf("vault: read %s: %w", kind, unreadable(err))
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for {
		more, err := it.Next()
		if err != nil {
			return nil, fmt.Errorf("vault: read %s: %w", kind, unreadable(err))
		}
		if !more {
			break
		}
		key, errKey := it.Key()
		value, errValue := it.Value()
		if err := errors.Join(errKey, errValue); err != nil {
			return nil, fmt.Errorf("vault: read %s: %w", kind, unreadable(err))
		}
		r, err := parseRecord(value, key)
		if err != nil {
			return nil, err
		}
		if r.Kind != kind {
			return nil, fmt.Errorf("vault: read %s: %w", kind, ErrMoved)
		}
		records = append(records, *r)
	}
	slices.SortFunc(records, func(a, b Record) int { return strings.Compare(a.Name, b.Name) })
	return records, nil
}

func parseRecord(value []byte, place string) (*Record, error) {
	var r Record
	if err := json.Unmarshal(value, &r); err != nil {
		return nil, fmt.Errorf("vault: %w: %w", sqlite.ErrDamaged, err)
	}
	if r.place() != place {
		return nil, fmt.Errorf("vault: %w", ErrMoved)
	}
	return &r, nil
}

func (r Record) place() string { return r.Kind + "/" + r.Name }

func plain(s string) bool {
	return s != "" && len(s) <= 256 && !strings.ContainsFunc(s, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_.", c))
	})
}

// unreadable says that a record did not decrypt, without the ciphertext that
// aries puts into its messages. Errors of the file keep their own kind.
func unreadable(err error) error {
	for _, known := range []error{sqlite.ErrClosed, sqlite.ErrDamaged, sqlite.ErrFull, sqlite.ErrInUse} {
		if errors.Is(err, known) {
			return known
		}
	}
	return fmt.Errorf("%w: a record cannot be decrypted", sqlite.ErrDamaged)
}
