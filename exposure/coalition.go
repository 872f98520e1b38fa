package exposure

import (
	"fmt"
	"strings"

	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/spec"
)

// coalition is a coalition whose members are known.
type coalition struct {
	name      Coalition
	each      bool           // platforms, each by itself
	all       bool           // every platform
	thieves   bool           // the thief of every platform's database
	parties   map[Party]bool // beside those
	platforms map[string]bool
	central   bool // it has a party that every person meets
}

// resolve finds the members of a coalition. Some of the platforms are drawn
// by the seed and the coalition's name.
func resolve(c scenario.Coalition, platforms []spec.Platform, seed uint64) (coalition, error) {
	r := coalition{name: Coalition(c.Name), parties: make(map[Party]bool), platforms: make(map[string]bool)}
	for _, m := range c.Members {
		as := func(p Party) Party {
			if m.Thief {
				return thiefOf(p)
			}
			return p
		}
		switch {
		case m == (scenario.Member{Kind: scenario.Platform}):
			r.each, r.all = true, true
		case m.Kind == scenario.Platforms && m.Count == 0:
			r.all, r.thieves = r.all || !m.Thief, r.thieves || m.Thief
		case m.Kind == scenario.Platforms && m.Count > len(platforms):
			return r, fmt.Errorf("exposure: coalition %s: %d platforms of %d", c.Name, m.Count, len(platforms))
		case m.Kind == scenario.Platforms:
			for _, i := range random(seed, "coalition "+c.Name, 0).Perm(len(platforms))[:m.Count] {
				r.parties[as(PlatformParty(platforms[i].ID))], r.platforms[platforms[i].ID] = true, true
			}
		case m.Kind == scenario.Platform:
			known := false
			for _, p := range platforms {
				known = known || p.ID == m.ID
			}
			if !known {
				return r, fmt.Errorf("exposure: coalition %s: there is no platform %q", c.Name, m.ID)
			}
			r.parties[as(PlatformParty(m.ID))], r.platforms[m.ID] = true, true
		default:
			r.parties[as(Party(m.Kind))] = true
			r.central = r.central || m.Kind != scenario.Network
		}
	}
	return r, nil
}

func (c coalition) has(p Party) bool {
	if c.parties[p] {
		return true
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(string(p), "thief-of:"), ":")
	if kind != "platform" {
		return false
	}
	if strings.HasPrefix(string(p), "thief-of:") {
		return c.thieves
	}
	return c.all
}

// counts reports whether a login at a platform is one that the coalition
// could see: with platforms in it, theirs; without, everybody's.
func (c coalition) counts(platform string) bool {
	return platform != "" && (c.all || c.thieves || len(c.platforms) == 0 || c.platforms[platform])
}
