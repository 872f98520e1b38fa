package exposure

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hyperledger/aries-framework-go/pkg/crypto/primitive/bbs12381g2pub"
	ariesembed "github.com/hyperledger/aries-framework-go/pkg/doc/ldcontext/embed"
	"github.com/hyperledger/aries-framework-go/pkg/doc/signature/jsonld"
	"github.com/hyperledger/aries-framework-go/pkg/doc/signature/suite"
	"github.com/hyperledger/aries-framework-go/pkg/doc/signature/suite/bbsblssignature2020"
	"github.com/hyperledger/aries-framework-go/pkg/doc/signature/suite/bbsblssignatureproof2020"
	"github.com/hyperledger/aries-framework-go/pkg/doc/verifiable"
	"github.com/piprate/json-gold/ld"

	"github.com/halfmask/halfmask/spec"
)

// newBBS2020 is the older scheme for comparison: BbsBlsSignature2020 with
// BbsBlsSignatureProof2020, as aries-framework-go v0.3.2 has them.
func newBBS2020(e *Env) (Design, error) {
	f := &bbs2020{contexts: contexts2020()}
	public, private, err := bbs12381g2pub.GenerateKeyPair(sha256.New, e.material("bbs-2020"))
	if err != nil {
		return nil, err
	}
	f.private = private
	if f.public, err = public.Marshal(); err != nil {
		return nil, err
	}
	return NewForm(e, f)
}

const (
	credentialsV1 = "https://www.w3.org/2018/credentials/v1"
	bbs2020V1     = "https://w3id.org/security/bbs/v1"
	method2020    = "did:example:authority#bbs-2020"
	key2020       = "Bls12381G2Key2020"
)

// aries2020 guards the library's curve arithmetic, which shares buffers between
// all callers and gives points off the curve when two of them meet.
var aries2020 sync.Mutex

type bbs2020 struct {
	private  *bbs12381g2pub.PrivateKey
	public   []byte
	contexts contextLoader
}

// Sign makes bbs2020 the signer of aries' suite.
func (f *bbs2020) Sign(data []byte) ([]byte, error) {
	key, err := f.private.Marshal()
	if err != nil {
		return nil, err
	}
	return bbs12381g2pub.New().Sign(statements(data), key)
}

func (f *bbs2020) Alg() string { return "" }

// statements cuts canonical RDF into the messages to sign.
func statements(data []byte) (messages [][]byte) {
	for line := range bytes.Lines(data) {
		if line = bytes.TrimRight(line, "\n"); len(bytes.TrimSpace(line)) > 0 {
			messages = append(messages, line)
		}
	}
	return messages
}

func (f *bbs2020) options(more ...verifiable.CredentialOpt) []verifiable.CredentialOpt {
	return append(more, verifiable.WithJSONLDDocumentLoader(f.contexts),
		verifiable.WithPublicKeyFetcher(verifiable.SingleKey(f.public, key2020)))
}

func (f *bbs2020) Issue(claims map[string]any, from, until time.Time) (string, error) {
	aries2020.Lock()
	defer aries2020.Unlock()
	// The same names for everybody: the suite loses its way among nodes
	// without a name.
	subject := maps.Clone(claims)
	subject["id"] = "urn:halfmask:person"
	text, err := json.Marshal(map[string]any{
		"@context":          []string{credentialsV1, spec.CredentialContext, bbs2020V1},
		"id":                "urn:halfmask:credential",
		"type":              []string{"VerifiableCredential", spec.CredentialClass},
		"issuer":            "did:example:authority",
		"issuanceDate":      from.UTC().Format(time.RFC3339),
		"expirationDate":    until.UTC().Format(time.RFC3339),
		"credentialSubject": subject,
	})
	if err != nil {
		return "", err
	}
	vc, err := verifiable.ParseCredential(text, f.options(verifiable.WithDisabledProofCheck())...)
	if err != nil {
		return "", err
	}
	// The time of the proof is the authority's to choose, too.
	err = vc.AddLinkedDataProof(&verifiable.LinkedDataProofContext{
		SignatureType: "BbsBlsSignature2020", SignatureRepresentation: verifiable.SignatureProofValue,
		Suite:              bbsblssignature2020.New(suite.WithSigner(f)),
		VerificationMethod: method2020, Created: &from,
	}, jsonld.WithDocumentLoader(f.contexts))
	if err != nil {
		return "", err
	}
	secured, err := vc.MarshalJSON()
	return string(secured), err
}

func (f *bbs2020) Show(credential string, asked []string, audience, nonce string) (string, error) {
	aries2020.Lock()
	defer aries2020.Unlock()
	vc, err := verifiable.ParseCredential([]byte(credential), f.options(verifiable.WithDisabledProofCheck())...)
	if err != nil {
		return "", err
	}
	subject := map[string]any{"@explicit": true}
	for _, name := range asked {
		subject[name] = map[string]any{}
	}
	reveal := map[string]any{
		"@context": []any{credentialsV1, spec.CredentialContext, bbs2020V1},
		"type":     []any{"VerifiableCredential", spec.CredentialClass}, "@explicit": true,
		"issuer": map[string]any{}, "issuanceDate": map[string]any{}, "expirationDate": map[string]any{},
		"credentialSubject": subject,
	}
	shown, err := vc.GenerateBBSSelectiveDisclosure(reveal, []byte(audience+" "+nonce), f.options()...)
	if err != nil {
		return "", err
	}
	text, err := shown.MarshalJSON()
	return string(text), err
}

func (f *bbs2020) Check(shown string, asked []string, audience, nonce string, now time.Time) (map[string]any, error) {
	aries2020.Lock()
	defer aries2020.Unlock()
	proof := bbsblssignatureproof2020.New(suite.WithCompactProof(),
		suite.WithVerifier(bbsblssignatureproof2020.NewG2PublicKeyVerifier([]byte(audience+" "+nonce))))
	vc, err := verifiable.ParseCredential([]byte(shown), f.options(verifiable.WithEmbeddedSignatureSuites(proof))...)
	switch {
	case err != nil:
		return nil, err
	case len(vc.Proofs) != 1:
		return nil, fmt.Errorf("%d proofs instead of one", len(vc.Proofs))
	case vc.Issued == nil || now.Before(vc.Issued.Time) || vc.Expired == nil || !now.Before(vc.Expired.Time):
		return nil, errors.New("not valid now")
	}
	var document struct {
		Subject map[string]any `json:"credentialSubject"`
	}
	if err := json.Unmarshal([]byte(shown), &document); err != nil {
		return nil, err
	}
	claims := make(map[string]any)
	for name, value := range document.Subject {
		// Strings come back from RDF under their whole names.
		if name = name[strings.LastIndexByte(name, '#')+1:]; slices.Contains(spec.Claims, name) {
			claims[name] = value
		}
	}
	return claims, nil
}

// contextLoader gives the contexts that are built in, and no others.
type contextLoader map[string]any

func contexts2020() contextLoader {
	loader := make(contextLoader)
	texts := spec.Contexts()
	for _, document := range ariesembed.Contexts {
		texts[document.URL] = document.Content
	}
	for url, text := range texts {
		var parsed any
		if err := json.Unmarshal(text, &parsed); err == nil {
			loader[url] = parsed
		}
	}
	return loader
}

func (l contextLoader) LoadDocument(url string) (*ld.RemoteDocument, error) {
	document, ok := l[url]
	if !ok {
		return nil, ld.NewJsonLdError(ld.LoadingDocumentFailed, url)
	}
	return &ld.RemoteDocument{DocumentURL: url, Document: document}, nil
}
