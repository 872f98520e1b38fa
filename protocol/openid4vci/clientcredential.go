package openid4vci

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/halfmask/halfmask/credential"
)

// Deferred is the error of an issuer that is not ready: the credentials can
// be fetched later, with Client.Fetch.
type Deferred struct {
	TransactionID string        `json:"transaction_id"`
	Configuration string        `json:"credential_configuration_id"`
	Interval      time.Duration `json:"interval"` // to wait before asking again
	Count         int           `json:"count"`    // credentials that were asked for
}

func (d *Deferred) Error() string {
	return fmt.Sprintf("openid4vci: the issuer has not made the credential yet; ask again in %v", d.Interval)
}

// Fetch obtains credentials that were deferred (section 9). The Grant that it
// gives replaces the old one and is given beside an error too. While the
// issuer is still not ready, the error is a *Deferred again.
func (c *Client) Fetch(ctx context.Context, grant *Grant, d *Deferred) ([]string, *Grant, error) {
	meta, err := c.Metadata(ctx, grant.Issuer)
	if err != nil {
		return nil, nil, err
	}
	if meta.DeferredEndpoint == "" {
		return nil, nil, credential.Failed("metadata-endpoint", clauseMetadata, "the issuer has no deferred_credential_endpoint")
	}
	next, x, err := c.live(ctx, meta, grant)
	if err != nil {
		return nil, next, err
	}
	encryption, key, err := meta.answerEncryption()
	if err != nil {
		return nil, next, err
	}
	message := struct {
		TransactionID string              `json:"transaction_id"`
		Encryption    *EncryptionToWallet `json:"credential_response_encryption,omitempty"`
	}{d.TransactionID, encryption}
	body, err := x.postMessage(ctx, meta, meta.DeferredEndpoint, next.AccessToken, message, encryption, key)
	if err != nil {
		return nil, next, err
	}
	credentials, err := readCredentials(body, d.Configuration, d.Count, next)
	return credentials, next, err
}

// Obtain asks for the credentials of a configuration with the access token
// of a grant, for one that [Client.Redeem] gave. Grant and errors are those
// of Accept.
func (c *Client) Obtain(ctx context.Context, grant *Grant, configID string, prover Prover) ([]string, *Grant, error) {
	meta, err := c.prepare(ctx, grant.Issuer, configID, prover)
	if err != nil {
		return nil, nil, err
	}
	next, x, err := c.live(ctx, meta, grant)
	if err != nil {
		return nil, next, err
	}
	credentials, err := x.credentials(ctx, meta, next, configID, prover)
	return credentials, next, err
}

// live gives the grant with an access token that is good.
func (c *Client) live(ctx context.Context, meta *IssuerMetadata, grant *Grant) (*Grant, *exchange, error) {
	if grant.AccessToken != "" && (grant.RefreshToken == "" || c.now().Before(grant.AccessUntil)) {
		next := *grant
		return &next, c.boundBy(grant), nil
	}
	return c.refresh(ctx, meta, grant)
}

// Notify tells the issuer what became of the last credentials of a grant
// (section 11). It does nothing when the issuer did not ask for that.
func (c *Client) Notify(ctx context.Context, grant *Grant, event Event, description string) error {
	if grant.NotificationID == "" || grant.AccessToken == "" {
		return nil
	}
	meta, err := c.Metadata(ctx, grant.Issuer)
	if err != nil || meta.NotificationEndpoint == "" {
		return err
	}
	text, err := json.Marshal(notification{grant.NotificationID, event, printable(description)})
	if err != nil {
		return err
	}
	_, err = c.boundBy(grant).send(ctx, http.MethodPost, meta.NotificationEndpoint, mediaJSON, text, grant.AccessToken, maxMessage, "")
	return err
}

// credentials asks for the credentials; once more when the issuer says that
// its nonce went stale between two requests.
func (x *exchange) credentials(ctx context.Context, meta *IssuerMetadata, grant *Grant, configID string, prover Prover) ([]string, error) {
	for try := 0; ; try++ {
		request, err := x.request(ctx, meta, grant, configID, prover)
		if err != nil {
			return nil, err
		}
		encryption, key, err := meta.answerEncryption()
		if err != nil {
			return nil, err
		}
		request.Encryption = encryption
		body, err := x.postMessage(ctx, meta, meta.CredentialEndpoint, grant.AccessToken, request, encryption, key)
		var refusal *Error
		if errors.As(err, &refusal) && refusal.Code == InvalidNonce && meta.NonceEndpoint != "" && try == 0 {
			continue
		}
		if err != nil {
			return nil, err
		}
		return readCredentials(body, configID, max(1, count(prover)), grant)
	}
}

func (x *exchange) request(ctx context.Context, meta *IssuerMetadata, grant *Grant, configID string, prover Prover) (*CredentialRequest, error) {
	request := &CredentialRequest{Configuration: configID}
	if id := grant.Identifiers[configID]; id != "" {
		request.Configuration, request.Identifier = "", id
	}
	if count(prover) == 0 {
		return request, nil
	}
	nonce := ""
	if meta.NonceEndpoint != "" {
		plain := &exchange{client: x.client, nonces: x.nonces} // the nonce is for everybody
		body, err := plain.postForm(ctx, meta.NonceEndpoint, nil)
		if err != nil {
			return nil, err
		}
		var n NonceResponse
		if err := decodeStrict(body.text, &n); err != nil || n.Nonce == "" || len(n.Nonce) > maxSecret {
			return nil, credential.Failed("nonce-response", "OpenID4VCI 1.0 section 7.2", "no usable c_nonce")
		}
		nonce = n.Nonce
	}
	proofs, err := prover.Prove(meta.Issuer, nonce, x.client.now())
	if err != nil {
		return nil, err
	}
	request.Proofs = map[string][]any{prover.ProofType(): proofs}
	return request, nil
}

const (
	maxInterval = 30 * 24 * time.Hour
	minInterval = time.Second
)

// readCredentials reads a credential response and notes its notification_id
// in the grant.
func readCredentials(body []byte, configID string, most int, grant *Grant) ([]string, error) {
	const check, clause = "credential-response", "OpenID4VCI 1.0 section 8.3"
	var r CredentialResponse
	if err := decodeStrict(body, &r); err != nil {
		return nil, credential.Failed(check, clause, "%w", err)
	}
	switch n := len(r.Credentials); {
	case r.TransactionID != "" && (n > 0 || r.Interval < 0 || len(r.TransactionID) > maxSecret):
		return nil, credential.Failed(check, clause, "credentials beside a transaction_id, a negative interval or a transaction_id that is too long")
	case r.TransactionID != "":
		wait := min(max(time.Duration(min(r.Interval, 1<<30))*time.Second, minInterval), maxInterval)
		return nil, &Deferred{r.TransactionID, configID, wait, most}
	case n == 0 || n > most:
		return nil, credential.Failed(check, clause, "%d credentials came, 1 to %d were asked for", n, most)
	}
	credentials := make([]string, len(r.Credentials))
	for i, c := range r.Credentials {
		text, err := c.text()
		if err != nil {
			return nil, credential.Failed(check, clause, "%w", err)
		}
		credentials[i] = text
	}
	if grant.NotificationID = ""; len(r.NotificationID) <= maxSecret {
		grant.NotificationID = r.NotificationID
	}
	return credentials, nil
}
