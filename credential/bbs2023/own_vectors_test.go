package bbs2023

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs/bbstest"
	"github.com/halfmask/halfmask/spec"
)

var update = flag.Bool("update", false, "write the vectors in testdata anew")

// vector is the whole way of one document, from what is given to each
// intermediate value. Octets are hexadecimal.
type vector struct {
	Comment string `json:"comment"`

	Document           json.RawMessage `json:"document"`
	SecretKey          string          `json:"secretKey"`
	HMACKey            string          `json:"hmacKey"`
	Created            time.Time       `json:"created"`
	MandatoryPointers  []string        `json:"mandatoryPointers"`
	SelectivePointers  []string        `json:"selectivePointers"`
	PresentationHeader string          `json:"presentationHeader"`
	Seed               string          `json:"seed"`
	SeedTag            string          `json:"seedTag"`

	Canonical        []string        `json:"canonical"`
	Shuffled         []string        `json:"shuffled"`
	MandatoryIndexes []int           `json:"mandatoryIndexes"`
	Configuration    []string        `json:"configuration"`
	Header           string          `json:"header"`
	Signature        string          `json:"signature"`
	Secured          json.RawMessage `json:"secured"`

	LabelMap                map[int]int     `json:"labelMap"`
	DerivedMandatoryIndexes []int           `json:"derivedMandatoryIndexes"`
	DerivedSelectiveIndexes []int           `json:"derivedSelectiveIndexes"`
	Derived                 json.RawMessage `json:"derived"`
}

// run fills in everything that follows from what is given.
func (v vector) run(t *testing.T) vector {
	t.Helper()
	fail := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	key, err := bbs.ParseSecretKey(fromHex(t, v.SecretKey))
	fail(err)
	secured, err := createBaseProof(v.Document, Options{Created: v.Created, MandatoryPointers: v.MandatoryPointers}, key, fixed(fromHex(t, v.HMACKey)))
	fail(err)
	b, err := readBase(secured)
	fail(err)
	d, err := b.disclose(v.SelectivePointers)
	fail(err)
	derived, err := derive(secured, v.SelectivePointers, fromHex(t, v.PresentationHeader), func(pk *bbs.PublicKey, sig, header, ph []byte, messages [][]byte, disclosed []int) ([]byte, error) {
		return bbstest.ProofGen(bbs.SHA256, bbstest.Seeded(bbs.SHA256, fromHex(t, v.Seed), []byte(v.SeedTag)), pk, sig, header, ph, messages, disclosed)
	})
	fail(err)
	v.Canonical = canonicalLines(b.statements, "c14n", b.canonical)
	v.Shuffled = b.lines
	v.MandatoryIndexes = b.transformed.mandatoryIndexes
	v.Configuration, err = b.options.canonical(b.context)
	fail(err)
	v.Header = hex.EncodeToString(b.value.Header)
	v.Signature = hex.EncodeToString(b.value.Signature)
	v.Secured = secured
	v.LabelMap, v.DerivedMandatoryIndexes, v.DerivedSelectiveIndexes = d.labelMap, d.mandatoryIndexes, d.selectiveIndexes
	v.Derived = derived
	return v
}

// orderedKey finds a key that CreateBaseProof could have drawn.
func orderedKey(t *testing.T, document []byte) string {
	t.Helper()
	parsed, err := parseDocument(document)
	if err != nil {
		t.Fatal(err)
	}
	data, err := readDataset(parsed)
	if err != nil {
		t.Fatal(err)
	}
	key := sha256.Sum256([]byte("an HMAC key for the vectors of bbs2023"))
	for !inDocumentOrder(shuffleLabels(key[:], data.canonical), data.labels) {
		key = sha256.Sum256(key[:])
	}
	return hex.EncodeToString(key[:])
}

// given are the inputs of the vectors. The document and the keys of windsurf
// are those of the published vectors.
func given(t *testing.T) map[string]vector {
	_, hmacKey := publishedKey(t)
	person := personDocument(personClaims(42), testKey())
	material := publishedJSON[struct{ PresentationHeaderHex, PseudoRandSeedHex string }](t, "BBSDeriveMaterial.json")
	return map[string]vector{
		"person": {
			Comment:            "a person credential that discloses two claims",
			Document:           person,
			SecretKey:          hex.EncodeToString(testKey().Bytes()),
			HMACKey:            orderedKey(t, person),
			Created:            time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC),
			MandatoryPointers:  mandatoryForAll,
			SelectivePointers:  []string{"/credentialSubject/" + spec.RealPerson, "/credentialSubject/" + spec.AgeOver18},
			PresentationHeader: hex.EncodeToString([]byte("nonce")),
			Seed:               hex.EncodeToString([]byte("a seed for the vectors of bbs2023")),
			SeedTag:            "halfmask",
		},
		"windsurf": {
			Comment:            "the inputs of the vectors published with vc-di-bbs",
			Document:           published(t, "windDoc.json"),
			SecretKey:          publishedJSON[keyMaterial](t, "BBSKeyMaterial.json").PrivateKeyHex,
			HMACKey:            hex.EncodeToString(hmacKey),
			Created:            time.Date(2023, 8, 15, 23, 36, 38, 0, time.UTC),
			MandatoryPointers:  publishedJSON[[]string](t, "windMandatory.json"),
			SelectivePointers:  publishedJSON[[]string](t, "windSelective.json"),
			PresentationHeader: material.PresentationHeaderHex,
			Seed:               material.PseudoRandSeedHex,
			SeedTag:            publishedSeedTag,
		},
	}
}

func TestOwnVectors(t *testing.T) {
	if *update {
		for name, v := range given(t) {
			text, err := json.MarshalIndent(v.run(t), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join("testdata", name+".json"), append(text, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range []string{"person", "windsurf"} {
		text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var v vector
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(v.run(t))
		if err != nil {
			t.Fatal(err)
		}
		equalJSON(t, name, got, text)
		key, err := bbs.ParseSecretKey(fromHex(t, v.SecretKey))
		if err != nil {
			t.Fatal(err)
		}
		var document struct {
			Context []any `json:"@context"`
		}
		if err := json.Unmarshal(v.Document, &document); err != nil {
			t.Fatal(err)
		}
		if _, err := (Policy{Context: document.Context}).Verify(v.Derived, only(key), fromHex(t, v.PresentationHeader)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
