package issuer

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/spec/strictjson"
)

// The VC API of the W3C credentials community (w3c-ccg.github.io/vc-api), for
// conformance runs: POST /credentials/issue signs any document with bbs-2023,
// POST /credentials/derive shows a part of one, as a holder's service would.
// Both need the operator's token, and a key of their own: what is signed here
// says nothing of an enrolled person, and nobody who trusts the issuer of
// person-bbs trusts it.

type issueRequest struct {
	Credential json.RawMessage `json:"credential"`
	Options    struct {
		MandatoryPointers []string `json:"mandatoryPointers"`
	} `json:"options"`
}

type deriveRequest struct {
	Credential json.RawMessage `json:"verifiableCredential"`
	Options    struct {
		SelectivePointers []string `json:"selectivePointers"`
	} `json:"options"`
}

type vcAPIAnswer struct {
	Credential json.RawMessage `json:"verifiableCredential"`
}

const (
	maxVCAPIRequest = 512 << 10 // bytes
	maxVCAPIDepth   = 32
)

func (s *Server) serveIssueCredential(w http.ResponseWriter, r *http.Request) error {
	var request issueRequest
	if err := s.readVCAPI(w, r, &request); err != nil {
		return err
	}
	document, err := s.withConformanceIssuer(request.Credential)
	if err != nil {
		return err
	}
	secured, err := bbs2023.CreateBaseProof(document, bbs2023.Options{MandatoryPointers: request.Options.MandatoryPointers}, s.conformance)
	return answerVCAPI(w, secured, err)
}

// withConformanceIssuer puts the did:key of the conformance key into a
// document that names no issuer, and refuses one that names another.
func (s *Server) withConformanceIssuer(document json.RawMessage) ([]byte, error) {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(document, &members); err != nil {
		return nil, refuse(http.StatusBadRequest, "invalid_request", "credential must be an object")
	}
	ours := bbs2023.Issuer(s.conformance.PublicKey())
	switch named, err := issuerOf(members["issuer"]); {
	case err != nil:
		return nil, err
	case named == "":
		text, err := json.Marshal(ours)
		if err != nil {
			return nil, err
		}
		members["issuer"] = text
	case named != ours:
		return nil, refuse(http.StatusBadRequest, "invalid_request", "the issuer must be %s, or left out", ours)
	}
	return json.Marshal(members)
}

func issuerOf(member json.RawMessage) (string, error) {
	if member == nil {
		return "", nil
	}
	var name string
	if json.Unmarshal(member, &name) == nil {
		return name, nil
	}
	var object struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(member, &object); err != nil || object.ID == "" {
		return "", refuse(http.StatusBadRequest, "invalid_request", "issuer must be a URL or an object with an id")
	}
	return object.ID, nil
}

func (s *Server) serveDeriveCredential(w http.ResponseWriter, r *http.Request) error {
	var request deriveRequest
	if err := s.readVCAPI(w, r, &request); err != nil {
		return err
	}
	derived, err := bbs2023.Derive(request.Credential, request.Options.SelectivePointers, nil)
	return answerVCAPI(w, derived, err)
}

func (s *Server) readVCAPI(w http.ResponseWriter, r *http.Request, into any) error {
	if s.conformance == nil {
		return refuse(http.StatusNotFound, "invalid_request", "this issuer does not offer the VC API")
	}
	if err := s.authorize(w, r); err != nil {
		return err
	}
	body, err := readJSON(w, r, maxVCAPIRequest)
	if err != nil {
		return err
	}
	if err := strictjson.DecodeKnown(body, into, strictjson.Limits{Bytes: maxVCAPIRequest, Depth: maxVCAPIDepth}); err != nil {
		return refuse(http.StatusBadRequest, "invalid_request", "the request: %v", err)
	}
	return nil
}

func answerVCAPI(w http.ResponseWriter, document []byte, err error) error {
	var failed *credential.Error
	if errors.As(err, &failed) {
		return refuse(http.StatusBadRequest, "invalid_credential", "%v", failed)
	}
	if err != nil {
		return err
	}
	return answer(w, http.StatusCreated, vcAPIAnswer{document})
}
