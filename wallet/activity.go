package wallet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/halfmask/halfmask/wallet/internal/vault"
)

// Activity is one line of the wallet's log: something that passed between
// the wallet and another party, or that the person declined.
type Activity struct {
	Number      uint64          `json:"number"` // counts from 0, in order of time
	Time        time.Time       `json:"time"`   // UTC, whole seconds
	Kind        Kind            `json:"kind"`
	Outcome     Outcome         `json:"outcome"`
	Party       string          `json:"party"`                 // the issuer's identifier or the verifier's origin
	Credentials []string        `json:"credentials,omitempty"` // Entry.ID of those received, renewed or shown from
	Asked       []string        `json:"asked,omitempty"`       // claims that the verifier named
	Disclosed   []string        `json:"disclosed,omitempty"`   // claims that left the wallet
	Proved      []string        `json:"proved,omitempty"`      // about values that did not leave the wallet
	Pseudonym   bool            `json:"pseudonym,omitempty"`   // the platform got its own name for the person
	Reason      string          `json:"reason,omitempty"`      // why it was not done
	Request     json.RawMessage `json:"request,omitempty"`     // what the verifier asked, as it was understood
	Signed      string          `json:"signed,omitempty"`      // the request object itself, when its signer is known: evidence of who asked
	Warned      []string        `json:"warned,omitempty"`      // what the person was warned of
}

// Kind says what an Activity was about.
type Kind string

const (
	Issuance     Kind = "issuance"
	Renewal      Kind = "renewal"
	Presentation Kind = "presentation"
)

// Outcome says how an Activity ended.
type Outcome string

const (
	Done     Outcome = "done"
	Declined Outcome = "declined" // by the person
	Refused  Outcome = "refused"  // by the other party
	Failed   Outcome = "failed"   // by a check, the network or the disk; nothing was shown or kept
	// Sent is noted before a presentation leaves the wallet. It stays when
	// the answer never came: the verifier may or may not have it.
	Sent Outcome = "sent"
)

// Log gives every activity, oldest first.
func (w *Wallet) Log() ([]Activity, error) {
	return readAll[Activity](w.vault, kindActivity)
}

// ExportLog writes the log as a JSON array, oldest first.
func (w *Wallet) ExportLog(to io.Writer) error {
	log, err := w.Log()
	if err != nil {
		return err
	}
	if log == nil {
		log = []Activity{}
	}
	e := json.NewEncoder(to)
	e.SetIndent("", "  ")
	if err := e.Encode(log); err != nil {
		return fmt.Errorf("wallet: export log: %w", err)
	}
	return nil
}

func (a Activity) record() (vault.Record, error) {
	return asRecord(kindActivity, fmt.Sprintf("%020d", a.Number), a)
}

// next numbers and dates an activity. w.mu is held; the count is written with
// the activity.
func (w *Wallet) next(a Activity) (Activity, count) {
	a.Number, a.Time = w.seq, w.now().UTC().Truncate(time.Second)
	w.seq++
	return a, count(w.seq)
}

// count is how many activities there have been.
type count uint64

func (c count) record() (vault.Record, error) { return asRecord(kindCount, "activities", c) }

func readCount(v *vault.Vault) (n uint64, err error) {
	text, err := v.Read(kindCount, "activities")
	if errors.Is(err, vault.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("wallet: %w", err)
	}
	if err := json.Unmarshal(text, &n); err != nil {
		return 0, fmt.Errorf("wallet: %s: %w: %w", kindCount, ErrDamaged, err)
	}
	return n, nil
}

// note writes one activity by itself.
func (w *Wallet) note(a Activity) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	a, n := w.next(a)
	return w.write(a, n)
}
