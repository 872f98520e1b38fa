package main

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/glebarez/sqlite"

	"github.com/privacybydesign/irmago/common/clientmodels"
	"github.com/privacybydesign/irmago/eudi"
	"github.com/privacybydesign/irmago/eudi/credentials/sdjwtvc"
	"github.com/privacybydesign/irmago/eudi/credentials/sdjwtvc/typemetadata"
	"github.com/privacybydesign/irmago/eudi/credentials/statuslist"
	eudi_jwt "github.com/privacybydesign/irmago/eudi/jwt"
	"github.com/privacybydesign/irmago/eudi/openid4vci"
	"github.com/privacybydesign/irmago/eudi/openid4vp"
	"github.com/privacybydesign/irmago/eudi/openid4vp/dcql"
	"github.com/privacybydesign/irmago/eudi/openid4vp/eudi_sdjwt_dcql"
	"github.com/privacybydesign/irmago/eudi/sdjwt"
	"github.com/privacybydesign/irmago/eudi/services"
	"github.com/privacybydesign/irmago/eudi/storage"
	"github.com/privacybydesign/irmago/eudi/storage/db"
	"github.com/privacybydesign/irmago/eudi/storage/filesystem"
)

type wallet struct {
	issuance     *openid4vci.Client
	presentation *openid4vp.Client
}

// newWallet makes a wallet that trusts these authorities of issuers and
// verifiers, in the developer mode that allows http; mend gets it around a
// bug.
func newWallet(authorities []string, mend bool) (*wallet, error) {
	dir, err := os.MkdirTemp("", "irmago-")
	if err != nil {
		return nil, err
	}
	var key [32]byte
	if _, err := rand.Read(key[:]); err != nil {
		return nil, err
	}
	store, err := storage.NewStorageWithDialector(sqlite.Open("file:"+rand.Text()+"?mode=memory&cache=shared"), filesystem.NewFileSystemStorage(key, dir))
	if err != nil {
		return nil, err
	}
	config, err := eudi.NewConfiguration(store)
	if err != nil {
		return nil, err
	}
	for _, authority := range authorities {
		for _, of := range []filesystem.FileSystemContainer{store.FileSystem().Issuers(), store.FileSystem().Verifiers()} {
			if err := of.CertificateManager().InstallCertificate([]byte(authority)); err != nil {
				return nil, err
			}
		}
	}
	config.SetCertificateVerificationMode(eudi.DeveloperModeCertificateVerification)
	if err := config.Reload(); err != nil {
		return nil, err
	}

	locale := clientmodels.NewCurrentLocale("en")
	clock := eudi_jwt.NewSystemClock()
	credentials := db.NewCredentialStore(store.Db())
	status := statuslist.NewChecker(statuslist.VerificationContext{X509Context: &config.Issuers, Clock: clock}, db.NewStatusListCacheStore(store.Db()))
	revocation := services.NewRevocationService(status, credentials)
	holderKeys := services.NewHolderBindingKeyService(store.Db())

	w := &wallet{}
	client := &http.Client{Timeout: 20 * time.Second}
	if mend {
		client.Transport = byScope{}
	}
	w.issuance, err = openid4vci.NewClient(
		client, config,
		sdjwtvc.NewHolderVerificationProcessor(sdjwtvc.SdJwtVcVerificationContext{
			X509VerificationContext: &config.Issuers, Clock: clock, JwtVerifier: sdjwt.NewJwxJwtVerifier(), StatusChecker: status,
		}),
		services.NewCredentialService(credentials, db.NewHolderBindingKeyStore(store.Db()), store.FileSystem(), revocation, locale),
		holderKeys, locale)
	if err != nil {
		return nil, err
	}
	w.issuance.SetAllowInsecureHttp(true)
	handler := eudi_sdjwt_dcql.NewSdJwtVcDcqlHandler(store, credentials,
		typemetadata.NewDefaultVctFetcher(nil), typemetadata.NewDefaultIssuerFetcher(nil), sdjwt.NewDefaultKeyBinder(holderKeys), locale, revocation)
	w.presentation, err = openid4vp.NewClient(config, []dcql.DcqlCredentialQueryHandler{handler},
		openid4vp.NewCompositeVerifierValidator(
			openid4vp.NewRequestorCertificateStoreVerifierValidator(&config.Verifiers, &openid4vp.DefaultQueryValidatorFactory{}),
			openid4vp.NewDidVerifierValidator(true)), locale)
	return w, err
}

// session answers what the wallet asks its owner, with yes, and waits for the
// end.
type session struct {
	txCode *string
	done   chan error
	claims map[string]any // of what was issued
}

const patience = 50 * time.Second

func (s *session) wait() error {
	select {
	case err := <-s.done:
		return err
	case <-time.After(patience):
		return &refusal{"no end in " + patience.String()}
	}
}

func (s *session) end(err error) {
	select {
	case s.done <- err:
	default: // it ended before
	}
}

func (s *session) Failure(err *clientmodels.SessionError) { s.end(&refusal{err.WrappedError}) }
func (s *session) Cancelled()                             { s.end(&refusal{"cancelled"}) }

// callback is the wallet's redirect URI.
const callback = "https://wallet.example/callback"

// accept redeems an offer and stores what it brings.
func (w *wallet) accept(offer string, txCode *string) (any, error) {
	s := &issuance{session{txCode: txCode, done: make(chan error, 1), claims: map[string]any{}}}
	w.issuance.NewSession(1, offer, callback, s)
	err := s.wait()
	return map[string]any{"claims": s.claims}, err
}

type issuance struct{ session }

func (s *issuance) Success(_ string, issued []*clientmodels.Credential) {
	for _, c := range issued {
		for _, a := range c.Attributes {
			if name, ok := a.ClaimPath[0].(string); ok && a.Value != nil {
				s.claims[name] = a.Value
			}
		}
	}
	s.end(nil)
}

func (s *issuance) RequestPreAuthorizedCodeFlowPermission(_ *clientmodels.PreAuthorizedCodeFlowPermissionRequest, _ *clientmodels.TrustedParty, answer openid4vci.TokenPermissionHandler) {
	answer(true, s.txCode)
}

// RequestAuthorizationCodeFlowPermission lets the person log in, in a browser
// that goes as far as the wallet's redirect URI.
func (s *issuance) RequestAuthorizationCodeFlowPermission(r *clientmodels.AuthorizationCodeFlowRequest, _ *clientmodels.TrustedParty, answer openid4vci.AuthCodeHandler) {
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	page, err := browser.Get(r.AuthorizationEndpoint + "?" + url.Values(r.AuthorizationParameters).Encode())
	if err != nil {
		s.end(err)
		return
	}
	defer page.Body.Close()
	back := page.Header.Get("Location")
	answer(true, &back)
}

func (s *issuance) RequestPermission(_ []*clientmodels.Credential, _ *clientmodels.TrustedParty, answer openid4vci.PermissionHandler) {
	answer(true)
}

// present answers a request with the first credential that fits each of its
// queries.
func (w *wallet) present(request string) (any, error) {
	s := &presentation{session: session{done: make(chan error, 1)}}
	w.presentation.NewSession(request, s)
	err := s.wait()
	return map[string]any{"verifier": s.verifier}, err
}

// presentDC answers a request that a browser handed over, and gives the
// browser the answer.
func (w *wallet) presentDC(request *openid4vp.DcApiRequest) (any, error) {
	s := &presentation{session: session{done: make(chan error, 1)}}
	w.presentation.NewDcApiSession(request, s)
	err := s.wait()
	return json.RawMessage(s.answer), err
}

type presentation struct {
	session
	verifier, answer string
}

func (s *presentation) Success(string, []clientmodels.LogCredential) { s.end(nil) }
func (s *presentation) DeliverDcApiResponse(answer string)           { s.answer = answer }

func (s *presentation) RequestVerificationPermission(plan *clientmodels.DisclosurePlan, verifier *clientmodels.TrustedParty, queries map[string]string, answer openid4vp.PermissionHandler) {
	s.verifier = verifier.Name
	if plan.IssueDuringDisclosure != nil {
		s.end(&refusal{"the wallet holds nothing that fits"})
		answer(false, nil)
		return
	}
	var chosen []dcql.DisclosureSelection
	for _, choice := range plan.DisclosureChoicesOverview {
		for _, c := range choice.OwnedOptions[0].Credentials {
			selection := dcql.DisclosureSelection{QueryId: queries[c.Hash], CredentialHash: c.Hash}
			for _, a := range c.Attributes {
				selection.ClaimPaths = append(selection.ClaimPaths, a.ClaimPath)
			}
			chosen = append(chosen, selection)
		}
	}
	answer(true, chosen)
}

// byScope takes authorization_details out of pushed authorization requests,
// in which scope says the same. The wallet sends both, gets credential
// identifiers for the former, and asks for its credential without one, which
// OpenID4VCI 1.0 section 8.2 forbids.
type byScope struct{}

func (byScope) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/par") {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		form, err := url.ParseQuery(string(text))
		if err != nil {
			return nil, err
		}
		form.Del("authorization_details")
		changed := form.Encode()
		r = r.Clone(r.Context())
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(changed)), int64(len(changed))
	}
	return http.DefaultTransport.RoundTrip(r)
}
