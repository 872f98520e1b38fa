package statuslist_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/go-jose/go-jose/v4"
	"github.com/veraison/go-cose"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/credential/statuslist"
)

const uri = "https://issuer.example/statuslists/1"

var at = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func newKey(t testing.TB) *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

type keyFunc = func(jws.Signer) (*jose.JSONWebKey, error)

func trust(key any) keyFunc {
	return func(jws.Signer) (*jose.JSONWebKey, error) { return &jose.JSONWebKey{Key: key}, nil }
}

func public(k *ecdsa.PrivateKey) keyFunc { return trust(&k.PublicKey) }

// soundToken has place 3 revoked and place 7 suspended.
func soundToken(t testing.TB) *statuslist.Token {
	l, err := statuslist.New(2, 100)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range map[int]statuslist.Status{3: statuslist.Invalid, 7: statuslist.Suspended} {
		if err := l.Set(i, s); err != nil {
			t.Fatal(err)
		}
	}
	return &statuslist.Token{URI: uri, IssuedAt: at, Expires: at.Add(time.Hour), TTL: time.Minute, List: l}
}

func check(t *testing.T, name string, err error, want string) {
	t.Helper()
	var failed *credential.Error
	if !errors.As(err, &failed) || failed.Check != want {
		t.Errorf("%s: %v, want check %s", name, err, want)
	}
}

func TestBothFormsCarryTheList(t *testing.T) {
	key := newKey(t)
	token := soundToken(t)
	text, err := token.SignJWT(jose.SigningKey{Algorithm: jose.ES256, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	octets, err := token.SignCWT(key)
	if err != nil {
		t.Fatal(err)
	}
	for form, verify := range map[string]func() (*statuslist.Token, error){
		"jwt": func() (*statuslist.Token, error) { return statuslist.VerifyJWT(text, public(key), uri, at) },
		"cwt": func() (*statuslist.Token, error) { return statuslist.VerifyCWT(octets, public(key), uri, at) },
	} {
		got, err := verify()
		if err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		if got.URI != uri || !got.IssuedAt.Equal(at) || !got.Expires.Equal(at.Add(time.Hour)) || got.TTL != time.Minute || got.List.Len() != 100 {
			t.Errorf("%s: %+v", form, got)
		}
		for i := range got.List.Len() {
			want := statuslist.Valid
			if i == 3 {
				want = statuslist.Invalid
			} else if i == 7 {
				want = statuslist.Suspended
			}
			if s, err := got.List.Get(i); err != nil || s != want {
				t.Errorf("%s: %d is %v, %v; want %v", form, i, s, err, want)
			}
		}
		_, err = got.List.Get(100)
		check(t, "index out of range", err, "status-index")
	}
}

func TestEdDSA(t *testing.T) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	octets, err := soundToken(t).SignCWT(key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := statuslist.VerifyCWT(octets, trust(pub), uri, at); err != nil {
		t.Fatal(err)
	}
}

// The arrays of draft-ietf-oauth-status-list sections 4.1 and 4.2.
func TestListOfTheDraft(t *testing.T) {
	key := newKey(t)
	for _, c := range []struct {
		bits   int
		zlib   string
		status []statuslist.Status
	}{
		{1, "78dadbb918000217015d", []statuslist.Status{1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1}},
		{2, "78da3be9f2130003df0207", []statuslist.Status{1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3}},
	} {
		raw, err := hex.DecodeString(c.zlib)
		if err != nil {
			t.Fatal(err)
		}
		got, err := statuslist.VerifyJWT(forge(t, key, payload(map[string]any{"status_list": map[string]any{"bits": c.bits, "lst": base64.RawURLEncoding.EncodeToString(raw)}})), public(key), uri, at)
		if err != nil {
			t.Fatal(err)
		}
		if got.List.Len() != len(c.status) {
			t.Fatalf("%d places, want %d", got.List.Len(), len(c.status))
		}
		for i, want := range c.status {
			if s, _ := got.List.Get(i); s != want {
				t.Errorf("%d bits: %d is %v, want %v", c.bits, i, s, want)
			}
		}
	}
}

func payload(with map[string]any) map[string]any {
	p := map[string]any{
		"sub": uri, "iat": at.Unix(), "exp": at.Add(time.Hour).Unix(), "ttl": 60,
		"status_list": list(zip([]byte{1, 2, 3})),
	}
	for name, v := range with {
		if v == nil {
			delete(p, name)
		} else {
			p[name] = v
		}
	}
	return p
}

func list(compressed []byte) map[string]any {
	return map[string]any{"bits": 2, "lst": base64.RawURLEncoding.EncodeToString(compressed)}
}

func zip(b []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

func forge(t testing.TB, key *ecdsa.PrivateKey, payload any) string {
	text, err := jws.Sign(jose.SigningKey{Algorithm: jose.ES256, Key: key}, jws.Form{Typ: "statuslist+jwt"}, nil, payload, nil)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestVerifyJWTRefuses(t *testing.T) {
	key, other := newKey(t), newKey(t)
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	w.Write([]byte{1, 2, 3})
	w.Close()
	with := func(name string, v any) string { return forge(t, key, payload(map[string]any{name: v})) }
	for _, c := range []struct{ name, token, check string }{
		{"key of another issuer", forge(t, other, payload(nil)), "status-signature"},
		{"list of another place", with("sub", uri+"2"), "status-subject"},
		{"no subject", with("sub", nil), "status-subject"},
		{"no time", with("iat", nil), "status-issued"},
		{"from the future", with("iat", at.Add(time.Hour).Unix()), "status-issued"},
		{"expired", with("exp", at.Unix()), "status-expired"},
		{"exp that is no time", with("exp", -1), "status-expired"},
		{"ttl of zero", with("ttl", 0), "status-ttl"},
		{"negative ttl", with("ttl", -5), "status-ttl"},
		{"ttl as text", with("ttl", "60"), "status-payload-json"},
		{"no list", with("status_list", nil), "status-list"},
		{"three bits", with("status_list", map[string]any{"bits": 3, "lst": "eNo76fITAAPfAgc"}), "status-list"},
		{"no bits", with("status_list", map[string]any{"lst": "eNo76fITAAPfAgc"}), "status-list"},
		{"gzip", with("status_list", list(gz.Bytes())), "status-list"},
		{"raw", with("status_list", list([]byte{1, 2, 3})), "status-list"},
		{"cut off", with("status_list", list(zip([]byte{1, 2, 3})[:8])), "status-list"},
		{"wrong checksum", with("status_list", list(append(zip([]byte{1, 2, 3})[:10], 9, 9, 9, 9))), "status-list"},
		{"octets behind the list", with("status_list", list(append(zip([]byte{1, 2, 3}), 0))), "status-list"},
		{"padding", with("status_list", map[string]any{"bits": 2, "lst": "eNo76fITAAPfAgc="}), "status-list"},
		{"a bomb", with("status_list", list(zip(make([]byte, statuslist.MaxOctets+1)))), "status-list"},
	} {
		_, err := statuslist.VerifyJWT(c.token, public(key), uri, at)
		check(t, c.name, err, c.check)
	}
}

func TestVerifyCWTRefuses(t *testing.T) {
	key, other := newKey(t), newKey(t)
	sign := func(key *ecdsa.PrivateKey, protected cose.ProtectedHeader, claims any) []byte {
		signer, err := cose.NewSigner(cose.AlgorithmES256, key)
		if err != nil {
			t.Fatal(err)
		}
		body, err := cbor.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		m := cose.Sign1Message{Payload: body, Headers: cose.Headers{Protected: protected}}
		if err := m.Sign(rand.Reader, nil, signer); err != nil {
			t.Fatal(err)
		}
		octets, err := m.MarshalCBOR()
		if err != nil {
			t.Fatal(err)
		}
		return octets
	}
	header := func(typ any) cose.ProtectedHeader {
		return cose.ProtectedHeader{cose.HeaderLabelAlgorithm: cose.AlgorithmES256, int64(16): typ}
	}
	claims := func(key int, v any) map[int]any {
		m := map[int]any{2: uri, 6: at.Unix(), 4: at.Add(time.Hour).Unix(), 65533: map[string]any{"bits": 2, "lst": zip([]byte{1, 2, 3})}}
		if m[key] = v; v == nil {
			delete(m, key)
		}
		return m
	}
	good := header(statuslist.CWTMediaType)
	sound := sign(key, good, claims(0, nil))
	if _, err := statuslist.VerifyCWT(sound, public(key), uri, at); err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, err = statuslist.VerifyCWT(sound, trust(&p384.PublicKey), uri, at)
	check(t, "key for another algorithm", err, "status-algorithm")
	none := func(jws.Signer) (*jose.JSONWebKey, error) { return nil, errors.New("not trusted") }
	_, err = statuslist.VerifyCWT(sound, none, uri, at)
	check(t, "no key", err, "status-key")
	_, err = statuslist.VerifyJWT(forge(t, key, payload(nil)), none, uri, at)
	check(t, "no key", err, "status-key")
	for _, c := range []struct {
		name   string
		octets []byte
		check  string
	}{
		{"key of another issuer", sign(other, good, claims(0, nil)), "status-signature"},
		{"another type", sign(key, header("application/cwt"), claims(0, nil)), "status-header-type"},
		{"no type", sign(key, cose.ProtectedHeader{cose.HeaderLabelAlgorithm: cose.AlgorithmES256}, claims(0, nil)), "status-header-type"},
		{"list of another place", sign(key, good, claims(2, uri+"2")), "status-subject"},
		{"expired", sign(key, good, claims(4, at.Unix())), "status-expired"},
		{"no time", sign(key, good, claims(6, nil)), "status-issued"},
		{"ttl of zero", sign(key, good, claims(65534, 0)), "status-ttl"},
		{"negative ttl", sign(key, good, claims(65534, -1)), "status-cbor"},
		{"no list", sign(key, good, claims(65533, nil)), "status-list"},
		{"claims in a tag", sign(key, good, cbor.Tag{Number: 61, Content: claims(0, nil)}), "status-cbor"},
		{"untagged", sound[1:], "status-cbor"},
		{"CWT tag around it", append([]byte{0xd8, 61}, sound...), "status-cbor"},
		{"octets behind it", append(bytes.Clone(sound), 0), "status-cbor"},
		{"cut off", sound[:len(sound)-1], "status-cbor"},
		{"nothing", nil, "status-cbor"},
	} {
		_, err := statuslist.VerifyCWT(c.octets, public(key), uri, at)
		check(t, c.name, err, c.check)
	}
}

func TestReferenceIn(t *testing.T) {
	good := statuslist.Reference{Index: 7, URI: uri}
	if r, err := statuslist.ReferenceIn(map[string]any{"status": good.Claim()}); err != nil || *r != good {
		t.Errorf("%v, %v", r, err)
	}
	if r, err := statuslist.ReferenceIn(map[string]any{"a": 1}); err != nil || r != nil {
		t.Errorf("%v, %v without a status", r, err)
	}
	ref := func(idx, uri any) any {
		return map[string]any{"status_list": map[string]any{"idx": idx, "uri": uri}}
	}
	for name, status := range map[string]any{
		"another mechanism": map[string]any{"status_assertion": map[string]any{}},
		"a text":            "valid",
		"null":              nil,
		"negative index":    ref(-1.0, uri),
		"broken index":      ref(1.5, uri),
		"huge index":        ref(1e18, uri),
		"index as text":     ref("1", uri),
		"no index":          ref(nil, uri),
		"no uri":            ref(1.0, nil),
		"relative uri":      ref(1.0, "/statuslists/1"),
		"uri with a user":   ref(1.0, "https://me@issuer.example/"),
	} {
		_, err := statuslist.ReferenceIn(map[string]any{"status": status})
		check(t, name, err, "status-claim")
	}
}

func TestListRefuses(t *testing.T) {
	for _, c := range [][2]int{{3, 1}, {0, 1}, {1, 0}, {1, -1}, {8, statuslist.MaxOctets + 1}} {
		if _, err := statuslist.New(c[0], c[1]); err == nil {
			t.Errorf("made a list of %d with %d bits", c[1], c[0])
		}
	}
	l, err := statuslist.New(1, 8)
	if err != nil {
		t.Fatal(err)
	}
	if l.Set(8, statuslist.Invalid) == nil || l.Set(-1, statuslist.Invalid) == nil || l.Set(0, statuslist.Suspended) == nil {
		t.Error("set what does not fit")
	}
}

func FuzzVerify(f *testing.F) {
	key := newKey(f)
	text, err := soundToken(f).SignJWT(jose.SigningKey{Algorithm: jose.ES256, Key: key})
	if err != nil {
		f.Fatal(err)
	}
	octets, err := soundToken(f).SignCWT(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(text))
	f.Add(octets)
	f.Add(zip([]byte{1, 2, 3}))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, errJWT := statuslist.VerifyJWT(string(b), public(key), uri, at)
		_, errCWT := statuslist.VerifyCWT(b, public(key), uri, at)
		// Behind the signature: any octets as a list.
		token, errList := statuslist.VerifyJWT(forge(t, key, payload(map[string]any{"status_list": list(b)})), public(key), uri, at)
		for _, err := range []error{errJWT, errCWT, errList} {
			var failed *credential.Error
			if err != nil && !errors.As(err, &failed) {
				t.Fatalf("%T is no check that failed", err)
			}
		}
		if errList == nil && token.List.Len() > 0 {
			if _, err := token.List.Get(token.List.Len() - 1); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func Example() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	l, err := statuslist.New(1, 1<<20)
	if err != nil {
		panic(err)
	}
	if err := l.Set(4711, statuslist.Invalid); err != nil {
		panic(err)
	}
	now := time.Now()
	token := statuslist.Token{URI: uri, IssuedAt: now, Expires: now.Add(24 * time.Hour), TTL: time.Hour, List: l}
	text, err := token.SignJWT(jose.SigningKey{Algorithm: jose.ES256, Key: key})
	if err != nil {
		panic(err)
	}

	// A verifier that saw {"status": {"status_list": {"idx": 4711, "uri": …}}}.
	trusted := func(jws.Signer) (*jose.JSONWebKey, error) { return &jose.JSONWebKey{Key: &key.PublicKey}, nil }
	got, err := statuslist.VerifyJWT(text, trusted, uri, now)
	if err != nil {
		panic(err)
	}
	s, err := got.List.Get(4711)
	fmt.Println(s, err)
	// Output: revoked <nil>
}
