package bbs2023

import (
	"errors"
	"testing"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/spec"
)

// failedCheck demands that an error is a failed check.
func failedCheck(t *testing.T, err error) {
	t.Helper()
	var e *credential.Error
	if err != nil && !errors.As(err, &e) {
		t.Errorf("%v is not a failed check", err)
	}
}

func FuzzVerify(f *testing.F) {
	derived, err := Derive(issue(f, 1), []string{"/credentialSubject/" + spec.AgeOver18}, []byte("nonce"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(derived)
	f.Add([]byte(`{"@context":["https://www.w3.org/ns/credentials/v2",{"a":null}],"a:b":"c"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := Verify(text, only(testKey()), []byte("nonce"))
		failedCheck(t, err)
		if err == nil && v.Issuer != Issuer(testKey().PublicKey()) {
			t.Errorf("issuer %q", v.Issuer)
		}
	})
}

func FuzzDerive(f *testing.F) {
	f.Add(issue(f, 1), "/credentialSubject/"+spec.AgeOver18)
	f.Add([]byte(`{"@context":["https://www.w3.org/ns/credentials/v2",{"a":null}],"a:b":"c"}`), "/type/0")
	f.Fuzz(func(t *testing.T, text []byte, pointer string) {
		_, err := Derive(text, []string{pointer}, []byte("nonce"))
		failedCheck(t, err)
	})
}

// FuzzCreateBaseProof has the JSON-LD processor under it, contexts included.
func FuzzCreateBaseProof(f *testing.F) {
	f.Add(personDocument(personClaims(1), testKey()), "/issuer")
	f.Add([]byte(`{"@context":["https://www.w3.org/ns/credentials/v2",{"a":null}],"type":"VerifiableCredential","a:b":"c"}`), "/type")
	f.Add([]byte(`{"@context":{"@vocab":"urn:x:","id":"@id","p":{"@id":"urn:p","@type":"@id","@container":"@set"}},"p":["urn:a","urn:b"],"q":{"id":"urn:q","r":1.5}}`), "/p/0")
	f.Fuzz(func(t *testing.T, text []byte, pointer string) {
		_, err := CreateBaseProof(text, Options{MandatoryPointers: []string{pointer}}, testKey())
		failedCheck(t, err)
	})
}

func FuzzProofValue(f *testing.F) {
	for _, v := range []interface{ serialize() (string, error) }{
		&baseValue{Signature: make([]byte, signatureSize), Header: make([]byte, bbsHeaderSize), PublicKey: make([]byte, publicKeySize), HMACKey: make([]byte, hmacKeySize), MandatoryPointers: []string{"/issuer"}},
		&derivedValue{Proof: make([]byte, 272), LabelMap: map[int]int{0: 1, 1: 0}, MandatoryIndexes: []int{0, 1}, SelectiveIndexes: []int{2}, PresentationHeader: []byte("nonce")},
	} {
		text, err := v.serialize()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		derived, err := parseDerivedValue(text)
		failedCheck(t, err)
		if err == nil {
			if again, err := derived.serialize(); err != nil || again != text {
				t.Errorf("%q was read and written as %q, %v", text, again, err)
			}
		}
		base, err := parseBaseValue(text)
		failedCheck(t, err)
		if err == nil {
			if again, err := base.serialize(); err != nil || again != text {
				t.Errorf("%q was read and written as %q, %v", text, again, err)
			}
		}
	})
}

func FuzzParseVerificationMethod(f *testing.F) {
	f.Add(VerificationMethod(testKey().PublicKey()))
	f.Add("did:key:z#z")
	f.Fuzz(func(t *testing.T, method string) {
		pk, err := ParseVerificationMethod(method)
		failedCheck(t, err)
		if err == nil && VerificationMethod(pk) != method {
			t.Errorf("%q was read as %q", method, VerificationMethod(pk))
		}
	})
}
