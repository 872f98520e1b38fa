package openid4vci

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/jws"
)

// keyAgreement is the one JWE algorithm here (RFC 7518 section 4.6).
const keyAgreement = string(jose.ECDH_ES)

// contentEncryptions are what messages may be encrypted with. Compression is
// not supported: the length of what is compressed tells about it.
var contentEncryptions = []string{string(jose.A128GCM), string(jose.A256GCM)}

// decrypter opens encrypted requests (section 10). Its key lives as long as
// the Endpoint.
type decrypter struct{ key jose.JSONWebKey }

func newDecrypter() (*decrypter, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	jwk := jose.JSONWebKey{Key: key, Use: "enc", Algorithm: keyAgreement}
	sum, err := thumbprint(jwk.Public())
	if err != nil {
		return nil, err
	}
	jwk.KeyID = base64.RawURLEncoding.EncodeToString(sum[:])
	return &decrypter{jwk}, nil
}

func (d *decrypter) requestEncryption() (*RequestEncryption, error) {
	public, err := d.key.Public().MarshalJSON()
	if err != nil {
		return nil, err
	}
	return &RequestEncryption{JWKS: KeySet{[]json.RawMessage{public}}, Encs: contentEncryptions}, nil
}

// openJWE decrypts a JWE to the key.
func openJWE(compact string, key *jose.JSONWebKey) ([]byte, error) {
	head, _, _ := strings.Cut(compact, ".")
	raw, err := jws.ReadBase64(head)
	if err != nil || strings.Count(compact, ".") != 4 {
		return nil, errors.New("not a compact JWE")
	}
	var header struct {
		Alg  string          `json:"alg"`
		Enc  string          `json:"enc"`
		Zip  json.RawMessage `json:"zip"`
		Crit json.RawMessage `json:"crit"`
		Kid  string          `json:"kid"`
	}
	if err := decodeStrict(raw, &header); err != nil {
		return nil, err
	}
	switch {
	case header.Alg != keyAgreement || !slices.Contains(contentEncryptions, header.Enc):
		return nil, errors.New("alg or enc is not supported")
	case header.Zip != nil:
		return nil, errors.New("zip is not supported")
	case header.Crit != nil:
		return nil, errors.New("crit is not understood")
	case header.Kid != key.KeyID:
		return nil, errors.New("kid is not that of the key")
	}
	jwe, err := jose.ParseEncryptedCompact(compact, []jose.KeyAlgorithm{jose.ECDH_ES}, []jose.ContentEncryption{jose.A128GCM, jose.A256GCM})
	if err != nil {
		return nil, errors.New("not a readable JWE")
	}
	text, err := jwe.Decrypt(key.Key)
	if err != nil {
		return nil, errors.New("it cannot be decrypted")
	}
	return text, nil
}

// readMessage reads the JSON of a request to an endpoint of the issuer, which
// may be encrypted.
func (e *Endpoint) readMessage(w http.ResponseWriter, r *http.Request, limit int64) (body []byte, encrypted bool, err error) {
	body, err = readBody(w, r, 2*limit, mediaJSON, mediaJWT)
	if err != nil {
		return nil, false, err
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == mediaJWT {
		if body, err = openJWE(string(body), &e.secrecy.key); err != nil {
			return nil, false, refuse(400, InvalidEncryptionParameters, "the encrypted request: %v", err)
		}
		encrypted = true
	}
	if int64(len(body)) > limit {
		return nil, false, refuse(http.StatusRequestEntityTooLarge, InvalidRequest, "the request is longer than %d bytes", limit)
	}
	return body, encrypted, nil
}

// encryptTo says how an answer is to be encrypted.
type encryptTo struct {
	key jose.JSONWebKey
	enc jose.ContentEncryption
}

// parseEncryption reads credential_response_encryption (section 8.2).
func parseEncryption(raw json.RawMessage) (*encryptTo, error) {
	fail := func(format string, args ...any) (*encryptTo, error) {
		return nil, refuse(400, InvalidEncryptionParameters, "credential_response_encryption: "+format, args...)
	}
	var p struct {
		JWK json.RawMessage `json:"jwk"`
		Enc string          `json:"enc"`
		Zip json.RawMessage `json:"zip"`
	}
	if err := decodeStrict(raw, &p); err != nil {
		return fail("%v", err)
	}
	key, err := parseAgreementKey(p.JWK)
	switch {
	case err != nil:
		return fail("jwk: %v", err)
	case !slices.Contains(contentEncryptions, p.Enc):
		return fail("enc %.20q is not supported", p.Enc)
	case p.Zip != nil:
		return fail("zip is not supported")
	}
	return &encryptTo{*key, jose.ContentEncryption(p.Enc)}, nil
}

// parseAgreementKey reads a public P-256 key for ECDH-ES.
func parseAgreementKey(raw json.RawMessage) (*jose.JSONWebKey, error) {
	var key jose.JSONWebKey
	if len(raw) == 0 || len(raw) > 4096 || key.UnmarshalJSON(raw) != nil {
		return nil, errors.New("not a readable key")
	}
	public, ok := key.Key.(*ecdsa.PublicKey)
	switch {
	case !ok || public.Curve != elliptic.P256():
		return nil, errors.New("not a public P-256 key")
	case key.Algorithm != keyAgreement:
		return nil, errors.New("alg is not " + keyAgreement)
	case key.Use != "" && key.Use != "enc":
		return nil, errors.New("use is not enc")
	}
	return &jose.JSONWebKey{Key: public, KeyID: key.KeyID, Algorithm: key.Algorithm}, nil
}

// checkEncryption refuses a key for the answer that came in the clear: it
// could be somebody else's (section 8.2).
func (r *credentialRequest) checkEncryption(encrypted bool) error {
	if r.encryption != nil && !encrypted {
		return refuse(400, InvalidEncryptionParameters, "credential_response_encryption must come in an encrypted request")
	}
	return nil
}

func (e *Endpoint) answerMessage(w http.ResponseWriter, status int, v any, to *encryptTo) error {
	if to == nil {
		return answer(w, status, v)
	}
	sealed, err := to.seal(v)
	if err != nil {
		return err
	}
	return answerText(w, status, mediaJWT, sealed)
}

// seal makes the compact JWE of a message.
func (to *encryptTo) seal(v any) (string, error) {
	body, err := jws.WriteJSON(v)
	if err != nil {
		return "", err
	}
	encrypter, err := jose.NewEncrypter(to.enc, jose.Recipient{Algorithm: jose.ECDH_ES, Key: to.key.Key, KeyID: to.key.KeyID}, nil)
	if err != nil {
		return "", err
	}
	jwe, err := encrypter.Encrypt(body)
	if err != nil {
		return "", err
	}
	return jwe.CompactSerialize()
}
