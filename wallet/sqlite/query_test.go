package sqlite_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/aries-framework-go/spi/storage"
)

func TestQueryExpressions(t *testing.T) {
	_, s := create(t, filepath.Join(t.TempDir(), "f"))
	for _, e := range []struct{ key, tags string }{
		{"1", "kind:a colour:red"}, {"2", "kind:a colour:blue"}, {"3", "kind:b colour:red"}, {"4", "kind:c"}, {"5", ""},
	} {
		var tags []storage.Tag
		for _, f := range strings.Fields(e.tags) {
			name, value, _ := strings.Cut(f, ":")
			tags = append(tags, storage.Tag{Name: name, Value: value})
		}
		if err := s.Put(e.key, []byte(e.key), tags...); err != nil {
			t.Fatal(err)
		}
	}
	for expression, want := range map[string]string{
		"kind":                                "1 2 3 4",
		"kind:a":                              "1 2",
		"kind:a&&colour:red":                  "1",
		"kind:c||kind:a&&colour:blue":         "2 4",
		"colour:red||colour:blue":             "1 2 3",
		"kind:a&&kind:b":                      "",
		"kind:' OR 1=1 --":                    "",
		"nothing":                             "",
		"colour:blue&&kind:a||nothing&&kind:": "2",
	} {
		it, err := s.Query(expression, storage.WithPageSize(2))
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		var got []string
		for {
			ok, err := it.Next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			key, _ := it.Key()
			got = append(got, key)
		}
		if !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s: got %v, want %s", expression, got, want)
		}
	}
	for name, expression := range map[string]string{
		"empty expression":   "",
		"two colons":         "a:b:c",
		"no name":            ":b",
		"dangling and":       "a&&",
		"dangling or":        "||a",
		"too many criterias": strings.Repeat("a||", 200) + "a",
	} {
		if _, err := s.Query(expression); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestDeletedWhileIterating(t *testing.T) {
	_, s := create(t, filepath.Join(t.TempDir(), "f"))
	for _, k := range []string{"a", "b", "c"} {
		if err := s.Put(k, []byte(k), storage.Tag{Name: "t"}); err != nil {
			t.Fatal(err)
		}
	}
	it, err := s.Query("t", storage.WithPageSize(1))
	if err != nil {
		t.Fatal(err)
	}
	it.Next()
	if err := s.Delete("b"); err != nil {
		t.Fatal(err)
	}
	it.Next()
	if key, _ := it.Key(); key != "c" {
		t.Errorf("after a comes %q, want c", key)
	}
}

func TestPutRefusesTwoTagsOfOneName(t *testing.T) {
	_, s := create(t, filepath.Join(t.TempDir(), "f"))
	if err := s.Put("k", []byte("v"), storage.Tag{Name: "t", Value: "1"}, storage.Tag{Name: "t", Value: "2"}); err == nil {
		t.Error("no error")
	}
}
