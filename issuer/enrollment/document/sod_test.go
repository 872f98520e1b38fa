package document_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

const fixtures = "testdata/openssl"

// openSSL gives a passport whose security object OpenSSL wrote, and the
// trust under which it verifies.
func openSSL(t testing.TB, sod string) (document.Presented, *document.Trust) {
	t.Helper()
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(fixtures, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	trust, err := document.LoadTrust(fixtures)
	if err != nil {
		t.Fatal(err)
	}
	cms := read(sod)
	file := append([]byte{0x77, 0x82, byte(len(cms) >> 8), byte(len(cms))}, cms...)
	return document.Presented{Kind: spec.ForeignPassport, Chip: &document.Chip{
		COM: read("EF_COM.bin"), DG1: read("EF_DG1.bin"), DG2: read("EF_DG2.bin"), SOD: file,
	}}, trust
}

// Security objects of another CMS implementation: RSA PKCS #1 and PSS, ECDSA
// on P-384, signers named by serial number and by key. Each file is named
// after the check that refuses it, or accepted.
func TestSecurityObjectsOfOpenSSL(t *testing.T) {
	after := time.Date(2026, time.December, 1, 0, 0, 0, 0, spec.Zone)
	files, err := filepath.Glob(filepath.Join(fixtures, "*.der"))
	if err != nil || len(files) != 29 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		check, _, _ := strings.Cut(name, "--")
		p, trust := openSSL(t, name)
		v, err := document.Verify(p, trust, after)
		switch {
		case check != "accepted":
			wantCheck(t, name, err, check)
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case v.Name != "ERIKSSON ANNA" || v.Nationality != "UTO":
			t.Errorf("%s: %+v", name, v)
		}
		p.Chip.SOD[len(p.Chip.SOD)-9] ^= 1
		if _, err := document.Verify(p, trust, after); err == nil {
			t.Errorf("%s: accepted with another signature", name)
		}
	}
}

func TestSecurityObjectIsRefused(t *testing.T) {
	deep := bytes.Repeat([]byte{0x30, 0x80}, 50_000) // indefinite lengths, 50,000 deep
	nested := []byte{0x05, 0x00}
	for range 40 {
		nested = tlv(0x30, nested)
	}
	for name, file := range map[string][]byte{
		"empty":                   nil,
		"one byte":                {0x77},
		"nothing inside":          {0x77, 0x00},
		"indefinite length":       {0x77, 0x80, 0x30, 0x00, 0x00, 0x00},
		"length of 4 GiB":         {0x77, 0x84, 0xff, 0xff, 0xff, 0xff},
		"length in too many":      {0x77, 0x82, 0x00, 0x02, 0x30, 0x00},
		"endless tag":             bytes.Repeat([]byte{0xff}, 64),
		"nested without end":      deep,
		"nested 40 deep":          tlv(0x77, nested),
		"random":                  []byte("this is no security object at all, it is a sentence"),
		"too long":                make([]byte, document.MaxPresented+1),
		"another CMS content":     tlv(0x77, []byte("\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03")),
		"signed data of one byte": tlv(0x77, append([]byte("\x30\x10\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x03"), 0x30, 0x01, 0x00)),
	} {
		wantCheck(t, name, document.ParseSOD(file), "sod-structure")
	}
}

func tlv(tag byte, value []byte) []byte {
	if len(value) > 127 {
		return append(append([]byte{tag, 0x82}, binary.BigEndian.AppendUint16(nil, uint16(len(value)))...), value...)
	}
	return append([]byte{tag, byte(len(value))}, value...)
}

func FuzzParseSOD(f *testing.F) {
	a := authority(f)
	for _, o := range []mint.Options{{}, {Defect: mint.DuplicateHash}, {Defect: mint.ExpiredSigner}} {
		f.Add(issue(f, a, spec.TaiwanTravelPermit, o).Presented.Chip.SOD)
	}
	for _, name := range []string{"accepted--pss-sha256.der", "accepted--rsa-sha512-keyid.der", "accepted--lds-v1.der", "sod-structure--two-signers.der", "sod-structure--indefinite-length.der"} {
		p, _ := openSSL(f, name)
		f.Add(p.Chip.SOD)
	}
	sound := issue(f, a, spec.TaiwanTravelPermit, mint.Options{}).Presented
	f.Fuzz(func(t *testing.T, file []byte) {
		if err := document.ParseSOD(file); err != nil {
			wantTyped(t, err)
		}
		p := clone(sound)
		p.Chip.SOD = file
		_, err := document.Verify(p, a.Trust(), at)
		if err == nil && !bytes.Equal(file, sound.Chip.SOD) {
			t.Error("another security object accepted")
		}
	})
}
