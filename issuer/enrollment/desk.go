package enrollment

import (
	"context"
	"errors"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/spec"
)

// Desk takes submissions, checks their evidence and decides. It keeps no
// record of persons.
type Desk struct {
	Rules  *spec.Rules      // required
	Trust  *document.Trust  // whose signatures count; nil: nobody's
	Face   FaceMatcher      // nil: SyntheticFaces
	Phones *PhoneCodes      // required
	Now    func() time.Time // nil: time.Now
}

// Enrolled is the result of an accepted submission.
type Enrolled struct {
	Attributes Attributes
	Decision   Decision
	Portrait   []byte // from the document, for a design that compares faces at login
}

// SendPhoneCode sends a one-time code to the phone of an applicant. The error
// is an *EvidenceError when the applicant can put it right.
func (d *Desk) SendPhoneCode(ctx context.Context, phone string) error {
	if d.Phones == nil {
		return errors.New("enrollment: the desk has no phones")
	}
	return d.Phones.Send(ctx, phone)
}

// Enroll checks a submission in this order: the documents, the faces, the
// phone, the password where one was sent, and then the rules. The error is
// a *Refusal when the rules refuse and an *EvidenceError when evidence does
// not hold. A document of a kind that the rules do not accept is refused
// unread.
func (d *Desk) Enroll(ctx context.Context, s Submission) (*Enrolled, error) {
	if d.Rules == nil || d.Phones == nil {
		return nil, errors.New("enrollment: the desk has no rules or no phones")
	}
	e := &enrolling{desk: d, at: d.now()}
	e.deciding = newDeciding(d.Rules, spec.DateOf(e.at))

	person, err := e.person(ctx, "", s.Document, s.Face, spec.RuleAcceptedKind, spec.RuleAuthentic)
	if err != nil {
		return nil, err
	}
	a := Application{Document: documentOf(person), BirthDate: person.BirthDate, Consent: s.Consent}
	if s.Guardian != nil {
		if a.Guardian, err = e.guardian(ctx, s.Guardian, person.BirthDate); err != nil {
			return nil, err
		}
	}
	if err := e.phoneAndPassword(s); err != nil {
		return nil, err
	}
	decision := Decide(a, d.Rules, e.on)
	decision.Reasons = append(e.decision.Reasons, decision.Reasons...)
	if decision.Outcome != spec.Accepted {
		return nil, &Refusal{decision}
	}
	consented := a.Guardian != nil && a.Guardian.Consent && decision.Tier != spec.From18
	return &Enrolled{attributesOf(person, s.Phone, consented, d.Rules.Settings), decision, person.Portrait}, nil
}

func (d *Desk) now() time.Time {
	if d.Now != nil {
		return d.Now()
	}
	return time.Now()
}

// enrolling is one run of Enroll; its reasons are those of the evidence.
type enrolling struct {
	deciding
	desk *Desk
	at   time.Time
}

// person checks a document and the face that belongs to it; prefix is the
// part of the submission, "" or "guardian.".
func (e *enrolling) person(ctx context.Context, prefix string, p document.Presented, face []byte, kindRule, rule string) (*document.Verified, error) {
	field := prefix + "document"
	if !e.rules.Accepts(p.Kind) {
		e.speak(kindRule, field+".kind", false, "", whyNot(p.Kind, e.rules))
		return nil, &Refusal{e.decision}
	}
	v, err := document.Verify(p, e.desk.Trust, e.at)
	if err != nil {
		return nil, documentError(field, rule, err)
	}
	if v.Kind == spec.OverseasChinesePassport && !v.SettledAbroad {
		return nil, &EvidenceError{Check: "settled-abroad", Rule: kindRule, Field: field + ".residence_note",
			Err: errors.New("the civil registry does not show the holder as a citizen settled abroad")}
	}
	e.speak(rule, field, true, string(v.Kind)+", signature and hashes hold", "")
	if err := e.face().MatchFace(ctx, face, v.Portrait); err != nil {
		return nil, &EvidenceError{Check: "face", Rule: spec.RuleFace, Field: prefix + "face", Err: err}
	}
	e.speak(spec.RuleFace, prefix+"face", true, e.face().Method(), "")
	return v, nil
}

func (e *enrolling) face() FaceMatcher {
	if e.desk.Face != nil {
		return e.desk.Face
	}
	return SyntheticFaces{}
}

// guardian checks the guardian's evidence, and leaves it unread where the
// person's tier gives a guardian no part.
func (e *enrolling) guardian(ctx context.Context, g *GuardianSubmission, birth spec.Date) (*Guardian, error) {
	tier := e.rules.TierOf(e.rules.Settings.Age(birth, e.on))
	if e.rules.GuardianPart(tier) == spec.NoGuardian {
		return &Guardian{}, nil
	}
	v, err := e.person(ctx, "guardian.", g.Document, g.Face, spec.RuleGuardianDocument, spec.RuleGuardianDocument)
	if err != nil {
		return nil, err
	}
	return &Guardian{Document: documentOf(v), BirthDate: v.BirthDate, Relation: g.Relation, Part: g.Part, Consent: g.Consent}, nil
}

func (e *enrolling) phoneAndPassword(s Submission) error {
	if err := e.desk.Phones.Check(s.Phone, s.PhoneCode); err != nil {
		return err
	}
	e.speak(spec.RulePhone, "phone", true, "", "")
	if s.Password == "" {
		e.speak(spec.RulePassword, "password", true, "none is kept in this design", "")
		return nil
	}
	if err := CheckPassword(s.Password); err != nil {
		return err
	}
	e.speak(spec.RulePassword, "password", true, "", "")
	return nil
}

func documentOf(v *document.Verified) Document {
	return Document{Kind: v.Kind, Expires: v.Expiry, Permanent: v.Expiry.IsZero()}
}

// documentError places a document's error inside the submission.
func documentError(field, rule string, err error) error {
	e := &EvidenceError{Check: "document", Rule: rule, Field: field, Err: err}
	var inDocument *document.Error
	if errors.As(err, &inDocument) {
		e.Check = inDocument.Check
		if inDocument.Field != "document" {
			e.Field += "." + inDocument.Field
		}
	}
	return e
}
