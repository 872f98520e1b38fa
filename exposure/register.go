package exposure

import "bytes"

// A register is the list of people that an attacker may hold beside the
// view: document numbers with whom they belong to.
type register struct {
	byPrefix map[[registerPrefix]byte][]registered
}

type registered struct {
	number string
	person int
}

const registerPrefix = 8

// registerOf indexes the document numbers of people.
func registerOf(people []*Person) *register {
	r := &register{byPrefix: make(map[[registerPrefix]byte][]registered)}
	for _, p := range people {
		r.enter(p.DocumentNumber, p.Index)
	}
	return r
}

// enter adds a number. One of fewer than eight characters is left out.
func (r *register) enter(number string, person int) {
	if len(number) >= registerPrefix {
		number = string(fold([]byte(number)))
		key := [registerPrefix]byte([]byte(number))
		r.byPrefix[key] = append(r.byPrefix[key], registered{number, person})
	}
}

// find gives the people whose number stands in folded text.
func (r *register) find(folded []byte) (people []int) {
	for i := 0; i+registerPrefix <= len(folded); i++ {
		for _, c := range r.byPrefix[[registerPrefix]byte(folded[i:])] {
			if rest, ok := bytes.CutPrefix(folded[i:], []byte(c.number)); ok && ends(rest) {
				people = append(people, c.person)
			}
		}
	}
	return people
}

// ends reports whether a number can end before rest: where another number
// goes on it does not, but for the one check digit that a machine readable
// zone puts behind.
func ends(rest []byte) bool {
	digit := func(i int) bool { return i < len(rest) && '0' <= rest[i] && rest[i] <= '9' }
	return !digit(0) || !digit(1)
}

// fold gives a copy in which the letters A to Z are small: identifiers are
// compared without regard to case.
func fold(b []byte) []byte {
	folded := make([]byte, len(b))
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		folded[i] = c
	}
	return folded
}
