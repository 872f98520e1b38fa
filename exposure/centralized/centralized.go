// Package centralized is the baseline: a model of the national service that
// enrolls a person once and then answers every login at every platform.
// spec/centralized.md is the text.
//
// A login, in the order of the messages:
//
//	platform                person's app              service
//	   |  orgID appID bizSeq type  |                     |
//	   |-------------------------->|                     |
//	   |                           | consent, password,  |
//	   |   idCardAuthData          | face, as type says  |
//	   |   certPwdData faceData    |                     |
//	   |<--------------------------|                     |
//	   |  the same, with its own credentials             |
//	   |------------------------------------------------>|
//	   |  resultCode, identifier, consented attributes   |  log row
//	   |<------------------------------------------------|
//
// Start with [New] for the service, [NewPlatform] for a platform's back end
// and [App] for the person's side. People are enrolled by the same
// enrollment.Desk as in the wallet design.
//
// # What is published and what is modelled
//
// Published, with a source: the internet number of letters and digits without
// plain-text identity; the certificate; the four modes; the names orgID,
// appID, bizSeq (32 characters), type, idCardAuthData, certPwdData and
// resultCode, and that C0000000 is success; that the platform gets an
// identifier, and on consent age band, sex, document type, masked name and
// number, phone; that an authentication log exists and is handed over where
// the law says so. Known but not checked against a source: which mode is R01
// and which R04.
//
// Ours, because nothing is published:
//   - what the data fields hold and how they are made. Here they are JSON Web
//     Encryption to the service, bound to one login and to each other, so
//     that a platform learns nothing from them and can use them nowhere else.
//     The field faceData is our name
//   - that a certificate is a signed random number that its bearer shows. It
//     proves no key of the device; only the encryption keeps others from it
//   - every result code but that of success, the lock after five wrong
//     passwords, and that a login's data is good for five minutes
//   - the columns of the log (R-CEN-03), the restriction order and its
//     endpoint (R-CEN-05), the forms of the masks
//   - both variants of the identifier (R-CEN-04): which of them the real
//     service has is not settled by what is published
//   - that a barred person is not enrolled again. A person is known by the
//     kind and number of the document; somebody with a second document can
//     open a second account, as with the wallet design's issuer
//
// # What it leaves out
//
// Transport security, and with it any proof to the app that the key is the
// service's and that the platform is the organisation it names; the real
// service's apps, storage and administration; several devices, recovery,
// expiry of certificates; a guardian's consent to a child's logins. State is
// in memory and ends with the process.
package centralized

import "errors"

// Mode is the published field "type": what the person shows in a login
// (R-CEN-02).
type Mode string

const (
	Certificate      Mode = "R01" // the certificate alone
	WithPassword     Mode = "R02" // certificate and password
	WithFace         Mode = "R03" // certificate and face
	WithPasswordFace Mode = "R04" // certificate, password and face
)

// Modes lists the four modes.
var Modes = []Mode{Certificate, WithPassword, WithFace, WithPasswordFace}

func (m Mode) password() bool { return m == WithPassword || m == WithPasswordFace }
func (m Mode) face() bool     { return m == WithFace || m == WithPasswordFace }

func (m Mode) valid() bool {
	return m == Certificate || m == WithPassword || m == WithFace || m == WithPasswordFace
}

// ResultCode is the published field "resultCode". Only the code of success is
// published; the others are this project's.
type ResultCode string

const (
	Success            ResultCode = "C0000000"
	BadRequest         ResultCode = "H0000001" // a field is missing, superfluous or not for this login
	UnknownApplication ResultCode = "H0000002" // or its key is wrong
	UnknownCertificate ResultCode = "H0000003" // not ours, or a newer one was given out
	WrongPassword      ResultCode = "H0000004"
	WrongFace          ResultCode = "H0000005"
	Restricted         ResultCode = "H0000006" // an order cut the person off (R-CEN-05)
	Replayed           ResultCode = "H0000007" // this bizSeq was answered before
	PasswordLocked     ResultCode = "H0000008" // after five wrong passwords in a row; enroll again
	Stale              ResultCode = "H0000009" // the person's data is older than five minutes
	Busy               ResultCode = "H0000010" // too many logins in the last minutes
)

// ErrRefused is wrapped by every error that says the service refused a login.
var ErrRefused = errors.New("centralized: login refused")

// A LoginRequest is what a platform hands to the person's app.
type LoginRequest struct {
	OrgID      string   `json:"orgID"`      // the organisation
	AppID      string   `json:"appID"`      // its application
	BizSeq     string   `json:"bizSeq"`     // 32 letters and digits, once
	Type       Mode     `json:"type"`       // what the person is to show
	Attributes []string `json:"attributes"` // what it asks the person to consent to
}

// A LoginAnswer is what the app hands back, for the service's eyes: the
// fields that the type asks for and no other.
type LoginAnswer struct {
	IDCardAuthData string `json:"idCardAuthData"`
	CertPwdData    string `json:"certPwdData,omitempty"`
	FaceData       string `json:"faceData,omitempty"`
}

// An AuthenticationRequest is what the platform's back end sends the service.
type AuthenticationRequest struct {
	OrgID  string `json:"orgID"`
	AppID  string `json:"appID"`
	BizSeq string `json:"bizSeq"`
	Type   Mode   `json:"type"`
	LoginAnswer
}

// An AuthenticationAnswer is what the service answers.
type AuthenticationAnswer struct {
	BizSeq     string         `json:"bizSeq,omitempty"` // of the request, when it was one
	ResultCode ResultCode     `json:"resultCode"`
	ResultDesc string         `json:"resultDesc"`
	Identifier string         `json:"identifier,omitempty"` // the person, at this application (R-CEN-04)
	Attributes map[string]any `json:"attributes,omitempty"` // registered for and consented to (R-CEN-06)
}

const bizSeqLength = 32

// isName reports whether s is an identifier as organisations, applications
// and sequences have: letters and digits, at most 32.
func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return len(s) > 0 && len(s) <= 32
}
