package exposure

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
)

func (m *miner) json(path string, v any, depth int) {
	if depth >= maxNesting {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			m.text(path+namePath, name, depth+1)
			m.json(m.paths.child(path, name), v[name], depth+1)
		}
	case []any:
		for _, element := range v {
			m.json(path, element, depth+1)
		}
	case string:
		m.text(path, v, depth+1)
	case nil:
	default: // numbers and truth values
		m.add(path, fmt.Append(nil, v))
	}
}

// opaque takes bytes apart.
func (m *miner) opaque(path string, b []byte, depth int) {
	if len(b) == 0 {
		return
	}
	if depth < maxNesting {
		if plain, whole := decompress(b); len(plain) > 0 {
			m.opaque(path+".plain", plain, depth+1)
			if whole {
				m.contains(path)
				return
			}
			// Random bytes begin as compressed ones do now and then: they are both.
		}
		if printable(b) {
			m.text(path, string(b), depth+1)
			return
		}
		if v, ok := decodeCBOR(b); ok {
			m.cbor(path+".cbor", v, depth+1)
			if tagged(b) {
				m.contains(path)
				return
			}
			// Random bytes are well-formed CBOR now and then: they are both.
		}
	}
	m.add(path, b)
	m.windows(path, b)
}

func printable(b []byte) bool {
	return utf8.Valid(b) && bytes.IndexFunc(b, func(r rune) bool { return !unicode.IsPrint(r) && !unicode.IsSpace(r) }) < 0
}

// decompress undoes gzip and zlib, up to a bound.
// decompress gives what can be had out of compressed bytes, and whether that
// is all of it or as much as is looked at.
func decompress(b []byte) (plain []byte, whole bool) {
	var r io.Reader
	var err error
	switch {
	case len(b) > 10 && b[0] == 0x1f && b[1] == 0x8b:
		r, err = gzip.NewReader(bytes.NewReader(b))
	case len(b) > 6 && b[0] == 0x78 && (int(b[0])<<8|int(b[1]))%31 == 0:
		r, err = zlib.NewReader(bytes.NewReader(b))
	default:
		return nil, false
	}
	if err != nil {
		return nil, false
	}
	plain, err = io.ReadAll(io.LimitReader(r, maxPlain))
	return plain, err == nil
}

var cborMode = func() cbor.DecMode {
	mode, err := cbor.DecOptions{MaxNestedLevels: 16, DefaultByteStringType: reflect.TypeFor[cbor.ByteString]()}.DecMode()
	if err != nil {
		panic(err)
	}
	return mode
}()

// decodeCBOR reads a CBOR array, map or tag that fills b. What bbs-2023 puts
// before its array looks like a tag of two bytes around a number: those three
// bytes are skipped.
func decodeCBOR(b []byte) (v any, ok bool) {
	if tagged(b) {
		b = b[3:]
	}
	if len(b) < window || b[0]>>5 < 4 || b[0]>>5 > 6 {
		return nil, false
	}
	return v, cborMode.Unmarshal(b, &v) == nil
}

func tagged(b []byte) bool { return len(b) > 3 && b[0] == 0xd9 && b[1] == 0x5d }

func (m *miner) cbor(path string, v any, depth int) {
	if depth >= maxNesting {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			m.cbor(path, element, depth+1)
		}
	case map[any]any:
		for k, member := range v {
			m.cbor(path+namePath, k, depth+1)
			m.cbor(path+".value", member, depth+1)
		}
	case cbor.Tag:
		m.cbor(path, v.Content, depth+1)
	case cbor.ByteString:
		m.opaque(path, []byte(v), depth+1)
	case string:
		m.text(path, v, depth+1)
	case nil:
	default:
		m.add(path, fmt.Append(nil, v))
	}
}
