package capture_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/exposure/capture"
)

func write(t testing.TB, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const entry = `{"pageref":"p1","startedDateTime":"2026-03-01T08:00:00.5Z",
  "request":{"method":"POST","url":"https://shop.example/login","headers":[{"name":":path","value":"/"},{"name":"Accept","value":"*/*"}],"postData":{"text":"a=1"}},
  "response":{"status":200,"headers":[],"content":{"text":"aGVsbG8=","encoding":"base64"}}}`

func har(entries ...string) string {
	return "{\"log\":{\"version\":\"1.2\",\"pages\":[{\"id\":\"p1\"}],\"entries\":[\n" + strings.Join(entries, ",\n") + "\n]}}\n"
}

const line = `{"person":"ann","visit":"1","at":"2026-03-01T08:00:00Z","request":{"method":"GET","url":"https://shop.example/"},"response":{"status":204}}`

func TestReadHAR(t *testing.T) {
	got, err := capture.Read(write(t, "ann.har", har(entry, entry)), nil)
	if err != nil || len(got) != 2 {
		t.Fatalf("%d exchanges, %v", len(got), err)
	}
	e := got[0]
	if e.Person != "ann" || e.Visit != "p1" || e.Party != "shop.example" || string(e.Request.Body) != "a=1" || string(e.Response.Body) != "hello" || len(e.Request.Header) != 1 {
		t.Errorf("%+v", e)
	}
}

func TestReadJSONLines(t *testing.T) {
	got, err := capture.Read(write(t, "x.jsonl", line+"\n\n"+line+"\n"), nil)
	if err != nil || len(got) != 2 || got[0].Person != "ann" || got[0].Party != "shop.example" || got[0].Response.Status != 204 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		line       int
	}{
		"a line that is no JSON":     {"x.jsonl", line + "\nGET / HTTP/1.1\n", 2},
		"an unknown member":          {"x.jsonl", strings.Replace(line, "visit", "visitor", 1), 1},
		"two objects on a line":      {"x.jsonl", line + line, 1},
		"nobody":                     {"x.jsonl", strings.Replace(line, "ann", "", 1), 1},
		"half a URL":                 {"x.jsonl", strings.Replace(line, "https://shop.example", "", 1), 1},
		"no time":                    {"x.jsonl", strings.Replace(line, `"at":"2026-03-01T08:00:00Z",`, "", 1), 1},
		"HAR without log":            {"x.har", `{"entries":[]}`, 1},
		"HAR of something else":      {"x.har", "[]", 1},
		"HAR cut short":              {"x.har", strings.TrimSuffix(har(entry), "\n]}}\n"), 4},
		"an entry without a page":    {"x.har", har(entry, strings.Replace(entry, "p1", "", 1)), 5},
		"an entry of another shape":  {"x.har", har(`{"request":[]}`), 2},
		"base64 that is none":        {"x.har", har(strings.Replace(entry, "aGVsbG8=", "hello!", 1)), 2},
		"a time that is none":        {"x.har", har(strings.Replace(entry, "2026-03-01T08:00:00.5Z", "noon", 1)), 2},
		"entries that are no array":  {"x.har", `{"log":{"entries":{}}}`, 1},
		"a request without a method": {"x.har", har(strings.Replace(entry, "POST", "", 1)), 2},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := capture.Read(write(t, c.file, c.text), nil)
			var bad *capture.Error
			if !errors.As(err, &bad) || bad.Line != c.line || !strings.HasSuffix(bad.File, c.file) {
				t.Errorf("got %v, want it in line %d", err, c.line)
			}
		})
	}
}

func TestSkipsOnlyWhenAsked(t *testing.T) {
	var told []string
	got, err := capture.Read(write(t, "x.jsonl", line+"\nbroken\n"+line+"\n"), func(e *capture.Error) { told = append(told, e.Error()) })
	if err != nil || len(got) != 2 || len(told) != 1 || !strings.Contains(told[0], "x.jsonl:2: ") {
		t.Errorf("%d exchanges, told %v, %v", len(got), told, err)
	}
	if _, err := capture.Read(write(t, "y.jsonl", "broken\n"), func(*capture.Error) {}); err == nil {
		t.Error("a file with nothing in it is read")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(line, false)
	f.Add(har(entry), true)
	f.Fuzz(func(t *testing.T, text string, isHAR bool) {
		name := "x.jsonl"
		if isHAR {
			name = "x.har"
		}
		got, err := capture.Read(write(t, name, text), nil)
		if err == nil && (len(got) == 0 || got[0].Person == "") {
			t.Errorf("%+v", got)
		}
	})
}

func Example() {
	name := filepath.Join(os.TempDir(), "halfmask-example.jsonl")
	defer os.Remove(name)
	os.WriteFile(name, []byte(line+"\n"), 0o600)
	exchanges, err := capture.Read(name, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(exchanges[0].Person, "spoke to", exchanges[0].Party)
	// Output: ann spoke to shop.example
}
