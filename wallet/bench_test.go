package wallet_test

import (
	"context"
	"testing"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/wallet"
)

func BenchmarkEphemeral(b *testing.B) {
	for b.Loop() {
		if _, err := wallet.Ephemeral(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAccept obtains both credentials over loopback, the issuer's work
// included.
func BenchmarkAccept(b *testing.B) {
	w := newTown(b)
	h, err := wallet.Ephemeral()
	if err != nil {
		b.Fatal(err)
	}
	h.Now = w.now
	for b.Loop() {
		if _, err := h.Accept(context.Background(), w.offer(openid4vci.OfferOptions{}), ""); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPresent answers a request over loopback, the verifier's work
// included.
func BenchmarkPresent(b *testing.B) {
	for _, f := range []credential.Format{credential.BBS2023, credential.SDJWT} {
		b.Run(string(f), func(b *testing.B) {
			w := newTown(b)
			h, err := wallet.Ephemeral()
			if err != nil {
				b.Fatal(err)
			}
			h.Now = w.now
			if _, err := h.Accept(context.Background(), w.offer(openid4vci.OfferOptions{}), ""); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := h.Present(context.Background(), w.ask([]string{spec.AgeOver18}, f).RequestURI, agree); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
