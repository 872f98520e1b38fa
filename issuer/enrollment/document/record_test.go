package document_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

// register is a register whose key a test holds.
type register struct {
	key   *ecdsa.PrivateKey
	trust *document.Trust
}

func newRegister(t testing.TB) register {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return register{key, &document.Trust{Registers: map[string]*ecdsa.PublicKey{document.PopulationRegister: &key.PublicKey}}}
}

func (r register) sign(t testing.TB, payload string, header map[string]any) string {
	t.Helper()
	opts := &jose.SignerOptions{}
	opts.WithType(document.RecordType).WithHeader("kid", document.PopulationRegister)
	for name, value := range header {
		opts.WithHeader(jose.HeaderKey(name), value)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: r.key}, opts)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := s.Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

var portrait = mint.Portrait("a face")

// soundRecord is a record that verifies with portrait beside it.
func soundRecord() map[string]any {
	sum := sha256.Sum256(portrait)
	return map[string]any{
		"kind": "resident-identity-card", "number": "000000199002289911", "name": "测试甲乙", "sex": "male",
		"birth_date": "1990-02-28", "nationality": "CHN", "valid_until": "2030-01-01",
		"portrait_sha256": base64.RawURLEncoding.EncodeToString(sum[:]),
	}
}

func text(t testing.TB, record map[string]any) string {
	t.Helper()
	b, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func presentRecord(token string) document.Presented {
	return document.Presented{Kind: spec.ResidentIdentityCard, Record: token, Portrait: portrait}
}

func TestSignedRecordIsRefused(t *testing.T) {
	r := newRegister(t)
	if _, err := document.Verify(presentRecord(r.sign(t, text(t, soundRecord()), nil)), r.trust, at); err != nil {
		t.Fatalf("sound record: %v", err)
	}
	for _, c := range []struct {
		name, member string
		value        any
		check        string
	}{
		{"other kind", "kind", "taiwan-residence-permit", "document-kind"},
		{"no number", "number", "", "number-shape"},
		{"wrong check character", "number", "000000199002289912", "number-check-digit"},
		{"number of a permit", "number", "810000199002289912", "number-area"},
		{"no name", "name", "", "record-shape"},
		{"name with a space at its end", "name", "A ", "record-shape"},
		{"name without end", "name", strings.Repeat("A", 129), "record-shape"},
		{"sex of other words", "sex", "M", "record-shape"},
		{"sex that the number denies", "sex", "female", "number-agrees"},
		{"sex left open where the number says it", "sex", "", "number-agrees"},
		{"birth date that the number denies", "birth_date", "1990-02-27", "number-agrees"},
		{"no birth date", "birth_date", "", "birth-date"},
		{"birth date to come", "birth_date", "2026-11-23", "birth-date"},
		{"birth on 30 February", "birth_date", "1990-02-30", "record-shape"},
		{"birth date in short", "birth_date", "1990-2-28", "record-shape"},
		{"foreign nationality on an identity card", "nationality", "KAZ", "number-agrees"},
		{"nationality in two letters", "nationality", "CN", "record-shape"},
		{"no end and not permanent", "valid_until", "", "record-shape"},
		{"permanent with an end", "permanent", true, "record-shape"},
		{"other portrait", "portrait_sha256", strings.Repeat("A", 43), "record-portrait"},
		{"no portrait", "portrait_sha256", "", "record-portrait"},
		{"unknown member", "note", "x", "record-shape"},
		{"member in capitals", "Kind", "resident-identity-card", "record-shape"},
		{"number as a number", "number", 1, "record-shape"},
		{"member of members", "name", map[string]any{"a": []any{[]any{[]any{1}}}}, "record-shape"},
	} {
		record := soundRecord()
		record[c.member] = c.value
		_, err := document.Verify(presentRecord(r.sign(t, text(t, record), nil)), r.trust, at)
		wantCheck(t, c.name, err, c.check)
	}
}

func TestTokenOfRecordIsRefused(t *testing.T) {
	r := newRegister(t)
	sound := text(t, soundRecord())
	token := r.sign(t, sound, nil)
	parts := strings.Split(token, ".")
	encode := base64.RawURLEncoding.EncodeToString
	other := newRegister(t)
	for name, c := range map[string]struct{ token, check string }{
		"nothing signed":              {encode([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".", "record-shape"},
		"signed with the public key":  {encode([]byte(`{"alg":"HS256","kid":"population-register","typ":"register-record+jws"}`)) + "." + parts[1] + "." + parts[2], "record-shape"},
		"two parts":                   {parts[0] + "." + parts[1], "record-shape"},
		"four parts":                  {token + ".", "record-shape"},
		"no text":                     {"a", "record-shape"},
		"in JSON form":                {`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, "record-shape"},
		"line break":                  {parts[0] + "." + parts[1] + "\n." + parts[2], "record-shape"},
		"padding":                     {token + "==", "record-shape"},
		"too long":                    {strings.Repeat("a", 9000), "record-shape"},
		"payload cut off":             {parts[0] + "." + parts[1][:len(parts[1])-4] + "." + parts[2], "record-shape"},
		"other payload":               {parts[0] + "." + encode([]byte(strings.Replace(sound, "甲", "丙", 1))) + "." + parts[2], "record-signature"},
		"signature cut off":           {token[:len(token)-2], "record-signature"}, // to 63 whole bytes, whatever they are
		"signature of zeros":          {parts[0] + "." + parts[1] + "." + encode(make([]byte, 64)), "record-signature"},
		"key of another register":     {other.sign(t, sound, nil), "record-signature"},
		"name of another register":    {r.sign(t, sound, map[string]any{"kid": document.ProtectionRegister}), "record-signer"},
		"no name of a register":       {r.sign(t, sound, map[string]any{"kid": ""}), "record-signer"},
		"other type":                  {r.sign(t, sound, map[string]any{"typ": document.NoteType}), "record-shape"},
		"further header parameter":    {r.sign(t, sound, map[string]any{"iss": "me"}), "record-shape"},
		"key of its own":              {other.sign(t, sound, map[string]any{"jwk": jose.JSONWebKey{Key: &other.key.PublicKey}}), "record-shape"},
		"critical header parameter":   {r.sign(t, sound, map[string]any{"crit": []string{"b64"}, "b64": false}), "record-shape"},
		"member twice":                {r.sign(t, `{"name":"测试甲甲",`+sound[1:], nil), "record-shape"},
		"two objects":                 {r.sign(t, sound+sound, nil), "record-shape"},
		"a bracket after the object":  {r.sign(t, sound+"}", nil), "record-shape"},
		"a list":                      {r.sign(t, "["+sound+"]", nil), "record-shape"},
		"null":                        {r.sign(t, "null", nil), "record-shape"},
		"empty payload":               {r.sign(t, "", nil), "record-shape"},
		"stray bits in the signature": {token[:len(token)-1] + string(stray(token[len(token)-1])), "record-shape"},
	} {
		_, err := document.Verify(presentRecord(c.token), r.trust, at)
		wantCheck(t, name, err, c.check)
	}
}

// stray sets bits of a last base64url character that stand for nothing.
func stray(c byte) byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return alphabet[strings.IndexByte(alphabet, c)|1]
}

func TestEveryChangedCharacterOfARecordIsRefused(t *testing.T) {
	r := newRegister(t)
	token := r.sign(t, text(t, soundRecord()), nil)
	for i := range len(token) {
		for _, c := range []byte{'A', 'B', '.', '=', token[i] ^ 1} {
			if c == token[i] {
				continue
			}
			if _, err := document.Verify(presentRecord(token[:i]+string(rune(c))+token[i+1:]), r.trust, at); err == nil {
				t.Fatalf("accepted with %q for %q at %d of %d", c, token[i], i, len(token))
			}
		}
	}
}

func TestPortraitOfARecordIsRefused(t *testing.T) {
	r := newRegister(t)
	token := r.sign(t, text(t, soundRecord()), nil)
	for name, image := range map[string][]byte{"none": nil, "another": mint.Portrait("another face"), "cut off": portrait[:len(portrait)-1]} {
		p := presentRecord(token)
		p.Portrait = image
		_, err := document.Verify(p, r.trust, at)
		wantCheck(t, name, err, "record-portrait")
	}
	sum := sha256.Sum256([]byte("<svg/>"))
	record := soundRecord()
	record["portrait_sha256"] = base64.RawURLEncoding.EncodeToString(sum[:])
	p := presentRecord(r.sign(t, text(t, record), nil))
	p.Portrait = []byte("<svg/>")
	_, err := document.Verify(p, r.trust, at)
	wantCheck(t, "signed for what is no JPEG", err, "record-portrait")
}

func TestResidenceNoteIsRefused(t *testing.T) {
	a := authority(t)
	sound := issue(t, a, spec.OverseasChinesePassport, mint.Options{}).Presented
	card := issue(t, a, spec.ResidentIdentityCard, mint.Options{}).Presented
	other, err := a.Issue(mint.Person{Name: "Ceshi Yi", Sex: document.Male, BirthDate: on.AddDays(-9000)}, spec.OverseasChinesePassport, mint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ note, check string }{
		"of another passport":      {other.Presented.Note, "residence-note"},
		"a record":                 {card.Record, "record-shape"},
		"changed":                  {sound.Note[:len(sound.Note)-6] + "AAAAAA", "record-signature"},
		"of another authority":     {newRegister(t).sign(t, `{}`, map[string]any{"typ": document.NoteType}), "record-signature"},
		"no token":                 {"settled", "record-shape"},
		"a note for nobody, twice": {sound.Note + sound.Note, "record-shape"},
	} {
		p := clone(sound)
		p.Note = c.note
		_, err := document.Verify(p, a.Trust(), at)
		wantCheck(t, name, err, c.check)
	}
}

func FuzzRecord(f *testing.F) {
	r := newRegister(f)
	f.Add(text(f, soundRecord()))
	f.Add(`{"kind":"resident-identity-card","kind":"x"}`)
	f.Add(`[[[[[[`)
	f.Fuzz(func(t *testing.T, payload string) {
		if len(payload) > 4096 {
			return
		}
		v, err := document.Verify(presentRecord(r.sign(t, payload, nil)), r.trust, at)
		if err != nil {
			wantTyped(t, err)
		} else if v.Name == "" || v.BirthDate.IsZero() || v.Number == "" {
			t.Errorf("%s read as %+v", payload, v)
		}
	})
}
