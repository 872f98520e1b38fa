// Package centralized is the baseline: a faithful model of the national
// service that enrolls a person once and then answers every login at every
// platform. spec/centralized.md is the text, with how sure each fact is.
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
// What is published is the names of the fields, the four modes, the success
// code and which attributes can be consented to; how the three data fields
// are made is not. Here they are JSON Web Encryption to the service, so that a
// platform learns nothing from them. Left out: the real service's transport
// security, its apps and its storage; the state is in memory.
package centralized

import "errors"

// Mode is the published field "type": what the person shows in a login.
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
	BadRequest         ResultCode = "H0000001"
	UnknownApplication ResultCode = "H0000002"
	UnknownCertificate ResultCode = "H0000003"
	WrongPassword      ResultCode = "H0000004"
	WrongFace          ResultCode = "H0000005"
	Restricted         ResultCode = "H0000006" // an order cut the person off (R-CEN-05)
	Replayed           ResultCode = "H0000007"
	PasswordLocked     ResultCode = "H0000008"
)

// ErrRefused is wrapped by every error that says the service refused a login.
var ErrRefused = errors.New("centralized: login refused")

// Beside the claims of spec.Claims, the attributes that the service can
// answer with on consent: the published masked forms.
const (
	MaskedName   = "masked_name"   // the first character, the others as *
	MaskedNumber = "masked_number" // the first and the last character, the others as *
)

// A LoginRequest is what a platform hands to the person's app.
type LoginRequest struct {
	OrgID      string   `json:"orgID"`      // the organisation, 8 digits
	AppID      string   `json:"appID"`      // its application, 4 digits
	BizSeq     string   `json:"bizSeq"`     // 32 characters, once
	Type       Mode     `json:"type"`       //
	Attributes []string `json:"attributes"` // what it asks the person to consent to
}

// A LoginAnswer is what the app hands back, for the service's eyes.
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
	BizSeq     string         `json:"bizSeq"`
	ResultCode ResultCode     `json:"resultCode"`
	ResultDesc string         `json:"resultDesc"`
	Identifier string         `json:"identifier,omitempty"` // the person, at this application
	Attributes map[string]any `json:"attributes,omitempty"` // consented and registered for
}

// The contents of the three encrypted fields. Each names the login it was
// made for, so that none serves in another.
type (
	idCardAuthData struct {
		BizSeq      string   `json:"bizSeq"`
		AppID       string   `json:"appID"`
		Certificate string   `json:"certificate"`
		Consent     []string `json:"consent"`
	}
	certPwdData struct {
		BizSeq   string `json:"bizSeq"`
		Password string `json:"password"`
	}
	faceData struct {
		BizSeq string `json:"bizSeq"`
		Face   []byte `json:"face"`
	}
)
