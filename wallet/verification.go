package wallet

import (
	"crypto/ecdsa"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/wallet/internal/vault"
)

const clauseReceived = "OpenID4VCI 1.0 section 8.3"

// received is what came, and what it has to be held against.
type received struct {
	raw    string
	name   string // of the configuration
	config openid4vci.CredentialConfiguration
	keys   *issuerKeys // what the issuer signs with
	bound              // what it was asked to be bound to
}

// verify checks a credential that just came: the issuer's signature, its
// type, its time, that it is bound to the key made for it, and, when it is a
// person credential, that no presentation of it would carry a mark.
func (w *Wallet) verify(r received) (*kept, error) {
	k := &kept{Raw: r.raw, Entry: Entry{
		Issuer: r.keys.issuer, Configuration: r.name, Format: r.config.Format,
		Received: w.now().UTC().Truncate(time.Second),
	}}
	var err error
	switch r.config.Format {
	case credential.SDJWT:
		err = verifySDJWT(r, k, w.now())
	case credential.BBS2023:
		err = verifyBBS2023(r, k, w.now())
	case credential.JWPBBS:
		if err = verifyJWP(r, k); err == nil {
			err = checkEpoch(k, w.now())
		}
	default:
		err = credential.Failed("credential-format", clauseReceived, "%.40q is none that this wallet keeps", r.config.Format)
	}
	if err != nil {
		return nil, err
	}
	if !k.ValidAt(w.now()) {
		return nil, credential.Failed("credential-validity", clauseReceived, "valid from %s until %s", k.ValidFrom.Format(time.RFC3339), k.ValidUntil.Format(time.RFC3339))
	}
	if r.key != nil {
		k.Key = r.key.ID
	}
	return k, nil
}

func verifySDJWT(r received, k *kept, now time.Time) error {
	if r.config.Type == "" {
		return credential.Failed("credential-type", "OpenID4VCI 1.0 appendix A.3", "the issuer names no vct for %q", r.name)
	}
	v, err := sdjwt.VerifyIssued(r.raw, r.keys.forSDJWT, sdjwt.Policy{Type: r.config.Type, Now: now})
	if err != nil {
		return err
	}
	if err := boundTo(v.HolderKey, r.key); err != nil {
		return err
	}
	parsed, err := sdjwt.Parse(r.raw)
	if err != nil {
		return err
	}
	k.Type = v.Type
	k.ValidFrom, k.ValidUntil = parsed.NotBefore().UTC(), parsed.Expires().UTC()
	if k.ValidFrom.IsZero() {
		k.ValidFrom = parsed.IssuedAt().UTC()
	}
	if k.ValidUntil.IsZero() {
		return credential.Failed("credential-validity", "RFC 7519 section 4.1.4", "exp is missing")
	}
	k.Claims = map[string]any{}
	for _, d := range parsed.Disclosures() {
		if name, ok := d.Path[0].(string); ok {
			k.Claims[name] = v.Claims[name]
		}
	}
	return checkSDJWTMarks(parsed, k, now)
}

// boundTo holds the key in the credential against the one that was made for
// it; nil is no key on either side.
func boundTo(holder *jose.JSONWebKey, own *vault.Key) error {
	const check, clause = "credential-holder-key", "RFC 9901 section 4.1.2"
	switch {
	case own == nil && holder == nil:
		return nil
	case own == nil:
		return credential.Failed(check, clause, "it is bound to a key, and none was proved")
	case holder == nil:
		return credential.Failed(check, clause, "it is bound to no key")
	}
	public, ok := holder.Key.(*ecdsa.PublicKey)
	if !ok || !public.Equal(own.Public().Key) {
		return credential.Failed(check, clause, "it is bound to another key than the one proved")
	}
	return nil
}

func verifyBBS2023(r received, k *kept, now time.Time) error {
	if r.key != nil {
		return credential.Failed("credential-holder-key", "vc-di-bbs section 3.4", "a key was proved, and bbs-2023 binds none")
	}
	v, err := bbs2023.VerifyBase([]byte(r.raw), r.keys.forBBS)
	if err != nil {
		return err
	}
	if did, _, _ := strings.Cut(v.VerificationMethod, "#"); v.Issuer != did {
		return credential.Failed("credential-issuer", "VC Data Model 2.0 section 4.7", "the issuer is not the did:key that signed")
	}
	types, err := texts(v.Document["type"])
	if err != nil {
		return credential.Failed("credential-type", "VC Data Model 2.0 section 4.5", "type: %w", err)
	}
	if d := r.config.Definition; d == nil || !slices.Equal(types, d.Type) {
		return credential.Failed("credential-type", "OpenID4VCI 1.0 appendix A.1", "it is of other types than the issuer announced")
	}
	k.Type = types[len(types)-1]
	if k.ValidFrom, err = moment(v.Document["validFrom"]); err != nil {
		return credential.Failed("credential-validity", "VC Data Model 2.0 section 4.9", "validFrom: %w", err)
	}
	if k.ValidUntil, err = moment(v.Document["validUntil"]); err != nil {
		return credential.Failed("credential-validity", "VC Data Model 2.0 section 4.9", "validUntil: %w", err)
	}
	subject, ok := v.Document["credentialSubject"].(map[string]any)
	if !ok {
		return credential.Failed("credential-subject", "VC Data Model 2.0 section 4.8", "it is not about one subject")
	}
	k.Claims = subject
	return checkBBSMarks(r.raw, v, k, now)
}

func texts(v any) ([]string, error) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, fmt.Errorf("no list of names")
	}
	names := make([]string, len(list))
	for i, item := range list {
		if names[i], ok = item.(string); !ok {
			return nil, fmt.Errorf("no list of names")
		}
	}
	return names, nil
}

func moment(v any) (time.Time, error) {
	s, _ := v.(string)
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%.40q is not a time", s)
	}
	return t.UTC(), nil
}
