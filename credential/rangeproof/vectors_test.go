package rangeproof

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

const vectorFile = "testdata/vectors.json"

// octetString is written in hexadecimal.
type octetString []byte

func (o octetString) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(o)), nil }

func (o *octetString) UnmarshalText(text []byte) (err error) {
	*o, err = hex.DecodeString(string(text))
	return err
}

// vectors are statements with proofs. The bases are those of the cipher suite
// BBS-MOD_BLS12381G1_XMD:SHA-256_SSWU_RO_BLIND_H2G_HM2S_, the generators K
// and G_1, ..., G_16 of vector-range.
type vectors struct {
	G          octetString   `json:"G"`
	H          octetString   `json:"H"`
	Generators []octetString `json:"generators"`
	Holds      []vector      `json:"holds"`
	Refused    []vector      `json:"refused"`
}

// vector is one proof. In one that holds, the random scalar i, counted from 0
// and in the order in which the prover draws them, is hash_to_scalar of the
// seed and i in 8 octets, with the tag seedDST.
type vector struct {
	Name       string      `json:"name"`
	Algorithm  string      `json:"algorithm"`
	Lower      uint64      `json:"lower"`
	Upper      uint64      `json:"upper"`
	Message    octetString `json:"message,omitempty"`
	Blinding   octetString `json:"blinding,omitempty"`
	Seed       octetString `json:"seed,omitempty"`
	Commitment octetString `json:"commitment"`
	Transcript octetString `json:"transcript"`
	Proof      octetString `json:"proof"`
	Check      string      `json:"check,omitempty"` // that refuses
}

const seedDST = "HALFMASK_RANGE_VECTORS_"

func seeded(seed []byte) source {
	var drawn uint64
	return func() fr.Element {
		k := hashToScalar(binary.BigEndian.AppendUint64(slices.Clone(seed), drawn), seedDST)
		drawn++
		return k
	}
}

func proveSeeded(algorithm string, s *Statement, o *Opening, transcript, seed []byte) ([]byte, error) {
	if algorithm == SigmaRange.Algorithm() {
		return sigmaRange{}.prove(s, o, transcript, seeded(seed))
	}
	return vectorRange{}.prove(s, o, transcript, seeded(seed))
}

func named(t *testing.T, algorithm string) Construction {
	for _, c := range constructions {
		if c.Algorithm() == algorithm {
			return c
		}
	}
	t.Fatalf("no construction %q", algorithm)
	return nil
}

func fromHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func point(t *testing.T, octets []byte) bls.G1Affine {
	t.Helper()
	p, err := g1.Decode(octets)
	if err != nil {
		t.Fatal(err)
	}
	return p[0].Affine
}

func firstGenerators() (encoded []octetString) {
	mask, digits := vectorGenerators.take(16)
	for _, b := range append([]*base{mask}, digits...) {
		encoded = append(encoded, b.Encoded[:])
	}
	return encoded
}

func makeVectors(t *testing.T) vectors {
	v := vectors{
		G: fromHex(t, "a2abcce30726c25165eb2bdbb29492a832e26a32c0e4f30a441a470b33d452c98a5ebfbf7cbdbf6366cfdf8b96493b50"),
		H: fromHex(t, "86c3460e821074208306b4a3a583c224b520e6cfeb0f6b73ac772bd89e6d7744365840ceba1a2eab30ac569e9ddeae51"),
	}
	bases, err := NewBases(point(t, v.G), point(t, v.H))
	if err != nil {
		t.Fatal(err)
	}
	v.Generators = firstGenerators()
	transcript := []byte(`{"nonce":"f4Oa3wT0r8m2Vn1pQ7sKdA","aud":"https://verifier.example.com"}`)
	for _, c := range constructions {
		for _, in := range []struct {
			name                  string
			message, lower, upper uint64
		}{
			{"two values", 1, 0, 2},
			{"three values, the middle one", 8, 7, 10},
			{"18 or over: a day count, the last day that is", 39773, 0, 39774},
			{"16 bits, the lower bound", 1000, 1000, 1000 + 1<<16},
			{"16 bits, below the upper bound", 1000 + 1<<16 - 1, 1000, 1000 + 1<<16},
		} {
			seed := []byte(c.Algorithm() + ": " + in.name)
			o := &Opening{scalar(in.message), hashToScalar(seed, seedDST+"BLINDING_")}
			commitment := affine(bases.commit(o, fresh))
			s, err := NewStatement(bases, commitment, in.lower, in.upper)
			if err != nil {
				t.Fatal(err)
			}
			proof, err := proveSeeded(c.Algorithm(), s, o, transcript, seed)
			if err != nil {
				t.Fatal(err)
			}
			v.Holds = append(v.Holds, vector{
				Name: in.name, Algorithm: c.Algorithm(), Lower: in.lower, Upper: in.upper,
				Message: appendScalars(nil, o.Message), Blinding: appendScalars(nil, o.Blinding), Seed: seed,
				Commitment: s.encoded[:], Transcript: transcript, Proof: proof,
			})
		}
		good := v.Holds[len(v.Holds)-4] // three values
		points, scalars := layout(c, 2)
		refuse := func(name, check string, change func(*vector)) {
			bad := good
			bad.Name, bad.Check, bad.Seed, bad.Message, bad.Blinding = name, check, nil, nil, nil
			bad.Proof = slices.Clone(good.Proof)
			change(&bad)
			v.Refused = append(v.Refused, bad)
		}
		refuse("another lower bound", "range-proof", func(b *vector) { b.Lower, b.Upper = 6, 9 })
		refuse("another upper bound", "range-proof", func(b *vector) { b.Upper = 11 })
		refuse("another commitment", "range-proof", func(b *vector) { b.Commitment = v.Holds[0].Commitment })
		refuse("another transcript", "range-proof", func(b *vector) { b.Transcript = b.Transcript[1:] })
		refuse("the last octet changed", "range-proof", func(b *vector) { b.Proof[len(b.Proof)-1] ^= 1 })
		refuse("an octet too few", "range-proof-encoding", func(b *vector) { b.Proof = b.Proof[1:] })
		refuse("an octet too many", "range-proof-encoding", func(b *vector) { b.Proof = append(b.Proof, 0) })
		refuse("a scalar of zero", "range-proof-encoding", func(b *vector) { copy(b.Proof[scalars[0]:], make([]byte, scalarSize)) })
		refuse("a scalar of r", "range-proof-encoding", func(b *vector) { copy(b.Proof[scalars[1]:], fr.Modulus().Bytes()) })
		refuse("a point that is the identity", "range-proof-encoding", func(b *vector) { copy(b.Proof[points[0]:], badPointOctets()["identity"]) })
		refuse("a point off the subgroup", "range-proof-encoding", func(b *vector) { copy(b.Proof[points[0]:], badPointOctets()["off the subgroup"]) })
	}
	return v
}

func TestVectors(t *testing.T) {
	if *update {
		b, err := json.MarshalIndent(makeVectors(t), "", "  ")
		if err == nil {
			err = os.WriteFile(vectorFile, append(b, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	bases, err := NewBases(point(t, v.G), point(t, v.H))
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Holds) < 10 || len(v.Refused) < 20 {
		t.Fatalf("%d vectors that hold, %d that are refused", len(v.Holds), len(v.Refused))
	}
	if got := firstGenerators(); !slices.EqualFunc(got, v.Generators, func(a, b octetString) bool { return bytes.Equal(a, b) }) {
		t.Errorf("generators %x, want %x", got, v.Generators)
	}
	for _, in := range append(v.Holds, v.Refused...) {
		t.Run(in.Algorithm+"/"+in.Name, func(t *testing.T) {
			s, err := NewStatement(bases, point(t, in.Commitment), in.Lower, in.Upper)
			if err != nil {
				t.Fatal(err)
			}
			err = named(t, in.Algorithm).Verify(s, in.Proof, in.Transcript)
			if in.Check != "" {
				refusedBy(t, err, in.Check)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			o := new(Opening)
			if o.Message.SetBytesCanonical(in.Message) != nil || o.Blinding.SetBytesCanonical(in.Blinding) != nil {
				t.Fatal("the opening does not decode")
			}
			proof, err := proveSeeded(in.Algorithm, s, o, in.Transcript, in.Seed)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(proof, in.Proof) {
				t.Errorf("got  %x\nwant %x", proof, in.Proof)
			}
		})
	}
}
