package wallet_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vci"
)

// lost is a browser that never comes back.
type lost struct{}

func (lost) RedirectURI() string { return "http://127.0.0.1:1/callback" }

func (lost) Visit(context.Context, string) (string, error) { return "", errors.New("lost") }

// TestLoginRefuses brings offers that ask the person to log in.
func TestLoginRefuses(t *testing.T) {
	w := newTown(t)
	h, _ := w.create()
	offer := &openid4vci.Offer{
		Issuer: w.issuer.URL, Configurations: []string{"person-bbs"},
		Grants: openid4vci.Grants{AuthorizationCode: &openid4vci.AuthorizationCode{IssuerState: "s"}},
	}
	var failed *credential.Error
	if _, err := h.Accept(t.Context(), offer.URI(), ""); !errors.As(err, &failed) || failed.Check != "offer-grant" {
		t.Errorf("without a browser: %v", err)
	}
	h.Browser = lost{}
	if _, err := h.Accept(t.Context(), offer.URI(), ""); !errors.As(err, &failed) || failed.Check != "grant-type" {
		t.Errorf("at an issuer without a login: %v", err)
	}
	if got := list(t, h); len(got) != 0 {
		t.Errorf("%d credentials", len(got))
	}
}

// overhearing keeps what a wallet sends.
type overhearing struct{ sent *[]string }

func (o overhearing) RoundTrip(r *http.Request) (*http.Response, error) {
	body := ""
	if r.GetBody != nil {
		b, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(b)
		if err != nil {
			return nil, err
		}
		body = string(text)
	}
	*o.sent = append(*o.sent, fmt.Sprint(r.URL.Path, " ", r.Header, " ", body))
	return http.DefaultTransport.RoundTrip(r)
}

// TestIssuerLearnsNoNameOfTheWallet: R-ISS-05.
func TestIssuerLearnsNoNameOfTheWallet(t *testing.T) {
	w := newTown(t)
	h, _ := w.create()
	var sent []string
	h.HTTP = &http.Client{Transport: overhearing{&sent}}
	keys := map[string]bool{}
	for range 2 {
		if _, err := h.Accept(t.Context(), w.offer(openid4vci.OfferOptions{}), ""); err != nil {
			t.Fatal(err)
		}
	}
	key := regexp.MustCompile(`Dpop:\[([A-Za-z0-9_-]+)\.`)
	grants := 0
	for _, s := range sent {
		if strings.Contains(s, "/notification") || strings.Contains(s, "client_id") || strings.Contains(s, "Attestation") || strings.Contains(s, "Cookie") {
			t.Errorf("sent %s", s)
		}
		if strings.Contains(s, "pre-authorized_code=") {
			grants++
			if m := key.FindStringSubmatch(s); m == nil || keys[m[1]] {
				t.Errorf("the key of another grant, or none: %s", s)
			} else {
				keys[m[1]] = true
			}
		}
	}
	if grants != 2 {
		t.Errorf("%d grants in %d requests", grants, len(sent))
	}
}

func TestIssuerBelowNoAuthority(t *testing.T) {
	w := newTown(t)
	h, _ := w.create()
	offer := w.offer(openid4vci.OfferOptions{})
	h.Issuers = []*x509.Certificate{}
	if _, err := h.Accept(t.Context(), offer, ""); err == nil {
		t.Error("metadata that nobody signed was taken")
	}
	h.Issuers = nil
	if _, err := h.Accept(t.Context(), offer, ""); err != nil {
		t.Errorf("the offer was used up: %v", err)
	}
}

// TestCertifiedIssuer: with authorities, a credential counts by the
// certificate that it carries, which has to be its issuer's.
func TestCertifiedIssuer(t *testing.T) {
	w := newTown(t)
	authority, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	own := w.signing.Key.(jose.JSONWebKey)
	certify := func(uri string, root *x509.Certificate) *x509.Certificate {
		c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "issuer"}, NotBefore: w.now().Add(-time.Hour), NotAfter: w.now().Add(time.Hour)}
		public := own.Public().Key
		if root == nil {
			c.Subject.CommonName, c.IsCA, c.BasicConstraintsValid, root, public = "authority", true, true, c, &authority.PublicKey
		} else if u, err := url.Parse(uri); err == nil {
			c.URIs = []*url.URL{u}
		}
		der, err := x509.CreateCertificate(rand.Reader, c, root, public, authority)
		if err != nil {
			t.Fatal(err)
		}
		if c, err = x509.ParseCertificate(der); err != nil {
			t.Fatal(err)
		}
		return c
	}
	root := certify("", nil)
	for uri, want := range map[string]string{w.issuer.URL: "", "https://other.example": "issuer-key"} {
		h, _ := w.create()
		h.Issuers = []*x509.Certificate{root}
		own.Certificates = []*x509.Certificate{certify(uri, root)}
		w.signing.Key = own
		_, err := h.Accept(t.Context(), w.offer(openid4vci.OfferOptions{}), "", "person-sd-jwt")
		var failed *credential.Error
		if want == "" && err != nil || want != "" && (!errors.As(err, &failed) || failed.Check != want) {
			t.Errorf("a certificate for %s: %v", uri, err)
		}
	}
}
