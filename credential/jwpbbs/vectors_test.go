package jwpbbs

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/spec"
)

var update = flag.Bool("update", false, "write the vectors in testdata anew")

// vector is one person's credential and presentations of it. Octets are
// hexadecimal, forms are in the Compact Serialization.
type vector struct {
	Comment string `json:"comment"`

	SecretKey   string         `json:"secretKey"`
	PublicKey   string         `json:"publicKey"`
	Issuer      string         `json:"issuer"`
	LinkSecret  string         `json:"linkSecret"`
	Blinding    string         `json:"blinding"`
	Commitment  string         `json:"commitment"`
	Nonce       string         `json:"nonce"` // of the commitment
	Claims      map[string]any `json:"claims"`
	Expires     time.Time      `json:"expires"`
	DecoyScalar string         `json:"decoyScalar"`

	Name          string         `json:"name"` // under which the issuer knows the link secret
	Header        string         `json:"header"`
	Payloads      []string       `json:"payloads"`
	Issued        string         `json:"issued"`
	Presentations []presentation `json:"presentations"`
}

type presentation struct {
	Name      string         `json:"name"`
	Request   Request        `json:"request"`
	Presented string         `json:"presented"`
	Claims    map[string]any `json:"claims,omitempty"`    // what a verifier gets
	Pseudonym string         `json:"pseudonym,omitempty"` // in base64url
	Refused   string         `json:"refused,omitempty"`   // the check that refuses it
}

const vectorFile = "testdata/person.json"

func fromHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fill makes what follows from what is given: all but the commitment and the
// presentations.
func (v vector) fill(t *testing.T) (vector, *Credential) {
	t.Helper()
	fail := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	key, err := bbs.ParseSecretKey(fromHex(t, v.SecretKey))
	fail(err)
	secret, err := ParseLinkSecret(fromHex(t, v.LinkSecret))
	fail(err)
	blinding, err := bbs.ParseBlinding(fromHex(t, v.Blinding))
	fail(err)
	l, err := PersonLayout(v.Issuer)
	fail(err)
	claims, err := PersonClaims(v.Claims, v.Expires)
	fail(err)
	commitment, err := ParseCommitment(fromHex(t, v.Commitment), v.Issuer, v.Nonce)
	fail(err)
	v.Name = commitment.Name
	v.Issued, err = Issue(key, l, claims, commitment)
	fail(err)
	c, err := Receive(v.Issued, l, key.PublicKey(), secret, blinding)
	fail(err)
	v.PublicKey = hex.EncodeToString(key.PublicKey().Bytes())
	v.Header = string(l.Bytes())
	v.DecoyScalar = string(decoyPayload(true))
	v.Payloads = nil
	for _, p := range c.payloads {
		v.Payloads = append(v.Payloads, string(p))
	}
	return v, c
}

func generate(t *testing.T) vector {
	secret := NewLinkSecret()
	commitment, blinding, err := secret.Commit(testIssuer, testNonce)
	if err != nil {
		t.Fatal(err)
	}
	p := adult
	p.permanent = true
	v, c := vector{
		Comment:   "One person's credential in the form of spec/jwpbbs.md. Everybody in it is invented.",
		SecretKey: hex.EncodeToString(testKey().Bytes()), Issuer: testIssuer,
		LinkSecret: hex.EncodeToString(secret.Bytes()), Blinding: hex.EncodeToString(blinding.Bytes()),
		Commitment: hex.EncodeToString(commitment), Nonce: testNonce, Claims: p.claims(), Expires: expires.UTC(),
	}.fill(t)

	add := func(name string, r Request, change func(*compact)) {
		t.Helper()
		r.ValidAt = r.ValidAt.UTC()
		form := answer(t, c, r)
		if change != nil {
			change(&form)
		}
		out := presentation{Name: name, Request: r, Presented: form.String()}
		verified, err := Verify(out.Presented, trusted, r)
		var failed *credential.Error
		switch {
		case errors.As(err, &failed):
			out.Refused = failed.Check
		case err != nil:
			t.Fatal(err)
		default:
			out.Claims, out.Pseudonym = verified.Claims, verified.Pseudonym
		}
		v.Presentations = append(v.Presentations, out)
	}
	shown := ask()
	shown.Disclose = []Path{{spec.RealPerson}, {spec.Name}, {spec.BirthDate}, {spec.DocumentExpiry}, {Expires}}
	named := ask()
	scope := Scope("forum")
	named.Pseudonym = &scope
	all := everything(t)
	add("valid today", ask(), nil)
	add("claims in the clear", shown, nil)
	add("18 or over", askAge(t, 18, 0), nil)
	add("between 20 and 29", askAge(t, 20, 30), nil)
	add("known by a name in a scope", named, nil)
	add("a claim, an age and a name", all, nil)
	add("changed claim", all, func(f *compact) { f.payloads[0] = []byte("false") })
	add("issuer header written otherwise", all, func(f *compact) { f.headers[1] = append([]byte(" "), f.headers[1]...) })
	add("core proof of another presentation", all, func(f *compact) { f.proof[0] = answer(t, c, all).proof[0] })
	add("no age", all, func(f *compact) { f.proof = append(f.proof[:ageProof], f.proof[ageProof+1:]...) })
	add("age of another presentation", all, func(f *compact) { f.proof[ageProof] = answer(t, c, all).proof[ageProof] })
	add("name at another verifier", all, func(f *compact) {
		elsewhere := all
		elsewhere.Audience += "/elsewhere"
		f.proof[nameProof] = answer(t, c, elsewhere).proof[nameProof]
	})
	return v
}

// Our own vectors: what is issued follows to the octet, stored presentations
// verify or are refused as they were, and new ones differ from them in fresh
// values only.
func TestOwnVectors(t *testing.T) {
	if *update {
		text, err := json.MarshalIndent(generate(t), "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(vectorFile), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorFile, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	var want vector
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&want); err != nil {
		t.Fatal(err)
	}
	got, c := want.fill(t)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	key := func(string) (*bbs.PublicKey, error) { return bbs.ParsePublicKey(fromHex(t, want.PublicKey)) }
	held, refusals := 0, 0
	for _, p := range want.Presentations {
		t.Run(p.Name, func(t *testing.T) {
			v, err := Verify(p.Presented, key, p.Request)
			if p.Refused != "" {
				refused(t, err, p.Refused)
				refusals++
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(v.Claims, p.Claims) || v.Pseudonym != p.Pseudonym {
				t.Errorf("got %v and %q", v.Claims, v.Pseudonym)
			}
			made, err := c.Present(p.Request)
			if err != nil {
				t.Fatal(err)
			}
			stored, _ := split(t, p.Presented, true)
			if fresh, _ := split(t, made, true); fresh != stored {
				t.Errorf("a new presentation is\n%s\nwant\n%s", fresh, stored)
			}
			held++
		})
	}
	if held < 6 || refusals < 6 {
		t.Errorf("%d that hold, %d that do not", held, refusals)
	}
}
