package sqlite

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hyperledger/aries-framework-go/spi/storage"
)

const (
	defaultPageSize = 50
	maxCriteria     = 64 // criteria in one expression
)

// Query finds entries by their tags. The expression is one or more of
// Name or Name:Value, joined by && and ||, where && binds more tightly.
// Without a sort option the entries come in the order in which their keys
// were first written.
func (s *store) Query(expression string, options ...storage.QueryOption) (storage.Iterator, error) {
	where, args, err := parseExpression(expression)
	if err != nil {
		return nil, fmt.Errorf("sqlite: query: %w", err)
	}
	o := storage.QueryOptions{PageSize: defaultPageSize}
	for _, option := range options {
		if option != nil {
			option(&o)
		}
	}
	if o.PageSize < 1 {
		o.PageSize = defaultPageSize
	}
	if o.InitialPageNum < 0 {
		return nil, errors.New("sqlite: query: initial page is negative")
	}
	order := "entry.id"
	if o.SortOptions != nil {
		direction := ""
		if o.SortOptions.Order == storage.SortDescending {
			direction = " DESC"
		}
		order = strings.ReplaceAll("CAST(sort.value AS REAL) DIR, sort.value DIR, entry.id", " DIR", direction)
		args = append([]any{o.SortOptions.TagName, s.id}, args...)
	} else {
		args = append([]any{"", s.id}, args...)
	}
	rows, err := s.provider.db.Query("SELECT entry.id FROM entry LEFT JOIN tag AS sort ON sort.entry = entry.id AND sort.name = ?"+
		" WHERE entry.store = ? AND ("+where+") ORDER BY "+order, args...)
	if err != nil {
		return nil, fmt.Errorf("sqlite: query: %w", explain(err))
	}
	defer rows.Close()
	it := &iterator{store: s, pageSize: o.PageSize}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("sqlite: query: %w", explain(err))
		}
		it.ids = append(it.ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("sqlite: query: %w", explain(err))
	}
	it.total = len(it.ids)
	if skip := o.InitialPageNum * o.PageSize; skip/o.PageSize == o.InitialPageNum && skip <= len(it.ids) {
		it.ids = it.ids[skip:]
	} else {
		it.ids = nil
	}
	return it, nil
}

// parseExpression turns an expression into a condition over entry.id and
// its arguments.
func parseExpression(expression string) (where string, args []any, err error) {
	if expression == "" {
		return "", nil, errors.New("expression is empty")
	}
	var alternatives []string
	for _, alternative := range strings.Split(expression, "||") {
		var all []string
		for _, criterion := range strings.Split(alternative, "&&") {
			parts := strings.Split(criterion, ":")
			if len(parts) > 2 || parts[0] == "" {
				return "", nil, fmt.Errorf("%q is not of the form TagName or TagName:TagValue", criterion)
			}
			condition := "EXISTS (SELECT 1 FROM tag WHERE tag.entry = entry.id AND tag.name = ?"
			args = append(args, parts[0])
			if len(parts) == 2 && parts[1] != "" {
				condition += " AND tag.value = ?"
				args = append(args, parts[1])
			}
			if all = append(all, condition+")"); len(args) > 2*maxCriteria {
				return "", nil, fmt.Errorf("expression has more than %d criteria", maxCriteria)
			}
		}
		alternatives = append(alternatives, strings.Join(all, " AND "))
	}
	return strings.Join(alternatives, " OR "), args, nil
}

// iterator walks over what Query found, reading a page of values at a time.
// An entry deleted after the query is passed over. It holds nothing open.
type iterator struct {
	store    *store
	ids      []int64 // still to come
	total    int
	pageSize int
	page     []record // read ahead
	current  *record
}

type record struct {
	key   string
	value []byte
	tags  []storage.Tag
}

var errNoEntry = errors.New("sqlite: iterator is not at an entry")

// Next goes to the next entry and says whether there is one.
func (it *iterator) Next() (bool, error) {
	it.current = nil
	for len(it.page) == 0 && len(it.ids) > 0 {
		n := min(it.pageSize, len(it.ids))
		if err := it.read(it.ids[:n]); err != nil {
			return false, fmt.Errorf("sqlite: next: %w", err)
		}
		it.ids = it.ids[n:]
	}
	if len(it.page) == 0 {
		return false, nil
	}
	it.current, it.page = &it.page[0], it.page[1:]
	return true, nil
}

func (it *iterator) read(ids []int64) error {
	for _, id := range ids {
		rows, err := it.store.provider.db.Query("SELECT key, value FROM entry WHERE id = ?", id)
		if err != nil {
			return explain(err)
		}
		var r record
		found := rows.Next()
		if found {
			err = rows.Scan(&r.key, &r.value)
		}
		if err = errors.Join(err, rows.Err(), rows.Close()); err != nil {
			return explain(err)
		}
		if !found {
			continue
		}
		if r.tags, err = it.store.tags(id); err != nil {
			return err
		}
		it.page = append(it.page, r)
	}
	return nil
}

// Key gives the key of the current entry.
func (it *iterator) Key() (string, error) {
	if it.current == nil {
		return "", errNoEntry
	}
	return it.current.key, nil
}

// Value gives the value of the current entry.
func (it *iterator) Value() ([]byte, error) {
	if it.current == nil {
		return nil, errNoEntry
	}
	return it.current.value, nil
}

// Tags gives the tags of the current entry.
func (it *iterator) Tags() ([]storage.Tag, error) {
	if it.current == nil {
		return nil, errNoEntry
	}
	return it.current.tags, nil
}

// TotalItems counts what the query found, on all pages.
func (it *iterator) TotalItems() (int, error) { return it.total, nil }

// Close ends the iteration.
func (it *iterator) Close() error {
	it.ids, it.page, it.current = nil, nil, nil
	return nil
}
