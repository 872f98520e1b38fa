package exposure

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/exposure/capture"
	"github.com/halfmask/halfmask/spec"
)

// ticketHAR writes what browsers would save of a design that is not ours:
// people fetch a ticket from id.example before each login and spend it at a
// shop. A ticket is good once; where reused is set, each person has one.
func ticketHAR(t *testing.T, dir string, people, logins int, reused bool) (files []string) {
	t.Helper()
	entry := func(page, url, body, answer string, at time.Time) map[string]any {
		return map[string]any{"pageref": page, "startedDateTime": at.Format(time.RFC3339Nano),
			"request": map[string]any{"method": "POST", "url": url, "headers": []any{}, "postData": map[string]any{"text": body}},
			"response": map[string]any{"status": 200, "headers": []map[string]string{{"name": "Content-Type", "value": "application/json"}},
				"content": map[string]any{"text": answer}}}
	}
	for p := range people {
		r := random(1, "har", p)
		var entries []map[string]any
		ticket := rand.Text()
		for i := range logins {
			if !reused {
				ticket = rand.Text()
			}
			page, at := fmt.Sprintf("page_%d", i), time.Unix(1_770_000_000+int64(r.IntN(14*86400)), 0).UTC()
			entries = append(entries,
				entry(page, "https://id.example/tickets", fmt.Sprintf(`{"member":"m-%s"}`, long(p)), fmt.Sprintf(`{"ticket":"%s"}`, ticket), at),
				entry(page, fmt.Sprintf("https://shop-%d.example/login", i%3), fmt.Sprintf(`{"ticket":"%s"}`, ticket), `{"welcome":true}`, at.Add(time.Second)),
				entry(page, "https://fonts.example/serif.css", "", "serif", at.Add(2*time.Second))) // no login there
		}
		b, err := json.Marshal(map[string]any{"log": map[string]any{"version": "1.2", "entries": entries}})
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, fmt.Sprintf("person-%02d.har", p))
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, name)
	}
	return files
}

// A design that is given by captured traffic alone is measured.
func TestImportMeasuresTicketsOfSingleUse(t *testing.T) {
	for _, c := range []struct {
		reused bool
		shops  float64
	}{{false, 0}, {true, 1}} {
		all, err := capture.Read(ticketHAR(t, t.TempDir(), 40, 5, c.reused), nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Import(context.Background(), "tickets", all, []string{"id.example"}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if row, ok := r.Find("tickets", AllPlatforms, spec.Minimal, CrossPlatformLinkage); !ok || row.Estimate != c.shops {
			t.Errorf("reused %v: the shops join %+v, want %v; %v", c.reused, row, c.shops, r.Causes)
		}
		if row, ok := r.Find("tickets", IssuerAndPlatforms, spec.Minimal, CrossPlatformLinkage); !ok || row.Estimate != 1 {
			t.Errorf("reused %v: with the issuer %+v, want 1; %v", c.reused, row, r.Causes)
		}
		if r.Manifest.People != 40 || r.Manifest.Logins != 200 {
			t.Errorf("%d people, %d logins", r.Manifest.People, r.Manifest.Logins)
		}
		if planted := r.Details.Canaries; len(planted) != 3 || planted[0].Recall < 1 || planted[1].Recall < 0.95 || planted[2].Recall < 0.99 {
			t.Errorf("canaries: %+v", planted)
		}
		if err := r.Write(t.TempDir()); err != nil {
			t.Error(err)
		}
	}
}

func TestImportRefuses(t *testing.T) {
	all, err := capture.Read(ticketHAR(t, t.TempDir(), 3, 2, false), nil)
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]struct {
		exchanges []capture.Exchange
		issuers   []string
	}{
		"nothing was captured": {nil, []string{"id.example"}},
		`the authority "ld.example"; they spoke to fonts.example, id.example, shop-0`: {all, []string{"ld.example"}},
		"spoke to a platform, only to the authority":                                  {all, []string{"id.example", "shop-0.example", "shop-1.example", "fonts.example"}},
	} {
		if _, err := Import(context.Background(), "tickets", c.exchanges, c.issuers, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
