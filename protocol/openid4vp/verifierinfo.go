package openid4vp

import (
	"encoding/json"
	"errors"
	"fmt"
)

// VerifierInfo is what somebody else says about the verifier (section 5.11).
type VerifierInfo struct {
	Format        string          `json:"format"`
	Data          json.RawMessage `json:"data"` // a string or an object
	CredentialIDs []string        `json:"credential_ids,omitempty"`
}

const maxInfo = 8 // entries of verifier_info

func verifierInfoOf(o object) ([]VerifierInfo, error) {
	list, err := o.objects("verifier_info")
	if err != nil {
		return nil, err
	}
	var out []VerifierInfo
	for i, entry := range list {
		var info VerifierInfo
		if info.Format, err = entry.text("format"); err != nil {
			return nil, fmt.Errorf("verifier_info[%d]: %w", i, err)
		}
		switch entry["data"].(type) {
		case string, map[string]any:
		default:
			return nil, fmt.Errorf("verifier_info[%d]: data is neither a string nor an object", i)
		}
		if info.Data, err = json.Marshal(entry["data"]); err != nil {
			return nil, err
		}
		if info.CredentialIDs, err = entry.texts("credential_ids"); err != nil {
			return nil, fmt.Errorf("verifier_info[%d]: %w", i, err)
		}
		out = append(out, info)
	}
	return out, nil
}

func checkVerifierInfo(list []VerifierInfo, q Query) error {
	if len(list) > maxInfo {
		return fmt.Errorf("more than %d entries", maxInfo)
	}
	for _, info := range list {
		if info.Format == "" || len(info.Data) == 0 {
			return errors.New("an entry lacks format or data")
		}
		for _, id := range info.CredentialIDs {
			if _, ok := q.Credential(id); !ok {
				return fmt.Errorf("%q is no credential of the query", clip(id))
			}
		}
	}
	return nil
}
