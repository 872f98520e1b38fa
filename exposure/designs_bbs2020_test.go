package exposure

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/halfmask/halfmask/exposure/scenario"
)

// Two worlds at a time use the library of the older scheme, whose arithmetic
// is not made for that.
func TestBBS2020InTwoWorldsAtATime(t *testing.T) {
	var worlds sync.WaitGroup
	for chunk := range 2 {
		worlds.Go(func() {
			if err := showOften(chunk); err != nil {
				t.Errorf("world %d: %v", chunk, err)
			}
		})
	}
	worlds.Wait()
}

// refusing is a form of which the first presentations are refused.
type refusing struct {
	refusals, shown int
}

func (f *refusing) Issue(map[string]any, time.Time, time.Time) (string, error) {
	return "credential", nil
}

func (f *refusing) Show(string, []string, string, string) (string, error) {
	f.shown++
	return "shown", nil
}

func (f *refusing) Check(_ string, asked []string, _, _ string, _ time.Time) (map[string]any, error) {
	if f.shown <= f.refusals {
		return nil, errors.New("bad signature")
	}
	claims := make(map[string]any)
	for _, name := range asked {
		claims[name] = true
	}
	return claims, nil
}

type refusingByChance struct{ refusing }

func (*refusingByChance) fallible() {}

// A wallet makes one more presentation where the form's library may be at
// fault, and none elsewhere.
func TestFalliblePresentationIsMadeAgain(t *testing.T) {
	chance := func(refusals int) Form { return &refusingByChance{refusing{refusals: refusals}} }
	for name, c := range map[string]struct {
		form Form
		ok   bool
	}{
		"never refused": {chance(0), true}, "refused once": {chance(1), true}, "refused twice": {chance(2), false},
		"refused by a form that is sure": {&refusing{refusals: 1}, false},
	} {
		s := scenario.New("test", 40, 5)
		s.Designs = []scenario.Design{{Name: "refusing", Base: "refusing"}}
		_, err := Run(context.Background(), s, Options{Also: []Builder{{Name: "refusing", About: "refuses", Build: func(e *Env) (Design, error) { return NewForm(e, c.form) }}}})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func showOften(chunk int) error {
	f, err := newForm2020(&Env{Seed: 1, Chunk: chunk, Variant: scenario.Design{Name: "bbs-2020", Base: "bbs-2020"}})
	if err != nil {
		return err
	}
	from := Start.Time()
	credential, err := f.Issue(map[string]any{"age_over_18": true, "sex": "F"}, from, from.Add(time.Hour))
	if err != nil {
		return err
	}
	for n := range 4 {
		nonce := fmt.Sprint("nonce ", n)
		shown, err := f.Show(credential, []string{"age_over_18"}, "platform", nonce)
		if err != nil {
			return err
		}
		claims, err := f.Check(shown, []string{"age_over_18"}, "platform", nonce, from)
		if err != nil {
			return err
		}
		if got := fmt.Sprint(claims); got != "map[age_over_18:true]" {
			return fmt.Errorf("claims %s", got)
		}
		if _, err := f.Check(shown, []string{"age_over_18"}, "platform", "another nonce", from); err == nil {
			return fmt.Errorf("a proof for another nonce was accepted")
		}
	}
	return nil
}
