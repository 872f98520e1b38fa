package sdjwt_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/credential/sdjwt"
)

// nested gives depth arrays around 1.
func nested(depth int) raw {
	return raw(strings.Repeat("[", depth) + "1" + strings.Repeat("]", depth))
}

// What is refused about disclosures and digests. The issuer signed it all:
// the rules hold for issuers, too.
func TestVerifyRefusesDisclosures(t *testing.T) {
	name, nameSum := disclose([]any{"s1", "name", "Specimen"})
	again, againSum := disclose([]any{"s2", "name", "Other"})
	other, _ := disclose([]any{"s3", "other", 1})
	element, elementSum := disclose([]any{"s4", "fr"})
	_, decoy := disclose("decoy")
	sd := func(sums ...any) object { return with(payload(), object{"_sd": sums}) }
	hidden := func(array any) string {
		text, sum := disclose(array)
		return forge(header(), sd(sum), text)
	}
	at := func(array any) (string, object) {
		text, sum := disclose(array)
		return text, object{"...": sum}
	}
	inName, inNameSum := disclose([]any{"s5", "inner", object{"_sd": []any{nameSum}}})
	outer, outerSum := disclose([]any{"s6", "outer", object{"_sd": []any{inNameSum, inNameSum}}})
	deep, deepElement := at([]any{"s7", nested(20)})
	shallow, shallowElement := at(raw(`["s8",[[[[[[[[[[[[[[` + toJSON(deepElement) + `]]]]]]]]]]]]]]]`))

	for _, tt := range []struct {
		name  string
		sdjwt string
		check string
	}{
		{"disclosure sent twice", forge(header(), sd(nameSum), name, name), "disclosure-duplicate"},
		{"disclosure that no digest stands for", forge(header(), sd(nameSum), name, other), "disclosure-unreferenced"},
		{"disclosure without digests at all", forge(header(), payload(), name), "disclosure-unreferenced"},
		{"nested disclosure without its parent", forge(header(), sd(inNameSum), name), "disclosure-unreferenced"},
		{"digest twice in one array", forge(header(), sd(nameSum, nameSum), name), "digest-duplicate"},
		{"decoy digest twice", forge(header(), sd(decoy, decoy)), "digest-duplicate"},
		{"digest twice at two places", forge(header(), with(sd(nameSum), object{"a": object{"_sd": []any{nameSum}}}), name), "digest-duplicate"},
		{"digest twice in member and element", forge(header(), with(sd(decoy), object{"a": []any{object{"...": decoy}}})), "digest-duplicate"},
		{"digest in the payload and in a disclosure", forge(header(), sd(inNameSum, nameSum), inName, name), "digest-duplicate"},
		{"digest twice inside a disclosure", forge(header(), sd(outerSum), outer, inName, name), "digest-duplicate"},
		{"disclosure that overrides a plain claim", forge(header(), with(sd(nameSum), object{"name": "Plain"}), name), "claim-override"},
		{"two disclosures of one claim", forge(header(), sd(nameSum, againSum), name, again), "claim-override"},
		{"claim named _sd", hidden([]any{"s", "_sd", []any{}}), "reserved-name"},
		{"claim named ...", hidden([]any{"s", "...", "x"}), "reserved-name"},
		{"claim named _sd_alg", hidden([]any{"s", "_sd_alg", "sha-256"}), "reserved-name"},
		{"_sd_alg below the top level", forge(header(), with(payload(), object{"a": object{"_sd_alg": "sha-256"}})), "reserved-name"},
		{"... in the payload", forge(header(), with(payload(), object{"...": decoy})), "reserved-name"},
		{"... in an object that is no element", forge(header(), with(payload(), object{"a": object{"...": decoy}})), "reserved-name"},
		{"... beside another member", forge(header(), with(payload(), object{"a": []any{object{"...": decoy, "b": 1}}})), "reserved-name"},
		{"... inside a disclosed value", hidden([]any{"s", "a", object{"...": decoy}}), "reserved-name"},
		{"_sd that is a string", forge(header(), with(payload(), object{"_sd": nameSum}), name), "reserved-name"},
		{"_sd inside a disclosed value that is a number", hidden([]any{"s", "a", object{"_sd": 1}}), "reserved-name"},
		{"digest that is a number", forge(header(), sd(1)), "digest-form"},
		{"element digest that is null", forge(header(), with(payload(), object{"a": raw(`[{"...":null}]`)})), "digest-form"},
		{"digest in hex", forge(header(), sd(strings.Repeat("0a", 32))), "digest-form"},
		{"digest cut short", forge(header(), sd(nameSum[:22])), "digest-form"},
		{"digest with padding", forge(header(), sd(nameSum+"="), name), "digest-form"},
		{"two elements for a member", forge(header(), sd(elementSum), element), "disclosure-length"},
		{"three elements for an array element", forge(header(), with(payload(), object{"a": []any{object{"...": nameSum}}}), name), "disclosure-length"},
		{"one element", hidden([]any{"s"}), "disclosure-form"},
		{"four elements", hidden([]any{"s", "a", 1, 2}), "disclosure-form"},
		{"no array", hidden(object{"s": "a"}), "disclosure-form"},
		{"salt that is a number", hidden([]any{1, "a", 1}), "disclosure-form"},
		{"name that is a number", hidden([]any{"s", 1, 1}), "disclosure-form"},
		{"disclosure not JSON", hidden(raw(`["s","a",1`)), "disclosure-form"},
		{"disclosure with something after it", hidden(raw(`["s","a",1]2`)), "disclosure-form"},
		{"disclosure with a member twice", hidden(raw(`["s","a",{"b":1,"b":2}]`)), "disclosure-form"},
		{"disclosure not base64url", forge(header(), sd(nameSum), "!!!"), "disclosure-form"},
		{"disclosure in standard base64", forge(header(), sd(nameSum), name+"="), "disclosure-form"},
		{"empty disclosure", forge(header(), sd(nameSum), "", name), "disclosure-form"},
		{"_sd_alg unknown", forge(header(), with(sd(nameSum), object{"_sd_alg": "sha-1"}), name), "hash-algorithm"},
		{"_sd_alg truncated hash", forge(header(), with(sd(nameSum), object{"_sd_alg": "sha-256-32"}), name), "hash-algorithm"},
		{"_sd_alg in upper case", forge(header(), with(sd(nameSum), object{"_sd_alg": "SHA-256"}), name), "hash-algorithm"},
		{"_sd_alg not a string", forge(header(), with(sd(nameSum), object{"_sd_alg": []any{"sha-256"}}), name), "hash-algorithm"},
		{"digests of another hash", forge(header(), with(sd(nameSum), object{"_sd_alg": "sha-512"}), name), "digest-form"},
		{"trailing tilde missing", strings.TrimSuffix(forge(header(), sd(nameSum), name), "~"), "trailing-tilde"},
		{"trailing tilde missing without disclosures", strings.TrimSuffix(forge(header(), payload()), "~"), "trailing-tilde"},
		{"nested too deep in the payload", forge(header(), with(payload(), object{"a": nested(sdjwt.MaxDepth)})), "issuer-depth"},
		{"nested too deep in a disclosure", hidden([]any{"s", "a", nested(sdjwt.MaxDepth)}), "disclosure-depth"},
		{"nested too deep across disclosures", forge(header(), with(payload(), object{"a": []any{shallowElement}}), shallow, deep), "depth"},
		{"nested 1000 deep", forge(header(), raw(`{"iss":"i","vct":"t","a":`+string(nested(1000))+`}`)), "issuer-depth"},
		{"nested 20000 deep", forge(header(), raw(`{"iss":"i","vct":"t","a":`+string(nested(20000))+`}`)), "issuer-depth"},
		{"disclosure nested 1000 deep", forge(header(), sd(nameSum), b64(string(nested(1000)))), "disclosure-depth"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := sdjwt.Verify(tt.sdjwt, trusted, policy)
			refused(t, err, tt.check)
			if _, err := sdjwt.Parse(tt.sdjwt); err == nil {
				t.Error("Parse accepts it")
			}
		})
	}
}

func TestVerifyRefusesRegisteredClaimsInDisclosures(t *testing.T) {
	for _, name := range []string{"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status", "aud"} {
		t.Run(name, func(t *testing.T) {
			text, sum := disclose([]any{"s", name, "x"})
			claims := with(payload(), object{"_sd": []any{sum}})
			if name != "iss" {
				delete(claims, name)
			}
			_, err := sdjwt.Verify(forge(header(), claims, text), trusted, policy)
			// While the plain iss is there, hiding another one overrides it;
			// the first of the two checks speaks.
			refused(t, err, "registered-claim")
		})
	}
	_, sum := disclose("x")
	for name, inside := range map[string]any{
		"_sd in cnf":          object{"cnf": object{"_sd": []any{sum}}},
		"element in aka_vcts": object{"aka_vcts": []any{object{"...": sum}}},
		"deep in status":      object{"status": object{"status_list": object{"_sd": []any{sum}}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sdjwt.Verify(forge(header(), with(payload(), inside.(object))), trusted, policy)
			refused(t, err, "registered-claim")
		})
	}
	// Below the top level the names mean nothing.
	text, sum := disclose([]any{"s", "iss", "x"})
	if _, err := sdjwt.Verify(forge(header(), with(payload(), object{"a": object{"_sd": []any{sum}}}), text), trusted, policy); err != nil {
		t.Errorf("a claim that shares its name with a registered one: %v", err)
	}
}

func TestVerifyRefusesTooMuch(t *testing.T) {
	var disclosures []string
	var sums []any
	for i := range sdjwt.MaxDisclosures {
		text, sum := disclose([]any{"s", fmt.Sprint("c", i), i})
		disclosures, sums = append(disclosures, text), append(sums, sum)
	}
	claims := with(payload(), object{"_sd": sums})
	if _, err := sdjwt.Verify(forge(header(), claims, disclosures...), trusted, policy); err != nil {
		t.Errorf("%d disclosures: %v", len(disclosures), err)
	}
	more, _ := disclose([]any{"s", "more", 1})
	_, err := sdjwt.Verify(forge(header(), claims, append(disclosures, more)...), trusted, policy)
	refused(t, err, "disclosure-count")
	_, err = sdjwt.Verify(forge(header(), payload())+strings.Repeat("WyJzIiwxXQ~", 10000), trusted, policy)
	refused(t, err, "disclosure-count")
	_, err = sdjwt.Verify(strings.Repeat("~", sdjwt.MaxSize), trusted, policy)
	refused(t, err, "disclosure-count")
	_, err = sdjwt.Verify(strings.Repeat("x", sdjwt.MaxSize+1), trusted, policy)
	refused(t, err, "size")
}
