package vault

import (
	"errors"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/wallet/sqlite"
)

func TestHeaderDecoderRefuses(t *testing.T) {
	h, _, err := newHeader(passphrase, DefaultCost)
	if err != nil {
		t.Fatal(err)
	}
	h.EncryptionKey, h.MACKey = "e", "m"
	good, err := h.encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseHeader(good); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		old, new string
		want     error
	}{
		"a newer version":      {`"version":1`, `"version":2`, sqlite.ErrVersion},
		"another derivation":   {`argon2id`, `md5`, sqlite.ErrDamaged},
		"a short salt":         {`"salt":"`, `"salt":"AAAA","x":"`, sqlite.ErrDamaged},
		"no passes":            {`"time":1`, `"time":0`, sqlite.ErrDamaged},
		"too much memory":      {`"memory_kib":64`, `"memory_kib":4194304`, sqlite.ErrDamaged},
		"too little memory":    {`"memory_kib":64`, `"memory_kib":7`, sqlite.ErrDamaged},
		"no threads":           {`"threads":1`, `"threads":0`, sqlite.ErrDamaged},
		"a member twice":       {`"kdf"`, `"version":1,"kdf"`, sqlite.ErrDamaged},
		"an unknown member":    {`"kdf"`, `"x":1,"kdf"`, sqlite.ErrDamaged},
		"a missing master key": {h.MasterKey, ``, sqlite.ErrDamaged},
		"a tail":               {`"m"}`, `"m"}{}`, sqlite.ErrDamaged},
		"a head":               {`{"version"`, `["version"`, sqlite.ErrDamaged},
		"too long":             {`"m"}`, `"` + strings.Repeat("m", maxHeader) + `"}`, sqlite.ErrDamaged},
	} {
		text := strings.Replace(string(good), c.old, c.new, 1)
		if text == string(good) {
			t.Errorf("%s: nothing changed", name)
		}
		if _, err := parseHeader([]byte(text)); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func FuzzHeader(f *testing.F) {
	h, _, err := newHeader(passphrase, DefaultCost)
	if err != nil {
		f.Fatal(err)
	}
	h.EncryptionKey, h.MACKey = "e", "m"
	good, err := h.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := parseHeader(text)
		if err != nil {
			return
		}
		if c := h.Cost; uint64(c.Time)*uint64(c.MemoryKiB) > maxTime*maxMemory {
			t.Errorf("accepted a cost of %+v", c)
		}
		again, err := h.encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseHeader(again); err != nil {
			t.Errorf("accepted %s, but not %s: %v", text, again, err)
		}
	})
}
