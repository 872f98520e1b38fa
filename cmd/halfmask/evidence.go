package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/spec"
)

// evidence is what an applicant's device sends to enroll, in either design.
type evidence struct {
	document, face, phone, code, smsDir string
	guardian, guardianFace              string
	relation, part                      string
	noGuardianConsent                   bool
}

func (e *evidence) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&e.document, "document", "", "`FILE|DIR` of the document, as 'documents mint' or a chip reader writes it")
	f.StringVar(&e.face, "face", "", "JPEG `FILE` of the live face (default: "+liveFaceFile+" beside the document)")
	f.StringVar(&e.phone, "phone", "", "phone `NUMBER` such as +999000000001 (no network uses +999)")
	f.StringVar(&e.code, "phone-code", "", "the one-time `CODE` that was sent to the phone (default: have one sent, and ask)")
	f.StringVar(&e.smsDir, "sms-dir", "", "read the code from `DIR`, where the server writes its simulated SMS")
	f.StringVar(&e.guardian, "guardian-document", "", "`FILE|DIR` of the guardian's document")
	f.StringVar(&e.guardianFace, "guardian-face", "", "JPEG `FILE` of the guardian's live face (default: beside the document)")
	f.StringVar(&e.relation, "guardian-relation", string(spec.Parent), "`RELATION` of the guardian: parent or guardian")
	f.StringVar(&e.part, "guardian-part", "", "`PART` of the guardian: applies or supervises (default: by the age in the document)")
	f.BoolVar(&e.noGuardianConsent, "no-guardian-consent", false, "the guardian does not consent")
	c.MarkFlagRequired("document")
	c.MarkFlagRequired("phone")
}

// maxFace is the most bytes of a picture that is sent.
const maxFace = 256 << 10

// submission reads the files. The phone's code is still missing.
func (e *evidence) submission() (*enrollment.Submission, error) {
	s := &enrollment.Submission{Phone: e.phone, Consent: true}
	var err error
	if s.Document, s.Face, err = readPerson(e.document, e.face, "face"); err != nil {
		return nil, err
	}
	if e.guardian == "" {
		return s, nil
	}
	g := &enrollment.GuardianSubmission{Relation: spec.Relation(e.relation), Part: spec.GuardianPart(e.part), Consent: !e.noGuardianConsent}
	if g.Document, g.Face, err = readPerson(e.guardian, e.guardianFace, "guardian-face"); err != nil {
		return nil, fmt.Errorf("guardian: %w", err)
	}
	if e.part == "" {
		g.Part = usualPart(s.Document)
	}
	s.Guardian = g
	return s, nil
}

func readPerson(path, face, flag string) (document.Presented, []byte, error) {
	presented, err := readDocument(path)
	if err != nil {
		return document.Presented{}, nil, err
	}
	if face == "" {
		if face = filepath.Join(path, liveFaceFile); !isFile(face) {
			base := strings.TrimSuffix(path, ".json")
			face = base + "-" + liveFaceFile
		}
		if !isFile(face) {
			return document.Presented{}, nil, usagef("--%s: there is no %s beside %s: name the picture", flag, liveFaceFile, path)
		}
	}
	picture, err := readFile(face, maxFace)
	if err != nil {
		return document.Presented{}, nil, fmt.Errorf("--%s: %w", flag, err)
	}
	return *presented, picture, nil
}

// usualPart says what a guardian comes to do for the holder of a document. It
// believes the document: who is to check it will say if that was wrong.
func usualPart(p document.Presented) spec.GuardianPart {
	today := spec.DateOf(time.Now())
	born, ok := printedBirthDate(p, today)
	if ok && (spec.Settings{}).Age(born, today) < 14 {
		return spec.Applies
	}
	return spec.Supervises
}

// printedBirthDate reads a birth date without any check.
func printedBirthDate(p document.Presented, today spec.Date) (spec.Date, bool) {
	if p.Chip != nil {
		_, zone, found := bytes.Cut(p.Chip.DG1, []byte{0x5f, 0x1f}) // tag of the machine readable zone
		if !found || len(zone) < 2 {
			return spec.Date{}, false
		}
		read, err := document.ParseMRZ(string(zone[1:]), today)
		if err != nil {
			return spec.Date{}, false
		}
		return read.BirthDate, true
	}
	parts := strings.Split(p.Record, ".")
	if len(parts) != 3 {
		return spec.Date{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var record document.Record
	if err != nil || json.Unmarshal(payload, &record) != nil {
		return spec.Date{}, false
	}
	return record.BirthDate, true
}

// phoneCode gets the one-time code: as told, or it has one sent and reads it
// from the folder of the simulated network or asks for it.
func (e *evidence) phoneCode(cmd *cobra.Command, send func(context.Context, string) error) (string, error) {
	if e.code != "" {
		return e.code, nil
	}
	if err := send(cmd.Context(), e.phone); err != nil {
		return "", err
	}
	if e.smsDir != "" {
		return readSMS(e.smsDir, e.phone)
	}
	code, err := askLine(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr(), "The code that was sent to "+e.phone+": ")
	if err == nil && code == "" {
		err = errors.New("no phone code was given: it was sent, so run this again with --phone-code CODE")
	}
	return code, err
}
