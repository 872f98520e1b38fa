package wallet

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/wallet/internal/vault"
)

// Kinds of records in the vault.
const (
	kindCredential = "credential"
	kindGrant      = "grant"
	kindActivity   = "activity"
	kindCount      = "count"
	kindRoom       = "room"
	kindLinkSecret = "link-secret"
)

// Entry describes a credential in the wallet.
type Entry struct {
	ID            string            `json:"id"`            // the wallet's own name for it; never sent
	Issuer        string            `json:"issuer"`        // credential issuer identifier, a URL
	Configuration string            `json:"configuration"` // the issuer's name for the kind of credential
	Format        credential.Format `json:"format"`
	Type          string            `json:"type"`                // vct, or the most particular JSON-LD class
	Claims        map[string]any    `json:"claims"`              // what it says about the person
	ValidFrom     time.Time         `json:"valid_from,omitzero"` // UTC, whole seconds; zero in JWP form, which has no start
	ValidUntil    time.Time         `json:"valid_until"`         // the first instant at which it is no longer valid
	Received      time.Time         `json:"received"`            //
	Shown         int               `json:"shown"`               // presentations sent since it was received
}

// ValidAt reports whether the credential is valid at t.
func (e *Entry) ValidAt(t time.Time) bool { return !t.Before(e.ValidFrom) && t.Before(e.ValidUntil) }

// kept is a credential as the vault has it.
type kept struct {
	Entry
	Place int    `json:"place"` // among those of one offer
	Raw   string `json:"raw"`
	Key   string `json:"key,omitempty"`   // name of the holder key, when one is bound
	Grant string `json:"grant,omitempty"` // name of the grant it came from

	// Of the JWP form: the verification method that signed it, and what makes
	// it usable with the wallet's link secret.
	IssuerKey string `json:"issuer_key,omitempty"`
	Blinding  []byte `json:"blinding,omitempty"`
}

// keptGrant is what renews the credentials of one offer.
type keptGrant struct {
	openid4vci.Grant
	Name string `json:"name"`
	// Pending are configurations that were accepted and have not been
	// received: the process ended in between, or the issuer failed.
	Pending []string `json:"pending,omitempty"`
}

// List gives the credentials, in the order in which they were received.
func (w *Wallet) List() ([]Entry, error) {
	all, err := w.credentials()
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, len(all))
	for i, k := range all {
		entries[i] = k.Entry
	}
	return entries, nil
}

func (w *Wallet) credentials() ([]kept, error) {
	all, err := readAll[kept](w.vault, kindCredential)
	slices.SortStableFunc(all, func(a, b kept) int {
		return cmp.Or(a.Received.Compare(b.Received), cmp.Compare(a.Place, b.Place))
	})
	return all, err
}

func (w *Wallet) grants() ([]keptGrant, error) {
	return readAll[keptGrant](w.vault, kindGrant)
}

func readAll[T any](v *vault.Vault, kind string) ([]T, error) {
	records, err := v.All(kind)
	if err != nil {
		return nil, fmt.Errorf("wallet: %w", err)
	}
	all := make([]T, len(records))
	for i, r := range records {
		if err := json.Unmarshal(r.Value, &all[i]); err != nil {
			return nil, fmt.Errorf("wallet: %s %s: %w: %w", kind, r.Name, ErrDamaged, err)
		}
	}
	return all, nil
}

func (k kept) record() (vault.Record, error) { return asRecord(kindCredential, k.ID, k) }

func (g keptGrant) record() (vault.Record, error) { return asRecord(kindGrant, g.Name, g) }

func asRecord(kind, name string, v any) (vault.Record, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return vault.Record{}, fmt.Errorf("wallet: %s %s: %w", kind, name, err)
	}
	return vault.Record{Kind: kind, Name: name, Value: text}, nil
}

// recorder is anything that is kept in one record.
type recorder interface {
	record() (vault.Record, error)
}

// write keeps all of the things, or none.
func (w *Wallet) write(things ...recorder) error {
	records := make([]vault.Record, len(things))
	for i, t := range things {
		r, err := t.record()
		if err != nil {
			return err
		}
		records[i] = r
	}
	if err := w.vault.Write(records...); err != nil {
		return fmt.Errorf("wallet: %w", err)
	}
	return nil
}

// forgotten deletes a record in a write.
type forgotten struct{ kind, name string }

func (f forgotten) record() (vault.Record, error) {
	return vault.Record{Kind: f.kind, Name: f.name}, nil
}

func ids(entries []kept) []string {
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.ID
	}
	return names
}

func claimNames(claims map[string]any) []string {
	names := make([]string, 0, len(claims))
	for name := range claims {
		names = append(names, name)
	}
	slices.SortFunc(names, strings.Compare)
	return names
}
