package vault

import (
	"bytes"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/wallet/sqlite"
)

// TestMovedRecordIsFound swaps two ciphertexts in the file.
func TestMovedRecordIsFound(t *testing.T) {
	v, path := create(t)
	if err := v.Write(Record{"log", "1", []byte("first")}, Record{"log", "2", []byte("second")}); err != nil {
		t.Fatal(err)
	}
	v.Close()
	db, ids, values := encrypted(t, path)
	for i, id := range ids {
		if _, err := db.Exec("UPDATE entry SET value = ? WHERE id = ?", values[1-i], id); err != nil {
			t.Fatal(err)
		}
	}
	db.Close()
	v = reopen(t, path)
	if _, err := v.Read("log", "1"); !errors.Is(err, ErrMoved) {
		t.Errorf("got %v, want ErrMoved", err)
	}
}

// TestRenamedKindIsFound puts a record under the tag of another kind.
func TestRenamedKindIsFound(t *testing.T) {
	v, path := create(t)
	if err := v.Write(Record{"log", "1", []byte("first")}, Record{"credential", "1", []byte("second")}); err != nil {
		t.Fatal(err)
	}
	v.Close()
	db, ids, _ := encrypted(t, path)
	if _, err := db.Exec("UPDATE tag SET name = (SELECT name FROM tag WHERE entry = ?) WHERE entry = ?", ids[0], ids[1]); err != nil {
		t.Fatal(err)
	}
	db.Close()
	v = reopen(t, path)
	if got, err := v.All("log"); !errors.Is(err, ErrMoved) {
		t.Errorf("got %v, %v; want ErrMoved", got, err)
	}
}

// TestChangedRecordIsFound changes each member of a record's ciphertext.
func TestChangedRecordIsFound(t *testing.T) {
	for _, member := range []string{"ciphertext", "tag", "iv", "protected", "encrypted_key"} {
		v, path := create(t)
		if err := v.Write(Record{"log", "1", []byte("first")}); err != nil {
			t.Fatal(err)
		}
		v.Close()
		db, ids, values := encrypted(t, path)
		at := strings.Index(string(values[0]), `"`+member+`":"`) + len(member) + 4 + 5
		if at < len(member)+9 {
			t.Fatalf("no %s in %s", member, values[0])
		}
		changed := bytes.Clone(values[0])
		if changed[at]++; changed[at] == '{' || changed[at] == '[' || changed[at] == ':' {
			changed[at] = 'A'
		}
		if _, err := db.Exec("UPDATE entry SET value = ? WHERE id = ?", changed, ids[0]); err != nil {
			t.Fatal(err)
		}
		db.Close()
		v = reopen(t, path)
		if got, err := v.Read("log", "1"); !errors.Is(err, sqlite.ErrDamaged) {
			t.Errorf("%s: got %q, %v; want ErrDamaged", member, got, err)
		}
		if got, err := v.All("log"); !errors.Is(err, sqlite.ErrDamaged) || len(err.Error()) > 200 {
			t.Errorf("%s: got %q, %v; want a short ErrDamaged", member, got, err)
		}
		v.Close()
	}
}

// encrypted reads the records that have tags, past the vault.
func encrypted(t *testing.T, path string) (db *sql.DB, ids []int, values [][]byte) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	rows, err := db.Query("SELECT id, value FROM entry WHERE id IN (SELECT entry FROM tag) ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int
		var value []byte
		if err := rows.Scan(&id, &value); err != nil {
			t.Fatal(err)
		}
		ids, values = append(ids, id), append(values, value)
	}
	if len(ids) == 0 || rows.Err() != nil {
		t.Fatal("no encrypted records", rows.Err())
	}
	return db, ids, values
}
