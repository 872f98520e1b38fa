package openid4vci

import "github.com/halfmask/halfmask/spec/strictjson"

// detailType is the authorization details type of section 5.1.1.
const detailType = "openid_credential"

// AuthorizationDetail names a credential that is to be authorized (section
// 5.1.1) or was (section 6.2).
type AuthorizationDetail struct {
	Type          string   `json:"type"`
	Configuration string   `json:"credential_configuration_id"`
	Identifiers   []string `json:"credential_identifiers,omitempty"`
}

// readDetails reads the authorization_details of a request, and fills in the
// identifiers of the data sets. A person has one for each configuration, so
// it is named after that.
func (e *Endpoint) readDetails(text string) ([]AuthorizationDetail, error) {
	var message struct {
		Details []struct {
			Type          string `json:"type"`
			Configuration string `json:"credential_configuration_id"`
		} `json:"authorization_details"`
	}
	whole, err := strictjson.DecodeAny([]byte(text), strictjson.Limits{Bytes: maxTokenRequest, Depth: maxDepth}, nil)
	if _, ok := whole.([]any); err != nil || !ok {
		return nil, refuse(400, InvalidAuthorizationDetails, "authorization_details is not one JSON array")
	}
	if err := decodeStrict([]byte(`{"authorization_details":`+text+`}`), &message); err != nil {
		return nil, refuse(400, InvalidAuthorizationDetails, "authorization_details: %v", err)
	}
	asked := message.Details
	if len(asked) == 0 || len(asked) > maxOffered {
		return nil, refuse(400, InvalidAuthorizationDetails, "authorization_details has %d entries, not 1 to %d", len(asked), maxOffered)
	}
	seen := map[string]bool{}
	var details []AuthorizationDetail
	for _, d := range asked {
		switch _, known := e.meta.Configurations[d.Configuration]; {
		case d.Type != detailType:
			return nil, refuse(400, InvalidAuthorizationDetails, "type %.40q is not %s", d.Type, detailType)
		case !known:
			return nil, refuse(400, InvalidAuthorizationDetails, "there is no credential configuration %.80q", d.Configuration)
		case seen[d.Configuration]:
			return nil, refuse(400, InvalidAuthorizationDetails, "credential configuration %.80q is there twice", d.Configuration)
		}
		seen[d.Configuration] = true
		details = append(details, AuthorizationDetail{detailType, d.Configuration, []string{d.Configuration}})
	}
	return details, nil
}
