package jwpbbs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/spec/strictjson"
)

// suite is the one cipher suite of the draft; its api_id begins every tag.
var suite = bbs.ModularSHA256

const scalarSize = fr.Bytes // 32

// decoy is what fills the slot of a leaf that a credential does not populate
// (section 2.10): for a hashed leaf these octets, which are no JSON text, for
// a scalar leaf the decimal encoding of the scalar that they hash to.
const decoy = "JWP-BBS-DECOY"

var decoyScalar = hashToScalar([]byte(decoy), "MAP_MSG_TO_SCALAR_AS_HASH_")

// hashToScalar is hash_to_scalar of draft-irtf-cfrg-bbs-signatures-11 section
// 4.2.2 with the tag api_id || suffix.
func hashToScalar(octets []byte, suffix string) fr.Element {
	k, err := fr.Hash(octets, []byte(suite.ID()+suffix), 1)
	if err != nil {
		panic("jwpbbs: " + err.Error()) // a constant tag of over 255 octets
	}
	return k[0]
}

// decoyPayload is the payload of a leaf without a value.
func decoyPayload(scalar bool) []byte {
	if scalar {
		return decoyScalar.BigInt(new(big.Int)).Append(nil, 10)
	}
	return []byte(decoy)
}

func isDecoy(payload []byte, scalar bool) bool { return bytes.Equal(payload, decoyPayload(scalar)) }

// message derives the message from a payload (section 2.5).
func message(payload []byte, scalar bool) (bbs.Message, error) {
	if !scalar {
		return bbs.Octets(payload), nil
	}
	k, err := parseScalar(payload)
	if err != nil {
		return bbs.Message{}, err
	}
	octets := k.Bytes()
	return bbs.ParseNumber(octets[:])
}

// parseScalar reads the canonical decimal encoding of an integer in [0, r-1]
// (section 2.6).
func parseScalar(payload []byte) (k fr.Element, err error) {
	const longest = 77 // digits of r
	if len(payload) == 0 || len(payload) > longest || (payload[0] == '0' && len(payload) > 1) {
		return k, errScalar
	}
	for _, d := range payload {
		if d < '0' || d > '9' {
			return k, errScalar
		}
	}
	n, _ := new(big.Int).SetString(string(payload), 10)
	if n.Cmp(fr.Modulus()) >= 0 {
		return k, errScalar
	}
	k.SetBigInt(n)
	return k, nil
}

var errScalar = errors.New("not the decimal encoding of an integer in [0, r-1]")

// writePayload encodes the value of a leaf: JSON, or for a scalar leaf
// decimal.
func writePayload(value any, scalar bool) ([]byte, error) {
	if !scalar {
		payload, err := writeJSON(value)
		if err != nil {
			return nil, err
		}
		if _, err := readJSON(payload); err != nil { // what no verifier would take
			return nil, err
		}
		return payload, nil
	}
	var text string
	switch v := value.(type) {
	case int:
		text = strconv.Itoa(v)
	case int64:
		text = strconv.FormatInt(v, 10)
	case uint64:
		text = strconv.FormatUint(v, 10)
	case json.Number:
		text = v.String()
	case *big.Int:
		text = v.String()
	default:
		return nil, fmt.Errorf("%T is not an integer", value)
	}
	if _, err := parseScalar([]byte(text)); err != nil {
		return nil, err
	}
	return []byte(text), nil
}

// readPayload decodes the value of a leaf; absent reports a decoy.
func readPayload(payload []byte, scalar bool) (value any, absent bool, err error) {
	switch {
	case isDecoy(payload, scalar):
		return nil, true, nil
	case scalar:
		if _, err := parseScalar(payload); err != nil {
			return nil, false, err
		}
		return json.Number(payload), false, nil
	}
	value, err = readJSON(payload)
	return value, false, err
}

// readJSON decodes one JSON text of a payload.
func readJSON(text []byte) (any, error) {
	return strictjson.DecodeAny(text, strictjson.Limits{Bytes: MaxPayload, Depth: MaxDepth}, nil)
}

// readObject decodes a JSON object that a decision depends on, and names the
// check after what is read.
func readObject(what, clause string, text []byte, most int) (map[string]any, error) {
	v, err := strictjson.DecodeAny(text, strictjson.Limits{Bytes: most, Depth: MaxDepth + 2}, nil)
	check := what
	switch {
	case errors.Is(err, strictjson.ErrTwice):
		check += "-duplicate"
	case errors.Is(err, strictjson.ErrDepth):
		check += "-depth"
	case errors.Is(err, strictjson.ErrSize):
		check += "-size"
	case err == nil:
		if object, ok := v.(map[string]any); ok {
			return object, nil
		}
		err = errors.New("not a JSON object")
	}
	return nil, credential.Failed(check, clause, "%w", err)
}

// writeJSON encodes v without escaping <, > and &.
func writeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
