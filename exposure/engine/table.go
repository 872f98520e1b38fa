package engine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Table is data that is held in memory.
type Table struct {
	units   Units
	columns []Column
	entries [][]Entry // by column, by unit
}

// NewTable makes a table without columns.
func NewTable(u Units) (*Table, error) {
	if err := u.check(); err != nil {
		return nil, err
	}
	return &Table{units: u}, nil
}

// Add adds a column; the entries need not be in order, and the same twice counts once.
func (t *Table) Add(c Column, entries []Entry) error {
	entries = slices.Clone(entries)
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Value, b.Value)) })
	entries = slices.CompactFunc(entries, func(a, b Entry) bool { return a.Unit == b.Unit && a.Value == b.Value })
	if len(entries) > 0 && int(entries[len(entries)-1].Unit) >= t.units.Len() {
		return fmt.Errorf("engine: column %s: there is no unit %d", c.Name, entries[len(entries)-1].Unit)
	}
	for _, known := range t.columns {
		if known.Name == c.Name {
			return errors.New("engine: two columns are named " + c.Name)
		}
	}
	t.columns, t.entries = append(t.columns, c), append(t.entries, entries)
	return nil
}

// Units gives the units.
func (t *Table) Units() *Units { return &t.units }

// Columns lists the columns in the order in which they were added.
func (t *Table) Columns() []Column { return t.columns }

// Fill appends a column's entries of some people.
func (t *Table) Fill(column, first, last int, to []Entry) []Entry {
	all := t.entries[column]
	at := func(unit uint32) int {
		i, _ := slices.BinarySearchFunc(all, unit, func(e Entry, u uint32) int { return int(e.Unit) - int(u) })
		return i
	}
	return append(to, all[at(t.units.First[first]):at(t.units.First[last])]...)
}
