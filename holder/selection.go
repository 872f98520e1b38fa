package holder

import (
	"slices"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
)

// Selection is the answer to a query: what would be shown, from which
// credentials. Nothing has been shown yet.
type Selection struct {
	Picks []Pick // in the order of the credentials in the query
}

// Pick is one credential of an answer.
type Pick struct {
	Query    string            // identifier of the credential query it answers
	HeldID   string            // Held.ID
	Format   credential.Format //
	Type     string            // vct or JSON-LD class
	Claims   []Claim           // what is disclosed because it was asked for
	Always   []string          // what every presentation of this credential shows beside the claims
	Bound    bool              // possession of the holder's key is proved
	Linkable Linkability       // what repeats in presentations of it

	// Proves says in words what is proved about values that stay hidden: ages,
	// validity.
	Proves []string
	// Pseudonym is set when the verifier gets the name by which it, and nobody
	// else, knows the holder.
	Pseudonym *openid4vp.PseudonymQuery

	from *opened
}

// Claim is a claim that a presentation discloses.
type Claim struct {
	Name  string         // the last name in the path
	Path  openid4vp.Path //
	Value any            // as the credential has it
	// Proved is empty for a value that is shown. Otherwise Value follows from
	// a proof about a value that stays hidden, and this says what is proved.
	Proved string
}

// shown counts the values that a pick shows.
func (p *Pick) shown() int {
	n := 0
	for _, c := range p.Claims {
		if c.Proved == "" {
			n++
		}
	}
	return n
}

// Linkability says what in a presentation, beside the disclosed values,
// repeats in another presentation of the same credential.
type Linkability string

const (
	// RepeatsNothing: a fresh BBS proof. The presentation shares with others
	// only what is the same for everybody; this rests on the assumptions of
	// BBS.
	RepeatsNothing Linkability = "nothing repeats: the proof is fresh, and validity and issuer are the same for everybody"
	// RepeatsHere: a fresh BBS proof with a pseudonym, which this verifier
	// sees again and no other can compare with its own.
	RepeatsHere Linkability = "the pseudonym repeats, at this platform alone: it is meant to recognize you; nothing else repeats"
	// RepeatsForIssuer: the first showing of an SD-JWT copy. Verifiers have
	// not met its signature and key; the issuer has.
	RepeatsForIssuer Linkability = "first showing: the issuer's signature and the key are new to verifiers, and known to the issuer"
	// RepeatsInList: the same of a copy with a place in a status list, which
	// is unique to it (R-STA-05).
	RepeatsInList Linkability = "first showing: the issuer's signature, the key and the place in a status list are new to verifiers, and known to the issuer; who saw the place can look it up again later"
	// RepeatsForAll: a further showing of an SD-JWT.
	RepeatsForAll Linkability = "shown before: the issuer's signature, the digests and the key repeat, for every verifier and the issuer"
)

// rank orders linkabilities, least first.
func (l Linkability) rank() int {
	return slices.Index([]Linkability{RepeatsNothing, RepeatsHere, RepeatsForIssuer, RepeatsInList, RepeatsForAll}, l)
}

// Answers tells whether the selection answers the credential query with that
// identifier.
func (s *Selection) Answers(id string) bool {
	return slices.ContainsFunc(s.Picks, func(p Pick) bool { return p.Query == id })
}

// Disclosed names every claim that the selection discloses, each once: those
// of spec.Claims in their order, then others by the alphabet.
func (s *Selection) Disclosed() []string {
	var known, others []string
	for _, p := range s.Picks {
		for _, c := range p.Claims {
			if slices.Contains(spec.Claims, c.Name) {
				known = append(known, c.Name)
			} else {
				others = append(others, c.Name)
			}
		}
	}
	slices.SortFunc(known, func(a, b string) int { return slices.Index(spec.Claims, a) - slices.Index(spec.Claims, b) })
	slices.Sort(others)
	return append(slices.Compact(known), slices.Compact(others)...)
}

// Linkable gives the worst linkability among the picks.
func (s *Selection) Linkable() Linkability {
	worst := RepeatsNothing
	for _, p := range s.Picks {
		if p.Linkable.rank() > worst.rank() {
			worst = p.Linkable
		}
	}
	return worst
}
