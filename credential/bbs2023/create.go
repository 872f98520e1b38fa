package bbs2023

import (
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
)

const clauseCreate = "vc-di-bbs section 3.4.1"

// Options of a base proof. The zero value signs with the did:key of the key,
// without a date and with nothing mandatory.
type Options struct {
	// VerificationMethod is the URL under which a verifier finds the public
	// key. Empty stands for VerificationMethod(key.PublicKey()).
	VerificationMethod string
	// Created is shown in every derived proof, to the second and in UTC: make
	// it coarse, such as the start of an epoch, or leave it zero for none.
	Created time.Time
	// MandatoryPointers are JSON pointers (RFC 6901) to what every derived
	// proof discloses. They should be the same for all holders.
	MandatoryPointers []string
}

// CreateBaseProof signs each statement of a document, a JSON-LD object
// without proof of at most 256 KiB and 1,024 statements, and adds the proof
// (vc-di-bbs section 3.4.1). The result is for the holder alone: it carries
// the signature and the HMAC key. A document with a member that would not be
// signed is refused, as is one with a pointer that does not match.
func CreateBaseProof(document []byte, options Options, key *bbs.SecretKey) (secured []byte, err error) {
	return createBaseProof(document, options, key, newHMACKey)
}

// createBaseProof takes the source of HMAC keys as an argument, for vectors.
func createBaseProof(text []byte, options Options, key *bbs.SecretKey, hmacKey func(map[string]int, []string) ([]byte, error)) ([]byte, error) {
	if key == nil {
		return nil, credential.Failed("key", clauseCreate, "no secret key")
	}
	document, err := parseDocument(text)
	if err != nil {
		return nil, err
	}
	if _, has := document["proof"]; has {
		return nil, credential.Failed("proof", clauseCreate, "the document has a proof already")
	}
	o := proofOptions{verificationMethod: options.VerificationMethod}
	if o.verificationMethod == "" {
		o.verificationMethod = VerificationMethod(key.PublicKey())
	}
	if !options.Created.IsZero() {
		o.created = options.Created.UTC().Format("2006-01-02T15:04:05Z")
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	data, err := readDataset(document)
	if err != nil {
		return nil, err
	}
	hmac, err := hmacKey(data.canonical, data.labels)
	if err != nil {
		return nil, err
	}
	t, err := data.transform(hmac, options.MandatoryPointers)
	if err != nil {
		return nil, err
	}
	value, err := t.sign(o, key)
	if err != nil {
		return nil, err
	}
	return secure(document, o, value)
}

// transformed is the result of Base Proof Transformation.
type transformed struct {
	*dataset
	hmacKey           []byte
	shuffled          map[string]int // blank node label to N of bN
	mandatoryPointers []string
	lines             []string    // all statements, canonical, under the shuffled labels
	mandatoryIndexes  []int       // of the mandatory ones among lines
	mandatoryPart     []statement // the same, before labelling
	mandatory         []string
	nonMandatory      []string
}

// transform is Base Proof Transformation (vc-di-bbs section 3.4.2).
func (d *dataset) transform(hmacKey []byte, mandatoryPointers []string) (*transformed, error) {
	t := &transformed{dataset: d, hmacKey: hmacKey, mandatoryPointers: mandatoryPointers, shuffled: shuffleLabels(hmacKey, d.canonical)}
	t.lines = canonicalLines(d.statements, "b", t.shuffled)
	var err error
	if t.mandatoryIndexes, t.mandatoryPart, err = t.group(mandatoryPointers); err != nil {
		return nil, err
	}
	t.mandatory, t.nonMandatory = split(t.lines, t.mandatoryIndexes)
	return t, nil
}

// group gives the indexes among the lines, and the statements, of what
// pointers select.
func (t *transformed) group(pointers []string) ([]int, []statement, error) {
	part, err := t.statementsAt(pointers)
	if err != nil {
		return nil, nil, err
	}
	indexes, err := indexesOf(t.lines, canonicalLines(part, "b", t.shuffled))
	return indexes, part, err
}

// sign is Base Proof Hashing and Base Proof Serialization (vc-di-bbs sections
// 3.4.3 and 3.4.5).
func (t *transformed) sign(o proofOptions, key *bbs.SecretKey) (string, error) {
	h, err := header(o, t.context, t.mandatory)
	if err != nil {
		return "", err
	}
	signature, err := bbs.SHA256.Sign(key, h, messages(t.nonMandatory))
	if err != nil {
		return "", err
	}
	v := &baseValue{
		Signature:         signature,
		Header:            h,
		PublicKey:         key.PublicKey().Bytes(),
		HMACKey:           t.hmacKey,
		MandatoryPointers: append([]string{}, t.mandatoryPointers...),
	}
	return v.serialize()
}

// secure adds a proof to a document and writes it.
func secure(document map[string]any, o proofOptions, proofValue string) ([]byte, error) {
	secured := make(map[string]any, len(document)+1)
	for name, value := range document {
		secured[name] = value
	}
	proof := o.members()
	proof["proofValue"] = proofValue
	secured["proof"] = proof
	return marshal(secured)
}
