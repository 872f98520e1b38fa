package mint

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/halfmask/halfmask/spec"
)

// Person is a synthetic person, as far as a document tells.
type Person struct {
	ID          string // tells people apart who share the rest; may be empty
	Name        string // as on a card
	Latin       string // surname first, for a machine readable zone; may be empty when Name is in Latin letters
	Sex         string // document.Female or document.Male; "" where the kind allows it
	BirthDate   spec.Date
	Nationality string // ISO 3166-1 alpha-3; empty stands for CHN, and for UTO on a foreign passport
}

// identity is what a person's number and face follow from.
func (p Person) identity() string {
	return strings.Join([]string{p.ID, p.Name, p.Latin, p.Sex, p.BirthDate.String(), p.Nationality}, "\x00")
}

// latin gives the name in the letters of a machine readable zone, parted
// into surname and given names.
func (p Person) latin() (surname, given string, err error) {
	s := p.Latin
	if s == "" {
		s = p.Name
	}
	words := strings.Fields(strings.NewReplacer("-", " ", "'", "", ",", " ").Replace(strings.ToUpper(s)))
	if len(words) == 0 {
		return "", "", fmt.Errorf("mint: a machine readable zone needs a name")
	}
	for _, w := range words {
		for _, c := range w {
			if c < 'A' || c > 'Z' {
				return "", "", fmt.Errorf("mint: name %q needs Latin letters for a machine readable zone", s)
			}
		}
	}
	return words[0], strings.Join(words[1:], " "), nil
}

// SyntheticName draws a name that nobody takes for a real person's: the
// surname is the word for a test, the given name two syllables of the seed.
// latin is the same in Latin letters, surname first.
func SyntheticName(seed uint64, id string) (name, latin string) {
	syllables := []struct{ han, latin string }{
		{"甲", "JIA"}, {"乙", "YI"}, {"丙", "BING"}, {"丁", "DING"}, {"戊", "WU"}, {"己", "JI"}, {"庚", "GENG"}, {"辛", "XIN"},
		{"子", "ZI"}, {"丑", "CHOU"}, {"寅", "YIN"}, {"卯", "MAO"}, {"辰", "CHEN"}, {"巳", "SI"}, {"午", "WUU"}, {"未", "WEI"},
	}
	d := digest(seed, "name", id)
	n := binary.BigEndian.Uint16(d[:])
	first, second := syllables[n%16], syllables[n/16%16]
	return "测试" + first.han + second.han, "CESHI " + first.latin + second.latin
}
