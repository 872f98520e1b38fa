package bbs2023

import (
	"regexp"
	"time"

	"github.com/halfmask/halfmask/credential"
)

const (
	clauseProof = "vc-di-bbs section 2.2.1"
	clauseHash  = "vc-di-bbs section 3.4.4"

	proofType    = "DataIntegrityProof"
	cryptosuite  = "bbs-2023"
	proofPurpose = "assertionMethod"
)

// proofOptions are the members of a proof except proofValue. All of them are
// signed, all of them show in each derived proof.
type proofOptions struct {
	verificationMethod string
	created            string // as written; empty when absent
}

// takeProof separates a secured document from its proof. Members of the
// proof beyond those that this package writes are refused: an optional one,
// such as nonce or id, would tell apart the holders of one credential.
func takeProof(secured map[string]any) (document map[string]any, o proofOptions, proofValue string, err error) {
	fail := func(format string, args ...any) (map[string]any, proofOptions, string, error) {
		return nil, proofOptions{}, "", credential.Failed("proof", clauseProof, format, args...)
	}
	proof, ok := secured["proof"].(map[string]any)
	if !ok {
		return fail("the document has no proof, or not exactly one")
	}
	member := make(map[string]string, len(proof))
	for name, value := range proof {
		if member[name], ok = value.(string); !ok {
			return fail("member %s of the proof is not a string", quote(name))
		}
		switch name {
		case "type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue":
		default:
			return fail("member %s of the proof is not one of bbs-2023", quote(name))
		}
	}
	for name, want := range map[string]string{"type": proofType, "cryptosuite": cryptosuite, "proofPurpose": proofPurpose} {
		if member[name] != want {
			return fail("%s is %s, not %q", name, quote(member[name]), want)
		}
	}
	o = proofOptions{verificationMethod: member["verificationMethod"], created: member["created"]}
	if _, has := proof["created"]; has && o.created == "" {
		return fail("created is empty")
	}
	if err := o.check(); err != nil {
		return nil, proofOptions{}, "", err
	}
	document = make(map[string]any, len(secured))
	for name, value := range secured {
		if name != "proof" {
			document[name] = value
		}
	}
	return document, o, member["proofValue"], nil
}

var dateTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$`)

func (o proofOptions) check() error {
	if !isIRI(o.verificationMethod) {
		return credential.Failed("proof", clauseProof, "verificationMethod %s is not an absolute IRI", quote(o.verificationMethod))
	}
	if o.created != "" {
		if _, err := time.Parse(time.RFC3339, o.created); err != nil || !dateTime.MatchString(o.created) {
			return credential.Failed("proof", clauseHash, "created %s is not a date and time", quote(o.created))
		}
	}
	return nil
}

// members gives the options as the JSON members of a proof.
func (o proofOptions) members() map[string]any {
	m := map[string]any{
		"type":               proofType,
		"cryptosuite":        cryptosuite,
		"verificationMethod": o.verificationMethod,
		"proofPurpose":       proofPurpose,
	}
	if o.created != "" {
		m["created"] = o.created
	}
	return m
}

// canonical is Base Proof Configuration: the canonical form of the options
// under the context of the document.
func (o proofOptions) canonical(c *activeContext) ([]string, error) {
	labelled, labels, err := labelNodes(o.members())
	if err != nil {
		return nil, err
	}
	statements, err := toStatements(c, labelled)
	if err != nil {
		return nil, err
	}
	return canonicalLines(statements, "c14n", map[string]int{labels[0]: 0}), nil
}

// header is the part of Base Proof Hashing that every verifier can repeat:
// the BBS header, the hash of the proof options and that of the mandatory
// statements.
func header(o proofOptions, c *activeContext, mandatory []string) ([]byte, error) {
	configuration, err := o.canonical(c)
	if err != nil {
		return nil, err
	}
	return append(hashLines(configuration), hashLines(mandatory)...), nil
}
