package verifier

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec/strictjson"
)

// The VC API of the W3C credentials community (w3c-ccg.github.io/vc-api), for
// conformance runs: POST /credentials/verify and POST /presentations/verify
// check documents with derived bbs-2023 proofs by trusted issuers, under any
// of the contexts that are built in. They are the back end's, keep nothing and
// give no claims out; an issuer has /credentials/derive.

const (
	maxVCAPI      = 512 << 10 // bytes of a request
	maxVCAPIDepth = 32
	maxVCAPICount = 16 // credentials in a presentation
)

type verifyCredential struct {
	Credential json.RawMessage `json:"verifiableCredential"`
	Options    verifyOptions   `json:"options"`
}

type verifyPresentation struct {
	Presentation struct {
		Credentials json.RawMessage `json:"verifiableCredential"`
		Proof       json.RawMessage `json:"proof"`
	} `json:"verifiablePresentation"`
	Options verifyOptions `json:"options"`
}

// verifyOptions say what proofs are bound to: the presentation header of
// openid4vp for both, the empty one for neither.
type verifyOptions struct {
	Challenge string `json:"challenge"`
	Domain    string `json:"domain"`
}

func (o verifyOptions) presentationHeader() []byte {
	if o == (verifyOptions{}) {
		return nil
	}
	return openid4vp.PresentationHeader(o.Domain, o.Challenge)
}

// problem is an entry of problemDetails (RFC 9457).
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

type verification struct {
	Verified bool      `json:"verified"`
	Problems []problem `json:"problemDetails"`
}

func (s *Server) serveVerifyCredential(w http.ResponseWriter, r *http.Request) {
	var request verifyCredential
	if readVCAPI(w, r, &request) {
		s.replyVerified(w, []json.RawMessage{request.Credential}, request.Options)
	}
}

func (s *Server) serveVerifyPresentation(w http.ResponseWriter, r *http.Request) {
	var request verifyPresentation
	if !readVCAPI(w, r, &request) {
		return
	}
	if request.Presentation.Proof != nil {
		replyProblem(w, credential.Failed("presentation-proof", "vc-di-bbs section 3.4", "proofs of a holder over a presentation are not supported: bbs-2023 has none"))
		return
	}
	list := []json.RawMessage{request.Presentation.Credentials}
	if c := request.Presentation.Credentials; len(c) > 0 && c[0] == '[' {
		list = nil
		if err := json.Unmarshal(c, &list); err != nil {
			replyProblem(w, err)
			return
		}
	}
	if len(list) == 0 || len(list) > maxVCAPICount {
		replyProblem(w, credential.Failed("presentation", "VC Data Model 2.0 section 4.13", "not 1 to %d credentials", maxVCAPICount))
		return
	}
	s.replyVerified(w, list, request.Options)
}

func (s *Server) replyVerified(w http.ResponseWriter, list []json.RawMessage, o verifyOptions) {
	for _, document := range list {
		if err := s.verifyDocument(document, o); err != nil {
			replyProblem(w, err)
			return
		}
	}
	reply(w, http.StatusOK, verification{true, []problem{}})
}

// verifyDocument checks a document with a derived proof and its time.
func (s *Server) verifyDocument(document []byte, o verifyOptions) error {
	var own struct {
		Context []any `json:"@context"`
	}
	if err := strictjson.DecodeKnown(document, &own, strictjson.Limits{Bytes: maxVCAPI, Depth: maxVCAPIDepth}); err != nil {
		return credential.Failed("document-json", "VC Data Model 2.0 section 4", "%w", err)
	}
	if len(own.Context) == 0 {
		return credential.Failed("context", "VC Data Model 2.0 section 4.3", "@context is missing")
	}
	v, err := bbs2023.Policy{Context: own.Context}.Verify(document, s.bbsKey, o.presentationHeader())
	if err != nil {
		return err
	}
	now := s.config.Now()
	for name, outside := range map[string]func(time.Time) bool{"validFrom": now.Before, "validUntil": func(t time.Time) bool { return !now.Before(t) }} {
		value, there := v.Document[name]
		if !there {
			continue
		}
		text, _ := value.(string)
		if t, err := time.Parse(time.RFC3339, text); err != nil || outside(t) {
			return credential.Failed("validity", "VC Data Model 2.0 section 4.9", "outside its %s", name)
		}
	}
	return nil
}

func readVCAPI(w http.ResponseWriter, r *http.Request, into any) bool {
	body, ok := readBody(w, r, "application/json", maxVCAPI)
	if !ok {
		return false
	}
	if err := strictjson.DecodeKnown(body, into, strictjson.Limits{Bytes: maxVCAPI, Depth: maxVCAPIDepth}); err != nil {
		replyProblem(w, credential.Failed("request", "VC API", "%w", err))
		return false
	}
	return true
}

// replyProblem says what did not hold. The title is the name of the check.
func replyProblem(w http.ResponseWriter, err error) {
	title := "request"
	var failed *credential.Error
	if errors.As(err, &failed) {
		title = failed.Check
	}
	reply(w, http.StatusBadRequest, verification{false, []problem{{"https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR", title, detail(err)}}})
}
