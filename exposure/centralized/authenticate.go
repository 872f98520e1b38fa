package centralized

import (
	"context"
	"crypto/subtle"
	"net/http"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment"
)

const maxAuthentication = 1 << 20 // bytes

func (s *Service) serveAuthenticate(w http.ResponseWriter, r *http.Request) {
	var q AuthenticationRequest
	if !readJSON(w, r, maxAuthentication, &q) {
		return
	}
	// Neither of the next two is an authentication, so no row is written, or
	// anybody could fill the log.
	app := s.registered(application{q.OrgID, q.AppID}, bearer(r))
	if app == nil {
		reply(w, http.StatusUnauthorized, AuthenticationAnswer{ResultCode: UnknownApplication, ResultDesc: "unknown application or wrong key"})
		return
	}
	if len(q.BizSeq) != bizSeqLength || !isName(q.BizSeq) || !q.Type.valid() {
		reply(w, http.StatusBadRequest, AuthenticationAnswer{ResultCode: BadRequest, ResultDesc: "bizSeq has 32 letters and digits; type is R01, R02, R03 or R04"})
		return
	}
	now := s.now().UTC()
	found := s.authenticate(r.Context(), &q, app, now)
	s.journal.write(r.Context(), LogRow{
		At: now, InternetNumber: found.number, OrgID: q.OrgID, AppID: q.AppID, BizSeq: q.BizSeq, Type: q.Type, ResultCode: found.code,
	})
	answer := AuthenticationAnswer{BizSeq: q.BizSeq, ResultCode: found.code, ResultDesc: found.desc}
	if found.code == Success {
		answer.Identifier = s.identifier(found.number, app.id())
		answer.Attributes = answerable(found.attributes, app.Attributes, found.consent, now)
	}
	reply(w, http.StatusOK, answer)
}

// finding is what came out of one authentication.
type finding struct {
	code       ResultCode
	desc       string
	number     string // whose login it is, once that is known
	attributes enrollment.Attributes
	consent    []string
}

// authenticate checks one login, exactly what its type says (R-CEN-02).
func (s *Service) authenticate(ctx context.Context, q *AuthenticationRequest, app *registration, now time.Time) finding {
	var id idCardAuthData
	if !s.unseal(q.IDCardAuthData, maxSealed, &id) || !id.isFor(q) {
		return finding{code: BadRequest, desc: "idCardAuthData is not for this login"}
	}
	if !id.fresh(now) {
		return finding{code: Stale, desc: "idCardAuthData is older than five minutes, or the app's clock is wrong"}
	}
	number, ok := s.certified(id.Certificate)
	if !ok {
		return finding{code: UnknownCertificate, desc: "the certificate is not one of this service"}
	}
	show, unshown := s.show(q)

	f := s.enter(q, app, number, id.Certificate, show, now)
	if f.code == Success && unshown != nil {
		f.code, f.desc = BadRequest, unshown.Error()
	}
	if f.code != Success || !q.Type.face() {
		f.consent = id.Consent
		return f.finding
	}
	if err := s.face.MatchFace(ctx, show.face, f.portrait); err != nil {
		f.code, f.desc = WrongFace, "the face does not match"
		return f.finding
	}
	// An order may have come while the face was compared.
	s.mu.Lock()
	defer s.mu.Unlock()
	_, again := s.standing(number, id.Certificate, app)
	again.consent = id.Consent
	return again
}

// entered is a finding with what is still to be compared.
type entered struct {
	finding
	portrait []byte
}

// enter does what needs the accounts: standing, replay, password. show is nil
// where the person did not show what the type asks for.
func (s *Service) enter(q *AuthenticationRequest, app *registration, number, certificate string, show *shown, now time.Time) entered {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, f := s.standing(number, certificate, app)
	if a == nil {
		return entered{finding: f}
	}
	switch s.used.use(sequence{app.id(), q.BizSeq}, now) {
	case Replayed:
		f.code, f.desc = Replayed, "this bizSeq was answered before"
		return entered{finding: f}
	case Busy:
		f.code, f.desc = Busy, "too many logins in the last minutes; try again later"
		return entered{finding: f}
	}
	if f.code == Success && show != nil && q.Type.password() {
		switch f.code = s.tryPassword(a, show.password); f.code {
		case WrongPassword:
			f.desc = "wrong password"
		case PasswordLocked:
			f.desc = "too many wrong passwords; enroll again to set a new one"
		}
	}
	return entered{f, a.portrait}
}

// standing finds the account of a certificate and says whether it may be used
// at the application. Its caller holds mu.
func (s *Service) standing(number, certificate string, app *registration) (*account, finding) {
	a := s.byNumber[number]
	switch {
	case a == nil || subtle.ConstantTimeCompare([]byte(a.certificate), []byte(certificate)) != 1:
		return nil, finding{code: UnknownCertificate, desc: "a newer certificate was given out"}
	case a.barred || a.barredFrom[app.id()]:
		return a, finding{code: Restricted, desc: "an order restricts the person", number: number}
	}
	return a, finding{code: Success, desc: "success", number: number, attributes: a.attributes}
}
