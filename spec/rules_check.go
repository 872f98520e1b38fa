package spec

import (
	"fmt"
	"slices"
)

// check says what makes a decoded rule set unusable; the message names the
// member.
func (r *Rules) check() error {
	switch {
	case r.Name == "":
		return fmt.Errorf("name: missing")
	case r.Title == "":
		return fmt.Errorf("title: missing")
	case r.Source == "":
		return fmt.Errorf("source: missing")
	case r.InForce.IsZero():
		return fmt.Errorf("in-force: missing")
	}
	for _, part := range []func() error{r.Settings.check, r.checkKinds, r.checkTiers, r.Guardian.check, r.checkTexts} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

func (s Settings) check() error {
	switch {
	case s.ExactFourteen != From14To17 && s.ExactFourteen != Under14:
		return fmt.Errorf("settings.exact-14: %q is neither %s nor %s", s.ExactFourteen, From14To17, Under14)
	case s.AgeReached != OnBirthday && s.AgeReached != DayAfterBirthday:
		return fmt.Errorf("settings.age-reached: %q is neither %s nor %s", s.AgeReached, OnBirthday, DayAfterBirthday)
	case s.LeapBirthday != FirstOfMarch && s.LeapBirthday != LastOfFebruary:
		return fmt.Errorf("settings.leap-birthday: %q is neither %s nor %s", s.LeapBirthday, FirstOfMarch, LastOfFebruary)
	case s.ExpiredGraceDays < 0 || s.ExpiredGraceDays > 365:
		return fmt.Errorf("settings.expired-grace-days: %d is not in 0 to 365", s.ExpiredGraceDays)
	}
	return nil
}

// checkKinds wants every known kind once, in one of the two lists, so that
// no kind is refused for having been forgotten.
func (r *Rules) checkKinds() error {
	seen := map[DocumentKind]string{}
	add := func(list string, k DocumentKind) error {
		if !k.Known() {
			return fmt.Errorf("%s: %q is not a known document kind", list, k)
		}
		if before, ok := seen[k]; ok {
			return fmt.Errorf("%s: %s is already in %s", list, k, before)
		}
		seen[k] = list
		return nil
	}
	for _, a := range r.Accepted {
		if err := add("accepted", a.Kind); err != nil {
			return err
		}
	}
	for _, e := range r.Excluded {
		if err := add("excluded", e.Kind); err != nil {
			return err
		}
		if e.Because == "" {
			return fmt.Errorf("excluded: %s: because: missing", e.Kind)
		}
	}
	for _, k := range KnownKinds {
		if _, ok := seen[k]; !ok {
			return fmt.Errorf("accepted, excluded: %s is in neither", k)
		}
	}
	if len(r.Accepted) == 0 {
		return fmt.Errorf("accepted: empty")
	}
	return nil
}

func (r *Rules) checkTiers() error {
	if len(r.Tiers) != len(Tiers) {
		return fmt.Errorf("tiers: %d, not %d", len(r.Tiers), len(Tiers))
	}
	for i, t := range r.Tiers {
		if t.Tier != Tiers[i] {
			return fmt.Errorf("tiers: %q where %s belongs", t.Tier, Tiers[i])
		}
		switch t.Guardian {
		case Applies, Supervises, NoGuardian:
		default:
			return fmt.Errorf("tiers: %s: guardian: %q is none of %s, %s, %s", t.Tier, t.Guardian, Applies, Supervises, NoGuardian)
		}
	}
	return nil
}

func (g GuardianRule) check() error {
	if g.MinimumAge < 18 || g.MinimumAge > 100 {
		return fmt.Errorf("guardian.minimum-age: %d is not in 18 to 100", g.MinimumAge)
	}
	if len(g.Relations) == 0 {
		return fmt.Errorf("guardian.relations: empty")
	}
	for i, rel := range g.Relations {
		if rel != Parent && rel != LegalGuardian {
			return fmt.Errorf("guardian.relations: %q is neither %s nor %s", rel, Parent, LegalGuardian)
		}
		if slices.Contains(g.Relations[:i], rel) {
			return fmt.Errorf("guardian.relations: %s twice", rel)
		}
	}
	return nil
}

func (r *Rules) checkTexts() error {
	for _, id := range RuleIDs {
		if r.Texts[id] == "" {
			return fmt.Errorf("rules: %s has no text", id)
		}
	}
	for id := range r.Texts {
		if !slices.Contains(RuleIDs, id) {
			return fmt.Errorf("rules: %q is not a known rule", id)
		}
	}
	return nil
}

// Accepts reports whether documents of this kind open enrollment.
func (r *Rules) Accepts(k DocumentKind) bool {
	return slices.ContainsFunc(r.Accepted, func(a AcceptedKind) bool { return a.Kind == k })
}

// MayBePermanent reports whether a document of this kind may have no expiry.
func (r *Rules) MayBePermanent(k DocumentKind) bool {
	return slices.Contains(r.Accepted, AcceptedKind{Kind: k, MayBePermanent: true})
}

// WhyExcluded gives the reason for which a known kind is not accepted, "" for
// one that is accepted or unknown.
func (r *Rules) WhyExcluded(k DocumentKind) string {
	for _, e := range r.Excluded {
		if e.Kind == k {
			return e.Because
		}
	}
	return ""
}

// TierOf gives the tier of an age in completed years (R-AGE-01 to R-AGE-03).
func (r *Rules) TierOf(years int) Tier {
	switch {
	case years < 14:
		return Under14
	case years == 14:
		return r.Settings.ExactFourteen
	case years < 18:
		return From14To17
	}
	return From18
}

// GuardianPart gives the part that the tier asks of a guardian.
func (r *Rules) GuardianPart(t Tier) GuardianPart {
	for _, rule := range r.Tiers {
		if rule.Tier == t {
			return rule.Guardian
		}
	}
	return NoGuardian
}
