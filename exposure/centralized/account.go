package centralized

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/spec"
)

// account is what the service keeps of one person.
type account struct {
	number      string // internet number: 10 letters and digits (R-CEN-01)
	certificate string // the current one
	attributes  enrollment.Attributes
	portrait    []byte
	password    [sha256.Size]byte // keyed hash, see Service.hash
	salt        string
	misses      int // wrong passwords in a row

	barred     bool                 // at every application
	barredFrom map[application]bool // at some
}

// documentID is how the service knows a person again.
type documentID struct {
	kind   spec.DocumentKind
	number string
}

const (
	numberLength    = 10
	numberAlphabet  = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789" // without I and O
	certificateType = "internet-certificate+jwt"
	maxMisses       = 5
)

// newNumber draws an internet number. It is random: nothing of the person is
// in it.
func newNumber() string {
	b := make([]byte, 0, numberLength)
	for len(b) < numberLength {
		var one [1]byte
		rand.Read(one[:])
		// The largest multiple of the alphabet's size below 256 keeps it even.
		if int(one[0]) < 256/len(numberAlphabet)*len(numberAlphabet) {
			b = append(b, numberAlphabet[int(one[0])%len(numberAlphabet)])
		}
	}
	return string(b)
}

// mac is a keyed hash for one purpose. No part has a character 0.
func (s *Service) mac(purpose string, parts ...string) (sum [sha256.Size]byte) {
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte(purpose))
	for _, p := range parts {
		h.Write([]byte{0})
		h.Write([]byte(p))
	}
	h.Sum(sum[:0])
	return sum
}

// hash keeps an 8-digit password. So few digits fall to any hash that can be
// computed without a key, however slow; what protects them is the service's
// key, which in a real service lives in a security module.
func (s *Service) hash(salt, password string) [sha256.Size]byte {
	return s.mac("password", salt, password)
}

// identifier is what the application gets for the person (R-CEN-04).
func (s *Service) identifier(number string, app application) string {
	if s.variant == Shared {
		return number
	}
	sum := s.mac("identifier", app.orgID, app.appID, number)
	return hex.EncodeToString(sum[:16])
}

// certificate is what an internet certificate holds, signed.
type certificate struct {
	Number string `json:"number"`
	Serial string `json:"serial"`
}

func (s *Service) certify(number string) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: s.signKey},
		(&jose.SignerOptions{}).WithType(certificateType))
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(certificate{number, rand.Text()})
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// certified gives the number in a certificate that the service signed.
func (s *Service) certified(signedCertificate string) (number string, ok bool) {
	signed, err := jose.ParseSignedCompact(signedCertificate, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return "", false
	}
	payload, err := signed.Verify(s.signKey.Public())
	if err != nil {
		return "", false
	}
	var c certificate
	return c.Number, decodeStrict(payload, &c) == nil && c.Number != ""
}

// open makes an account, or renews the one of the same document, whose number
// and orders stay. It does all or nothing.
func (s *Service) open(enrolled *enrollment.Enrolled, password string) (*Enrolled, error) {
	id := documentID{enrolled.Attributes.DocumentKind, enrolled.Attributes.DocumentNumber}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.byDocument[id]
	switch {
	case a == nil:
		a = &account{number: newNumber(), barredFrom: make(map[application]bool)}
		for s.byNumber[a.number] != nil {
			a.number = newNumber()
		}
	case a.barred:
		return nil, errBarred
	}
	signed, err := s.certify(a.number)
	if err != nil {
		return nil, fmt.Errorf("centralized: certificate: %w", err)
	}
	a.certificate, a.attributes, a.portrait, a.misses = signed, enrolled.Attributes, enrolled.Portrait, 0
	a.salt = rand.Text()
	a.password = s.hash(a.salt, password)
	s.byNumber[a.number], s.byDocument[id] = a, a
	return &Enrolled{InternetNumber: a.number, Certificate: signed, Decision: enrolled.Decision}, nil
}

// tryPassword counts wrong passwords and locks after too many of them.
func (s *Service) tryPassword(a *account, password string) ResultCode {
	if a.misses >= maxMisses {
		return PasswordLocked
	}
	sum := s.hash(a.salt, password)
	if subtle.ConstantTimeCompare(sum[:], a.password[:]) != 1 {
		a.misses++
		return WrongPassword
	}
	a.misses = 0
	return Success
}
