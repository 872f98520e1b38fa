package verifier_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/fetch"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
)

// A platform asks over HTTP whether somebody is a real person of 18 or over,
// and learns that and nothing else.
func Example() {
	key, err := bbs.GenerateKey()
	if err != nil {
		log.Fatal(err)
	}
	held, err := issuePerson(key)
	if err != nil {
		log.Fatal(err)
	}

	// The platform.
	var platform *verifier.Server
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { platform.ServeHTTP(w, r) }))
	defer server.Close()
	platform, err = verifier.New(verifier.Config{
		URL:     server.URL,
		Issuers: verifier.TrustedIssuers{BBS: []*bbs.PublicKey{key.PublicKey()}},
	})
	if err != nil {
		log.Fatal(err)
	}
	pending, err := platform.Request(verifier.QueryFor([]string{spec.RealPerson, spec.AgeOver18}))
	if err != nil {
		log.Fatal(err)
	}

	// The wallet.
	client := openid4vp.Client{HTTP: fetch.New(fetch.Options{AllowLoopback: true})}
	request, err := client.Fetch(context.Background(), pending.RequestURI)
	if err != nil {
		log.Fatal(err)
	}
	selection, err := holder.Match(request.Query, []holder.Held{held})
	if err != nil {
		log.Fatal(err)
	}
	token, err := holder.Present(selection, request, nil, time.Now())
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Respond(context.Background(), request, token); err != nil {
		log.Fatal(err)
	}

	// The platform again.
	result, err := platform.Result(pending.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Status, result.Verdict.Accepted, result.Verdict.Claims)
	for _, c := range result.Verdict.Checks[:6] {
		fmt.Println(c.OK, c.Name)
	}
	// Output:
	// answered true map[age_over_18:true real_person:true]
	// true vp-token
	// true query-satisfied
	// true structure
	// true context
	// true presentation-header
	// true issuer-trusted
}

// issuePerson stands for package issuer.
func issuePerson(key *bbs.SecretKey) (holder.Held, error) {
	from, until := spec.Epoch(time.Now())
	document, err := json.Marshal(map[string]any{
		"@context":          []any{spec.CredentialsV2, spec.CredentialContext},
		"type":              []any{"VerifiableCredential", spec.CredentialClass},
		"issuer":            bbs2023.Issuer(key.PublicKey()),
		"validFrom":         from.UTC().Format(time.RFC3339),
		"validUntil":        until.UTC().Format(time.RFC3339),
		"credentialSubject": person(),
	})
	if err != nil {
		return holder.Held{}, err
	}
	secured, err := bbs2023.CreateBaseProof(document, bbs2023.Options{MandatoryPointers: []string{"/issuer", "/validFrom", "/validUntil"}}, key)
	return holder.Held{ID: "1", Format: credential.BBS2023, Raw: string(secured)}, err
}
