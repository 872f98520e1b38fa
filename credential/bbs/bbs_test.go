package bbs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
)

// requireRefusal demands an error that names the check and the clause.
func requireRefusal(t interface {
	Helper()
	Errorf(string, ...any)
}, what string, err error) {
	t.Helper()
	var failed *credential.Error
	if !errors.As(err, &failed) || failed.Check == "" || !strings.Contains(failed.Clause, " section ") || !strings.HasPrefix(failed.Clause, "draft-irtf-cfrg-bbs-") {
		t.Errorf("%s: got %v, want a failed check of the draft", what, err)
	}
}

func identity(size int) []byte { return append([]byte{0xc0}, make([]byte, size-1)...) }

// outsideG1 is a compressed point of the curve outside the subgroup.
func outsideG1() []byte {
	var x, y2, y, four fp.Element
	four.SetUint64(4)
	for {
		x.Add(&x, new(fp.Element).SetOne())
		y2.Square(&x).Mul(&y2, &x).Add(&y2, &four)
		if y.Sqrt(&y2) == nil {
			continue
		}
		p := bls.G1Affine{X: x, Y: y}
		if !p.IsInSubGroup() {
			b := p.Bytes()
			return b[:]
		}
	}
}

// outsideG2 is the same for the twist.
func outsideG2(t *testing.T) []byte {
	p := bls.GeneratePointNotInG2(bls.E2{A0: fp.NewElement(7), A1: fp.NewElement(11)})
	if !p.IsOnCurve() || p.IsInSubGroup() {
		t.Fatal("not the point that the test needs")
	}
	var a bls.G2Affine
	a.FromJacobian(&p)
	b := a.Bytes()
	return b[:]
}

func notOnCurve(size int) []byte { // no square root for x = 1
	b := make([]byte, size)
	b[0], b[size-1] = 0x80, 1
	return b
}

func order() []byte { return fr.Modulus().Bytes() }

func TestParsePublicKeyRefuses(t *testing.T) {
	good := testKey().PublicKey().Bytes()
	_, _, _, g2 := bls.Generators()
	raw := g2.RawBytes()
	big := bytes.Repeat([]byte{0xff}, bbs.PublicKeySize)
	big[0] = 0x9f
	for name, octets := range map[string][]byte{
		"nothing":                        nil,
		"a short key":                    good[:95],
		"a long key":                     append(bytes.Clone(good), 0),
		"an uncompressed key":            raw[:],
		"half an uncompressed key":       raw[:96],
		"the identity":                   identity(96),
		"an identity with a sign":        append([]byte{0xe0}, make([]byte, 95)...),
		"an identity with more bits":     append(identity(95), 1),
		"a point outside the subgroup":   outsideG2(t),
		"a point off the curve":          notOnCurve(96),
		"a coordinate over the modulus":  big,
		"a key without compression flag": append([]byte{good[0] &^ 0x80}, good[1:]...),
	} {
		t.Run(name, func(t *testing.T) {
			k, err := bbs.ParsePublicKey(octets)
			if k != nil {
				t.Error("a key was returned")
			}
			requireRefusal(t, name, err)
		})
	}
	k, err := bbs.ParsePublicKey(good)
	if err != nil || !k.Equal(testKey().PublicKey()) {
		t.Errorf("a good key: %v", err)
	}
	if k.Equal(nil) {
		t.Error("a key equals nil")
	}
}

func TestParseSecretKeyRefuses(t *testing.T) {
	for name, octets := range map[string][]byte{
		"nothing":                nil,
		"a short key":            make([]byte, 31),
		"a long key":             append(testKey().Bytes(), 0),
		"zero":                   make([]byte, 32),
		"the order of the group": order(),
		"a number over it":       bytes.Repeat([]byte{0xff}, 32),
	} {
		t.Run(name, func(t *testing.T) {
			k, err := bbs.ParseSecretKey(octets)
			if k != nil {
				t.Error("a key was returned")
			}
			requireRefusal(t, name, err)
		})
	}
	k, err := bbs.ParseSecretKey(testKey().Bytes())
	if err != nil || !k.PublicKey().Equal(testKey().PublicKey()) {
		t.Errorf("a good key: %v", err)
	}
}

func TestKeyGenRefuses(t *testing.T) {
	material := make([]byte, 32)
	for name, in := range map[string][3][]byte{
		"short material":     {material[:31], nil, nil},
		"long info":          {material, make([]byte, 65536), nil},
		"a long dst":         {material, nil, make([]byte, 256)},
		"very long material": {make([]byte, bbs.MaxOctets+1), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := bbs.SHA256.KeyGen(in[0], in[1], in[2])
			requireRefusal(t, name, err)
		})
	}
	a, _ := bbs.SHA256.KeyGen(material, nil, nil)
	b, _ := bbs.SHA256.KeyGen(material, []byte{1}, nil)
	c, _ := bbs.SHAKE256.KeyGen(material, nil, nil)
	if a.PublicKey().Equal(b.PublicKey()) || a.PublicKey().Equal(c.PublicKey()) {
		t.Error("keys that should differ are the same")
	}
}

func TestSecretKeyIsNotPrinted(t *testing.T) {
	k := testKey()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, value := range []any{k, *k} {
			if text := fmt.Sprintf(verb, value); text != "bbs.SecretKey" {
				t.Errorf("%s prints %s", verb, text)
			}
		}
	}
	if text, err := json.Marshal(map[string]any{"key": k}); err != nil || string(text) != `{"key":{}}` {
		t.Errorf("as JSON the key is %s, %v", text, err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	in := newInputs(t, 10)
	pk := in.key.PublicKey()
	set := func(at int, octets ...byte) []byte {
		b := bytes.Clone(in.signature)
		copy(b[at:], octets)
		return b
	}
	for name, sig := range map[string][]byte{
		"nothing":                nil,
		"a short signature":      in.signature[:79],
		"a long signature":       append(bytes.Clone(in.signature), 0),
		"A the identity":         set(0, identity(48)...),
		"A outside the subgroup": set(0, outsideG1()...),
		"A uncompressed":         set(0, in.signature[0]&^0x80),
		"e zero":                 set(48, make([]byte, 32)...),
		"e the group's order":    set(48, order()...),
		"e changed":              set(79, in.signature[79]^1),
	} {
		t.Run(name, func(t *testing.T) {
			requireRefusal(t, name, bbs.SHA256.Verify(pk, sig, in.header, in.messages))
			if name != "e changed" {
				_, err := bbs.SHA256.ProofGen(pk, sig, in.header, in.ph, in.messages, in.disclosed)
				requireRefusal(t, name, err)
			}
		})
	}
	t.Run("another suite", func(t *testing.T) {
		requireRefusal(t, "", bbs.SHAKE256.Verify(pk, in.signature, in.header, in.messages))
	})
	t.Run("another key", func(t *testing.T) {
		requireRefusal(t, "", bbs.SHA256.Verify(testKey().PublicKey(), in.signature, in.header, in.messages))
	})
	t.Run("too many messages", func(t *testing.T) {
		many := make([][]byte, bbs.MaxMessages+1)
		requireRefusal(t, "verify", bbs.SHA256.Verify(pk, in.signature, in.header, many))
		_, err := bbs.SHA256.Sign(in.key, in.header, many)
		requireRefusal(t, "sign", err)
		_, err = bbs.SHA256.ProofGen(pk, in.signature, in.header, in.ph, many, nil)
		requireRefusal(t, "prove", err)
	})
	t.Run("very long inputs", func(t *testing.T) {
		long := make([]byte, bbs.MaxOctets+1)
		_, err := bbs.SHA256.Sign(in.key, long, in.messages)
		requireRefusal(t, "header", err)
		_, err = bbs.SHA256.Sign(in.key, nil, [][]byte{long})
		requireRefusal(t, "message", err)
		requireRefusal(t, "ph", bbs.SHA256.ProofVerify(pk, in.proof, in.header, long, in.shown, in.disclosed))
	})
}

func TestProofVerifyRefuses(t *testing.T) {
	in := newInputs(t, 10)
	pk := in.key.PublicKey()
	set := func(at int, octets ...byte) []byte {
		b := bytes.Clone(in.proof)
		copy(b[at:], octets)
		return b
	}
	proofs := map[string][]byte{
		"nothing":                   nil,
		"a signature":               in.signature,
		"a proof short of an octet": in.proof[:len(in.proof)-1],
		"a proof short of a scalar": in.proof[:len(in.proof)-32],
		"a proof with an octet":     append(bytes.Clone(in.proof), 0),
		"a proof with a scalar":     append(bytes.Clone(in.proof), in.proof[144:176]...),
		"a proof that is too long":  append(bytes.Clone(in.proof), make([]byte, 32*bbs.MaxMessages)...),
		"swapped points":            append(append(bytes.Clone(in.proof[48:96]), in.proof[:48]...), in.proof[96:]...),
	}
	for i, name := range []string{"Abar", "Bbar", "D"} {
		proofs[name+" the identity"] = set(48*i, identity(48)...)
		proofs[name+" outside the subgroup"] = set(48*i, outsideG1()...)
		proofs[name+" off the curve"] = set(48*i, notOnCurve(48)...)
		proofs[name+" uncompressed"] = set(48*i, in.proof[48*i]&^0x80)
		proofs[name+" negated"] = set(48*i, in.proof[48*i]^0x20)
	}
	for i := range 4 + 7 {
		proofs[fmt.Sprintf("scalar %d zero", i)] = set(144+32*i, make([]byte, 32)...)
		proofs[fmt.Sprintf("scalar %d the group's order", i)] = set(144+32*i, order()...)
		proofs[fmt.Sprintf("scalar %d over the group's order", i)] = set(144+32*i, bytes.Repeat([]byte{0xff}, 32)...)
		proofs[fmt.Sprintf("scalar %d changed", i)] = set(144+32*i+31, in.proof[144+32*i+31]^1)
	}
	for name, proof := range proofs {
		t.Run(name, func(t *testing.T) {
			requireRefusal(t, name, bbs.SHA256.ProofVerify(pk, proof, in.header, in.ph, in.shown, in.disclosed))
		})
	}
	for name, disclosed := range map[string][]int{
		"a negative index":      {-1, 4, 9},
		"an index out of range": {0, 4, 10},
		"a huge index":          {0, 4, 1 << 62},
		"indexes out of order":  {4, 0, 9},
		"an index twice":        {0, 4, 4},
		"an index too few":      {0, 4},
		"an index too many":     {0, 4, 8, 9},
		"another index":         {0, 5, 9},
	} {
		t.Run(name, func(t *testing.T) {
			requireRefusal(t, name, bbs.SHA256.ProofVerify(pk, in.proof, in.header, in.ph, in.shown, disclosed))
		})
	}
	for name, disclosed := range map[string][]int{
		"prove a negative index":      {-1},
		"prove an index out of range": {10},
		"prove an index twice":        {3, 3},
		"prove indexes out of order":  {3, 2},
		"prove more than all":         {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := bbs.SHA256.ProofGen(pk, in.signature, in.header, in.ph, in.messages, disclosed)
			requireRefusal(t, name, err)
		})
	}
	t.Run("header and presentation header swapped", func(t *testing.T) {
		requireRefusal(t, "", bbs.SHA256.ProofVerify(pk, in.proof, in.ph, in.header, in.shown, in.disclosed))
	})
	t.Run("another suite", func(t *testing.T) {
		requireRefusal(t, "", bbs.SHAKE256.ProofVerify(pk, in.proof, in.header, in.ph, in.shown, in.disclosed))
	})
	t.Run("another key", func(t *testing.T) {
		requireRefusal(t, "", bbs.SHA256.ProofVerify(testKey().PublicKey(), in.proof, in.header, in.ph, in.shown, in.disclosed))
	})
}

func TestZeroKeysAreRefused(t *testing.T) {
	in := newInputs(t, 10)
	for name, pk := range map[string]*bbs.PublicKey{"nil": nil, "zero": {}} {
		requireRefusal(t, name, bbs.SHA256.Verify(pk, in.signature, in.header, in.messages))
		requireRefusal(t, name, bbs.SHA256.ProofVerify(pk, in.proof, in.header, in.ph, in.shown, in.disclosed))
		_, err := bbs.SHA256.ProofGen(pk, in.signature, in.header, in.ph, in.messages, in.disclosed)
		requireRefusal(t, name, err)
		if pk.Bytes() != nil || pk.Equal(pk) {
			t.Errorf("%s: the absent key is a key", name)
		}
	}
	for name, sk := range map[string]*bbs.SecretKey{"nil": nil, "zero": {}} {
		_, err := bbs.SHA256.Sign(sk, in.header, in.messages)
		requireRefusal(t, name, err)
	}
}

// No 16 octets of one proof occur in another of the same signature.
func TestProofsShareNothing(t *testing.T) {
	in := newInputs(t, 10)
	seen := map[string]bool{}
	for range 4 {
		proof, err := bbs.SHA256.ProofGen(in.key.PublicKey(), in.signature, in.header, in.ph, in.messages, in.disclosed)
		if err != nil {
			t.Fatal(err)
		}
		for i := range len(proof) - 16 {
			part := string(proof[i : i+16])
			if seen[part] {
				t.Fatalf("octets from %d on occur in an earlier proof", i)
			}
			seen[part] = true
		}
	}
}

// Suites and keys are shared between goroutines; run with -race.
func TestConcurrentUse(t *testing.T) {
	in := newInputs(t, 10)
	k, err := bbs.ParsePublicKey(in.key.PublicKey().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			messages := append(in.messages[:10:10], make([][]byte, i*3)...)
			sig, err := bbs.SHAKE256.Sign(in.key, in.header, messages)
			if err != nil {
				t.Error(err)
				return
			}
			proof, err := bbs.SHAKE256.ProofGen(k, sig, in.header, in.ph, messages, in.disclosed)
			if err != nil {
				t.Error(err)
				return
			}
			if err := bbs.SHAKE256.ProofVerify(k, proof, in.header, in.ph, in.shown, in.disclosed); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
