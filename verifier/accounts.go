package verifier

import (
	"cmp"
	"errors"
	"sync"
	"time"
)

// maxAccounts bounds the memory that accounts take.
const maxAccounts = 1 << 20

// ErrNoAccount is the error of Bar and Unbar for an account that is not there.
var ErrNoAccount = errors.New("verifier: no such account")

// Account is one account of the platform.
type Account struct {
	ID     string    `json:"id"`     // what the design lets the platform see again
	Since  time.Time `json:"since"`  // first login
	Latest time.Time `json:"latest"` // latest login
	Logins int       `json:"logins"`
	Barred bool      `json:"barred"`
}

// Accounts are the accounts of one platform, in memory. The identifier of an
// account (Verdict.Account) is the pseudonym of the JWP form or the thumbprint
// of the holder's key; a presentation with neither makes no account.
type Accounts struct {
	mu   sync.Mutex
	byID map[string]*Account
}

func newAccounts() *Accounts { return &Accounts{byID: map[string]*Account{}} }

// Get gives an account.
func (a *Accounts) Get(id string) (Account, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	found, ok := a.byID[id]
	if !ok {
		return Account{}, false
	}
	return *found, true
}

// Bar refuses the account's presentations from now on, at this platform and
// nowhere else.
func (a *Accounts) Bar(id string) error { return a.set(id, true) }

// Unbar takes Bar back.
func (a *Accounts) Unbar(id string) error { return a.set(id, false) }

func (a *Accounts) set(id string, barred bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	found, ok := a.byID[id]
	if !ok {
		return ErrNoAccount
	}
	found.Barred = barred
	return nil
}

// enter records a login. Beyond maxAccounts no account is added.
func (a *Accounts) enter(id string, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	found, ok := a.byID[id]
	if !ok {
		if len(a.byID) >= maxAccounts {
			return
		}
		found = &Account{ID: id, Since: at}
		a.byID[id] = found
	}
	found.Latest = at
	found.Logins++
}

// checkAccount finds the account of the presentations and refuses a barred
// one.
func (s *Server) checkAccount(presented []Presented, reached bool) (string, Check) {
	c := Check{Name: "not-barred", Clause: "the platform's own accounts", Skipped: true}
	if !reached {
		return "", c
	}
	account := ""
	for _, p := range presented {
		name := cmp.Or(p.Pseudonym, p.HolderKey)
		if name == "" {
			continue
		}
		if account == "" {
			account = name
		}
		if known, ok := s.accounts.Get(name); ok && known.Barred {
			c.Skipped, c.Code, c.Detail = false, "barred", "the account is barred"
			return "", c
		}
	}
	if account == "" {
		c.Detail = "nothing in the presentation repeats, so there is no account"
		return "", c
	}
	c.OK, c.Skipped = true, false
	return account, c
}
