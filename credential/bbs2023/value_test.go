package bbs2023

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
)

func TestProofValueRefuses(t *testing.T) {
	base := func(parts ...string) string { return "d95d02" + strings.Join(parts, "") }
	derived := func(parts ...string) string { return "d95d03" + strings.Join(parts, "") }
	octets := func(head string, n int) string { return head + strings.Repeat("00", n) }
	signature, header, public, key := octets("5850", 80), octets("5840", 64), octets("5860", 96), octets("5820", 32)
	proof := octets("590110", 272)
	for _, c := range []struct{ name, value string }{
		{"base: array of indefinite length", base("9f", signature, header, public, key, "80", "ff")},
		{"base: length in more bytes than needed", base("9805", signature, header, public, key, "80")},
		{"base: a part too few", base("84", signature, header, public, key)},
		{"base: a part too many", base("86", signature, header, public, key, "80", "00")},
		{"base: something after it", base("85", signature, header, public, key, "80", "00")},
		{"base: tagged part", base("85", signature, header, public, "d818"+key, "80")},
		{"base: short signature", base("85", octets("584f", 79), header, public, key, "80")},
		{"base: short header", base("85", signature, octets("583f", 63), public, key, "80")},
		{"base: short public key", base("85", signature, header, octets("585f", 95), key, "80")},
		{"base: short HMAC key", base("85", signature, header, public, octets("581f", 31), "80")},
		{"base: signature as an array", base("85", octets("9850", 80), header, public, key, "80")},
		{"base: null for the pointers", base("85", signature, header, public, key, "f6")},
		{"base: pointer that is not UTF-8", base("85", signature, header, public, key, "8162ff2f")},
		{"base: pointer as bytes", base("85", signature, header, public, key, "81422f61")},
		{"base: a million pointers announced", base("85", signature, header, public, key, "9a000f4240")},
		{"base: map", base("a0")},
		{"derived: null for the header", derived("85", proof, "a0", "80", "80", "f6")},
		{"derived: null for the labels", derived("85", proof, "f6", "80", "80", "40")},
		{"derived: null for the indexes", derived("85", proof, "a0", "f6", "80", "40")},
		{"derived: no proof", derived("85", "40", "a0", "80", "80", "40")},
		{"derived: label twice", derived("85", proof, "a200000000", "80", "80", "40")},
		{"derived: labels out of order", derived("85", proof, "a201000001", "80", "80", "40")},
		{"derived: label as text", derived("85", proof, "a1613000", "80", "80", "40")},
		{"derived: index in more bytes than needed", derived("85", proof, "a0", "811801", "80", "40")},
		{"derived: index as a float", derived("85", proof, "a0", "81f93c00", "80", "40")},
		{"derived: index beyond 64 bits", derived("85", proof, "a0", "811bffffffffffffffff", "80", "40")},
		{"derived: index beyond the statements", derived("85", proof, "a0", "80", "81190400", "40")},
		{"derived: text for the header", derived("85", proof, "a0", "80", "80", "60")},
		{"derived: deep nesting", derived(strings.Repeat("81", 5000), "00")},
		{"nothing", ""},
		{"a header only", "d95d03"},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw, err := hex.DecodeString(c.value)
			if err != nil {
				t.Fatal(err)
			}
			text := "u" + base64.RawURLEncoding.EncodeToString(raw)
			_, err = parseBaseValue(text)
			refused(t, err, "base-proof-value")
			_, err = parseDerivedValue(text)
			refused(t, err, "derived-proof-value")
		})
	}
	// The same parts, encoded as they must be, are read.
	good, _ := hex.DecodeString(base("85", signature, header, public, key, "80"))
	if _, err := parseBaseValue("u" + base64.RawURLEncoding.EncodeToString(good)); err != nil {
		t.Error(err)
	}
	good, _ = hex.DecodeString(derived("85", proof, "a200010100", "8100", "8118ff", "40"))
	text := base64.RawURLEncoding.EncodeToString(good)
	if _, err := parseDerivedValue("u" + text); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string]string{
		"padding":          "u" + base64.URLEncoding.EncodeToString(slices.Concat(good, []byte{0})),
		"standard base64":  "m" + text,
		"no prefix":        text,
		"line break":       "u" + text[:8] + "\n" + text[8:],
		"bits left over":   "u" + text[:len(text)-1] + "B",
		"not base64":       "u***",
		"empty":            "",
		"prefix only":      "u",
		"half a megabyte":  "u" + strings.Repeat("A", 1<<19),
		"hexadecimal":      "f" + hex.EncodeToString(good),
		"trailing zeroes":  "u" + base64.RawURLEncoding.EncodeToString(append(bytes.Clone(good), 0, 0, 0)),
		"an odd character": "u" + text + "A",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseDerivedValue(bad)
			refused(t, err, "derived-proof-value")
		})
	}
}
