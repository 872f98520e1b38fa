package exposure_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"slices"
	"time"

	"github.com/halfmask/halfmask/exposure"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/spec"
)

// letter is a design of one's own: a letter of the authority that says
// everything about a person, shown whole to whoever asks for a little. The
// lab brings enrollment, platforms and messages; a form says how a credential
// is signed, shown and checked.
type letter struct{ key ed25519.PrivateKey }

type signedLetter struct {
	Text      []byte `json:"text"`
	Signature []byte `json:"signature"`
}

type letterText struct {
	Claims map[string]any `json:"claims"`
	Until  time.Time      `json:"until"`
}

func (l letter) Issue(claims map[string]any, from, until time.Time) (string, error) {
	text, err := json.Marshal(letterText{claims, until})
	if err != nil {
		return "", err
	}
	whole, err := json.Marshal(signedLetter{text, ed25519.Sign(l.key, text)})
	return string(whole), err
}

func (l letter) Show(credential string, asked []string, audience, nonce string) (string, error) {
	return credential, nil // nothing can be withheld
}

func (l letter) Check(shown string, asked []string, audience, nonce string, now time.Time) (map[string]any, error) {
	var s signedLetter
	if err := json.Unmarshal([]byte(shown), &s); err != nil {
		return nil, err
	}
	if !ed25519.Verify(l.key.Public().(ed25519.PublicKey), s.Text, s.Signature) {
		return nil, errors.New("signature")
	}
	var text letterText
	if err := json.Unmarshal(s.Text, &text); err != nil {
		return nil, err
	}
	if !now.Before(text.Until) {
		return nil, errors.New("expired")
	}
	return text.Claims, nil
}

// A design of one's own is a Form, or a Design where the messages are its own,
// too, and a line in Options.
func Example_designOfOnesOwn() {
	key := ed25519.NewKeyFromSeed(slices.Repeat([]byte{7}, ed25519.SeedSize))
	own := exposure.Builder{
		Name: "letter", About: "a letter of the authority, shown whole",
		Build: func(e *exposure.Env) (exposure.Design, error) { return exposure.NewForm(e, letter{key}) },
	}
	s := scenario.New("letters", 40, 14)
	s.Designs = []scenario.Design{{Name: "letter", Base: "letter"}}
	result, err := exposure.Run(context.Background(), s, exposure.Options{Also: []exposure.Builder{own}})
	if err != nil {
		log.Fatal(err)
	}
	joined, _ := result.Find("letter", exposure.AllPlatforms, spec.Minimal, exposure.CrossPlatformLinkage)
	named, _ := result.Find("letter", exposure.AllPlatforms, spec.Minimal, exposure.Reidentification)
	fmt.Printf("The platforms join %v of the pairs and name %v of the people.\n", joined.Estimate, named.Estimate)
	// Output: The platforms join 1 of the pairs and name 1 of the people.
}
