// Package link joins what a coalition of parties saw of the same people, from
// the bytes alone. spec/exposure.md, R-EXP-03, says what it promises.
//
// The lab mines recorded messages into a [Table]: values by path, numbers,
// parties and times. A [View] is what one coalition has of it. Linkers learn
// on people whose visits they are told ([Truth]) and join those of other
// people into [Components].
package link
