package standin

import (
	"slices"
	"time"

	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/wallet"
)

// Policy says which of a person's credentials a login uses, and when others
// are fetched. It is part of the schedule: the design follows it, and so does
// the model.
type Policy struct {
	Kind PolicyKind
	Size int // of a batch
	// Ends says until when what is issued at a time is good; nil where nothing
	// ends, and so nothing is renewed.
	Ends func(issued time.Time) time.Time
}

// PolicyKind is how a wallet goes through its credentials.
type PolicyKind uint8

// The kinds.
const (
	OneCredential PolicyKind = iota // until the next renewal
	OnceOnly                        // each credential once, and a fresh batch when it is used up
	Rotating                        // in turn, over and over
	PerVerifier                     // one for each platform, and a fresh batch when it is used up
	LimitedTime                     // each for its share of the month
)

// A Wallet counts the credentials of one person.
type Wallet struct {
	policy Policy
	batch  uint32
	next   int
	known  []uint8 // platforms that have a credential of this batch
	ends   int64   // second of its end
}

// NewWallet is empty; Issue comes first.
func (p Policy) NewWallet() Wallet { return Wallet{policy: p} }

func (p Policy) size() int {
	if p.Kind == OneCredential {
		return 1
	}
	return max(p.Size, 1)
}

// Issue fills the wallet and notes it in the visit in which that happens.
func (w *Wallet) Issue(v *Visit) {
	w.batch++
	w.next, w.known = 0, w.known[:0]
	v.Issue, v.Copy, v.Fills = w.batch, w.batch<<copyBits, uint32(w.policy.size())
	if w.policy.Ends != nil {
		w.ends = w.policy.Ends(time.Unix(v.Second, 0)).Unix()
	}
}

// Renew has the wallet look whether what it has ends soon, as it does on each
// renewal day; if so it is replaced.
func (w *Wallet) Renew(v *Visit) bool {
	if w.policy.Ends == nil || v.Second+int64(wallet.RenewAhead/time.Second) < w.ends {
		v.Issue, v.Copy = w.batch, w.batch<<copyBits
		return false
	}
	w.Issue(v)
	return true
}

// copyBits is how many bits of a copy's number count within a batch.
const copyBits = 12

// Use notes in a login's visit which credential it uses; it may have to be
// issued first.
func (w *Wallet) Use(v *Visit) {
	size, place := w.policy.size(), 0
	switch w.policy.Kind {
	case OnceOnly:
		if w.next == size {
			w.Issue(v)
		}
		place = w.next
	case Rotating:
		place = w.next % size
	case PerVerifier:
		if place = slices.Index(w.known, v.Platform); place < 0 {
			if len(w.known) == size {
				w.Issue(v)
			}
			place = len(w.known)
			w.known = append(w.known, v.Platform)
		}
	case LimitedTime:
		place = (spec.DateOf(time.Unix(v.Second, 0)).Day - 1) * size / 31
	}
	w.next++
	v.Issue, v.Copy = w.batch, w.batch<<copyBits|uint32(place)
}
