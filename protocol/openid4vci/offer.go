package openid4vci

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/fetch"
)

const (
	// OfferScheme is the scheme of a credential offer that is shown as a link
	// or a QR code (OpenID4VCI 1.0 section 12.1).
	OfferScheme = "openid-credential-offer"

	grantPreAuthorized     = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
	grantAuthorizationCode = "authorization_code"
	grantRefresh           = "refresh_token"

	maxOfferURI       = 32 << 10 // bytes of an offer link
	maxOffered        = 64       // configurations in an offer
	maxSecret         = 2048     // bytes of a code, a token or a nonce
	maxTxCode         = 128      // bytes of a transaction code
	maxTxCodeGuidance = 300      // characters, OpenID4VCI 1.0 section 4.1.1
)

const clauseOffer = "OpenID4VCI 1.0 section 4.1"

// Offer is a credential offer object (OpenID4VCI 1.0 section 4.1.1). Nothing
// in it is authenticated: what it names is checked when it is accepted.
type Offer struct {
	Issuer         string   `json:"credential_issuer"`
	Configurations []string `json:"credential_configuration_ids"`
	Grants         Grants   `json:"grants,omitzero"`
}

// Grants are the ways in which the issuer lets an offer be accepted.
type Grants struct {
	PreAuthorized     *PreAuthorized     `json:"urn:ietf:params:oauth:grant-type:pre-authorized_code,omitempty"`
	AuthorizationCode *AuthorizationCode `json:"authorization_code,omitempty"`
}

// AuthorizationCode asks the person to log in at the issuer.
type AuthorizationCode struct {
	IssuerState         string `json:"issuer_state,omitempty"` // ties the login to the offer; a secret
	AuthorizationServer string `json:"authorization_server,omitempty"`
}

// PreAuthorized holds the code that stands for the person's authorization.
// Whoever has it can redeem it once, so it is a secret.
type PreAuthorized struct {
	Code                string  `json:"pre-authorized_code"`
	TxCode              *TxCode `json:"tx_code,omitempty"` // not nil: a transaction code must be sent too
	AuthorizationServer string  `json:"authorization_server,omitempty"`
}

// TxCode describes the transaction code that reaches the person by another
// way than the offer. The zero value asks for digits of any number.
type TxCode struct {
	InputMode   string `json:"input_mode,omitempty"` // "numeric" (the default) or "text"
	Length      int    `json:"length,omitempty"`     // characters; 0 is any
	Description string `json:"description,omitempty"`
}

// ParseOffer reads an offer link that carries its offer by value. For one
// that refers to its offer, which must be fetched, use [Client.Offer].
func ParseOffer(uri string) (*Offer, error) {
	offer, reference, err := parseOfferURI(uri)
	if err != nil {
		return nil, err
	}
	if offer == nil {
		return nil, offerFailed("offer-by-value", "the link refers to an offer at %s", fetch.Origin(reference))
	}
	return offer, nil
}

// URI gives the link that carries the offer by value.
func (o *Offer) URI() string {
	b, err := json.Marshal(o)
	if err != nil { // strings, integers and pointers to them: cannot happen
		panic(err)
	}
	return OfferScheme + "://?" + url.Values{"credential_offer": {string(b)}}.Encode()
}

// ReferenceURI gives the link that refers to an offer served at a URL.
func ReferenceURI(offerURL string) string {
	return OfferScheme + "://?" + url.Values{"credential_offer_uri": {offerURL}}.Encode()
}

// Offers reports whether the configuration is among those offered.
func (o *Offer) Offers(configuration string) bool {
	for _, c := range o.Configurations {
		if c == configuration {
			return true
		}
	}
	return false
}

// parseOfferURI gives the offer, or the URL to fetch it from.
func parseOfferURI(uri string) (offer *Offer, reference string, err error) {
	if len(uri) > maxOfferURI {
		return nil, "", offerFailed("offer-size", "the link has %d bytes, more than %d", len(uri), maxOfferURI)
	}
	u, err := url.Parse(uri)
	if err != nil {
		return nil, "", offerFailed("offer-uri", "not a URI")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, "", offerFailed("offer-uri", "the query is malformed")
	}
	values, references := query["credential_offer"], query["credential_offer_uri"]
	web := u.Scheme == "https" || u.Scheme == "http"
	switch {
	case len(values)+len(references) > 1:
		return nil, "", offerFailed("offer-uri", "more than one of credential_offer and credential_offer_uri")
	case len(values) == 1:
		offer, err := decodeOffer([]byte(values[0]))
		return offer, "", err
	case len(references) == 1:
		reference = references[0]
	case web: // the address of an offer, pasted without its link
		reference = uri
	default:
		return nil, "", offerFailed("offer-uri", "neither credential_offer nor credential_offer_uri")
	}
	if err := fetch.CheckURL(reference); err != nil {
		return nil, "", offerFailed("offer-uri", "credential_offer_uri: %w", err)
	}
	return nil, reference, nil
}

func decodeOffer(data []byte) (*Offer, error) {
	var o Offer
	if err := decodeStrict(data, &o); err != nil {
		return nil, offerFailed("offer-json", "%w", err)
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	return &o, nil
}

func (o *Offer) check() error {
	if err := checkIssuerID(o.Issuer); err != nil {
		return offerFailed("offer-issuer", "credential_issuer: %w", err)
	}
	if n := len(o.Configurations); n == 0 || n > maxOffered {
		return offerFailed("offer-configurations", "credential_configuration_ids has %d entries, not 1 to %d", n, maxOffered)
	}
	seen := map[string]bool{}
	for _, c := range o.Configurations {
		if c == "" || len(c) > 256 || seen[c] {
			return offerFailed("offer-configurations", "credential_configuration_ids has an empty, long or repeated entry")
		}
		seen[c] = true
	}
	if p := o.Grants.PreAuthorized; p != nil {
		if p.Code == "" || len(p.Code) > maxSecret {
			return offerFailed("offer-code", "pre-authorized_code is empty or longer than %d bytes", maxSecret)
		}
		if t := p.TxCode; t != nil {
			if err := t.checkHint(); err != nil {
				return offerFailed("offer-tx-code", "tx_code: %w", err)
			}
		}
	}
	if a := o.Grants.AuthorizationCode; a != nil && len(a.IssuerState) > maxSecret {
		return offerFailed("offer-issuer-state", "issuer_state is longer than %d bytes", maxSecret)
	}
	return nil
}

func (t *TxCode) checkHint() error {
	switch {
	case t.InputMode != "" && t.InputMode != "numeric" && t.InputMode != "text":
		return errors.New("input_mode is neither numeric nor text")
	case t.Length < 0 || t.Length > maxTxCode:
		return fmt.Errorf("length is not 0 to %d", maxTxCode)
	case utf8.RuneCountInString(t.Description) > maxTxCodeGuidance:
		return fmt.Errorf("description is longer than %d characters", maxTxCodeGuidance)
	}
	return nil
}

// checkEntered says whether what the person typed can be the transaction
// code, so that an obvious slip does not cost one of the tries.
func (t *TxCode) checkEntered(code string) error {
	switch {
	case code == "":
		return errors.New("a transaction code is required")
	case len(code) > maxTxCode:
		return fmt.Errorf("the transaction code is longer than %d bytes", maxTxCode)
	case t.Length > 0 && utf8.RuneCountInString(code) != t.Length:
		return fmt.Errorf("the transaction code has %d characters, not %d", utf8.RuneCountInString(code), t.Length)
	case t.InputMode != "text" && strings.Trim(code, "0123456789") != "":
		return errors.New("the transaction code has other characters than digits")
	}
	return nil
}

func offerFailed(check, format string, args ...any) error {
	return credential.Failed(check, clauseOffer, format, args...)
}
