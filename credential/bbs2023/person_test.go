package bbs2023

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/spec"
)

var testKey = sync.OnceValue(func() *bbs.SecretKey {
	key, err := bbs.SHA256.KeyGen([]byte("a key for the tests of bbs2023, and for nothing else"), nil, nil)
	if err != nil {
		panic(err)
	}
	return key
})

var mandatoryForAll = []string{"/issuer", "/validFrom", "/validUntil"}

// personClaims makes claims that differ from number to number.
func personClaims(number int) map[string]any {
	claims := map[string]any{}
	for _, name := range spec.Claims {
		claims[name] = fmt.Sprintf("%s %d", name, number)
	}
	for i, name := range []string{spec.RealPerson, spec.AgeOver8, spec.AgeOver12, spec.AgeOver14, spec.AgeOver16, spec.AgeOver18, spec.AgeOver60, spec.GuardianConsent} {
		claims[name] = i == 0 || number>>(i-1)&1 == 1
	}
	claims[spec.BirthDate] = fmt.Sprintf("%04d-06-15", 1930+number%90)
	return claims
}

func personDocument(claims map[string]any, key *bbs.SecretKey) []byte {
	text, err := json.Marshal(map[string]any{
		"@context":          PersonContext(),
		"type":              []string{"VerifiableCredential", spec.CredentialClass},
		"issuer":            Issuer(key.PublicKey()),
		"validFrom":         "2026-11-16T00:00:00Z",
		"validUntil":        "2026-12-14T00:00:00Z",
		"credentialSubject": claims,
	})
	if err != nil {
		panic(err)
	}
	return text
}

// issue makes a person credential as the issuer of this project does.
func issue(t testing.TB, number int) []byte {
	t.Helper()
	secured, err := CreateBaseProof(personDocument(personClaims(number), testKey()), Options{
		Created:           time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC),
		MandatoryPointers: mandatoryForAll,
	}, testKey())
	if err != nil {
		t.Fatal(err)
	}
	return secured
}

func TestPersonCredentialDisclosesOnlyWhatIsAsked(t *testing.T) {
	secured := issue(t, 42)
	issued, err := VerifyBase(secured, only(testKey()))
	if err != nil {
		t.Fatal(err)
	}
	if !issued.Ordered || issued.Issuer != Issuer(testKey().PublicKey()) {
		t.Errorf("issued: ordered %v, issuer %q", issued.Ordered, issued.Issuer)
	}
	for _, claims := range [][]string{nil, {spec.AgeOver18}, {spec.RealPerson, spec.AgeOver18}, {spec.Name}, spec.Claims} {
		var pointers []string
		for _, claim := range claims {
			pointers = append(pointers, "/credentialSubject/"+claim)
		}
		derived, err := Derive(secured, pointers, []byte("nonce"))
		if err != nil {
			t.Fatal(err)
		}
		v, err := Verify(derived, only(testKey()), []byte("nonce"))
		if err != nil {
			t.Fatalf("%v: %v", claims, err)
		}
		subject, _ := v.Document["credentialSubject"].(map[string]any)
		if len(subject) != len(claims) {
			t.Errorf("asked for %v, got %v", claims, subject)
		}
		for _, claim := range claims {
			if !reflect.DeepEqual(subject[claim], personClaims(42)[claim]) {
				t.Errorf("%s = %v", claim, subject[claim])
			}
		}
		for _, name := range []string{"@context", "type", "issuer", "validFrom", "validUntil"} {
			if v.Document[name] == nil {
				t.Errorf("%v: no %s", claims, name)
			}
		}
	}
}

func TestContextGivesEachClaimOneStatement(t *testing.T) {
	for _, claim := range spec.Claims {
		document, err := parseDocument(personDocument(map[string]any{claim: personClaims(1)[claim]}, testKey()))
		if err != nil {
			t.Fatal(err)
		}
		data, err := readDataset(document)
		if err != nil {
			t.Fatalf("%s: %v", claim, err)
		}
		if got := len(data.statements); got != 2+3+1+1 {
			t.Errorf("%s: %d statements", claim, got)
		}
	}
}

// shown is everything in a derived proof that is not disclosed content or
// randomness.
type shown struct {
	labels               [2]int // of the credential and of the subject
	mandatory, selective string
	proofSize            int
	options              proofOptions
	members              string
}

func show(t *testing.T, derived []byte) shown {
	t.Helper()
	whole, err := parseDocument(derived)
	if err != nil {
		t.Fatal(err)
	}
	document, o, text, err := takeProof(whole)
	if err != nil {
		t.Fatal(err)
	}
	value, err := parseDerivedValue(text)
	if err != nil {
		t.Fatal(err)
	}
	data, err := readDataset(document)
	if err != nil {
		t.Fatal(err)
	}
	s := shown{
		mandatory: fmt.Sprint(value.MandatoryIndexes),
		selective: fmt.Sprint(value.SelectiveIndexes),
		proofSize: len(value.Proof),
		options:   o,
		members:   fmt.Sprint(sortedNames(document), sortedNames(document["credentialSubject"].(map[string]any))),
	}
	for i, label := range data.labels {
		s.labels[i] = value.LabelMap[data.canonical[label]]
	}
	return s
}

func TestAllHoldersShowTheSameFrame(t *testing.T) {
	pointers := []string{"/credentialSubject/" + spec.AgeOver18, "/credentialSubject/" + spec.Name}
	var first shown
	canonicalOrders := map[bool]int{}
	for number := range 60 {
		secured := issue(t, number)
		derived, err := Derive(secured, pointers, []byte("nonce"))
		if err != nil {
			t.Fatal(err)
		}
		s := show(t, derived)
		if number == 0 {
			first = s
		}
		if s != first {
			t.Fatalf("holder %d shows %+v, holder 0 showed %+v", number, s, first)
		}
		b, err := readBase(secured)
		if err != nil {
			t.Fatal(err)
		}
		canonicalOrders[b.canonical[b.labels[0]] == 0]++
	}
	if first.labels != [2]int{0, 1} {
		t.Errorf("labels %v", first.labels)
	}
	// The canonical order tells holders apart, which is why labels do not
	// follow it: this test would miss that if all came out alike.
	if len(canonicalOrders) != 2 {
		t.Errorf("canonical orders %v, expected both", canonicalOrders)
	}
}

func TestTwoDerivedProofsShareNoRandomBytes(t *testing.T) {
	secured := issue(t, 7)
	var proofs [2]*derivedValue
	for i := range proofs {
		derived, err := Derive(secured, []string{"/credentialSubject/" + spec.AgeOver18}, []byte("nonce"))
		if err != nil {
			t.Fatal(err)
		}
		whole, _ := parseDocument(derived)
		_, _, text, _ := takeProof(whole)
		if proofs[i], err = parseDerivedValue(text); err != nil {
			t.Fatal(err)
		}
	}
	same := 0
	for i := range proofs[0].Proof {
		if proofs[0].Proof[i] == proofs[1].Proof[i] {
			same++
		}
	}
	if same > len(proofs[0].Proof)/20 {
		t.Errorf("%d of %d bytes are the same", same, len(proofs[0].Proof))
	}
}

func TestConcurrentVerification(t *testing.T) {
	secured := issue(t, 3)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			ph := fmt.Appendf(nil, "nonce %d", i)
			derived, err := Derive(secured, []string{"/credentialSubject/" + spec.AgeBand}, ph)
			if err == nil {
				_, err = Verify(derived, only(testKey()), ph)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

func BenchmarkCreateBaseProof(b *testing.B) {
	document := personDocument(personClaims(42), testKey())
	for b.Loop() {
		if _, err := CreateBaseProof(document, Options{MandatoryPointers: mandatoryForAll}, testKey()); err != nil {
			b.Fatal(err)
		}
	}
}

var benchPointers = []string{"/credentialSubject/" + spec.RealPerson, "/credentialSubject/" + spec.AgeOver18}

func BenchmarkDerive(b *testing.B) {
	secured := issue(b, 42)
	for b.Loop() {
		if _, err := Derive(secured, benchPointers, []byte("nonce")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	derived, err := Derive(issue(b, 42), benchPointers, []byte("nonce"))
	if err != nil {
		b.Fatal(err)
	}
	key := only(testKey())
	for b.Loop() {
		if _, err := Verify(derived, key, []byte("nonce")); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkProofVerify is the part of BenchmarkVerify that is BBS.
func BenchmarkProofVerify(b *testing.B) {
	derived, err := Derive(issue(b, 42), benchPointers, []byte("nonce"))
	if err != nil {
		b.Fatal(err)
	}
	whole, _ := parseDocument(derived)
	document, o, text, _ := takeProof(whole)
	value, _ := parseDerivedValue(text)
	data, err := createVerifyData(document, o, value)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := bbs.SHA256.ProofVerify(testKey().PublicKey(), value.Proof, data.header, value.PresentationHeader, messages(data.nonMandatory), value.SelectiveIndexes); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkProofGen is the part of BenchmarkDerive that is BBS.
func BenchmarkProofGen(b *testing.B) {
	base, err := readBase(issue(b, 42))
	if err != nil {
		b.Fatal(err)
	}
	d, err := base.disclose(benchPointers)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := bbs.SHA256.ProofGen(testKey().PublicKey(), base.value.Signature, base.value.Header, []byte("nonce"), messages(base.nonMandatory), d.selectiveIndexes); err != nil {
			b.Fatal(err)
		}
	}
}
