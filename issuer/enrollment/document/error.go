package document

import "fmt"

// Error says which check of a document failed, on which field, and where
// that check comes from. Every error about the content of a document is one,
// found with errors.As. It repeats no name, number or birth date that could
// be read, so that it can be shown and logged.
type Error struct {
	Check  string // a short fixed name, such as "number-check-digit"
	Field  string // the field that failed, as in Presented: "chip.dg1", "record.number"
	Clause string // the clause the check comes from, such as "ICAO Doc 9303-11 section 5.1"
	Err    error  // what was wrong; may be nil
}

func (e *Error) Error() string {
	s := fmt.Sprintf("document: check %s failed on %s (%s)", e.Check, e.Field, e.Clause)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

func failed(check, field, clause, format string, args ...any) *Error {
	return &Error{Check: check, Field: field, Clause: clause, Err: fmt.Errorf(format, args...)}
}

// within says the same of a field inside another: the number's own check
// knows no more than "number", its caller knows "record.number".
func within(field string, err error) error {
	if e, ok := err.(*Error); ok {
		moved := *e
		moved.Field = field
		return &moved
	}
	return err
}

// The clauses that the checks come from.
const (
	clauseNumber    = "GB 11643-1999"
	clauseCheck     = "ISO 7064 MOD 11-2"
	clauseResident  = "foreign permanent resident card, 2023 number format"
	clauseResident0 = "foreign permanent resident card, 2017 number format"
	clauseTravel    = "travel permit number format"
	clausePassport  = "passport number format"
	clauseMRZ       = "ICAO Doc 9303-3 section 4"
	clauseDigits    = "ICAO Doc 9303-3 section 4.9"
	clauseTD1       = "ICAO Doc 9303-5 section 4.2"
	clauseTD3       = "ICAO Doc 9303-4 section 4.2"
	clauseCOM       = "ICAO Doc 9303-10 section 4.6.1"
	clauseSOD       = "ICAO Doc 9303-10 section 4.6.2"
	clauseDG1       = "ICAO Doc 9303-10 section 4.7.1"
	clauseDG2       = "ICAO Doc 9303-10 section 4.7.2"
	clausePassive   = "ICAO Doc 9303-11 section 5.1"
	clauseCerts     = "ICAO Doc 9303-12 section 7.1"
	clauseFace      = "ISO/IEC 19794-5:2005 section 5"
	clauseRecord    = "register record of this package, simulated"
	clauseNote      = "residence note of this package, simulated"
	clausePresented = "presented document of this package"
)
