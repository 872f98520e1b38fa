package jwpbbs

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/halfmask/halfmask/credential/bbs"
)

func stored(t testing.TB) (v vector) {
	t.Helper()
	text, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Whatever is presented, Verify neither panics nor tells more or other than
// the one true answer.
func FuzzVerify(f *testing.F) {
	v := stored(f)
	var r Request
	var want presentation
	for _, p := range v.Presentations {
		f.Add(p.Presented)
		if p.Name == "a claim, an age and a name" {
			r, want = p.Request, p
		}
	}
	f.Fuzz(func(t *testing.T, presented string) {
		got, err := Verify(presented, trusted, r)
		if err != nil {
			if got != nil {
				t.Error("an answer beside the error")
			}
			return
		}
		if !reflect.DeepEqual(got.Claims, want.Claims) || got.Pseudonym != want.Pseudonym {
			t.Errorf("accepted with %v and %s", got.Claims, got.Pseudonym)
		}
	})
}

// A presentation with one octet changed, anywhere in it, is refused.
func FuzzMutatedPresentation(f *testing.F) {
	v := stored(f)
	var p presentation
	for _, one := range v.Presentations {
		if one.Name == "a claim, an age and a name" {
			p = one
		}
	}
	form, err := parseCompact(p.Presented, 2)
	if err != nil {
		f.Fatal(err)
	}
	for part := range uint8(4 + len(form.payloads)) {
		f.Add(part, uint16(part)*7, uint8(1))
	}
	f.Fuzz(func(t *testing.T, part uint8, at uint16, flip uint8) {
		form, err := parseCompact(p.Presented, 2)
		if err != nil {
			t.Fatal(err)
		}
		var parts [][]byte
		parts = append(append(append(parts, form.headers...), form.proof...), form.payloads[0])
		octets := parts[int(part)%len(parts)]
		i := int(at) % len(octets)
		if octets[i] ^= flip; flip == 0 {
			return
		}
		if _, err := Verify(form.String(), trusted, p.Request); err == nil {
			t.Errorf("accepted with octet %d of part %d changed by %x", i, int(part)%len(parts), flip)
		}
	})
}

func FuzzReceive(f *testing.F) {
	v := stored(f)
	f.Add(v.Issued)
	f.Add(v.Presentations[0].Presented)
	secret, err := ParseLinkSecret(fromHex(f, v.LinkSecret))
	if err != nil {
		f.Fatal(err)
	}
	blinding, err := bbs.ParseBlinding(fromHex(f, v.Blinding))
	if err != nil {
		f.Fatal(err)
	}
	l := layout(f)
	f.Fuzz(func(t *testing.T, issued string) {
		c, err := Receive(issued, l, testKey().PublicKey(), secret, blinding)
		if err == nil && issued != v.Issued {
			t.Errorf("accepted as %v", c.Claims())
		}
	})
}

// A header that is read says the same when it is read again, and gives a
// place to every index.
func FuzzParseLayout(f *testing.F) {
	f.Add(layout(f).Bytes())
	f.Add([]byte(`{"alg":"BBS-MOD","iss":"i","vct":"t","committed":["link_secret"],"crit":["committed"],"cmap":{"a":[0,false],"b":{"c":[[1,true],[2,true]]}}}`))
	f.Fuzz(func(t *testing.T, header []byte) {
		l, err := ParseLayout(header)
		if err != nil {
			return
		}
		for i, leaf := range l.claims.leaves {
			part, ok := l.claims.find(leaf.path)
			if !ok || part.index != i {
				t.Errorf("no way to %v", leaf.path)
			}
		}
		again, err := ParseLayout(l.Bytes())
		if err != nil || !reflect.DeepEqual(again, l) {
			t.Errorf("read again: %v", err)
		}
	})
}

func FuzzReadSubProof(f *testing.F) {
	for _, p := range stored(f).Presentations {
		form, err := parseCompact(p.Presented, 2)
		if err != nil {
			f.Fatal(err)
		}
		for _, o := range form.proof[1:] {
			f.Add(o)
		}
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		if s, err := readSubProof(octets); err == nil && (len(s.proof) == 0 || s.index > MaxMessages) {
			t.Errorf("read as %+v", s)
		}
	})
}
