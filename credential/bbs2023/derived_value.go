package bbs2023

import (
	"bytes"

	"github.com/halfmask/halfmask/credential"
)

// derivedValue is what a derived proof carries, in CBOR's order.
type derivedValue struct {
	_                  struct{} `cbor:",toarray"`
	Proof              []byte
	LabelMap           map[int]int // N of c14nN in the derived document to N of the signed bN
	MandatoryIndexes   []int       // of mandatory statements among those disclosed
	SelectiveIndexes   []int       // of other disclosed statements among those not mandatory
	PresentationHeader []byte
}

// serialize is serializeDerivedProofValue; the label map is kept compressed
// throughout.
func (v *derivedValue) serialize() (string, error) { return encodeValue(derivedHeader, v) }

// parseDerivedValue is parseDerivedProofValue with the checks that need no
// document: indexes ascend, labels are distinct.
func parseDerivedValue(text string) (*derivedValue, error) {
	fail := func(format string, args ...any) (*derivedValue, error) {
		return nil, credential.Failed("derived-proof-value", clauseDerivedValue, format, args...)
	}
	octets, err := decodeMultibase(text)
	if err != nil {
		return fail("%w", err)
	}
	body, ok := bytes.CutPrefix(octets, derivedHeader)
	if !ok {
		return fail("not a derived proof of the baseline option: it starts with % x", octets[:min(3, len(octets))])
	}
	v := &derivedValue{}
	if err := decodeCBOR(body, v); err != nil {
		return fail("%w", err)
	}
	switch {
	case len(v.Proof) == 0 || len(v.Proof) > maxProofBytes:
		return fail("a proof of %d bytes", len(v.Proof))
	case v.LabelMap == nil || v.MandatoryIndexes == nil || v.SelectiveIndexes == nil || v.PresentationHeader == nil:
		return fail("null is none of its parts")
	case len(v.PresentationHeader) > maxHeader:
		return fail("a presentation header of %d bytes", len(v.PresentationHeader))
	case !ascending(v.MandatoryIndexes):
		return fail("mandatory indexes do not ascend within bounds")
	case !ascending(v.SelectiveIndexes):
		return fail("selective indexes do not ascend within bounds")
	}
	seen := map[int]bool{}
	for from, to := range v.LabelMap {
		if from < 0 || from >= len(v.LabelMap) || to < 0 || to >= maxLabelNumber || seen[to] {
			return fail("the label map is not one to one from c14n0 on")
		}
		seen[to] = true
	}
	return v, nil
}

func ascending(indexes []int) bool {
	last := -1
	for _, n := range indexes {
		if n <= last || n >= maxStatements {
			return false
		}
		last = n
	}
	return true
}
