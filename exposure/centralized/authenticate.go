package centralized

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// A LogRow is what the service writes of each authentication: who, where,
// when, in which mode, with what result (R-CEN-03).
type LogRow struct {
	At             time.Time  `json:"at"`
	InternetNumber string     `json:"internet_number,omitempty"` // empty when nobody was recognised
	OrgID          string     `json:"orgID"`
	AppID          string     `json:"appID"`
	BizSeq         string     `json:"bizSeq"`
	Type           Mode       `json:"type"`
	ResultCode     ResultCode `json:"resultCode"`
}

const (
	bizSeqLength = 32
	maxSealed    = 64 << 10
	usedFor      = 24 * time.Hour // how long a sequence is remembered at least
	maxUsed      = 1 << 16        // how many are before old ones are dropped
)

func (s *Service) serveAuthenticate(w http.ResponseWriter, r *http.Request) {
	var q AuthenticationRequest
	if !s.read(w, r, &q) {
		return
	}
	key, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	app := s.applications[q.OrgID+"/"+q.AppID]
	answer := AuthenticationAnswer{BizSeq: q.BizSeq}
	if app == nil || subtle.ConstantTimeCompare([]byte(app.key), []byte(key)) != 1 {
		// Not a platform's call: no row, or anybody could fill the log.
		answer.ResultCode, answer.ResultDesc = UnknownApplication, "unknown application or wrong key"
		reply(w, http.StatusUnauthorized, answer)
		return
	}
	now := s.config.Now()
	a, consent, code, desc := s.authenticate(r.Context(), q, app, now)
	answer.ResultCode, answer.ResultDesc = code, desc
	row := LogRow{At: now, OrgID: q.OrgID, AppID: q.AppID, BizSeq: q.BizSeq, Type: q.Type, ResultCode: code}
	if a != nil {
		row.InternetNumber = a.number
	}
	s.log = append(s.log, row)
	if s.config.Record != nil {
		s.config.Record(r.Context(), row)
	}
	if code == Success {
		answer.Identifier = s.identifier(a, app)
		answer.Attributes = a.answerable(consent, now)
	}
	reply(w, http.StatusOK, answer)
}

// authenticate checks one login and says who it is, once that is known.
func (s *Service) authenticate(ctx context.Context, q AuthenticationRequest, app *Application, now time.Time) (a *account, consent []string, code ResultCode, desc string) {
	if len(q.BizSeq) != bizSeqLength || !q.Type.valid() {
		return nil, nil, BadRequest, "bizSeq has 32 characters and type is R01, R02, R03 or R04"
	}
	if len(s.used) >= maxUsed {
		for seq, at := range s.used {
			if now.Sub(at) > usedFor {
				delete(s.used, seq)
			}
		}
	}
	if _, ok := s.used[q.BizSeq]; ok {
		return nil, nil, Replayed, "bizSeq was used before"
	}
	var id idCardAuthData
	if !s.unseal(q.IDCardAuthData, &id) || id.BizSeq != q.BizSeq || id.AppID != app.AppID {
		return nil, nil, BadRequest, "idCardAuthData is not for this login"
	}
	s.used[q.BizSeq] = now
	if a = s.owner(id.Certificate); a == nil {
		return nil, nil, UnknownCertificate, "the certificate is not a current one"
	}
	if a.barred || a.barredFrom[app.OrgID+"/"+app.AppID] {
		return a, nil, Restricted, "the person is restricted by an order"
	}
	if q.Type.password() {
		if a.misses >= maxMisses {
			return a, nil, PasswordLocked, "too many wrong passwords; enroll again to set a new one"
		}
		var p certPwdData
		if !s.unseal(q.CertPwdData, &p) || p.BizSeq != q.BizSeq {
			return a, nil, BadRequest, "certPwdData is not for this login"
		}
		sum := s.hash(a.salt, p.Password)
		if subtle.ConstantTimeCompare(sum[:], a.password[:]) != 1 {
			a.misses++
			return a, nil, WrongPassword, "wrong password"
		}
		a.misses = 0
	}
	if q.Type.face() {
		var f faceData
		if !s.unseal(q.FaceData, &f) || f.BizSeq != q.BizSeq {
			return a, nil, BadRequest, "faceData is not for this login"
		}
		if err := s.face.MatchFace(ctx, f.Face, a.portrait); err != nil {
			return a, nil, WrongFace, "the face does not match"
		}
	}
	for _, name := range id.Consent {
		if slices.Contains(app.Attributes, name) && !slices.Contains(consent, name) {
			consent = append(consent, name)
		}
	}
	return a, consent, Success, "success"
}

// unseal opens a field that was encrypted to the service.
func (s *Service) unseal(sealed string, into any) bool {
	if len(sealed) > maxSealed {
		return false
	}
	box, err := jose.ParseEncryptedCompact(sealed, []jose.KeyAlgorithm{jose.ECDH_ES}, []jose.ContentEncryption{jose.A256GCM})
	if err != nil {
		return false
	}
	plain, err := box.Decrypt(s.key)
	return err == nil && json.Unmarshal(plain, into) == nil
}

func (s *Service) serveLog(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, s.Log())
}

// Log gives the log so far.
func (s *Service) Log() []LogRow {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}
