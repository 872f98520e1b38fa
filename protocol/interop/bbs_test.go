package interop

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"slices"
	"testing"

	"github.com/halfmask/halfmask/credential/bbs"
)

// signed and shown are what verifiers on both sides are given.
type signed struct {
	Suite     string   `json:"suite"`
	PublicKey []byte   `json:"publicKey"`
	Signature []byte   `json:"signature"`
	Header    []byte   `json:"header"`
	Messages  [][]byte `json:"messages"`
}

type shown struct {
	Suite              string   `json:"suite"`
	PublicKey          []byte   `json:"publicKey"`
	Proof              []byte   `json:"proof"`
	Header             []byte   `json:"header"`
	PresentationHeader []byte   `json:"presentationHeader"`
	Messages           [][]byte `json:"messages"` // the disclosed ones
	Disclosed          []int    `json:"disclosed"`
}

var bbsSuites = map[string]*bbs.Suite{
	"BLS12-381-SHA-256":   bbs.SHA256,
	"BLS12-381-SHAKE-256": bbs.SHAKE256,
}

func weVerify(s signed) error {
	pk, err := bbs.ParsePublicKey(s.PublicKey)
	if err != nil {
		return err
	}
	return bbsSuites[s.Suite].Verify(pk, s.Signature, s.Header, s.Messages)
}

func weVerifyProof(s shown) error {
	pk, err := bbs.ParsePublicKey(s.PublicKey)
	if err != nil {
		return err
	}
	return bbsSuites[s.Suite].ProofVerify(pk, s.Proof, s.Header, s.PresentationHeader, s.Messages, s.Disclosed)
}

// bbsMessages gives count messages: text, octets, an empty and a long one.
func bbsMessages(count int) [][]byte {
	messages := make([][]byte, count)
	for i := range messages {
		switch i % 4 {
		case 0:
			messages[i] = fmt.Appendf(nil, "message %d, 消息, сообщение", i)
		case 1:
			messages[i] = make([]byte, 32)
			rand.Read(messages[i])
		case 2:
			messages[i] = []byte{}
		case 3:
			messages[i] = bytes.Repeat([]byte{byte(i), 0xff, 0}, 700)
		}
	}
	return messages
}

func TestBBSSignatures(t *testing.T) {
	c := start(t, "bbs-signatures.mjs")
	s := against(t, "@digitalbazaar/bbs-signatures", "in JavaScript, on @noble/curves")
	t.Parallel()
	for _, suite := range []string{"BLS12-381-SHA-256", "BLS12-381-SHAKE-256"} {
		t.Run(suite, func(t *testing.T) {
			c.t = t
			bbsSuite(t, c, s, suite)
		})
	}
}

func bbsSuite(t *testing.T, c *counterpart, s *section, suite string) {
	ours := bbsSuites[suite]
	var theirKey struct{ SecretKey, PublicKey []byte }
	c.must("generate", map[string]any{"suite": suite}, &theirKey)
	theirSecret, err := bbs.ParseSecretKey(theirKey.SecretKey)
	if err != nil {
		t.Fatal(err)
	}
	ourSecret, err := bbs.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	otherSecret, err := bbs.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	otherKey := otherSecret.PublicKey().Bytes()

	keys := s.row("%s: same secret key, same public key", suite)
	for name, secret := range map[string]*bbs.SecretKey{"theirs": theirSecret, "ours": ourSecret} {
		var public []byte
		c.must("publicKey", map[string]any{"suite": suite, "secretKey": secret.Bytes()}, &public)
		keys.accepts(t, name, same(public, secret.PublicKey().Bytes()))
	}
	keys.accepts(t, "generated", same(theirKey.PublicKey, theirSecret.PublicKey().Bytes()))

	rows := func(what string) *row { return s.row("%s: %s", suite, what) }
	equal := rows("same key and messages, same signature")
	weSign, theySign := rows("we sign, they verify"), rows("they sign, we verify")
	// who signed, who made the proof, who verifies
	uut, utu := rows("we sign and prove, they verify"), rows("we sign, they prove, we verify")
	tut, tuu := rows("they sign, we prove, they verify"), rows("they sign, we prove, we verify")
	ttu := rows("they sign and prove, we verify")

	for _, test := range []struct {
		count      int
		header, ph string
		disclosed  [][]int
	}{
		{0, "header only", "", [][]int{{}}},
		{1, "", "", [][]int{{}, {0}}},
		{3, "header", "presentation header", [][]int{{1}, {0, 1, 2}}},
		{10, "заголовок", "nonce \x00\xff", [][]int{{0, 4, 9}, {}}},
		{33, string(bytes.Repeat([]byte("h"), 1000)), string(bytes.Repeat([]byte("p"), 1000)), [][]int{{0, 2, 3, 5, 7, 11, 13, 31, 32}}},
	} {
		if suite == "BLS12-381-SHAKE-256" && test.count != 1 && test.count != 10 {
			continue // the suites differ in how they hash, not in how they count
		}
		header, ph, messages := []byte(test.header), []byte(test.ph), bbsMessages(test.count)
		var first shown // of this count
		for _, secret := range []*bbs.SecretKey{ourSecret, theirSecret} {
			what := fmt.Sprintf("%d messages", test.count)
			pk := secret.PublicKey()
			ourSignature, err := ours.Sign(secret, header, messages)
			if err != nil {
				t.Fatal(err)
			}
			sig := signed{suite, pk.Bytes(), nil, header, messages}
			var theirSignature []byte
			c.must("sign", map[string]any{"suite": suite, "secretKey": secret.Bytes(), "publicKey": sig.PublicKey, "header": header, "messages": messages}, &theirSignature)
			equal.accepts(t, what, same(ourSignature, theirSignature))

			we := secret == ourSecret
			if we {
				sig.Signature = ourSignature
				weSign.accepts(t, what, c.call("verify", sig, nil))
			} else {
				sig.Signature = theirSignature
				theySign.accepts(t, what, weVerify(sig))
			}
			for _, disclosed := range test.disclosed {
				what := fmt.Sprintf("%d messages, disclosed %v", test.count, disclosed)
				p := shown{suite, pk.Bytes(), nil, header, ph, [][]byte{}, disclosed}
				for _, i := range disclosed {
					p.Messages = append(p.Messages, messages[i])
				}
				// we prove
				if p.Proof, err = ours.ProofGen(pk, sig.Signature, header, ph, messages, disclosed); err != nil {
					t.Fatal(err)
				}
				if we {
					uut.accepts(t, what, c.call("verifyProof", p, nil))
				} else {
					tuu.accepts(t, what, weVerifyProof(p))
					tut.accepts(t, what, c.call("verifyProof", p, nil))
				}
				if we && first.Suite == "" {
					first = p
				}
				// they prove
				c.must("derive", struct {
					signed
					PresentationHeader []byte `json:"presentationHeader"`
					Disclosed          []int  `json:"disclosed"`
				}{sig, ph, disclosed}, &p.Proof)
				if we {
					utu.accepts(t, what, weVerifyProof(p))
				} else {
					ttu.accepts(t, what, weVerifyProof(p))
				}
				if !we && test.count == 10 && len(disclosed) == 3 {
					refuseProofs(t, c, ttu, nil, p, otherKey)
				}
			}
			if test.count == 10 {
				if we {
					refuseSignatures(t, c, nil, weSign, sig, otherKey)
				} else {
					refuseSignatures(t, c, theySign, nil, sig, otherKey)
				}
			}
		}
		if test.count == 10 {
			refuseProofs(t, c, nil, uut, first, otherKey)
		}
	}
}

func same(a, b []byte) error {
	if !bytes.Equal(a, b) {
		return fmt.Errorf("%x is not %x", a, b)
	}
	return nil
}

// refuseSignatures has us refuse in row our, and them in row their.
func refuseSignatures(t *testing.T, c *counterpart, our, their *row, good signed, otherKey []byte) {
	for _, test := range []struct {
		name             string
		change           func(s *signed)
		ourWhy, theirWhy string
	}{
		{"a changed message", func(s *signed) { s.Messages[4] = []byte("another") }, "bbs-signature", "gave false"},
		{"messages swapped", func(s *signed) { s.Messages[0], s.Messages[1] = s.Messages[1], s.Messages[0] }, "bbs-signature", "gave false"},
		{"a message less", func(s *signed) { s.Messages = s.Messages[1:] }, "bbs-signature", "gave false"},
		{"a message more", func(s *signed) { s.Messages = append(s.Messages, []byte{}) }, "bbs-signature", "gave false"},
		{"another header", func(s *signed) { s.Header = []byte("another") }, "bbs-signature", "gave false"},
		{"another key", func(s *signed) { s.PublicKey = otherKey }, "bbs-signature", "gave false"},
		{"a changed scalar", func(s *signed) { s.Signature[79] ^= 1 }, "bbs-signature", "gave false"},
		{"the negated point", func(s *signed) { s.Signature[0] ^= 0x20 }, "bbs-signature", "gave false"},
		{"a signature cut short", func(s *signed) { s.Signature = s.Signature[:79] }, "bbs-signature-encoding", ""},
		{"the other suite", func(s *signed) { s.Suite = otherSuite(s.Suite) }, "bbs-signature", "gave false"},
	} {
		bad := good
		bad.Messages, bad.Signature = slices.Clone(good.Messages), slices.Clone(good.Signature)
		test.change(&bad)
		if our != nil {
			our.refuses(t, test.name, weVerify(bad), test.ourWhy)
		}
		if their != nil {
			their.refuses(t, test.name, c.call("verify", bad, nil), test.theirWhy)
		}
	}
}

// refuseProofs has us refuse in row our, and them in row their.
func refuseProofs(t *testing.T, c *counterpart, our, their *row, good shown, otherKey []byte) {
	for _, test := range []struct {
		name             string
		change           func(s *shown)
		ourWhy, theirWhy string
	}{
		{"a changed message", func(s *shown) { s.Messages[1] = []byte("another") }, "bbs-proof", "gave false"},
		{"messages swapped", func(s *shown) { s.Messages[0], s.Messages[1] = s.Messages[1], s.Messages[0] }, "bbs-proof", "gave false"},
		{"another index", func(s *shown) { s.Disclosed[1]++ }, "bbs-proof", "gave false"},
		{"a message withheld", func(s *shown) { s.Messages, s.Disclosed = s.Messages[1:], s.Disclosed[1:] }, "bbs-proof", "must be a number"},
		{"another header", func(s *shown) { s.Header = []byte("another") }, "bbs-proof", "gave false"},
		{"another presentation header", func(s *shown) { s.PresentationHeader = []byte("another") }, "bbs-proof", "gave false"},
		{"headers swapped", func(s *shown) { s.Header, s.PresentationHeader = s.PresentationHeader, s.Header }, "bbs-proof", "gave false"},
		{"another key", func(s *shown) { s.PublicKey = otherKey }, "bbs-proof", "gave false"},
		{"a changed response", func(s *shown) { s.Proof[3*48+31] ^= 1 }, "bbs-proof", "gave false"},
		{"a changed challenge", func(s *shown) { s.Proof[len(s.Proof)-1] ^= 1 }, "bbs-proof", "gave false"},
		{"a negated point", func(s *shown) { s.Proof[0] ^= 0x20 }, "bbs-proof", "gave false"},
		{"a proof cut short by a response", func(s *shown) { s.Proof = s.Proof[:len(s.Proof)-32] }, "bbs-proof", ""},
		{"a proof cut short by an octet", func(s *shown) { s.Proof = s.Proof[:len(s.Proof)-1] }, "bbs-proof-encoding", ""},
		{"a response more", func(s *shown) { s.Proof = append(s.Proof, s.Proof[len(s.Proof)-32:]...) }, "bbs-proof", ""},
		{"the other suite", func(s *shown) { s.Suite = otherSuite(s.Suite) }, "bbs-proof", "gave false"},
	} {
		bad := good
		bad.Messages, bad.Proof, bad.Disclosed = slices.Clone(good.Messages), slices.Clone(good.Proof), slices.Clone(good.Disclosed)
		test.change(&bad)
		if our != nil {
			our.refuses(t, test.name, weVerifyProof(bad), test.ourWhy)
		}
		if their != nil {
			their.refuses(t, test.name, c.call("verifyProof", bad, nil), test.theirWhy)
		}
	}
}

func otherSuite(suite string) string {
	for name := range bbsSuites {
		if name != suite {
			return name
		}
	}
	panic("there are two suites")
}
