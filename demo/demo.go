// Package demo runs all roles of both designs in one process, each on an
// origin of its own, and tells one person's story with them: enrollment, a
// login at two platforms by wallet, the same two by the centralized service,
// and what each party was left with.
//
// Start with [Start] and [World.Tell]; "halfmask demo" is no more than that.
// The roles are the real ones and talk real HTTP over loopback. Simulated are
// the person and the papers (package mint), the face and the telephone.
//
// Left out: pages for a browser.
package demo

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/exposure/centralized"
	"github.com/halfmask/halfmask/issuer"
	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
)

// asks is what the demo's platforms ask for; their names are those of
// World.Platforms.
var asks = []struct {
	name   string
	claims []string
}{
	{"a game", []string{spec.RealPerson, spec.AgeOver18}},
	{"a forum", []string{spec.RealPerson, spec.AgeOver14}},
}

// World is the running roles.
type World struct {
	IssuerURL  string
	ServiceURL string // the centralized service
	Platforms  []Platform

	authority *mint.Authority
	phones    [2]*enrollment.SimulatedGateway // of the issuer, of the service
	service   *centralized.Service
	servers   []*http.Server
}

// Platform is a platform that takes logins from both designs.
type Platform struct {
	Name          string
	Claims        []string
	VerifierURL   string // its end of the wallet design
	CentralURL    string // its end of the centralized design
	verifier      *verifier.Server
	applicationID string
}

// Start starts everything on free loopback ports. Close ends it.
func Start() (*World, error) {
	w := new(World)
	if err := w.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("demo: %w", err), w.Close())
	}
	return w, nil
}

// Close stops the roles; everything they knew is gone.
func (w *World) Close() error {
	var errs []error
	for _, s := range w.servers {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

func (w *World) start() error {
	seed := make([]byte, 1)
	rand.Read(seed)
	var err error
	if w.authority, err = mint.NewAuthority(uint64(seed[0])); err != nil {
		return err
	}
	rules, err := spec.LoadRules(spec.National)
	if err != nil {
		return err
	}
	trusted, err := w.startIssuer(rules, w.authority.Trust())
	if err != nil {
		return err
	}
	if err := w.startService(rules, w.authority.Trust()); err != nil {
		return err
	}
	for i, ask := range asks {
		if err := w.startPlatform(i, ask.name, ask.claims, trusted); err != nil {
			return err
		}
	}
	return nil
}

// serve gives what make makes for a fresh origin a server of its own there.
func (w *World) serve(make func(origin string) (http.Handler, error)) (origin string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	origin = "http://" + listener.Addr().String()
	h, err := make(origin)
	if err != nil {
		return "", errors.Join(err, listener.Close())
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	w.servers = append(w.servers, s)
	go s.Serve(listener) // returns when Close closes it
	return origin, nil
}

func (w *World) desk(design int, rules *spec.Rules, trust *document.Trust) *enrollment.Desk {
	w.phones[design] = new(enrollment.SimulatedGateway)
	return &enrollment.Desk{Rules: rules, Trust: trust, Phones: &enrollment.PhoneCodes{Sender: w.phones[design]}}
}

func (w *World) startIssuer(rules *spec.Rules, trust *document.Trust) (trusted verifier.TrustedIssuers, err error) {
	signing, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return trusted, err
	}
	proving, err := bbs.GenerateKey()
	if err != nil {
		return trusted, err
	}
	w.IssuerURL, err = w.serve(func(origin string) (http.Handler, error) {
		s, err := issuer.New(issuer.Config{URL: origin, Desk: w.desk(0, rules, trust), BBSKey: proving,
			SigningKey: jose.SigningKey{Algorithm: jose.ES256, Key: signing}})
		if err != nil {
			return nil, err
		}
		trusted = verifier.TrustedIssuers{SDJWT: map[string]jose.JSONWebKeySet{origin: s.JWKS()}, BBS: []*bbs.PublicKey{proving.PublicKey()},
			JWP: map[string]*bbs.PublicKey{origin: proving.PublicKey()}}
		return s, nil
	})
	return trusted, err
}

func (w *World) startService(rules *spec.Rules, trust *document.Trust) (err error) {
	w.service, err = centralized.New(centralized.Config{Desk: w.desk(1, rules, trust), Variant: centralized.Pairwise, OperatorToken: rand.Text()})
	if err != nil {
		return err
	}
	w.ServiceURL, err = w.serve(func(string) (http.Handler, error) { return w.service, nil })
	return err
}

func (w *World) startPlatform(i int, name string, claims []string, trusted verifier.TrustedIssuers) (err error) {
	p := Platform{Name: name, Claims: claims, applicationID: fmt.Sprintf("%04d", i+1)}
	p.VerifierURL, err = w.serve(func(origin string) (http.Handler, error) {
		p.verifier, err = verifier.New(verifier.Config{URL: origin, Issuers: trusted})
		return p.verifier, err
	})
	if err != nil {
		return err
	}
	organisation := fmt.Sprintf("%08d", 10_000_001+i)
	asked := claims[1:] // that it is a real person is what the service's answer says by itself
	key, err := w.service.Register(centralized.Application{OrgID: organisation, AppID: p.applicationID, Name: name, Attributes: asked})
	if err != nil {
		return err
	}
	p.CentralURL, err = w.serve(func(string) (http.Handler, error) {
		return centralized.NewPlatform(centralized.PlatformConfig{Service: w.ServiceURL, OrgID: organisation, AppID: p.applicationID, Key: key, Attributes: asked}), nil
	})
	w.Platforms = append(w.Platforms, p)
	return err
}

// person mints an adult with a card and what an enrollment asks for.
func (w *World) person() (*mint.Document, enrollment.Submission, error) {
	name, latin := mint.SyntheticName(1, "demo")
	birth := spec.DateOf(time.Now()).AddDays(-20 * 366)
	d, err := w.authority.Issue(mint.Person{ID: "demo", Name: name, Latin: latin, Sex: document.Female, BirthDate: birth},
		spec.ResidentIdentityCard, mint.Options{})
	if err != nil {
		return nil, enrollment.Submission{}, err
	}
	return d, enrollment.Submission{Document: d.Presented, Face: d.LiveFace(1), Phone: "+999000000001", Consent: true}, nil
}

// enroll takes the person through the issuer's enrollment and gives the
// decision with the link for the wallet.
func (w *World) enroll(ctx context.Context, s enrollment.Submission) (*issuer.EnrollmentAnswer, error) {
	applicant := &issuer.Applicant{Issuer: w.IssuerURL}
	if err := applicant.SendPhoneCode(ctx, s.Phone); err != nil {
		return nil, err
	}
	s.PhoneCode, _ = w.phones[0].Read(s.Phone)
	return applicant.Enroll(ctx, s)
}
