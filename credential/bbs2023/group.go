package bbs2023

import (
	"crypto/sha256"
	"slices"
	"strconv"

	"github.com/halfmask/halfmask/credential"
)

// dataset is a document with its statements.
type dataset struct {
	document   map[string]any // as read, without its proof
	labelled   map[string]any // the same with blank node labels
	labels     []string       // the labels, in document order
	context    *activeContext
	statements []statement
	canonical  map[string]int // label to N of c14nN
}

// readDataset gives the statements of a document and their canonical labels:
// the first half of labelReplacementCanonicalizeJsonLd.
func readDataset(document map[string]any) (*dataset, error) {
	d := &dataset{document: document}
	var err error
	if d.labelled, d.labels, err = labelNodes(document); err != nil {
		return nil, err
	}
	if d.context, err = processContext(document["@context"]); err != nil {
		return nil, err
	}
	if d.statements, err = toStatements(d.context, d.labelled); err != nil {
		return nil, err
	}
	if d.canonical, err = canonicalLabels(d.statements); err != nil {
		return nil, err
	}
	if len(d.canonical) != len(d.labels) {
		return nil, credential.Failed("unsigned-member", clauseStatements, "%d objects without an id, %d in the statements", len(d.labels), len(d.canonical))
	}
	return d, nil
}

// canonicalLines writes statements under new labels, sorted: the second half
// of labelReplacementCanonicalizeJsonLd.
func canonicalLines(statements []statement, prefix string, numbers map[string]int) []string {
	lines := make([]string, len(statements))
	for i, s := range statements {
		lines[i] = s.line(func(label string) string { return prefix + strconv.Itoa(numbers[label]) })
	}
	slices.Sort(lines)
	return lines
}

// statementsAt gives the statements of the part of the document that the
// pointers select (selectCanonicalNQuads, before relabelling). No pointers
// select nothing.
func (d *dataset) statementsAt(pointers []string) ([]statement, error) {
	if len(pointers) == 0 {
		return nil, nil
	}
	s, err := selectPointers(d.document, pointers)
	if err != nil {
		return nil, err
	}
	return toStatements(d.context, s.apply(d.labelled).(map[string]any))
}

// indexesOf gives the positions, ascending, of some statements among all the
// lines of the document (canonicalizeAndGroup, "matching").
func indexesOf(lines, some []string) ([]int, error) {
	indexes := make([]int, 0, len(some))
	for _, line := range some {
		n, ok := slices.BinarySearch(lines, line)
		if !ok {
			return nil, credential.Failed("pointer", clausePointer, "the selected part says what the document does not: %s", quote(line))
		}
		indexes = append(indexes, n)
	}
	slices.Sort(indexes)
	return slices.Compact(indexes), nil
}

// split parts lines in those at the ascending indexes and the others.
func split(lines []string, indexes []int) (in, out []string) {
	for n, line := range lines {
		if len(indexes) > 0 && indexes[0] == n {
			in, indexes = append(in, line), indexes[1:]
		} else {
			out = append(out, line)
		}
	}
	return in, out
}

// hashLines is hashMandatoryNQuads, and the hash of a canonical form in general.
func hashLines(lines []string) []byte {
	h := sha256.New()
	for _, line := range lines {
		h.Write([]byte(line))
	}
	return h.Sum(nil)
}

// messages are the lines as BBS signs them.
func messages(lines []string) [][]byte {
	out := make([][]byte, len(lines))
	for i, line := range lines {
		out[i] = []byte(line)
	}
	return out
}
