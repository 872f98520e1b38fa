// Package sqlite keeps the stores of aries' storage SPI
// (github.com/hyperledger/aries-framework-go/spi/storage) in one SQLite file,
// in pure Go. Start with Create and Open.
//
// What has been written is on disk when Put, Delete or Batch returns: a
// rollback journal with synchronous=EXTRA, and one transaction a call, so a
// process that is killed leaves either all of a call or nothing. A rollback
// journal was chosen over a write-ahead log because the file is then the
// whole of the data whenever nothing is being written: it can be copied,
// and copying it alone loses nothing. Deleted content is overwritten
// (secure_delete).
//
// One process at a time: the file is locked for as long as the Provider is
// open, and a second Open gives ErrInUse instead of waiting.
//
// Queries take the SPI's advanced expressions (&& and ||), sorting and
// paging. Tags that are sorted by are compared as numbers first, then as
// text. Store names are not case-sensitive.
//
// It leaves out encryption: keys, tags and values are written as they come.
// aries' formatted store in front of it encrypts them, as package wallet
// does.
package sqlite

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/hyperledger/aries-framework-go/spi/storage"
	_ "modernc.org/sqlite" // the database/sql driver "sqlite"
)

const (
	applicationID = 0x48666d6b // "Hfmk", SQLite's application_id of these files
	schemaVersion = 1          // SQLite's user_version
)

const schema = `
CREATE TABLE store (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, config TEXT NOT NULL) STRICT;
CREATE TABLE entry (id INTEGER PRIMARY KEY, store INTEGER NOT NULL REFERENCES store,
	key TEXT NOT NULL, value BLOB NOT NULL, UNIQUE (store, key)) STRICT;
CREATE TABLE tag (entry INTEGER NOT NULL REFERENCES entry ON DELETE CASCADE,
	name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (entry, name)) STRICT, WITHOUT ROWID;
CREATE INDEX tag_by_name ON tag (name, value);`

// pragmas are set on the connection before anything is read.
var pragmas = []string{
	"busy_timeout(500)", "locking_mode(EXCLUSIVE)", "journal_mode(DELETE)", "synchronous(EXTRA)",
	"secure_delete(1)", "foreign_keys(1)", "trusted_schema(0)", "cell_size_check(1)",
	"mmap_size(0)", "temp_store(MEMORY)",
}

// Provider is a storage.Provider over one file. Its methods and those of its
// stores may be called from several goroutines.
type Provider struct {
	db   *sql.DB
	lock *fileLock

	mu     sync.Mutex
	open   map[string]*store
	closed bool
}

var _ storage.Provider = (*Provider)(nil)

// Create makes a new file, readable and writable by its owner only, and
// opens it. It never overwrites: when the path exists, the error is
// fs.ErrExist.
func Create(path string) (*Provider, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlite: create: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("sqlite: create: %w", err)
	}
	p, err := open(path, true)
	if err != nil {
		return nil, errors.Join(err, os.Remove(path))
	}
	return p, nil
}

// Open opens a file that Create made. The error is one of ErrNotStore,
// ErrVersion, ErrDamaged, ErrInUse, or the operating system's.
func Open(path string) (*Provider, error) { return open(path, false) }

func open(path string, fresh bool) (*Provider, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("sqlite: open %s: not a regular file: %w", path, ErrNotStore)
	}
	if !fresh && info.Size() == 0 {
		return nil, fmt.Errorf("sqlite: open %s: empty: %w", path, ErrNotStore)
	}
	lock, err := lockFile(path)
	if err != nil {
		return nil, err
	}
	db, err := connect(path)
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	p := &Provider{db: db, lock: lock, open: map[string]*store{}}
	if fresh {
		err = p.initialize()
	} else {
		err = p.check()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: open %s: %w", path, explain(err)), p.Close())
	}
	return p, nil
}

func connect(path string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	query := url.Values{"_pragma": pragmas, "mode": {"rw"}, "_txlock": {"immediate"}, "_dqs": {"0"}, "_defensive": {"1"}}
	name := (&url.URL{Path: filepath.ToSlash(abs)}).EscapedPath()
	db, err := sql.Open("sqlite", "file:"+name+"?"+query.Encode())
	if err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	db.SetMaxOpenConns(1) // the connection holds the lock
	db.SetMaxIdleConns(1)
	return db, nil
}

func (p *Provider) initialize() error {
	if _, err := p.db.Exec("BEGIN EXCLUSIVE; " + schema + fmt.Sprintf(
		"PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", applicationID, schemaVersion)); err != nil {
		return err
	}
	return nil
}

// check takes SQLite's own lock (which finishes or rolls back what a killed
// process left), then reads the whole file once.
func (p *Provider) check() error {
	var id, version int
	var pages, pageSize int64
	var verdict string
	if _, err := p.db.Exec("BEGIN EXCLUSIVE; COMMIT"); err != nil {
		return err
	}
	if err := p.db.QueryRow("PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if id != applicationID {
		return ErrNotStore
	}
	if err := p.db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version != schemaVersion {
		return fmt.Errorf("%w: version %d", ErrVersion, version)
	}
	if err := p.db.QueryRow("SELECT * FROM pragma_page_count, pragma_page_size").Scan(&pages, &pageSize); err != nil {
		return err
	}
	info, err := p.lock.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < pages*pageSize { // SQLite would read a last page that is cut short as zeros
		return fmt.Errorf("%w: %d of %d bytes", ErrDamaged, info.Size(), pages*pageSize)
	}
	if err := p.db.QueryRow("PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, verdict)
	}
	return nil
}

// OpenStore opens the store of that name, making it when there is none.
func (p *Provider) OpenStore(name string) (storage.Store, error) {
	if name == "" {
		return nil, errors.New("sqlite: open store: name is empty")
	}
	name = strings.ToLower(name)
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.open[name]; ok {
		return s, nil
	}
	s := &store{provider: p, name: name}
	if _, err := p.db.Exec("INSERT INTO store (name, config) VALUES (?, '{}') ON CONFLICT DO NOTHING", name); err != nil {
		return nil, fmt.Errorf("sqlite: open store: %w", explain(err))
	}
	if err := p.db.QueryRow("SELECT id FROM store WHERE name = ?", name).Scan(&s.id); err != nil {
		return nil, fmt.Errorf("sqlite: open store: %w", explain(err))
	}
	p.open[name] = s
	return s, nil
}

// SetStoreConfig keeps the configuration of an open store. All tags are
// indexed, whether named there or not.
func (p *Provider) SetStoreConfig(name string, config storage.StoreConfiguration) error {
	if name == "" {
		return errors.New("sqlite: set store configuration: name is empty")
	}
	if i := slices.IndexFunc(config.TagNames, func(n string) bool { return strings.Contains(n, ":") }); i >= 0 {
		return fmt.Errorf("sqlite: set store configuration: tag name %q has a colon", config.TagNames[i])
	}
	p.mu.Lock()
	s, ok := p.open[strings.ToLower(name)]
	p.mu.Unlock()
	if !ok {
		return fmt.Errorf("sqlite: set store configuration: %w", storage.ErrStoreNotFound)
	}
	text, err := json.Marshal(config)
	if err != nil {
		return fmt.Errorf("sqlite: set store configuration: %w", err)
	}
	if _, err := p.db.Exec("UPDATE store SET config = ? WHERE id = ?", string(text), s.id); err != nil {
		return fmt.Errorf("sqlite: set store configuration: %w", explain(err))
	}
	return nil
}

// GetStoreConfig reads what SetStoreConfig kept, whether the store is open
// or not.
func (p *Provider) GetStoreConfig(name string) (storage.StoreConfiguration, error) {
	var config storage.StoreConfiguration
	if name == "" {
		return config, errors.New("sqlite: store configuration: name is empty")
	}
	var text string
	err := p.db.QueryRow("SELECT config FROM store WHERE name = ?", strings.ToLower(name)).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return config, fmt.Errorf("sqlite: store configuration: %w", storage.ErrStoreNotFound)
	}
	if err != nil {
		return config, fmt.Errorf("sqlite: store configuration: %w", explain(err))
	}
	if err := json.Unmarshal([]byte(text), &config); err != nil {
		return storage.StoreConfiguration{}, fmt.Errorf("sqlite: store configuration: %w: %w", ErrDamaged, err)
	}
	return config, nil
}

// GetOpenStores gives the stores opened and not closed, in order of name.
func (p *Provider) GetOpenStores() []storage.Store {
	p.mu.Lock()
	defer p.mu.Unlock()
	names := make([]string, 0, len(p.open))
	for name := range p.open {
		names = append(names, name)
	}
	slices.Sort(names)
	stores := make([]storage.Store, len(names))
	for i, name := range names {
		stores[i] = p.open[name]
	}
	return stores
}

// Close closes every store and the file, and gives up its lock. Closing
// twice is no error.
func (p *Provider) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	clear(p.open)
	return errors.Join(p.db.Close(), p.lock.release())
}
