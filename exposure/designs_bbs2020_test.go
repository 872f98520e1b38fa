package exposure

import (
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
