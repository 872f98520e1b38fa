package standin

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/halfmask/halfmask/exposure/engine"
	"github.com/halfmask/halfmask/spec"
)

// A channel is a path in what one kind of party sees at a moment.
type channel struct {
	party  engine.Party // anyPlatform for a platform
	moment Moment
	path   string
}

// size reports whether there are sizes of messages. They go by names and the
// like, and are no values of a scope: nothing of them is replayed or generated.
func (c channel) size() bool {
	return strings.HasSuffix(c.path, ".size") || strings.HasSuffix(c.path, ".header.Content-Length")
}

// anyPlatform stands for whichever platform the login is at.
const anyPlatform engine.Party = 0

func (c channel) String() string {
	party := map[engine.Party]string{anyPlatform: "platform", engine.Issuer: "issuer", engine.StatusHost: "status-host", engine.Observer: "network"}[c.party]
	return party + " " + c.moment.String() + " " + c.path
}

// A presence says in which visits something stands at a channel.
type presence struct {
	trait trait
	at    map[uint64]bool
}

// A stream is a value that is made anew for each key of a scope, and the
// channels where it then stands.
type stream struct {
	scope    scope
	channels map[int]presence
	names    bool
}

// A class is a value that people share, at a channel.
type class struct {
	value   uint64
	channel int
}

// A decision is a trait of visits that decides which of the values that
// people share stands at a channel.
type decision struct {
	trait trait
	value map[uint64]uint64 // by the trait's; none where nothing stands
}

const nothing = 0

// place is one visit at one channel.
type place struct {
	visit   int32
	channel int32
}

// A Model is a design as executed runs showed it: what decides each value
// that it sends, and where the value goes.
type Model struct {
	Design   string
	Sessions int // executed logins that it was validated on; Validate counts them
	Logins   int // those of a kind that was never seen included

	channels []channel
	index    map[channel]int
	left     map[int]bool  // channels that no scope explains: not replayed
	lengths  map[int]int32 // in bytes, of channels where it never varies
	streams  []stream
	classes  map[class]presence
	decided  map[int]decision // channels that hold nothing but classes
	shared   map[uint64]bool  // values that people share, in the runs learned from
	classy   map[int32]bool   // channels that hold nothing but such values
	daily    map[int32]bool   // channels with values that are made anew each day
	loose    map[int]bool     // channels with classes that no trait explains
	kinds    map[kind]bool    // of visits that were learned from
	policy   Policy
}

// kind is what decides which paths and classes there are in a visit: who has
// another document shows other evidence, and is another answer to a platform
// that asks for it.
type kind struct {
	moment   Moment
	tier     spec.Tier // but for logins
	asks     uint32
	document spec.DocumentKind
}

func (s *sight) kind(visit int32) kind {
	v := &s.Visits[visit]
	p := &s.People[v.Person]
	k := kind{v.Moment, p.Tier, v.Asks, p.Document}
	if v.Moment == Login {
		k.tier = ""
	}
	return k
}

// String sums the model up, a line for each scope.
func (m *Model) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d channels, %d replayed; %d values of classes\n", m.Design, len(m.channels), len(m.channels)-len(m.left), len(m.classes))
	for k := range scopes {
		for _, st := range m.streams {
			if st.scope != k {
				continue
			}
			fmt.Fprintf(&b, "  per %s:", k)
			for _, c := range slices.Sorted(maps.Keys(st.channels)) {
				fmt.Fprintf(&b, " [%s, by %s]", m.channels[c], st.channels[c].trait)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}
