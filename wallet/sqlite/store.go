package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/hyperledger/aries-framework-go/spi/storage"
)

var errEmptyKey = errors.New("key is empty")

// store is one named store of a Provider.
type store struct {
	provider *Provider
	name     string
	id       int64
}

// Put writes the entry, replacing its value and tags when the key exists.
func (s *store) Put(key string, value []byte, tags ...storage.Tag) error {
	if value == nil {
		return errors.New("sqlite: put: value is nil")
	}
	return s.write("put", storage.Operation{Key: key, Value: value, Tags: tags})
}

// Delete removes the entry; that there is none is no error.
func (s *store) Delete(key string) error {
	return s.write("delete", storage.Operation{Key: key})
}

// Batch does all of the operations in their order, or none of them.
func (s *store) Batch(operations []storage.Operation) error {
	if len(operations) == 0 {
		return errors.New("sqlite: batch: no operations")
	}
	return s.write("batch", operations...)
}

func (s *store) write(what string, operations ...storage.Operation) error {
	for _, op := range operations {
		if err := checkOperation(op); err != nil {
			return fmt.Errorf("sqlite: %s: %w", what, err)
		}
	}
	tx, err := s.provider.db.Begin()
	if err != nil {
		return fmt.Errorf("sqlite: %s: %w", what, explain(err))
	}
	defer tx.Rollback() //nolint:errcheck // nothing to roll back after Commit
	for _, op := range operations {
		if err := s.apply(tx, op); err != nil {
			return fmt.Errorf("sqlite: %s: %w", what, explain(err))
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("sqlite: %s: %w", what, explain(err))
	}
	return nil
}

func checkOperation(op storage.Operation) error {
	if op.Key == "" {
		return errEmptyKey
	}
	seen := map[string]bool{}
	for _, tag := range op.Tags {
		switch {
		case strings.Contains(tag.Name, ":"):
			return fmt.Errorf("tag name %q has a colon", tag.Name)
		case strings.Contains(tag.Value, ":"):
			return fmt.Errorf("tag value %q has a colon", tag.Value)
		case seen[tag.Name]:
			return fmt.Errorf("two tags named %q", tag.Name)
		}
		seen[tag.Name] = true
	}
	return nil
}

func (s *store) apply(tx *sql.Tx, op storage.Operation) error {
	if op.Value == nil {
		_, err := tx.Exec("DELETE FROM entry WHERE store = ? AND key = ?", s.id, op.Key)
		return err
	}
	insert := "INSERT INTO entry (store, key, value) VALUES (?, ?, ?) "
	if op.PutOptions != nil && op.PutOptions.IsNewKey {
		insert += "ON CONFLICT DO NOTHING RETURNING id"
	} else {
		insert += "ON CONFLICT (store, key) DO UPDATE SET value = excluded.value RETURNING id"
	}
	var id int64
	err := tx.QueryRow(insert, s.id, op.Key, op.Value).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return storage.ErrDuplicateKey
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM tag WHERE entry = ?", id); err != nil {
		return err
	}
	for _, tag := range op.Tags {
		if _, err := tx.Exec("INSERT INTO tag (entry, name, value) VALUES (?, ?, ?)", id, tag.Name, tag.Value); err != nil {
			return err
		}
	}
	return nil
}

// Get reads a value; storage.ErrDataNotFound when there is none.
func (s *store) Get(key string) ([]byte, error) {
	value, _, err := s.get(key)
	if err != nil {
		return nil, fmt.Errorf("sqlite: get: %w", err)
	}
	return value, nil
}

// GetTags reads an entry's tags, in order of name.
func (s *store) GetTags(key string) ([]storage.Tag, error) {
	_, id, err := s.get(key)
	if err != nil {
		return nil, fmt.Errorf("sqlite: get tags: %w", err)
	}
	tags, err := s.tags(id)
	if err != nil {
		return nil, fmt.Errorf("sqlite: get tags: %w", err)
	}
	return tags, nil
}

// GetBulk reads several values; those that are not there are nil.
func (s *store) GetBulk(keys ...string) ([][]byte, error) {
	if len(keys) == 0 {
		return nil, errors.New("sqlite: get bulk: no keys")
	}
	values := make([][]byte, len(keys))
	for i, key := range keys {
		value, _, err := s.get(key)
		if err != nil && !errors.Is(err, storage.ErrDataNotFound) {
			return nil, fmt.Errorf("sqlite: get bulk: %w", err)
		}
		values[i] = value
	}
	return values, nil
}

func (s *store) get(key string) (value []byte, id int64, err error) {
	if key == "" {
		return nil, 0, errEmptyKey
	}
	err = s.provider.db.QueryRow("SELECT value, id FROM entry WHERE store = ? AND key = ?", s.id, key).Scan(&value, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, storage.ErrDataNotFound
	}
	if err != nil {
		return nil, 0, explain(err)
	}
	if value == nil {
		value = []byte{}
	}
	return value, id, nil
}

func (s *store) tags(entry int64) ([]storage.Tag, error) {
	rows, err := s.provider.db.Query("SELECT name, value FROM tag WHERE entry = ? ORDER BY name", entry)
	if err != nil {
		return nil, explain(err)
	}
	defer rows.Close()
	var tags []storage.Tag
	for rows.Next() {
		var tag storage.Tag
		if err := rows.Scan(&tag.Name, &tag.Value); err != nil {
			return nil, explain(err)
		}
		tags = append(tags, tag)
	}
	return tags, explain(rows.Err())
}

// Flush does nothing: every call writes before it returns.
func (s *store) Flush() error { return nil }

// Close takes the store off the list of open ones.
func (s *store) Close() error {
	s.provider.mu.Lock()
	defer s.provider.mu.Unlock()
	delete(s.provider.open, s.name)
	return nil
}
