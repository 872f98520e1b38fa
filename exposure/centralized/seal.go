package centralized

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// The contents of the three encrypted fields. The first names the login that
// it was made for; the other two name the first, by its SHA-256 as it was
// sent. So none serves in another login, at another application, in another
// mode or with another consent.
type (
	idCardAuthData struct {
		OrgID       string   `json:"orgID"`
		AppID       string   `json:"appID"`
		BizSeq      string   `json:"bizSeq"`
		Type        Mode     `json:"type"`
		At          int64    `json:"at"` // seconds since 1970
		Certificate string   `json:"certificate"`
		Consent     []string `json:"consent"`
	}
	certPwdData struct {
		With     []byte `json:"with"`
		Password string `json:"password"`
	}
	faceData struct {
		With []byte `json:"with"`
		Face []byte `json:"face"`
	}
)

const (
	maxSealed     = 16 << 10        // characters
	maxSealedFace = 512 << 10       // room for the largest picture that enrollment takes
	sealedFor     = 5 * time.Minute // and as much for clocks that go ahead
)

// isFor reports whether the person's app made the field for this request.
func (d *idCardAuthData) isFor(q *AuthenticationRequest) bool {
	return d.OrgID == q.OrgID && d.AppID == q.AppID && d.BizSeq == q.BizSeq && d.Type == q.Type
}

func (d *idCardAuthData) fresh(now time.Time) bool {
	age := now.Sub(time.Unix(d.At, 0))
	return -sealedFor <= age && age <= sealedFor
}

// shown is what the person shows beside the certificate.
type shown struct {
	password string
	face     []byte
}

// show opens the fields that the type asks for. The error names the field.
func (s *Service) show(q *AuthenticationRequest) (*shown, error) {
	with := sha256.Sum256([]byte(q.IDCardAuthData))
	var p certPwdData
	var f faceData
	switch {
	case !q.Type.password() && q.CertPwdData != "":
		return nil, errors.New("certPwdData is not asked for by this type")
	case q.Type.password() && (!s.unseal(q.CertPwdData, maxSealed, &p) || subtle.ConstantTimeCompare(p.With, with[:]) != 1):
		return nil, errors.New("certPwdData is not for this login")
	case !q.Type.face() && q.FaceData != "":
		return nil, errors.New("faceData is not asked for by this type")
	case q.Type.face() && (!s.unseal(q.FaceData, maxSealedFace, &f) || subtle.ConstantTimeCompare(f.With, with[:]) != 1):
		return nil, errors.New("faceData is not for this login")
	}
	return &shown{p.Password, f.Face}, nil
}

// seal encrypts to the service's key.
func seal(key *jose.JSONWebKey, v any) (string, error) {
	encrypter, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.ECDH_ES, Key: key.Key}, nil)
	if err != nil {
		return "", err
	}
	plain, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	box, err := encrypter.Encrypt(plain)
	if err != nil {
		return "", err
	}
	return box.CompactSerialize()
}

// unseal opens a field that was encrypted to the service. Why it cannot is
// nothing that a platform should learn.
func (s *Service) unseal(sealed string, limit int, into any) bool {
	if sealed == "" || len(sealed) > limit {
		return false
	}
	box, err := jose.ParseEncryptedCompact(sealed, []jose.KeyAlgorithm{jose.ECDH_ES}, []jose.ContentEncryption{jose.A256GCM})
	if err != nil {
		return false
	}
	plain, err := box.Decrypt(s.sealKey)
	// Longer than it was sent: it was compressed, which no app of ours does.
	return err == nil && len(plain) <= len(sealed) && decodeStrict(plain, into) == nil
}
