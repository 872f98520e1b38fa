package openid4vp

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/spec/strictjson"
)

// ConfirmTransaction is the type of transaction data that wallets know: a
// text that the person agrees to. It uses the profile of appendix B.3.3.1 with
// SHA-256.
const ConfirmTransaction = "https://halfmask.example/transaction/confirm/1"

// HashSHA256 names the hash of transaction data.
const HashSHA256 = "sha-256"

const (
	maxTransactions = 8
	maxAgreed       = 2000 // bytes of a text to agree to
)

// Transaction is transaction data of the type ConfirmTransaction (section
// 8.4). The presentation that answers the first of CredentialIDs that is
// answered carries its hash.
type Transaction struct {
	Type          string   `json:"type"`
	CredentialIDs []string `json:"credential_ids"`
	HashAlgs      []string `json:"transaction_data_hashes_alg,omitempty"` // none is sha-256
	Text          string   `json:"text"`                                  // what the person agrees to
	Encoded       string   `json:"-"`                                     // as it stands in the request
}

func badTransaction(format string, args ...any) *Error {
	return refuse(InvalidTransactionData, "transaction-data", "8.4", format, args...)
}

// NewTransaction asks the person to agree to a text with one of the
// credentials.
func NewTransaction(text string, credentialIDs ...string) (Transaction, error) {
	t := Transaction{Type: ConfirmTransaction, CredentialIDs: credentialIDs, Text: text}
	b, err := jws.WriteJSON(t)
	if err != nil {
		return t, err
	}
	t.Encoded = base64.RawURLEncoding.EncodeToString(b)
	return t, t.validate()
}

func (t Transaction) validate() error {
	switch {
	case t.Type != ConfirmTransaction:
		return badTransaction("the type %q is not known", clip(t.Type))
	case len(t.CredentialIDs) == 0 || len(t.CredentialIDs) > maxEntries:
		return badTransaction("credential_ids is not a list of 1 to %d names", maxEntries)
	case t.HashAlgs != nil && !slices.Contains(t.HashAlgs, HashSHA256):
		return badTransaction("transaction_data_hashes_alg does not allow %s", HashSHA256)
	case t.Text == "" || len(t.Text) > maxAgreed:
		return badTransaction("text has not 1 to %d bytes", maxAgreed)
	case t.Encoded == "":
		return badTransaction("not encoded")
	}
	return nil
}

// transactionsOf reads transaction_data. A type that is not known, or a member
// that the type does not have, refuses the request.
func transactionsOf(v any) ([]Transaction, error) {
	list, err := asTexts("transaction_data", v)
	if err != nil || len(list) > maxTransactions {
		return nil, badTransaction("transaction_data is not a list of 1 to %d texts", maxTransactions)
	}
	out := make([]Transaction, len(list))
	for i, encoded := range list {
		b, err := jws.ReadBase64(encoded)
		if err != nil {
			return nil, badTransaction("transaction_data[%d]: %w", i, err)
		}
		if err := strictjson.Decode(b, &out[i], strictjson.Limits{Bytes: maxText, Depth: 4}); err != nil {
			return nil, badTransaction("transaction_data[%d]: %w", i, err)
		}
		out[i].Encoded = encoded
	}
	return out, nil
}

func checkTransactions(list []Transaction, q Query) error {
	if len(list) > maxTransactions {
		return badTransaction("more than %d", maxTransactions)
	}
	for _, t := range list {
		if err := t.validate(); err != nil {
			return err
		}
		for _, id := range t.CredentialIDs {
			c, ok := q.Credential(id)
			if !ok {
				return badTransaction("%q is no credential of the query", clip(id))
			}
			if c.Format == credential.SDJWT && c.WithoutHolderBinding {
				return refuse(InvalidTransactionData, "transaction-data", "B.3.3", "credential %q is asked for without holder binding", id)
			}
		}
	}
	return nil
}

// Hash is the value for transaction_data_hashes: of the text in the request.
func (t Transaction) Hash() string {
	sum := sha256.Sum256([]byte(t.Encoded))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// TransactionsFor gives the transactions that the presentation for one
// credential query carries, when those in answered are answered: each is
// carried by the first of its credentials that is. It is an error when one is
// carried by none.
func (r *Request) TransactionsFor(id string, answered func(id string) bool) ([]Transaction, error) {
	var mine []Transaction
	for _, t := range r.Transactions {
		i := slices.IndexFunc(t.CredentialIDs, answered)
		if i < 0 {
			return nil, badTransaction("none of the credentials for it is presented")
		}
		if t.CredentialIDs[i] == id {
			mine = append(mine, t)
		}
	}
	return mine, nil
}

// KeyBindingClaims are the claims that a key binding JWT carries for the
// transactions (appendix B.3.3.1); none is nil.
func KeyBindingClaims(list []Transaction) map[string]any {
	if len(list) == 0 {
		return nil
	}
	hashes := make([]any, len(list))
	claims := map[string]any{}
	for i, t := range list {
		hashes[i] = t.Hash()
		if t.HashAlgs != nil {
			claims["transaction_data_hashes_alg"] = HashSHA256
		}
	}
	claims["transaction_data_hashes"] = hashes
	return claims
}
