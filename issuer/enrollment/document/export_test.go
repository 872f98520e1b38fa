package document

// For the tests in package document_test, which mint documents: package mint
// imports this one.
var (
	ParseCOM = parseCOM
	ParseDG1 = parseDG1
	ParseDG2 = parseDG2
)

// ParseSOD reads EF.SOD and forgets it.
func ParseSOD(b []byte) error {
	_, err := parseSOD(b)
	return err
}
