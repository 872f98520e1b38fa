package exposure

import (
	"bytes"
	"encoding/binary"
)

// A register is the list of people that an attacker may hold beside the
// view: document numbers with whom they belong to.
type register struct {
	byPrefix map[[registerPrefix]byte][]registered
	begins   [1 << 16 / 64]uint64 // what numbers begin with: nearly all text does not
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
		b := begin(key[:])
		r.begins[b/64] |= 1 << (b % 64)
	}
}

// find gives the people whose number stands in folded text.
func (r *register) find(folded []byte) (people []int) {
	for i := 0; i+registerPrefix <= len(folded); i++ {
		if b := begin(folded[i:]); r.begins[b/64]&(1<<(b%64)) == 0 {
			continue
		}
		for _, c := range r.byPrefix[[registerPrefix]byte(folded[i:])] {
			if rest, ok := bytes.CutPrefix(folded[i:], []byte(c.number)); ok && ends(rest) {
				people = append(people, c.person)
			}
		}
	}
	return people
}

// begin scatters the first four bytes over 16 bits.
func begin(b []byte) uint32 { return binary.LittleEndian.Uint32(b) * 0x9e3779b1 >> 16 }

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
