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
	"github.com/hyperledger/aries-framework-go/pkg/doc/signature/verifier"
	"github.com/hyperledger/aries-framework-go/pkg/doc/verifiable"
	"github.com/piprate/json-gold/ld"

	"github.com/halfmask/halfmask/spec"
)

// newBBS2020 is the older scheme for comparison: BbsBlsSignature2020 with
// BbsBlsSignatureProof2020, as aries-framework-go v0.3.2 has them.
func newBBS2020(e *Env) (Design, error) {
	f, err := newForm2020(e)
	if err != nil {
		return nil, err
	}
	return NewForm(e, f)
}

func newForm2020(e *Env) (*bbs2020, error) {
	contexts, err := newContexts2020()
	if err != nil {
		return nil, err
	}
	aries2020.Lock()
	defer aries2020.Unlock()
	f := &bbs2020{contexts: contexts}
	public, private, err := bbs12381g2pub.GenerateKeyPair(sha256.New, e.material("bbs-2020"))
	if err != nil {
		return nil, err
	}
	f.private = private
	if f.public, err = public.Marshal(); err != nil {
		return nil, err
	}
	return f, nil
}

const (
	credentialsV1 = "https://www.w3.org/2018/credentials/v1"
	bbs2020V1     = "https://w3id.org/security/bbs/v1"
	securityV2    = "https://w3id.org/security/v2"
	method2020    = "did:example:authority#bbs-2020"
	key2020       = "Bls12381G2Key2020"
)

// aries2020 guards the library's curve arithmetic, which shares buffers between
// all callers and gives points off the curve when two of them meet.
var aries2020 sync.Mutex

// bbs2020 is used by one goroutine at a time, as calls to a Design come.
type bbs2020 struct {
	private  *bbs12381g2pub.PrivateKey
	public   []byte
	contexts *contexts2020
}

// fallible: one presentation in some twenty thousand was refused with "bad
// signature", two in all; what the library does wrong then is not known, and
// forty thousand others did not show it.
func (f *bbs2020) fallible() {}

// Sign makes bbs2020 the signer of aries' suite.
func (f *bbs2020) Sign(data []byte) ([]byte, error) {
	key, err := f.private.Marshal()
	if err != nil {
		return nil, err
	}
	aries2020.Lock()
	defer aries2020.Unlock()
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
	// The same names for everybody: the suite loses its way among nodes
	// without a name.
	subject := maps.Clone(claims)
	subject["id"] = "urn:halfmask:person"
	text, err := json.Marshal(map[string]any{
		"@context":          order2020,
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
	vc, err := verifiable.ParseCredential(text, f.options(verifiable.WithDisabledProofCheck(), verifiable.WithCredDisableValidation())...)
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
	var document map[string]any
	if err := json.Unmarshal([]byte(credential), &document); err != nil {
		return "", err
	}
	subject := map[string]any{"@explicit": true}
	for _, name := range asked {
		subject[name] = map[string]any{}
	}
	reveal := map[string]any{
		"@context": document["@context"],
		"type":     []any{"VerifiableCredential", spec.CredentialClass}, "@explicit": true,
		"issuer": map[string]any{}, "issuanceDate": map[string]any{}, "expirationDate": map[string]any{},
		"credentialSubject": subject,
	}
	key := &keyAtLock{value: f.public}
	shown, err := bbsblssignatureproof2020.New().SelectiveDisclosure(document, reveal, []byte(audience+" "+nonce), key, jsonld.WithDocumentLoader(f.contexts))
	key.unlock()
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(shown)
	return string(text), err
}

// keyAtLock gives the authority's key, which the suite asks for right before
// its arithmetic, and takes the lock with it.
type keyAtLock struct {
	value  []byte
	locked bool
}

func (k *keyAtLock) Resolve(string) (*verifier.PublicKey, error) {
	if !k.locked {
		aries2020.Lock()
		k.locked = true
	}
	return &verifier.PublicKey{Type: key2020, Value: k.value}, nil
}

func (k *keyAtLock) unlock() {
	if k.locked {
		aries2020.Unlock()
	}
}

// lockedVerifier does the suite's arithmetic under the lock.
type lockedVerifier struct{ *verifier.PublicKeyVerifier }

func (v lockedVerifier) Verify(key *verifier.PublicKey, doc, signature []byte) error {
	aries2020.Lock()
	defer aries2020.Unlock()
	return v.PublicKeyVerifier.Verify(key, doc, signature)
}

func (f *bbs2020) Check(shown string, asked []string, audience, nonce string, now time.Time) (map[string]any, error) {
	var document struct {
		Contexts []string       `json:"@context"`
		Subject  map[string]any `json:"credentialSubject"`
	}
	if err := json.Unmarshal([]byte(shown), &document); err != nil {
		return nil, err
	}
	if !slices.Equal(document.Contexts, order2020) {
		return nil, fmt.Errorf("contexts %q instead of %q", document.Contexts, order2020)
	}
	proof := bbsblssignatureproof2020.New(suite.WithCompactProof(),
		suite.WithVerifier(lockedVerifier{bbsblssignatureproof2020.NewG2PublicKeyVerifier([]byte(audience + " " + nonce))}))
	vc, err := verifiable.ParseCredential([]byte(shown), f.options(verifiable.WithEmbeddedSignatureSuites(proof))...)
	switch {
	case err != nil:
		return nil, err
	case len(vc.Proofs) != 1:
		return nil, fmt.Errorf("%d proofs instead of one", len(vc.Proofs))
	case vc.Issued == nil || now.Before(vc.Issued.Time) || vc.Expired == nil || !now.Before(vc.Expired.Time):
		return nil, errors.New("not valid now")
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

// order2020 is how the contexts stand in every document here.
var order2020 = []string{credentialsV1, spec.CredentialContext, bbs2020V1}

// contexts2020 gives the contexts that are built in, and no others. Those that
// stand in every document, and the one that the suite compacts under, it
// processes once and gives as they are then: each upon those before it. So it
// is good for documents in that order alone.
type contexts2020 struct {
	documents map[string]any
	processed map[string]*ld.Context
}

func newContexts2020() (*contexts2020, error) {
	l := &contexts2020{documents: make(map[string]any), processed: make(map[string]*ld.Context)}
	texts := spec.Contexts()
	for _, document := range ariesembed.Contexts {
		texts[document.URL] = document.Content
	}
	for url, text := range texts {
		var parsed any
		if err := json.Unmarshal(text, &parsed); err == nil {
			l.documents[url] = parsed
		}
	}
	processed := make(map[string]*ld.Context)
	for _, list := range [][]string{order2020, {securityV2}} {
		options := ld.NewJsonLdOptions("")
		options.ProcessingMode, options.DocumentLoader = ld.JsonLd_1_1, l
		c := ld.NewContext(nil, options)
		for _, url := range list {
			var err error
			if c, err = c.Parse(url); err != nil {
				return nil, err
			}
			c.GetInverse()
			processed[url] = c
		}
	}
	l.processed = processed
	return l, nil
}

func (l *contexts2020) LoadDocument(url string) (*ld.RemoteDocument, error) {
	if c, ok := l.processed[url]; ok {
		return &ld.RemoteDocument{DocumentURL: url, Document: map[string]any{"@context": c}}, nil
	}
	document, ok := l.documents[url]
	if !ok {
		return nil, ld.NewJsonLdError(ld.LoadingDocumentFailed, url)
	}
	return &ld.RemoteDocument{DocumentURL: url, Document: document}, nil
}
