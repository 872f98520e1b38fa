package document

import (
	"regexp"

	"golang.org/x/text/language"
)

// specialStates are the codes of ICAO Doc 9303-3 section 5 beyond ISO
// 3166-1, with the two letters that certificates name the issuer by, where
// it issues any.
var specialStates = map[string]string{
	"UTO": "UT", // Utopia, the country of specimens
	"D":   "DE",
	"EUE": "EU", "UNO": "UN", "UNA": "UN", "UNK": "UN", "RKS": "KS", "XOM": "XO",
	"GBD": "GB", "GBN": "GB", "GBO": "GB", "GBP": "GB", "GBS": "GB",
	"XXA": "", "XXB": "", "XXC": "", "XXX": "", // stateless, refugee, other refugee, unspecified
	"XPO": "", "XBA": "", "XIM": "", "XCC": "", "XCO": "", "XEC": "", "XMP": "", "XCE": "", "XES": "", "XAU": "",
}

var letters3 = regexp.MustCompile(`^[A-Z]{3}$`)

// KnownState reports whether code is a nationality or an issuing state: ISO
// 3166-1 alpha-3 or one of the codes of ICAO Doc 9303-3 section 5, such as
// XXA for a stateless person.
func KnownState(code string) bool {
	if _, ok := specialStates[code]; ok {
		return true
	}
	_, ok := alpha2(code)
	return ok
}

// alpha2 gives the two letters by which certificates name an issuing state.
func alpha2(code string) (string, bool) {
	if two, ok := specialStates[code]; ok {
		return two, two != ""
	}
	if !letters3.MatchString(code) {
		return "", false
	}
	r, err := language.ParseRegion(code)
	if err != nil || !r.IsCountry() || r.ISO3() != code || len(r.String()) != 2 {
		return "", false
	}
	return r.String(), true
}

// nationalityOfDigits gives the alpha-3 code of three digits of ISO 3166-1.
func nationalityOfDigits(s string) (string, bool) {
	if len(s) != 3 {
		return "", false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return "", false
		}
		n = n*10 + int(s[i]-'0')
	}
	r, err := language.EncodeM49(n)
	if err != nil || !r.IsCountry() || r.M49() != n {
		return "", false
	}
	return r.ISO3(), true
}

// DigitsOfState gives the three digits of ISO 3166-1 for an alpha-3 code; ok
// is false when the code has none.
func DigitsOfState(code string) (digits string, ok bool) {
	two, ok := alpha2(code)
	if !ok {
		return "", false
	}
	r, err := language.ParseRegion(two)
	if err != nil || r.M49() == 0 {
		return "", false
	}
	n := r.M49()
	return string([]byte{'0' + byte(n/100), '0' + byte(n/10%10), '0' + byte(n%10)}), true
}
