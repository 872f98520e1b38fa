package bbs2023

import (
	"bytes"
	"slices"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
)

const clauseDerive = "vc-di-bbs section 3.4.6"

// Derive makes what a holder shows: the part of a document with a base proof
// that its mandatory pointers and the given ones select, with a proof over
// it (vc-di-bbs section 3.4.6). The presentation header, at most 4096 bytes,
// is what the verifier asked the proof to be bound to, such as its nonce. A
// pointer that does not match is an error; nothing is disclosed that no
// pointer selects, apart from the types and ids on the way.
//
// Derive does not verify the signature: call VerifyBase once, when the
// credential arrives.
func Derive(secured []byte, selectivePointers []string, presentationHeader []byte) (derived []byte, err error) {
	return derive(secured, selectivePointers, presentationHeader, bbs.SHA256.ProofGen)
}

// proofGen is ProofGen of the BBS draft.
type proofGen func(pk *bbs.PublicKey, signature, header, ph []byte, messages [][]byte, disclosed []int) ([]byte, error)

// derive takes ProofGen as an argument, for vectors.
func derive(secured []byte, selectivePointers []string, presentationHeader []byte, prove proofGen) ([]byte, error) {
	if len(presentationHeader) > maxHeader {
		return nil, credential.Failed("presentation-header", clauseDerive, "%d bytes, at most %d are proved", len(presentationHeader), maxHeader)
	}
	b, err := readBase(secured)
	if err != nil {
		return nil, err
	}
	pk, err := bbs.ParsePublicKey(b.value.PublicKey)
	if err != nil {
		return nil, err
	}
	d, err := b.disclose(selectivePointers)
	if err != nil {
		return nil, err
	}
	proof, err := prove(pk, b.value.Signature, b.value.Header, presentationHeader, messages(b.nonMandatory), d.selectiveIndexes)
	if err != nil {
		return nil, err
	}
	value := &derivedValue{
		Proof:              proof,
		LabelMap:           d.labelMap,
		MandatoryIndexes:   d.mandatoryIndexes,
		SelectiveIndexes:   d.selectiveIndexes,
		PresentationHeader: append([]byte{}, presentationHeader...),
	}
	text, err := value.serialize()
	if err != nil {
		return nil, err
	}
	return secure(d.reveal, b.options, text)
}

// base is a document with a base proof, transformed again.
type base struct {
	*transformed
	options proofOptions
	value   *baseValue
}

// readBase reads a document with a base proof and repeats the issuer's
// transformation. The header of the base proof must be the one that follows.
func readBase(secured []byte) (*base, error) {
	whole, err := parseDocument(secured)
	if err != nil {
		return nil, err
	}
	document, o, proofValue, err := takeProof(whole)
	if err != nil {
		return nil, err
	}
	b := &base{options: o}
	if b.value, err = parseBaseValue(proofValue); err != nil {
		return nil, err
	}
	data, err := readDataset(document)
	if err != nil {
		return nil, err
	}
	if b.transformed, err = data.transform(b.value.HMACKey, b.value.MandatoryPointers); err != nil {
		return nil, err
	}
	h, err := header(o, data.context, b.mandatory)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(h, b.value.Header) {
		return nil, credential.Failed("header", "vc-di-bbs section 3.4.3", "the proof options or the mandatory part are not those that were signed")
	}
	return b, nil
}

// disclosure is the result of createDisclosureData without the BBS proof.
type disclosure struct {
	reveal           map[string]any
	labelMap         map[int]int // as in derivedValue
	mandatoryIndexes []int       // as in derivedValue
	selectiveIndexes []int       // as in derivedValue
	combined         []int       // disclosed statements among all lines
	selective        []int       // selected statements among all lines
}

// disclose is createDisclosureData (vc-di-bbs section 3.3.3).
func (b *base) disclose(selectivePointers []string) (*disclosure, error) {
	d := &disclosure{mandatoryIndexes: []int{}, selectiveIndexes: []int{}, labelMap: map[int]int{}}
	var part []statement
	var err error
	if d.selective, part, err = b.group(selectivePointers); err != nil {
		return nil, err
	}
	combinedPointers := slices.Concat(b.mandatoryPointers, selectivePointers)
	if len(combinedPointers) == 0 {
		return nil, credential.Failed("pointer", clausePointer, "nothing is selected and nothing is mandatory")
	}
	// What the combined pointers select is what either list selects.
	d.combined = slices.Concat(b.transformed.mandatoryIndexes, d.selective)
	slices.Sort(d.combined)
	d.combined = slices.Compact(d.combined)

	nonMandatory := 0
	for position, next := 0, 0; position < len(b.lines); position++ {
		isMandatory := next < len(b.transformed.mandatoryIndexes) && b.transformed.mandatoryIndexes[next] == position
		at, disclosed := slices.BinarySearch(d.combined, position)
		switch {
		case isMandatory:
			d.mandatoryIndexes = append(d.mandatoryIndexes, at)
			next++
		case disclosed:
			d.selectiveIndexes = append(d.selectiveIndexes, nonMandatory)
			nonMandatory++
		default:
			nonMandatory++
		}
	}

	selected, err := selectPointers(b.document, combinedPointers)
	if err != nil {
		return nil, err
	}
	d.reveal = selected.apply(b.document).(map[string]any)
	canonical, err := canonicalLabels(union(b.mandatoryPart, part))
	if err != nil {
		return nil, err
	}
	for label, n := range canonical {
		d.labelMap[n] = b.shuffled[label]
	}
	return d, nil
}

// union joins the statements of two parts of one document.
func union(a, b []statement) []statement {
	seen := make(map[statement]bool, len(a)+len(b))
	out := make([]statement, 0, len(a)+len(b))
	for _, s := range slices.Concat(a, b) {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}
