package centralized

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/spec"
)

// account is what the service keeps of one person.
type account struct {
	number      string // internet number: 10 letters and digits (R-CEN-01)
	certificate string
	attributes  enrollment.Attributes
	portrait    []byte
	password    [sha256.Size]byte // keyed hash, see Service.hash
	salt        []byte
	misses      int // wrong passwords in a row

	barred     bool            // at every application
	barredFrom map[string]bool // at one: orgID/appID
}

const (
	numberLength    = 10
	numberAlphabet  = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
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

// hash keeps an 8-digit password. So few digits fall to any hash that can be
// computed without a key, however slow; what protects them is the service's
// key, which in a real service lives in a security module.
func (s *Service) hash(salt []byte, password string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write(salt)
	mac.Write([]byte("password:" + password))
	mac.Sum(sum[:0])
	return sum
}

// identifier is what the application gets for the person (R-CEN-04).
func (s *Service) identifier(a *account, app *Application) string {
	if s.config.Variant == Shared {
		return a.number
	}
	mac := hmac.New(sha256.New, s.secret)
	fmt.Fprintf(mac, "identifier:%s/%s/%s", app.OrgID, app.AppID, a.number)
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// Enrolled is what a person's app gets from an enrollment.
type Enrolled struct {
	InternetNumber string              `json:"internet_number"`
	Certificate    string              `json:"certificate"`
	Decision       enrollment.Decision `json:"decision"`
}

func (s *Service) servePhoneCode(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Phone string `json:"phone"`
	}
	if !s.read(w, r, &body) {
		return
	}
	if err := s.config.Desk.SendPhoneCode(r.Context(), body.Phone); err != nil {
		refuse(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// serveEnroll checks the evidence, decides by the rules and opens an account.
func (s *Service) serveEnroll(w http.ResponseWriter, r *http.Request) {
	var submission enrollment.Submission
	if !s.read(w, r, &submission) {
		return
	}
	if err := enrollment.CheckPassword(submission.Password); err != nil {
		refuse(w, err)
		return
	}
	enrolled, err := s.config.Desk.Enroll(r.Context(), submission)
	if err != nil {
		refuse(w, err)
		return
	}
	a, err := s.open(enrolled, submission.Password)
	if err != nil {
		fail(w, http.StatusInternalServerError, "account", "the account could not be opened")
		return
	}
	reply(w, http.StatusCreated, Enrolled{InternetNumber: a.number, Certificate: a.certificate, Decision: enrolled.Decision})
}

// open makes an account, or renews the one of the same document.
func (s *Service) open(enrolled *enrollment.Enrolled, password string) (*account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	document := string(enrolled.Attributes.DocumentKind) + "/" + enrolled.Attributes.DocumentNumber
	a := s.byDocument[document]
	if a == nil {
		a = &account{number: newNumber(), barredFrom: make(map[string]bool)}
		for s.byNumber[a.number] != nil {
			a.number = newNumber()
		}
	}
	payload, err := json.Marshal(map[string]any{"number": a.number, "tier": enrolled.Decision.Tier, "serial": rand.Text()})
	if err != nil {
		return nil, err
	}
	signed, err := s.signer.Sign(payload)
	if err != nil {
		return nil, err
	}
	if a.certificate, err = signed.CompactSerialize(); err != nil {
		return nil, err
	}
	a.attributes, a.portrait, a.misses = enrolled.Attributes, enrolled.Portrait, 0
	a.salt = []byte(rand.Text())
	a.password = s.hash(a.salt, password)
	s.byNumber[a.number], s.byDocument[document] = a, a
	return a, nil
}

// owner finds the account of a certificate of ours, if it is the current one.
func (s *Service) owner(certificate string) *account {
	signed, err := jose.ParseSignedCompact(certificate, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return nil
	}
	payload, err := signed.Verify(s.key.Public())
	if err != nil {
		return nil
	}
	var body struct {
		Number string `json:"number"`
	}
	if json.Unmarshal(payload, &body) != nil {
		return nil
	}
	if a := s.byNumber[body.Number]; a != nil && a.certificate == certificate {
		return a
	}
	return nil
}

func knownAttribute(name string) bool {
	return slices.Contains(spec.Claims, name) || name == MaskedName || name == MaskedNumber
}

// answerable gives those attributes of the account that are among names.
func (a *account) answerable(names []string, now time.Time) map[string]any {
	claims := a.attributes.Claims(spec.DateOf(now))
	claims[MaskedName] = mask(a.attributes.Name, false)
	claims[MaskedNumber] = mask(a.attributes.DocumentNumber, true)
	out := make(map[string]any, len(names))
	for _, n := range names {
		if v, ok := claims[n]; ok {
			out[n] = v
		}
	}
	return out
}

// mask keeps the first character, and the last where asked.
func mask(s string, last bool) string {
	n := utf8.RuneCountInString(s)
	if n < 2 {
		return strings.Repeat("*", n)
	}
	first, _ := utf8.DecodeRuneInString(s)
	if !last {
		return string(first) + strings.Repeat("*", n-1)
	}
	end, _ := utf8.DecodeLastRuneInString(s)
	return string(first) + strings.Repeat("*", n-2) + string(end)
}

// refuse answers an enrollment error with the check, the rule and the field.
func refuse(w http.ResponseWriter, err error) {
	f := Failure{Check: "enrollment", Error: err.Error()}
	var refusal *enrollment.Refusal
	var evidence *enrollment.EvidenceError
	switch {
	case errors.As(err, &refusal):
		f.Check, f.Decision = "decision", &refusal.Decision
		if reason, ok := refusal.Decision.Refusing(); ok {
			f.Rule, f.Field = reason.Rule, reason.Field
		}
	case errors.As(err, &evidence):
		f.Check, f.Rule, f.Field = evidence.Check, evidence.Rule, evidence.Field
	default:
		reply(w, http.StatusBadRequest, f)
		return
	}
	reply(w, http.StatusForbidden, f)
}
