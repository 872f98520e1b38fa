package sdjwt_test

import (
	"fmt"
	"testing"

	"github.com/halfmask/halfmask/credential/sdjwt"
)

// full is a template with as many claims as the project's credentials have.
func full() sdjwt.Template {
	t := template()
	t.Disclosable = map[string]any{}
	for i := range 17 {
		t.Disclosable[fmt.Sprint("claim", i)] = "some value"
	}
	return t
}

func BenchmarkIssue(b *testing.B) {
	for b.Loop() {
		if _, err := sdjwt.Issue(issuerSigner, full()); err != nil {
			b.Fatal(err)
		}
	}
}

func selection(b *testing.B) string {
	s, err := sdjwt.Issue(issuerSigner, full())
	if err != nil {
		b.Fatal(err)
	}
	c, err := sdjwt.Parse(s)
	if err != nil {
		b.Fatal(err)
	}
	s, err = c.Select([]any{"claim3"}, []any{"claim7"})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func BenchmarkBind(b *testing.B) {
	s := selection(b)
	for b.Loop() {
		if _, err := sdjwt.Bind(s, holderSigner, nonce, audience, now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	s, err := sdjwt.Bind(selection(b), holderSigner, nonce, audience, now)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := sdjwt.Verify(s, trusted, bound); err != nil {
			b.Fatal(err)
		}
	}
}
