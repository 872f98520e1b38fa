package openid4vp_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// FuzzSignedRequest reads request objects under every client identifier.
func FuzzSignedRequest(f *testing.F) {
	s := newSigned(f)
	for _, i := range s.identities() {
		f.Add(i.ClientID, must[string](f)(s.request(i.ClientID).Sign(i)))
	}
	f.Add(openid4vp.ClientID(responseURI), must[string](f)(request(f, responseURI).Object()))
	f.Fuzz(func(t *testing.T, clientID, object string) {
		r, err := s.trust.ParseObject(context.Background(), []byte(object), clientID)
		if err != nil {
			if r != nil {
				t.Fatal("a refused request was returned")
			}
			return
		}
		if r.ClientID != clientID || r.Validate() != nil {
			t.Fatalf("%q read as a request of %q", clientID, r.ClientID)
		}
		if signed := !strings.HasPrefix(clientID, openid4vp.RedirectURI+":"); (r.By != nil) != signed {
			t.Fatalf("signed by %+v", r.By)
		}
	})
}

// FuzzDCRequest reads what a page hands over.
func FuzzDCRequest(f *testing.F) {
	s := newSigned(f)
	r := dcRequest(f)
	i := s.identities()["x509_hash"]
	f.Add(openid4vp.DCUnsigned, []byte(must[json.RawMessage](f)(r.DCData())), page)
	f.Add(openid4vp.DCSigned, []byte(must[json.RawMessage](f)(r.DCSignedData(i))), page)
	f.Add(openid4vp.DCMultisigned, []byte(must[json.RawMessage](f)(r.DCMultisignedData(i, i))), page)
	f.Fuzz(func(t *testing.T, protocol string, data []byte, origin string) {
		r, err := s.trust.ParseDCRequest(context.Background(), protocol, data, origin)
		if err == nil && (r.Audience() != "origin:"+origin || r.Validate() != nil || r.ResponseURI != "") {
			t.Fatalf("for %s at %q", r.Audience(), r.ResponseURI)
		}
	})
}

// FuzzDCAnswer reads what a wallet hands over.
func FuzzDCAnswer(f *testing.F) {
	r := dcRequest(f)
	key := must[*openid4vp.ResponseKey](f)(openid4vp.NewResponseKey())
	sealed := *r
	sealed.Mode = openid4vp.DCAPIJWT
	key.AddTo(&sealed.Metadata)
	answer := &openid4vp.Response{Token: token(f)}
	f.Add([]byte(must[json.RawMessage](f)(answer.DCAnswer(r))), false)
	f.Add([]byte(must[json.RawMessage](f)(answer.DCAnswer(&sealed))), true)
	f.Add([]byte(`{"error":"access_denied"}`), true)
	f.Fuzz(func(t *testing.T, data []byte, encrypted bool) {
		k := key
		if !encrypted {
			k = nil
		}
		if r, err := openid4vp.ParseDCAnswer(data, k); err == nil && (r.Err == nil) == (len(r.Token) == 0) {
			t.Fatalf("neither an answer nor a refusal: %+v", r)
		}
	})
}

// FuzzRegistration reads registration certificates that a trusted registrar
// signed: only what it wrote is left to go wrong.
func FuzzRegistration(f *testing.F) {
	r := newRegistrar(f)
	asked := r.asking(ageQuery)
	f.Add(strings.Trim(string(must[openid4vp.VerifierInfo](f)(openid4vp.Register(registration(), signing(r.key), r.cert)).Data), `"`))
	f.Fuzz(func(t *testing.T, text string) {
		data, err := json.Marshal(text)
		if err != nil {
			return
		}
		changed := *asked
		changed.VerifierInfo = []openid4vp.VerifierInfo{{Format: openid4vp.RegistrationFormat, Data: data}}
		if g, err := r.trust.Registration(&changed); err == nil {
			g.Beyond(asked.Query)
		}
	})
}
