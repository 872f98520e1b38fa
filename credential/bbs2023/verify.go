package bbs2023

import (
	"bytes"
	"reflect"
	"strings"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
)

const clauseVerify = "vc-di-bbs section 3.4.7"

// Verified is a document whose proof held.
type Verified struct {
	// Document is the disclosed document without its proof, as parsed from
	// JSON (numbers are float64). Its statements are signed. The shape of the
	// JSON is the presenter's: RDF does not tell a value from an array of
	// that one value, nor the order of an array.
	Document map[string]any
	// VerificationMethod is that of the proof; the key that verified is what
	// the caller returned for it.
	VerificationMethod string
	// Issuer is the id of the document's issuer, empty when it shows none. It
	// is a statement like any other: whether VerificationMethod speaks for it
	// is checked here when it is a DID, and left to the caller otherwise.
	Issuer string
	// Created is the date and time of the proof as signed, or empty.
	Created string
}

// Policy is what a verifier understands. The zero value is for the person
// credential.
type Policy struct {
	// Context is the @context that documents must have, member for member; nil
	// stands for PersonContext(). The context itself is not signed: under a
	// context of the presenter's choice a signed statement could appear as
	// another claim (VC Data Integrity section 4.6, Context Validation).
	Context []any
}

// Verify checks a document with a derived proof (vc-di-bbs section 3.4.7)
// under the policy for the person credential. key gives the public key for
// the verification method that the proof names; it must know only keys that
// are trusted, and its error is returned wrapped. presentationHeader is what
// this verifier asked for, never what came with the proof.
//
// A failed check is a *credential.Error that names it.
func Verify(derived []byte, key func(verificationMethod string) (*bbs.PublicKey, error), presentationHeader []byte) (*Verified, error) {
	return Policy{}.Verify(derived, key, presentationHeader)
}

// Verify is Verify under the policy p.
func (p Policy) Verify(derived []byte, key func(verificationMethod string) (*bbs.PublicKey, error), presentationHeader []byte) (*Verified, error) {
	whole, err := parseDocument(derived)
	if err != nil {
		return nil, err
	}
	document, o, proofValue, err := takeProof(whole)
	if err != nil {
		return nil, err
	}
	if err := p.checkContext(document); err != nil {
		return nil, err
	}
	value, err := parseDerivedValue(proofValue)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(value.PresentationHeader, presentationHeader) {
		return nil, credential.Failed("presentation-header", clauseVerify, "the proof is bound to another presentation header than this verifier's")
	}
	verified, err := identify(document, o)
	if err != nil {
		return nil, err
	}
	pk, err := lookUp(key, o.verificationMethod)
	if err != nil {
		return nil, err
	}
	data, err := createVerifyData(document, o, value)
	if err != nil {
		return nil, err
	}
	err = bbs.SHA256.ProofVerify(pk, value.Proof, data.header, presentationHeader, messages(data.nonMandatory), value.SelectiveIndexes)
	if err != nil {
		return nil, err
	}
	return verified, nil
}

func (p Policy) checkContext(document map[string]any) error {
	want := p.Context
	if want == nil {
		want = PersonContext()
	}
	if got, _ := document["@context"].([]any); !reflect.DeepEqual(got, want) {
		return credential.Failed("context", "VC Data Integrity section 4.6", "the document's @context is not the one that this verifier understands")
	}
	return nil
}

// identify finds the issuer of a document and, when it is a DID, demands that
// the verification method is one of its own.
func identify(document map[string]any, o proofOptions) (*Verified, error) {
	v := &Verified{Document: document, VerificationMethod: o.verificationMethod, Created: o.created}
	switch issuer := document["issuer"].(type) {
	case string:
		v.Issuer = issuer
	case map[string]any:
		v.Issuer, _ = issuer["id"].(string)
	}
	if _, has := document["issuer"]; has && v.Issuer == "" {
		return nil, credential.Failed("issuer", "VC Data Model 2.0 section 4.7", "issuer is neither a URL nor an object with one")
	}
	controller, _, _ := strings.Cut(o.verificationMethod, "#")
	if strings.HasPrefix(v.Issuer, "did:") && v.Issuer != controller {
		return nil, credential.Failed("issuer", "VC Data Integrity section 4.4", "verification method %s is not one of issuer %s", quote(o.verificationMethod), quote(v.Issuer))
	}
	return v, nil
}

func lookUp(key func(string) (*bbs.PublicKey, error), method string) (*bbs.PublicKey, error) {
	const check, clause = "verification-method", "VC Data Integrity section 4.5"
	pk, err := key(method)
	if err != nil {
		return nil, &credential.Error{Check: check, Clause: clause, Err: err}
	}
	if pk == nil {
		return nil, credential.Failed(check, clause, "no key is trusted for %s", quote(method))
	}
	return pk, nil
}

// verifyData is the result of createVerifyData.
type verifyData struct {
	header       []byte
	mandatory    []string
	nonMandatory []string
}

// createVerifyData relabels the statements of a derived document and parts
// them (vc-di-bbs section 3.3.8). The counts must be exactly those of the
// proof value.
func createVerifyData(document map[string]any, o proofOptions, value *derivedValue) (*verifyData, error) {
	const clause = "vc-di-bbs section 3.3.8"
	data, err := readDataset(document)
	if err != nil {
		return nil, err
	}
	if len(value.LabelMap) != len(data.canonical) {
		return nil, credential.Failed("label-map", clause, "%d labels for %d objects without an id", len(value.LabelMap), len(data.canonical))
	}
	numbers := make(map[string]int, len(data.canonical))
	for label, n := range data.canonical {
		numbers[label] = value.LabelMap[n]
	}
	lines := canonicalLines(data.statements, "b", numbers)
	if n := len(value.MandatoryIndexes); n > 0 && value.MandatoryIndexes[n-1] >= len(lines) {
		return nil, credential.Failed("mandatory-indexes", clause, "index %d of %d statements", value.MandatoryIndexes[n-1], len(lines))
	}
	v := &verifyData{}
	v.mandatory, v.nonMandatory = split(lines, value.MandatoryIndexes)
	if len(v.nonMandatory) != len(value.SelectiveIndexes) {
		return nil, credential.Failed("selective-indexes", clause, "%d indexes for %d statements", len(value.SelectiveIndexes), len(v.nonMandatory))
	}
	if v.header, err = header(o, data.context, v.mandatory); err != nil {
		return nil, err
	}
	return v, nil
}

// Issued is a credential that a holder received and whose signature held.
type Issued struct {
	Verified
	// Ordered tells that the labels of the objects are in document order, so
	// that no derived proof shows a mark of this credential in them. It holds
	// for what CreateBaseProof makes of documents of at most 4 objects without
	// an id; a false here is no error, other issuers need not do so.
	Ordered bool
}

// VerifyBase is a holder's check on receipt: the base proof of a document is
// a signature, under the key for its verification method, on every statement.
// The contexts may be any that this build knows. The specification leaves
// this step to the holder.
func VerifyBase(secured []byte, key func(verificationMethod string) (*bbs.PublicKey, error)) (*Issued, error) {
	b, err := readBase(secured)
	if err != nil {
		return nil, err
	}
	verified, err := identify(b.document, b.options)
	if err != nil {
		return nil, err
	}
	pk, err := lookUp(key, b.options.verificationMethod)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(pk.Bytes(), b.value.PublicKey) {
		return nil, credential.Failed("verification-method", clauseBaseValue, "the base proof carries another public key than its verification method")
	}
	if err := bbs.SHA256.Verify(pk, b.value.Signature, b.value.Header, messages(b.nonMandatory)); err != nil {
		return nil, err
	}
	return &Issued{Verified: *verified, Ordered: inDocumentOrder(b.shuffled, b.labels)}, nil
}
