package jwpbbs

import (
	"fmt"
	"io"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
)

// Issue makes the Issued Form of a credential (section 3.2) and signs the
// link secret in the commitment with it (spec/jwpbbs.md section 2). Before,
// the issuer compares the commitment's name with what it knows. claims
// mirror the layout; what they leave out becomes a decoy, and what the layout
// does not have is refused. Claims have the types of encoding/json;
// those of integer leaves are an int, int64, uint64, *big.Int or json.Number.
func Issue(key *bbs.SecretKey, l *Layout, claims map[string]any, c *Commitment) (string, error) {
	payloads := make([][]byte, l.messages())
	if err := l.claims.fill(l.claims.root, claims, true, nil, payloads); err != nil {
		return "", err
	}
	for _, name := range []string{"exp", "nbf"} {
		if i, ok := l.claims.scalarLeaf(Path{name}); ok && isDecoy(payloads[i], true) {
			return "", credential.Failed("claims", ours+"4", "no %s: such a credential would never be valid", name)
		}
	}
	messages, err := l.derive(payloads)
	if err != nil {
		return "", err
	}
	if c == nil || c.issuer != l.issuer {
		return "", credential.Failed("commitment", ours+"6", "no commitment that was made for %.80q", l.issuer)
	}
	sig, err := suite.Sign(key, c.octets, l.octets, messages)
	if err != nil {
		return "", err
	}
	issued := compact{headers: [][]byte{l.octets}, payloads: payloads, proof: [][]byte{sig}}.String()
	if len(issued) > MaxSize {
		return "", credential.Failed("size", clauseCompact, "%d octets, more than %d", len(issued), MaxSize)
	}
	return issued, nil
}

// derive makes the messages of all payloads.
func (l *Layout) derive(payloads [][]byte) ([]bbs.Message, error) {
	messages := make([]bbs.Message, len(payloads))
	for i, p := range payloads {
		var err error
		if messages[i], err = message(p, l.claims.leaves[i].scalar); err != nil {
			return nil, credential.Failed("payload", draft+"2.6", "%s: %w", l.claims.leaves[i].path, err)
		}
	}
	return messages, nil
}

// Credential is a credential that its holder has checked.
type Credential struct {
	layout    *Layout
	key       *bbs.PublicKey
	payloads  [][]byte
	signature []byte
	signed    bbs.Signed
}

// Receive checks an issued credential (section 3.3): its form, the signature
// of the key's owner on it and on the link secret committed to with this
// blinding, and that its header is that of the layout, octet for octet, so
// that the issuer cannot mark a holder with it.
//
// A wallet that stores a credential keeps the issued form, the link secret
// and the blinding, all of them secret, and calls Receive again.
func Receive(issued string, l *Layout, key *bbs.PublicKey, secret *LinkSecret, blinding *bbs.Blinding) (*Credential, error) {
	form, err := parseCompact(issued, 1)
	if err != nil {
		return nil, err
	}
	if string(form.headers[0]) != string(l.octets) {
		return nil, credential.Failed("issuer-header-population", draft+"7.1", "the header is not the one that everybody gets")
	}
	if len(form.payloads) != l.messages() {
		return nil, credential.Failed("payload-count", draft+"2.1", "%d payloads for %d messages", len(form.payloads), l.messages())
	}
	if len(form.proof) != 1 {
		return nil, credential.Failed("form", draft+"2.1", "%d proof values, not 1", len(form.proof))
	}
	for i, p := range form.payloads {
		if p == nil {
			return nil, credential.Failed("payload", draft+"2.1", "payload %d is missing", i)
		}
		if _, _, err := readPayload(p, l.claims.leaves[i].scalar); err != nil {
			return nil, credential.Failed("payload", draft+"3.3", "%s: %w", l.claims.leaves[i].path, err)
		}
	}
	link, err := secret.message()
	if err != nil {
		return nil, err
	}
	if blinding == nil {
		return nil, credential.Failed("link-secret", ours+"2", "no blinding")
	}
	c := &Credential{layout: l, key: key, payloads: form.payloads, signature: form.proof[0]}
	c.signed = bbs.Signed{Committed: []bbs.Message{link}, Blinding: blinding}
	if c.signed.Messages, err = l.derive(form.payloads); err != nil {
		return nil, err
	}
	if err := suite.Verify(key, c.signature, l.octets, c.signed); err != nil {
		return nil, err
	}
	return c, nil
}

// Format prints "jwpbbs.Credential" whatever the verb.
func (Credential) Format(f fmt.State, _ rune) { io.WriteString(f, "jwpbbs.Credential") }

// Claims gives all claims, for the holder alone: absent ones are left out,
// numbers are json.Number.
func (c *Credential) Claims() map[string]any {
	v, _, _ := c.layout.claims.reconstruct(c.layout.claims.root, c.payloads) // each was read in Receive
	claims, _ := v.(map[string]any)
	return claims
}

// Layout is the credential's.
func (c *Credential) Layout() *Layout { return c.layout }
