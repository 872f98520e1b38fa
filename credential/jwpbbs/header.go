package jwpbbs

import (
	"bytes"
	"slices"

	"github.com/halfmask/halfmask/credential"
)

const (
	// Algorithm is the JSON Proof Algorithm of both headers (section 5.1).
	Algorithm = "BBS-MOD"

	// committedParameter names the messages that the holder committed to, in
	// order; they follow those that cmap maps (spec/jwpbbs.md section 2).
	committedParameter = "committed"
	linkSecretName     = "link_secret"
)

// Layout is the Issuer Header of a type of credential: who issues it, what
// type it is, and which claim is which message. It carries nothing of a
// holder, so that the whole population has the same octets; a wallet that
// makes the Layout itself sees that at [Receive].
type Layout struct {
	octets []byte
	issuer string
	typ    string
	claims *mapping
}

// NewLayout lays out a type of credential. The members of claims keep their
// order, and messages are numbered in that order from 0. With a member exp or
// nbf, which have to be integers, every presentation shows that the credential
// is valid.
func NewLayout(issuer, typ string, claims ...Member) (*Layout, error) {
	b := []byte(`{"alg":"` + Algorithm + `","iss":`)
	for i, s := range []string{issuer, typ} {
		text, err := writeJSON(s)
		if err != nil {
			return nil, err
		}
		if b = append(b, text...); i == 0 {
			b = append(b, `,"vct":`...)
		}
	}
	next := 0
	b, err := Object(claims...).write(append(b, `,"cmap":`...), &next)
	if err != nil {
		return nil, err
	}
	b = append(b, `,"`+committedParameter+`":["`+linkSecretName+`"],"crit":["`+committedParameter+`"]}`...)
	return ParseLayout(b)
}

// ParseLayout reads an Issuer Header and validates its claims mapping
// (sections 2.2 and 2.3).
func ParseLayout(header []byte) (*Layout, error) {
	const check, clause = "issuer-header", draft + "2.2"
	h, err := readObject(check, clause, header, MaxHeader)
	if err != nil {
		return nil, err
	}
	if h["alg"] != Algorithm {
		return nil, credential.Failed("issuer-header-algorithm", draft+"5.1", "alg is not %s", Algorithm)
	}
	l := &Layout{octets: bytes.Clone(header)}
	var ok bool
	if l.typ, ok = h["vct"].(string); !ok || l.typ == "" {
		return nil, credential.Failed("issuer-header-type", clause, "vct is not a string of some length")
	}
	if l.issuer, ok = h["iss"].(string); !ok || l.issuer == "" {
		return nil, credential.Failed("issuer-header-issuer", ours+"2", "iss is not a string of some length")
	}
	for _, name := range []string{"exp", "nbf", "iat"} {
		if _, ok := h[name]; ok {
			return nil, credential.Failed("issuer-header-time", draft+"2.7", "%s is in the header, where it singles holders out", name)
		}
	}
	for _, name := range []string{"iek", "hpk", "hpa"} {
		if _, ok := h[name]; ok {
			return nil, credential.Failed("issuer-header-key", clause, "%s is in the header", name)
		}
	}
	if _, ok := h["kb"]; ok {
		return nil, credential.Failed("device-binding", draft+"2.8", "kb names a device binding that is not supported")
	}
	if !isList(h["crit"], committedParameter) {
		return nil, credential.Failed("issuer-header-critical", ours+"2", "crit is not [%q]", committedParameter)
	}
	if !isList(h[committedParameter], linkSecretName) {
		return nil, credential.Failed("issuer-header-committed", ours+"2", "%s is not [%q]", committedParameter, linkSecretName)
	}
	if l.claims, err = readMapping(h["cmap"]); err != nil {
		return nil, err
	}
	return l, nil
}

// isList reports whether v is a JSON array of just this string.
func isList(v any, only string) bool {
	list, ok := v.([]any)
	return ok && slices.Equal(list, []any{only})
}

// Bytes is the Issuer Header: the octets that are signed.
func (l *Layout) Bytes() []byte { return bytes.Clone(l.octets) }

// Issuer is the header's iss.
func (l *Layout) Issuer() string { return l.issuer }

// Type is the header's vct.
func (l *Layout) Type() string { return l.typ }

// messages is the number of messages that cmap maps; the link secret is the
// message after them.
func (l *Layout) messages() int { return len(l.claims.leaves) }

// presentationHeader binds a presentation to a request (section 4.2).
type presentationHeader struct {
	Algorithm string `json:"alg"`
	Nonce     string `json:"nonce"`
	Audience  string `json:"aud"`
	// The names are those of OpenID4VP 1.0 appendix B.3.3.1.
	Transactions []string `json:"transaction_data_hashes,omitempty"`
	Hash         string   `json:"transaction_data_hashes_alg,omitempty"`
}

const transactionHash = "sha-256"

func (r *Request) presentationHeader() ([]byte, error) {
	h := presentationHeader{Algorithm: Algorithm, Nonce: r.Nonce, Audience: r.Audience}
	for _, t := range r.Transactions {
		h.Transactions = append(h.Transactions, base64url.EncodeToString(t[:]))
		h.Hash = transactionHash
	}
	return writeJSON(h)
}

// checkPresentationHeader is step 2 of section 4.5.
func (r *Request) checkPresentationHeader(header []byte) error {
	const clause = draft + "4.5 step 2"
	h, err := readObject("presentation-header", draft+"4.2", header, MaxHeader)
	if err != nil {
		return err
	}
	if _, ok := h["crit"]; ok {
		return credential.Failed("presentation-header-critical", jwp+"5.2.4", "it has extensions that are not understood")
	}
	if h["alg"] != Algorithm {
		return credential.Failed("presentation-header-algorithm", clause, "alg is not that of the issuer header")
	}
	if h["nonce"] != r.Nonce {
		return credential.Failed("nonce", clause, "not the nonce of this request")
	}
	if h["aud"] != r.Audience {
		return credential.Failed("audience", clause, "not made for this verifier")
	}
	return r.checkTransactions(h)
}

// checkTransactions checks that the holder agreed to the transactions of this
// request, all of them, in their order, and no others.
func (r *Request) checkTransactions(header map[string]any) error {
	const check, clause = "transaction-data", ours + "4"
	list, _ := header["transaction_data_hashes"].([]any)
	_, listed := header["transaction_data_hashes"]
	hash, named := header["transaction_data_hashes_alg"]
	if listed != (len(r.Transactions) > 0) || named != listed {
		return credential.Failed(check, clause, "hashes of transaction data that were not asked for, or none that were")
	}
	if named && hash != transactionHash {
		return credential.Failed(check, clause, "transaction_data_hashes_alg is not %s", transactionHash)
	}
	if len(list) != len(r.Transactions) {
		return credential.Failed(check, clause, "%d hashes of transaction data, not %d", len(list), len(r.Transactions))
	}
	for i, t := range r.Transactions {
		if list[i] != base64url.EncodeToString(t[:]) {
			return credential.Failed(check, clause, "transaction %d is not that of this request", i)
		}
	}
	return nil
}
