package spec

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestContextHasATermForEachClaimAndNoOther(t *testing.T) {
	var document struct {
		Context map[string]json.RawMessage `json:"@context"`
	}
	if err := json.Unmarshal(Contexts()[CredentialContext], &document); err != nil {
		t.Fatal(err)
	}
	if string(document.Context["@protected"]) != "true" {
		t.Error("the terms are not protected")
	}
	for term, definition := range document.Context {
		switch {
		case slices.Contains([]string{"@protected", "id", "type", CredentialClass}, term):
		case !slices.Contains(Claims, term):
			t.Errorf("%s is no claim", term)
		case term == Name: // the IRI of the W3C context, which protects it
		case !strings.Contains(string(definition), `"https://halfmask.example/vocab#`+term+`"`):
			t.Errorf("%s is defined as %s", term, definition)
		}
	}
	for _, claim := range Claims {
		if document.Context[claim] == nil {
			t.Errorf("no term for %s", claim)
		}
	}
}
