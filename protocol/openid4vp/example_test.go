package openid4vp_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/fetch"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// A verifier asks for one claim, by reference; a wallet fetches the request
// and declines.
func Example() {
	var request *openid4vp.Request
	mux := http.NewServeMux()
	mux.HandleFunc("GET /requests/1", func(w http.ResponseWriter, _ *http.Request) {
		object, err := request.Object()
		if err != nil {
			log.Print(err)
		}
		w.Header().Set("Content-Type", openid4vp.ObjectType)
		_, _ = io.WriteString(w, object)
	})
	mux.HandleFunc("POST /responses", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, openid4vp.MaxBody))
		if err != nil {
			log.Print(err)
		}
		response, err := openid4vp.ParseResponse(body)
		if err != nil {
			log.Print(err)
		}
		fmt.Println("the verifier learns:", response.Err.Code)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	query, err := openid4vp.ParseQuery([]byte(`{"credentials": [{
		"id": "person", "format": "dc+sd-jwt",
		"meta": {"vct_values": ["https://halfmask.example/vct/person/1"]},
		"claims": [{"path": ["age_over_18"], "values": [true]}]}]}`))
	if err != nil {
		log.Fatal(err)
	}
	request, err = openid4vp.NewRequest(server.URL+"/responses", *query, openid4vp.Metadata{
		Formats: map[credential.Format]openid4vp.FormatSupport{credential.SDJWT: {}},
	})
	if err != nil {
		log.Fatal(err)
	}
	uri := openid4vp.ByReference(request.ClientID, server.URL+"/requests/1") // shown as a QR code

	wallet := openid4vp.Client{HTTP: fetch.New(fetch.Options{AllowLoopback: true})}
	asked, err := wallet.Fetch(context.Background(), uri)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the wallet is asked for:", asked.Query.Credentials[0].Claims[0].Path)
	if _, err := wallet.Refuse(context.Background(), asked, openid4vp.AccessDenied); err != nil {
		log.Fatal(err)
	}
	// Output:
	// the wallet is asked for: ["age_over_18"]
	// the verifier learns: access_denied
}
