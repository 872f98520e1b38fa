package centralized

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

// crime is what an attacker has who runs a platform and more: the victim's
// app answers whatever the platform asks.
type crime struct {
	*town
	victim, attacker *App
	p, other         *shop // of two organisations, with the same appID
}

// seal encrypts anything to the service, as everybody can.
func (o *town) seal(v any) string {
	o.t.Helper()
	s, err := seal(&jose.JSONWebKey{Key: o.service.sealKey.Public()}, v)
	if err != nil {
		o.t.Fatal(err)
	}
	return s
}

func (c *crime) idCard(q LoginRequest, certificate string, consent ...string) string {
	return c.seal(idCardAuthData{q.OrgID, q.AppID, q.BizSeq, q.Type, c.now().Unix(), certificate, consent})
}

func with(idCard string) []byte {
	sum := sha256.Sum256([]byte(idCard))
	return sum[:]
}

// TestSealedFieldsServeNowhereElse tries the fields of one login in another
// and worse. The service gives no identifier, no attribute and a row of the
// log, and the victim's next login works.
func TestSealedFieldsServeNowhereElse(t *testing.T) {
	const full = WithPasswordFace
	cases := []struct {
		name string
		make func(c *crime) AuthenticationRequest
		code ResultCode
		text string
	}{
		{"idCardAuthData of another login", func(c *crime) AuthenticationRequest {
			q := c.request(c.victim, c.p.login(seq(1), Certificate))
			q.BizSeq = seq(2)
			return q
		}, BadRequest, "idCardAuthData"},
		{"a login made for another organisation's application", func(c *crime) AuthenticationRequest {
			q := c.request(c.victim, c.other.login(seq(1), full))
			q.OrgID = c.p.OrgID
			return q
		}, BadRequest, "idCardAuthData"},
		{"a login in another mode", func(c *crime) AuthenticationRequest {
			q := c.request(c.victim, c.p.login(seq(1), full))
			q.Type, q.CertPwdData, q.FaceData = Certificate, "", ""
			return q
		}, BadRequest, "idCardAuthData"},
		{"certPwdData of another login", func(c *crime) AuthenticationRequest {
			q, before := c.request(c.victim, c.p.login(seq(2), full)), c.request(c.victim, c.p.login(seq(1), full))
			q.CertPwdData = before.CertPwdData
			return q
		}, BadRequest, "certPwdData"},
		{"faceData of another login", func(c *crime) AuthenticationRequest {
			q, before := c.request(c.victim, c.p.login(seq(2), full)), c.request(c.victim, c.p.login(seq(1), full))
			q.FaceData = before.FaceData
			return q
		}, BadRequest, "faceData"},
		{"the same login with another consent, by a thief of the certificate", func(c *crime) AuthenticationRequest {
			login := c.p.login(seq(1), WithPassword)
			q := c.request(c.victim, login)
			q.IDCardAuthData = c.idCard(login, c.victim.Certificate, spec.Name)
			return q
		}, BadRequest, "certPwdData"},
		{"the password of one person with the certificate of another", func(c *crime) AuthenticationRequest {
			login := c.p.login(seq(1), WithPassword)
			q := c.request(c.victim, login)
			q.IDCardAuthData = c.request(c.attacker, login).IDCardAuthData
			return q
		}, BadRequest, "certPwdData"},
		{"the face of one person with the certificate of another", func(c *crime) AuthenticationRequest {
			q := c.request(c.victim, c.p.login(seq(1), WithFace))
			q.FaceData = c.seal(faceData{with(q.IDCardAuthData), c.attacker.Face})
			return q
		}, WrongFace, "face"},
		{"faceData in the place of certPwdData", func(c *crime) AuthenticationRequest {
			q := c.request(c.victim, c.p.login(seq(1), full))
			q.CertPwdData = q.FaceData
			return q
		}, BadRequest, "certPwdData"},
		{"certPwdData in the place of idCardAuthData", func(c *crime) AuthenticationRequest {
			q := c.request(c.victim, c.p.login(seq(1), WithPassword))
			q.IDCardAuthData = q.CertPwdData
			return q
		}, BadRequest, "idCardAuthData"},
		{"a password that was not asked for", func(c *crime) AuthenticationRequest {
			q := c.request(c.victim, c.p.login(seq(1), Certificate))
			q.CertPwdData = c.seal(certPwdData{with(q.IDCardAuthData), c.victim.Password})
			return q
		}, BadRequest, "certPwdData is not asked for"},
		{"a face that was not asked for", func(c *crime) AuthenticationRequest {
			q := c.request(c.victim, c.p.login(seq(1), WithPassword))
			q.FaceData = c.seal(faceData{with(q.IDCardAuthData), c.victim.Face})
			return q
		}, BadRequest, "faceData is not asked for"},
		{"no idCardAuthData", func(c *crime) AuthenticationRequest {
			q := c.request(c.victim, c.p.login(seq(1), full))
			q.IDCardAuthData = ""
			return q
		}, BadRequest, "idCardAuthData"},
		{"no certPwdData", func(c *crime) AuthenticationRequest {
			q := c.request(c.victim, c.p.login(seq(1), full))
			q.CertPwdData = ""
			return q
		}, BadRequest, "certPwdData"},
		{"no faceData", func(c *crime) AuthenticationRequest {
			q := c.request(c.victim, c.p.login(seq(1), full))
			q.FaceData = ""
			return q
		}, BadRequest, "faceData"},
		{"encrypted to another key", func(c *crime) AuthenticationRequest {
			q := c.request(c.victim, c.p.login(seq(1), Certificate))
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				c.t.Fatal(err)
			}
			if q.IDCardAuthData, err = seal(&jose.JSONWebKey{Key: key.Public()}, idCardAuthData{}); err != nil {
				c.t.Fatal(err)
			}
			return q
		}, BadRequest, "idCardAuthData"},
		{"a changed character", func(c *crime) AuthenticationRequest {
			q := c.request(c.victim, c.p.login(seq(1), Certificate))
			b := []byte(q.IDCardAuthData)
			b[len(b)/2] ^= 1
			q.IDCardAuthData = string(b)
			return q
		}, BadRequest, "idCardAuthData"},
		{"compressed before it was encrypted", func(c *crime) AuthenticationRequest {
			// All is right but that it was made small.
			encrypter, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.ECDH_ES, Key: c.service.sealKey.Public()},
				&jose.EncrypterOptions{Compression: jose.DEFLATE})
			if err != nil {
				c.t.Fatal(err)
			}
			box, err := encrypter.Encrypt([]byte(asJSON(c.t, idCardAuthData{c.p.OrgID, c.p.AppID, seq(1), Certificate, c.now().Unix(),
				c.victim.Certificate, []string{strings.Repeat("x", 10_000)}})))
			if err != nil {
				c.t.Fatal(err)
			}
			q := c.request(c.victim, c.p.login(seq(1), Certificate))
			if q.IDCardAuthData, err = box.CompactSerialize(); err != nil {
				c.t.Fatal(err)
			}
			return q
		}, BadRequest, "idCardAuthData"},
		{"larger than a field may be", func(c *crime) AuthenticationRequest {
			q := c.p.login(seq(1), Certificate)
			return AuthenticationRequest{OrgID: q.OrgID, AppID: q.AppID, BizSeq: q.BizSeq, Type: q.Type,
				LoginAnswer: LoginAnswer{IDCardAuthData: c.idCard(q, c.victim.Certificate, strings.Repeat("x", maxSealed))}}
		}, BadRequest, "idCardAuthData"},
		{"made six minutes ago", func(c *crime) AuthenticationRequest {
			q := c.request(c.victim, c.p.login(seq(1), Certificate))
			c.wait(6 * time.Minute)
			return q
		}, Stale, "older than five minutes"},
		{"made by a clock that is six minutes ahead", func(c *crime) AuthenticationRequest {
			q := c.request(c.victim, c.p.login(seq(1), Certificate))
			c.wait(-6 * time.Minute)
			return q
		}, Stale, "clock is wrong"},
		{"a superseded certificate", func(c *crime) AuthenticationRequest {
			old := &App{Service: c.url, Now: c.now, Certificate: c.victim.Certificate}
			c.victim = c.adult()
			return c.request(old, c.p.login(seq(1), Certificate))
		}, UnknownCertificate, "newer certificate"},
		{"a certificate of another service", func(c *crime) AuthenticationRequest {
			stranger, err := New(Config{Desk: c.desk, Variant: Shared, OperatorToken: operatorToken})
			if err != nil {
				c.t.Fatal(err)
			}
			forged, err := stranger.certify(c.victim.InternetNumber)
			if err != nil {
				c.t.Fatal(err)
			}
			return c.request(&App{Service: c.url, Now: c.now, Certificate: forged}, c.p.login(seq(1), Certificate))
		}, UnknownCertificate, "not one of this service"},
		{"a certificate that nobody signed", func(c *crime) AuthenticationRequest {
			forged := "eyJhbGciOiJub25lIn0.eyJudW1iZXIiOiIifQ."
			return c.request(&App{Service: c.url, Now: c.now, Certificate: forged}, c.p.login(seq(1), Certificate))
		}, UnknownCertificate, "not one of this service"},
		{"an internet number in the place of a certificate", func(c *crime) AuthenticationRequest {
			return c.request(&App{Service: c.url, Now: c.now, Certificate: c.victim.InternetNumber}, c.p.login(seq(1), Certificate))
		}, UnknownCertificate, "not one of this service"},
		{"a certificate of the service for nobody", func(c *crime) AuthenticationRequest {
			signed, err := c.service.certify("NOBODY0000")
			if err != nil {
				c.t.Fatal(err)
			}
			return c.request(&App{Service: c.url, Now: c.now, Certificate: signed}, c.p.login(seq(1), Certificate))
		}, UnknownCertificate, "certificate"},
		{"a wrong password", func(c *crime) AuthenticationRequest {
			thief := &App{Service: c.url, Now: c.now, Certificate: c.victim.Certificate, Password: "86427531"}
			return c.request(thief, c.p.login(seq(1), WithPassword))
		}, WrongPassword, "password"},
		{"an empty password", func(c *crime) AuthenticationRequest {
			thief := &App{Service: c.url, Now: c.now, Certificate: c.victim.Certificate}
			return c.request(thief, c.p.login(seq(1), WithPassword))
		}, WrongPassword, "password"},
		{"no face", func(c *crime) AuthenticationRequest {
			thief := &App{Service: c.url, Now: c.now, Certificate: c.victim.Certificate}
			return c.request(thief, c.p.login(seq(1), WithFace))
		}, WrongFace, "face"},
		{"a replay", func(c *crime) AuthenticationRequest {
			q := c.request(c.victim, c.p.login(seq(1), Certificate))
			if a := c.ask(c.p.key, q); a.ResultCode != Success {
				c.t.Fatalf("the first time: %+v", a)
			}
			return q
		}, Replayed, "answered before"},
		{"another login under an answered bizSeq", func(c *crime) AuthenticationRequest {
			if a := c.ask(c.p.key, c.request(c.victim, c.p.login(seq(1), Certificate))); a.ResultCode != Success {
				c.t.Fatalf("the first time: %+v", a)
			}
			return c.request(c.attacker, c.p.login(seq(1), WithPassword))
		}, Replayed, "answered before"},
		{"a repeated member inside", func(c *crime) AuthenticationRequest {
			return c.inside(`{"orgID":"10000001","appID":"0001","bizSeq":"` + seq(1) + `","type":"R01","at":0,"certificate":"","certificate":"","consent":[]}`)
		}, BadRequest, "idCardAuthData"},
		{"an unknown member inside", func(c *crime) AuthenticationRequest {
			return c.inside(`{"orgID":"10000001","appID":"0001","bizSeq":"` + seq(1) + `","type":"R01","admin":true}`)
		}, BadRequest, "idCardAuthData"},
		{"nothing inside", func(c *crime) AuthenticationRequest { return c.inside(``) }, BadRequest, "idCardAuthData"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			o := newTown(t, Shared)
			c := &crime{town: o, victim: o.adult(), attacker: o.enrolled(o.submission(guardian, spec.ResidentIdentityCard, mint.Options{})),
				p: o.platform("10000001", "0001", spec.AgeOver18, spec.Name), other: o.platform("10000002", "0001")}
			q := test.make(c)
			rows := len(o.service.Log())
			a := o.ask(c.p.key, q)
			if a.ResultCode != test.code || !strings.Contains(a.ResultDesc, test.text) {
				t.Errorf("got %s %q, want %s with %q", a.ResultCode, a.ResultDesc, test.code, test.text)
			}
			if a.Identifier != "" || a.Attributes != nil {
				t.Errorf("the platform got %+v", a)
			}
			log := o.service.Log()
			if len(log) != rows+1 || log[rows].ResultCode != test.code {
				t.Errorf("no row of it: %+v", log[rows:])
			}
			if a := o.ask(c.p.key, o.request(c.victim, c.p.login(seq(99), full))); a.ResultCode != Success {
				t.Errorf("the victim's next login: %+v", a)
			}
		})
	}
}

// inside encrypts what need not be of our form.
func (c *crime) inside(plain string) AuthenticationRequest {
	c.t.Helper()
	encrypter, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.ECDH_ES, Key: c.service.sealKey.Public()}, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	box, err := encrypter.Encrypt([]byte(plain))
	if err != nil {
		c.t.Fatal(err)
	}
	sealed, err := box.CompactSerialize()
	if err != nil {
		c.t.Fatal(err)
	}
	return AuthenticationRequest{OrgID: c.p.OrgID, AppID: c.p.AppID, BizSeq: seq(1), Type: Certificate, LoginAnswer: LoginAnswer{IDCardAuthData: sealed}}
}
