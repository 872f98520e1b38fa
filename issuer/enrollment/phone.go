package enrollment

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"sync"
	"time"

	"github.com/halfmask/halfmask/spec"
)

const (
	codeDigits  = 6
	codeLife    = 5 * time.Minute
	codeTries   = 5      // wrong codes until a number is locked
	maxPending  = 10_000 // phone numbers with a code under way
	phoneLength = 16     // '+' and 15 digits, E.164
)

// SMSSender delivers a one-time code to a phone.
type SMSSender interface {
	SendCode(ctx context.Context, phone, code string) error
}

// PhoneCodes sends one-time codes to phones and checks them (R-ENR-07). A
// code has six digits from crypto/rand, lives five minutes and works once.
// The fifth wrong answer locks the number until the code expires; asking for
// another code meanwhile gives no further tries. At most 10 000 numbers are
// under way at once. It is safe for use by several goroutines.
type PhoneCodes struct {
	Sender SMSSender        // required
	Now    func() time.Time // nil: time.Now

	mu      sync.Mutex
	pending map[string]*pendingCode
}

type pendingCode struct {
	code    string
	expires time.Time
	wrong   int
}

var phonePattern = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// Send makes a code for the phone, an E.164 number such as +8613000000000,
// and has it delivered. The error is an *EvidenceError for what the applicant
// can put right: no such number form, a locked number, too many under way.
func (p *PhoneCodes) Send(ctx context.Context, phone string) error {
	if len(phone) > phoneLength || !phonePattern.MatchString(phone) {
		return phoneError("phone-number", "phone", "not a number in E.164 form")
	}
	if p.Sender == nil {
		return errors.New("enrollment: phone codes have no sender")
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return fmt.Errorf("enrollment: phone code: %w", err)
	}
	code := fmt.Sprintf("%0*d", codeDigits, n)
	if err := p.remember(phone, code); err != nil {
		return err
	}
	if err := p.Sender.SendCode(ctx, phone, code); err != nil {
		return fmt.Errorf("enrollment: phone code could not be sent: %w", err)
	}
	return nil
}

func (p *PhoneCodes) remember(phone, code string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if p.pending == nil {
		p.pending = map[string]*pendingCode{}
	}
	before := p.pending[phone]
	if before != nil && !now.Before(before.expires) {
		before = nil
	}
	switch {
	case before != nil && before.wrong >= codeTries:
		return phoneError("phone-code-locked", "phone", "too many wrong codes; try again in a few minutes")
	case before == nil && len(p.pending) >= maxPending:
		p.forgetExpired(now)
		if len(p.pending) >= maxPending {
			return phoneError("phone-codes-pending", "phone", "too many codes under way; try again in a few minutes")
		}
	}
	entry := &pendingCode{code: code, expires: now.Add(codeLife)}
	if before != nil {
		entry.wrong = before.wrong
	}
	p.pending[phone] = entry
	return nil
}

func (p *PhoneCodes) forgetExpired(now time.Time) {
	for phone, entry := range p.pending {
		if !now.Before(entry.expires) {
			delete(p.pending, phone)
		}
	}
}

// Check takes the code that the phone's owner typed. A right one is used up.
// The error is an *EvidenceError.
func (p *PhoneCodes) Check(phone, code string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	entry := p.pending[phone]
	switch {
	case entry == nil:
		return phoneError("phone-code-none", "phone_code", "no code was sent to this number, or it was used")
	case !p.now().Before(entry.expires):
		delete(p.pending, phone)
		return phoneError("phone-code-expired", "phone_code", "the code is older than five minutes")
	case entry.wrong >= codeTries:
		return phoneError("phone-code-locked", "phone_code", "too many wrong codes; try again in a few minutes")
	case subtle.ConstantTimeCompare([]byte(entry.code), []byte(code)) != 1:
		entry.wrong++
		return phoneError("phone-code-wrong", "phone_code", "not the code that was sent")
	}
	delete(p.pending, phone)
	return nil
}

func (p *PhoneCodes) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}

func phoneError(check, field, text string) error {
	return &EvidenceError{Check: check, Rule: spec.RulePhone, Field: field, Err: errors.New(text)}
}

// SimulatedGateway stands in for the SMS network: it keeps the last code of
// each phone, for the person of the simulation to read. It keeps at most
// 10 000 and is safe for use by several goroutines. Its zero value works.
type SimulatedGateway struct {
	// Show, when set, is told of every message as well: a server for
	// developers prints it, for no phone will ring.
	Show func(phone, code string)

	mu    sync.Mutex
	codes map[string]string
}

// SendCode keeps the code.
func (g *SimulatedGateway) SendCode(_ context.Context, phone, code string) error {
	g.mu.Lock()
	if g.codes == nil {
		g.codes = map[string]string{}
	}
	if _, known := g.codes[phone]; !known && len(g.codes) >= maxPending {
		g.mu.Unlock()
		return errors.New("simulated SMS network: full")
	}
	g.codes[phone] = code
	g.mu.Unlock()
	if g.Show != nil {
		g.Show(phone, code)
	}
	return nil
}

// Read gives the last code sent to the phone and forgets it.
func (g *SimulatedGateway) Read(phone string) (code string, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	code, ok = g.codes[phone]
	delete(g.codes, phone)
	return code, ok
}
