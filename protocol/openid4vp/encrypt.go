package openid4vp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/spec/strictjson"
)

// responseEncryptions are the content encryption algorithms of responses, the
// preferred first; HAIP 1.0 section 5 asks for both.
var responseEncryptions = []jose.ContentEncryption{jose.A256GCM, jose.A128GCM}

// A ResponseKey decrypts the response to one request (section 8.3).
type ResponseKey struct {
	id  string
	key *ecdsa.PrivateKey
}

// NewResponseKey makes a key, to be used for one request.
func NewResponseKey() (*ResponseKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("openid4vp: response key: %w", err)
	}
	return &ResponseKey{rand.Text(), key}, nil
}

// ID is the kid that responses to the key name.
func (k *ResponseKey) ID() string { return k.id }

// AddTo puts the public key, and what the key reads, into a request's
// metadata.
func (k *ResponseKey) AddTo(m *Metadata) {
	m.Keys = []jose.JSONWebKey{{Key: &k.key.PublicKey, KeyID: k.id, Algorithm: string(jose.ECDH_ES), Use: "enc"}}
	m.Encryptions = nil
	for _, enc := range responseEncryptions {
		m.Encryptions = append(m.Encryptions, string(enc))
	}
}

func badEncryption(format string, args ...any) *credential.Error {
	return credential.Failed("response-encryption", "OpenID4VP 1.0 section 8.3", format, args...)
}

// readEncrypted reads the header of an encrypted response and gives the
// identifier of the key that it is for.
func readEncrypted(text string) (*jose.JSONWebEncryption, string, error) {
	e, err := jose.ParseEncryptedCompact(text, []jose.KeyAlgorithm{jose.ECDH_ES}, responseEncryptions)
	if err != nil {
		return nil, "", badEncryption("%w", err)
	}
	for _, name := range []jose.HeaderKey{"zip", "crit"} { // go-jose inflates what says zip
		if _, there := e.Header.ExtraHeaders[name]; there {
			return nil, "", badEncryption("a response with the header %s", name)
		}
	}
	return e, e.Header.KeyID, nil
}

// Open decrypts a response. The error is a *credential.Error. When the state
// could be read, the Response has it even with an error.
func (k *ResponseKey) Open(r *Response) (*Response, error) {
	e, kid, err := readEncrypted(r.Encrypted)
	if err != nil {
		return nil, err
	}
	if kid != k.id {
		return nil, badEncryption("encrypted for another key")
	}
	text, err := e.Decrypt(k.key)
	if err != nil {
		return nil, badEncryption("it cannot be decrypted")
	}
	return parseParameters(text)
}

// parseParameters reads a response whose parameters are members of a JSON
// object.
func parseParameters(text []byte) (*Response, error) {
	var p struct {
		State            string          `json:"state"`
		Token            json.RawMessage `json:"vp_token"`
		Error            string          `json:"error"`
		ErrorDescription string          `json:"error_description"`
	}
	if err := strictjson.DecodeKnown(text, &p, strictjson.Limits{Bytes: MaxBody, Depth: maxDepth}); err != nil {
		return nil, badResponse("%w", err)
	}
	return responseOf(p.State, p.State != "", string(p.Token), p.Token != nil, p.Error, p.ErrorDescription, p.Error != "")
}

// encrypt gives the response as an encrypted JWT.
func (r *Response) encrypt(m Metadata) (string, error) {
	key, enc, err := m.encryption()
	if err != nil {
		return "", badEncryption("%w", err)
	}
	parameters := map[string]any{"vp_token": r.Token}
	if r.State != "" {
		parameters["state"] = r.State
	}
	text, err := json.Marshal(parameters)
	if err != nil {
		return "", err
	}
	e, err := jose.NewEncrypter(enc, jose.Recipient{Algorithm: jose.ECDH_ES, Key: key.Key, KeyID: key.KeyID}, nil)
	if err != nil {
		return "", badEncryption("%w", err)
	}
	sealed, err := e.Encrypt(text)
	if err != nil {
		return "", badEncryption("%w", err)
	}
	return sealed.CompactSerialize()
}
