package exposure

import (
	"bytes"
	"compress/zlib"
	"slices"
	"testing"
)

// Random bytes, such as a nonce, may begin as compressed ones do. They are a
// value all the same, and whole compressed ones are only what is in them.
func TestBytesThatLookCompressed(t *testing.T) {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte("an identifier, and an identifier, and an identifier"))
	w.Close()
	for _, c := range []struct {
		name  string
		bytes []byte
		value bool
	}{
		{"whole", b.Bytes(), false},
		{"cut off", b.Bytes()[:b.Len()-6], true},
		{"changed", append(bytes.Clone(b.Bytes()[:b.Len()-1]), 0xff), true},
	} {
		m := newMiner(registerOf(nil))
		m.opaque("x", c.bytes, 0)
		at := func(path string) bool {
			id := m.paths.id(path)
			return slices.ContainsFunc(m.out, func(l leaf) bool { return l.path == id })
		}
		if at("x") != c.value || m.paths.list[m.paths.id("x")].Container == c.value {
			t.Errorf("%s: a value: %v", c.name, at("x"))
		}
		if !at("x.plain.part") {
			t.Errorf("%s: what was compressed is not looked at", c.name)
		}
	}
}
