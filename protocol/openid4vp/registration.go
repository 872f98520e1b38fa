package openid4vp

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
)

// RegistrationFormat is the format of verifier_info that carries a
// registration certificate (spec/registration.md).
const RegistrationFormat = "registration_cert"

var registrationForm = jws.Form{Typ: "rc-wrp+jwt", Prefix: "registration-", Max: 16 << 10, Clause: clauseRegistration}

const clauseRegistration = "ETSI TS 119 475 section 5.2"

// Registration is what a verifier told a registrar: who it is, what it will
// ask for and why. The registrar signs it.
type Registration struct {
	ClientID      string                 // full client identifier that it is for; ours, beside the subject
	Name          string                 // that people know the verifier by
	Subject       Subject                // legal name and identifier
	Purposes      []Purpose              // why it asks
	PrivacyPolicy string                 // URL; may be empty
	Credentials   []RegisteredCredential // what it may ask for
	Expires       time.Time
}

// Subject is the legal person behind a verifier.
type Subject struct {
	LegalName string `json:"legal_name,omitempty"`
	ID        string `json:"id,omitempty"` // organizationIdentifier of its certificate, such as VATDE-123
}

// Purpose is a reason for asking, in one language.
type Purpose struct {
	Language string `json:"lang"`
	Text     string `json:"value"`
}

// RegisteredCredential is a kind of credential with the claims of it that may
// be asked for.
type RegisteredCredential struct {
	Format credential.Format `json:"format"`
	Meta   Meta              `json:"meta"`
	Claims []RegisteredClaim `json:"claim"`
}

// RegisteredClaim is a claim by its path.
type RegisteredClaim struct {
	Path Path `json:"path"`
}

type registrationJSON struct {
	ClientID      string                 `json:"client_id,omitempty"`
	Name          string                 `json:"name"`
	Subject       Subject                `json:"sub"`
	Purposes      []Purpose              `json:"purpose"`
	PrivacyPolicy string                 `json:"privacy_policy,omitempty"`
	Credentials   []RegisteredCredential `json:"credentials"`
	Issued        int64                  `json:"iat,omitempty"`
	Expires       int64                  `json:"exp"`
}

// Register is the registrar's signature: it gives the registration as an entry
// for verifier_info. The chain is the registrar's, without its anchor.
func Register(r Registration, registrar jose.SigningKey, chain ...*x509.Certificate) (VerifierInfo, error) {
	if len(chain) == 0 {
		return VerifierInfo{}, errors.New("openid4vp: register: the registrar's certificate is missing")
	}
	x5c := make([]any, len(chain))
	for i, c := range chain {
		x5c[i] = base64.StdEncoding.EncodeToString(c.Raw)
	}
	registrar.Key = jws.Nameless(registrar.Key)
	text, err := jws.Sign(registrar, registrationForm, map[string]any{"x5c": x5c}, registrationJSON{
		r.ClientID, r.Name, r.Subject, r.Purposes, r.PrivacyPolicy, r.Credentials, time.Now().Unix(), r.Expires.Unix(),
	}, &jose.JSONWebKey{Key: chain[0].PublicKey})
	if err != nil {
		return VerifierInfo{}, fmt.Errorf("openid4vp: register: %w", err)
	}
	data, err := json.Marshal(text)
	return VerifierInfo{Format: RegistrationFormat, Data: data}, err
}

// Registration reads the verifier's registration out of a request: nil and no
// error when it shows none. One that is not signed by a trusted registrar, has
// expired or belongs to another verifier is an error, and says nothing.
func (t *Trust) Registration(r *Request) (*Registration, error) {
	i := slices.IndexFunc(r.VerifierInfo, func(v VerifierInfo) bool { return v.Format == RegistrationFormat })
	if i < 0 {
		return nil, nil
	}
	failed := func(check, format string, args ...any) error {
		return credential.Failed(check, clauseRegistration, format, args...)
	}
	var text string
	if json.Unmarshal(r.VerifierInfo[i].Data, &text) != nil {
		return nil, failed("registration-form", "not a JWT")
	}
	token, err := jws.Read(text, registrationForm)
	if err != nil {
		return nil, err
	}
	chain, err := jws.ReadCertificates(token.Header["x5c"])
	if err != nil {
		return nil, failed("registration-certificate", "x5c: %w", err)
	}
	var anchors []*x509.Certificate
	if t != nil {
		anchors = t.Registrars
	}
	if err := jws.CheckChain(chain, anchors, t.now()); err != nil {
		return nil, failed("registration-certificate", "%w", err)
	}
	if err := token.Verify(&jose.JSONWebKey{Key: chain[0].PublicKey}); err != nil {
		return nil, err
	}
	out, err := readRegistration(token)
	if err != nil {
		return nil, err
	}
	switch {
	case !t.now().Before(out.Expires):
		return nil, failed("registration-expired", "expired at %s", out.Expires.Format(time.RFC3339))
	case !out.isFor(r):
		return nil, failed("registration-subject", "it belongs to another verifier")
	}
	return out, nil
}

// readRegistration reads claims, paths as DCQL reads them.
func readRegistration(token *jws.Token) (*Registration, error) {
	bad := func(err error) error {
		return credential.Failed("registration-form", clauseRegistration, "%w", err)
	}
	var plain struct {
		ClientID      string    `json:"client_id"`
		Name          string    `json:"name"`
		Subject       Subject   `json:"sub"`
		Purposes      []Purpose `json:"purpose"`
		PrivacyPolicy string    `json:"privacy_policy"`
		Expires       int64     `json:"exp"`
	}
	if err := token.Decode(&plain); err != nil {
		return nil, err
	}
	o, err := parseObject(token.Raw)
	if err != nil {
		return nil, bad(err)
	}
	list, err := o.objects("credentials")
	if err != nil {
		return nil, bad(err)
	}
	r := &Registration{
		ClientID: plain.ClientID, Name: plain.Name, Subject: plain.Subject, Purposes: plain.Purposes,
		PrivacyPolicy: plain.PrivacyPolicy, Expires: time.Unix(plain.Expires, 0).UTC(),
	}
	for _, entry := range list {
		format, err1 := entry.text("format")
		claims, err2 := entry.objects("claim")
		meta, _ := asObject(entry["meta"])
		types, err3 := meta.texts("vct_values")
		sets, err4 := meta.textLists("type_values")
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			return nil, bad(err)
		}
		c := RegisteredCredential{Format: credential.Format(format), Meta: Meta{VCTValues: types, TypeValues: sets}}
		for _, claim := range claims {
			path, err := parsePath(claim["path"])
			if err != nil {
				return nil, bad(err)
			}
			c.Claims = append(c.Claims, RegisteredClaim{path})
		}
		r.Credentials = append(r.Credentials, c)
	}
	return r, nil
}

// organizationIdentifier is X.520's, by which ETSI names legal persons in
// certificates.
var organizationIdentifier = asn1.ObjectIdentifier{2, 5, 4, 97}

// isFor tells whether the verifier of the request is the one registered: by
// the client identifier, or by the identifier in its certificate.
func (g *Registration) isFor(r *Request) bool {
	if g.ClientID != "" {
		return g.ClientID == r.ClientID
	}
	if g.Subject.ID == "" || r.By == nil || r.By.Certificate == nil {
		return false
	}
	for _, name := range r.By.Certificate.Subject.Names {
		if name.Type.Equal(organizationIdentifier) && name.Value == g.Subject.ID {
			return true
		}
	}
	return false
}

// Beyond names what a query asks for and the verifier did not register, in
// words for the person; nothing when all of it is registered.
func (g *Registration) Beyond(q Query) []string {
	var beyond []string
	add := func(s string) {
		if !slices.Contains(beyond, s) {
			beyond = append(beyond, s)
		}
	}
	for _, c := range q.Credentials {
		var registered []RegisteredClaim
		known := false
		for _, r := range g.Credentials {
			if r.Format == c.Format && r.Meta.holds(c.Meta) {
				known = true
				registered = append(registered, r.Claims...)
			}
		}
		if !known {
			add(fmt.Sprintf("a credential of type %s as %s", clip(c.Meta.String()), clip(string(c.Format))))
			continue
		}
		for _, claim := range c.Claims {
			if !slices.ContainsFunc(registered, func(r RegisteredClaim) bool { return r.Path.Equal(claim.Path) }) {
				add(claim.Path.Name())
			}
		}
	}
	return beyond
}

// holds reports whether every type that other accepts is one of these.
func (m Meta) holds(other Meta) bool {
	for _, vct := range other.VCTValues {
		if !slices.Contains(m.VCTValues, vct) {
			return false
		}
	}
	for _, set := range other.TypeValues {
		if !slices.ContainsFunc(m.TypeValues, func(mine []string) bool { return slices.Equal(mine, set) }) {
			return false
		}
	}
	return true
}

// String names the types.
func (m Meta) String() string {
	types := slices.Clone(m.VCTValues)
	for _, set := range m.TypeValues {
		types = append(types, strings.Join(set, " "))
	}
	return strings.Join(types, ", ")
}
