package centralized

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/spec"
)

// Beside the claims of spec.Claims, the attributes that the service can
// answer with on consent: the published masked forms (R-CEN-06).
const (
	MaskedName   = "masked_name"   // the first character, the others as *
	MaskedNumber = "masked_number" // the first and the last character, the others as *
)

func knownAttribute(name string) bool {
	return slices.Contains(spec.Claims, name) || name == MaskedName || name == MaskedNumber
}

// answerable gives those attributes that the application registered for and
// the person consented to (R-CEN-06), as they are at the time.
func answerable(a enrollment.Attributes, registered, consented []string, now time.Time) map[string]any {
	claims := a.Claims(spec.DateOf(now))
	claims[MaskedName] = mask(a.Name, false)
	claims[MaskedNumber] = mask(a.DocumentNumber, true)
	out := make(map[string]any)
	for _, name := range registered {
		if v, ok := claims[name]; ok && slices.Contains(consented, name) {
			out[name] = v
		}
	}
	return out
}

// mask keeps the first character, and the last where asked; at least one
// character is always hidden.
func mask(s string, last bool) string {
	n := utf8.RuneCountInString(s)
	if n < 2 {
		return strings.Repeat("*", n)
	}
	first, _ := utf8.DecodeRuneInString(s)
	if !last || n == 2 {
		return string(first) + strings.Repeat("*", n-1)
	}
	end, _ := utf8.DecodeLastRuneInString(s)
	return string(first) + strings.Repeat("*", n-2) + string(end)
}
