package capture_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
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
	got, err := capture.Read([]string{write(t, "ann.har", har(entry, entry))}, nil)
	if err != nil || len(got) != 2 {
		t.Fatalf("%d exchanges, %v", len(got), err)
	}
	e := got[0]
	if e.Person != "ann" || e.Visit != "p1" || e.Party != "shop.example" || string(e.Request.Body) != "a=1" || string(e.Response.Body) != "hello" || len(e.Request.Header) != 1 {
		t.Errorf("%+v", e)
	}
}

func TestReadJSONLines(t *testing.T) {
	got, err := capture.Read([]string{write(t, "x.jsonl", line+"\n\n"+line+"\n")}, nil)
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
		"nothing":                    {"x.har", "", 1},
		"something behind the end":   {"x.har", har(entry) + "}", 6},
		"entries twice":              {"x.har", `{"log":{"entries":[` + "\n" + entry + `],"entries":[]}}`, 4},
		"an unknown encoding":        {"x.har", har(strings.Replace(entry, "base64", "rot13", 1)), 2},
		"HAR that is not UTF-8":      {"x.har", har(entry, strings.Replace(entry, "a=1", "a=\xe9", 1)), 5},
		"a line that is not UTF-8":   {"x.jsonl", line + "\n" + strings.Replace(line, "ann", "\xe9", 1), 2},
		"half a surrogate":           {"x.jsonl", strings.Replace(line, "ann", `\ud800`, 1), 1},
		"a member twice":             {"x.jsonl", strings.Replace(line, `{"person"`, `{"person":"ben","person"`, 1), 1},
		"a member in other letters":  {"x.jsonl", strings.Replace(line, "person", "Person", 1), 1},
		"another array":              {"x.jsonl", line + "\n[]", 2},
		"a year long ago":            {"x.jsonl", strings.Replace(line, "2026", "0026", 1), 1},
		"a year far off":             {"x.jsonl", strings.Replace(line, "2026", "9026", 1), 1},
		"a line of many megabytes":   {"x.jsonl", line + "\n" + strings.Repeat("x", 5*capture.MaxBody), 2},
		"deep nesting":               {"x.jsonl", strings.Repeat("[", 100_000), 1},
		"deep nesting in HAR":        {"x.har", `{"log":{"x":` + strings.Repeat("[", 100_000), 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := capture.Read([]string{write(t, c.file, c.text)}, nil)
			var bad *capture.Error
			if !errors.As(err, &bad) || bad.Line != c.line || !strings.HasSuffix(bad.File, c.file) {
				t.Errorf("got %v, want it in line %d", err, c.line)
			}
		})
	}
}

func TestSkipsOnlyWhenAsked(t *testing.T) {
	var told []string
	got, err := capture.Read([]string{write(t, "x.jsonl", line+"\nbroken\n"+line+"\n")}, func(e *capture.Error) { told = append(told, e.Error()) })
	if err != nil || len(got) != 2 || len(told) != 1 || !strings.Contains(told[0], "x.jsonl:2: ") {
		t.Errorf("%d exchanges, told %v, %v", len(got), told, err)
	}
	if _, err := capture.Read([]string{write(t, "y.jsonl", "broken\n")}, func(*capture.Error) {}); err == nil {
		t.Error("a file with nothing in it is read")
	}
}

// What comes from other tools in other wrappings is read all the same.
func TestReadForms(t *testing.T) {
	for name, c := range map[string]struct{ file, text, body string }{
		"a byte order mark":        {"ann.har", "\ufeff" + har(entry), "hello"},
		"capital letters":          {"ann.HAR", har(entry), "hello"},
		"HAR by another name":      {"ann.json", har(entry), "hello"},
		"HAR, compressed":          {"ann.har.gz", compressed(t, har(entry)), "hello"},
		"HAR, compressed in place": {"ann.har", compressed(t, har(entry)), "hello"},
		"JSON Lines, compressed":   {"x.jsonl.gz", compressed(t, line+"\n"), ""},
		"lines of Windows":         {"x.jsonl", line + "\r\n\r\n", ""},
		"bytes in base64":          {"x.jsonl", strings.Replace(line, `"status":204`, `"status":200,"body":"aGVsbG8=","encoding":"base64"`, 1), "hello"},
		"what went to nobody": {"ann.har", har(entry, strings.Replace(entry, "https://shop.example/login", "data:text/plain,x", 1),
			strings.Replace(entry, "https://shop.example/login", "blob:https://shop.example/1", 1)), "hello"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := capture.Read([]string{write(t, c.file, c.text)}, nil)
			if err != nil || len(got) != 1 || got[0].Person != "ann" || got[0].Party != "shop.example" || string(got[0].Response.Body) != c.body {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func compressed(t testing.TB, text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReadGivesParametersOfAForm(t *testing.T) {
	form := strings.Replace(entry, `"text":"a=1"`, `"params":[{"name":"id","value":"a b"},{"name":"n","value":"1"}]`, 1)
	got, err := capture.Read([]string{write(t, "ann.har", har(form))}, nil)
	if err != nil || string(got[0].Request.Body) != "id=a+b&n=1" {
		t.Errorf("%+v, %v", got, err)
	}
}

// A host has several spellings, and is one party.
func TestReadNamesAHostOnce(t *testing.T) {
	for address, want := range map[string]string{
		"https://Shop.Example/": "shop.example", "https://shop.example:443/": "shop.example", "https://ann:pw@shop.example/": "shop.example",
		"https://shop.example:8443/": "shop.example:8443", "http://shop.example:80/": "shop.example", "wss://shop.example:443/": "shop.example",
	} {
		got, err := capture.Read([]string{write(t, "x.jsonl", strings.Replace(line, "https://shop.example/", address, 1))}, nil)
		if err != nil || got[0].Party != want {
			t.Errorf("%s: %+v, %v", address, got, err)
		}
	}
}

func TestReadRefusesFilesTogether(t *testing.T) {
	a, b := write(t, "ann.har", har(entry)), write(t, "ann.har.gz", compressed(t, har(entry)))
	for want, files := range map[string][]string{"the same file": {a, a}, "both are ann": {a, b}, "no such file": {a, a + "x"}} {
		if _, err := capture.Read(files, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// What stands before the damage is kept, when that is asked for.
func TestSkipsWhatIsCutShort(t *testing.T) {
	whole := har(entry, entry, entry)
	for name, c := range map[string]struct {
		file, text string
		kept       int
	}{
		"HAR in an entry":    {"x.har", whole[:len(whole)-40], 2},
		"HAR at its end":     {"x.har", strings.TrimSuffix(whole, "\n]}}\n"), 3},
		"a line":             {"x.jsonl", line + "\n" + line[:50], 1},
		"a line in between":  {"x.jsonl", line + "\n" + strings.Repeat("x", 5*capture.MaxBody) + "\n" + line, 2},
		"an entry like none": {"x.har", har(entry, `{"request":7}`, entry), 2},
	} {
		t.Run(name, func(t *testing.T) {
			told := 0
			got, err := capture.Read([]string{write(t, c.file, c.text)}, func(*capture.Error) { told++ })
			if err != nil || len(got) != c.kept || told != 1 {
				t.Errorf("%d exchanges, told %d times, %v", len(got), told, err)
			}
			if _, err := capture.Read([]string{write(t, c.file, c.text)}, nil); err == nil {
				t.Error("read without a word")
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(line, false)
	f.Add(har(entry), true)
	f.Add(compressed(f, har(entry)), true)
	f.Add("\ufeff"+har(entry)+"{}", false)
	f.Fuzz(func(t *testing.T, text string, isHAR bool) {
		name := "x.jsonl"
		if isHAR {
			name = "x.har"
		}
		got, err := capture.Read([]string{write(t, name, text)}, nil)
		if err == nil && (len(got) == 0 || got[0].Person == "") {
			t.Errorf("%+v", got)
		}
	})
}

func Example() {
	name := filepath.Join(os.TempDir(), "halfmask-example.jsonl")
	defer os.Remove(name)
	os.WriteFile(name, []byte(line+"\n"), 0o600)
	exchanges, err := capture.Read([]string{name}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(exchanges[0].Person, "spoke to", exchanges[0].Party)
	// Output: ann spoke to shop.example
}
