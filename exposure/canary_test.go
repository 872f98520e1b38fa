package exposure

import (
	"net/http"
	"testing"
)

// Rule R-EXP-10: canaries are found in the messages of a design, whatever they
// look like.
func TestCanariesAreFound(t *testing.T) {
	exchanges, _, _ := plantedDesign(2, 2, nil)
	for name, body := range map[string]string{"json": string(exchanges[0].Request.Body), "nothing": "", "bytes": "\x00\x01\x02 anything at all \xff\xfe"} {
		sample := []Exchange{{Party: PlatformParty("syn-01"), Request: Message{Method: "POST", URL: "http://syn-01.localhost/",
			Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}, Response: Message{Status: 200}}}
		found, err := canaries("test", sample)
		if err != nil || len(found) != 3 {
			t.Fatalf("%s: %v, %v", name, found, err)
		}
		for _, c := range found {
			if c.Recall < 0.99 {
				t.Errorf("%s: of %s %v is found", name, c.Kind, c.Recall)
			}
		}
	}
	if found, err := canaries("test", nil); err != nil || found != nil {
		t.Errorf("of nothing: %v, %v", found, err)
	}
}
