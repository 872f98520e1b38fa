package trace_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/halfmask/halfmask/exposure/trace"
)

func write(t testing.TB, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const (
	plain = "time,user,platform\n100,ann,shop\n2026-03-01T08:00:00Z,ben,bank\n"
	lanl  = "1,C1$@DOM1,C1$@DOM1,C2,C3,Kerberos,Network,LogOn,Success\n" +
		"1,U7@DOM1,U7@DOM1,C2,C3,Kerberos,Network,LogOff,Success\n" +
		"2,U7@DOM1,U7@DOM1,C2,C4,Kerberos,Network,LogOn,Fail\n" +
		"86402,U7@DOM1,U7@DOM1,C2,C4,?,Network,LogOn,Success\n"
)

func TestReadCSV(t *testing.T) {
	got, err := trace.Read(write(t, "a.csv", "time,user,platform\n200,ann,shop\n100,ben,bank\n260,ann,bank\n"), 81)
	if err != nil {
		t.Fatal(err)
	}
	if got.Platforms != 2 || got.Days != 1 || len(got.Users) != 2 || len(got.Users[0]) != 2 || got.Users[0][1].Second-got.Users[1][0].Second != 160 || got.Users[0][1].Platform != got.Users[1][0].Platform {
		t.Errorf("%+v", got)
	}
}

func TestReadLANL(t *testing.T) {
	got, err := trace.Read(write(t, "auth.txt", lanl), 81)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Users) != 2 || got.Platforms != 2 || got.Days != 2 {
		t.Errorf("%+v", got)
	}
}

func TestReadParquet(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.parquet")
	type row struct {
		Time     int64  `parquet:"time"`
		User     string `parquet:"user"`
		Platform string `parquet:"platform"`
	}
	if err := parquet.WriteFile(name, []row{{100, "ann", "shop"}, {160, "ann", "bank"}}); err != nil {
		t.Fatal(err)
	}
	got, err := trace.Read(name, 81)
	if err != nil || len(got.Users) != 1 || got.Users[0][1].Second-got.Users[0][0].Second != 60 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := trace.Read(write(t, "b.parquet", "PAR1 no PAR1"), 81); err == nil {
		t.Error("a file that is none is read")
	}
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                  {"", "no login"},
		"another header":           {"user,time,platform\n", ":1: the header"},
		"a short line":             {"time,user,platform\n1,ann\n", ":2: 2 columns"},
		"a word for time":          {"time,user,platform\n1,ann,shop\nnoon,ann,shop\n", `:3: "noon" is no time`},
		"a negative time":          {"time,user,platform\n-1,ann,shop\n", ":2: "},
		"nobody":                   {"time,user,platform\n1,,shop\n", ":2: no user"},
		"a broken quote":           {"time,user,platform\n1,\"ann,shop\n", ":2: "},
		"a year and more":          {"time,user,platform\n1,ann,shop\n99999999,ann,shop\n", "it lasts"},
		"a time of the first year": {"time,user,platform\n0001-01-01T00:00:00Z,ann,shop\n", ":2: "},
		"a time past all numbers":  {"time,user,platform\n9223372036854775807,ann,shop\n0,ann,shop\n", ":2: "},
		"a line without an end":    {"time,user,platform\n" + strings.Repeat("x", 1<<20), "a line of more than"},
		"a name of many bytes":     {"time,user,platform\n1," + strings.Repeat("x", 2000) + ",shop\n", ":2: a name of more"},
		"a header twice":           {"time,user,platform\ntime,user,platform\n", ":2: "},
		"gzip, cut short":          {compressed(plain)[:40], "unexpected EOF"},
		"gzip of something else":   {compressed("GET / HTTP/1.1\n"), ":1: the header"},
		"LANL, cut short":          {lanl + "5,U7@DOM1\n", ":5: 2 columns"},
		"LANL, time lost":          {strings.Replace(lanl, "86402", "?", 1), ":4: "},
		"LANL, none on it":         {"1,a,b,c,d,e,f,LogOff,Success\n", "no login"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := trace.Read(write(t, "a.csv", c.text), 81); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %+v, %v, want %q", got, err, c.want)
			}
		})
	}
}

func compressed(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, text)
	z.Close()
	return b.String()
}

func TestReadForms(t *testing.T) {
	for name, text := range map[string]string{
		"lines of Windows": strings.ReplaceAll(plain, "\n", "\r\n"), "a byte order mark": "\ufeff" + plain, "gzip": compressed(plain),
		"no end of the last line": strings.TrimSuffix(plain, "\n"), "quotes": strings.ReplaceAll(plain, "shop", `"shop"`),
	} {
		text = strings.Replace(text, "2026-03-01T08:00:00Z", "160", 1)
		if name == "gzip" {
			text = compressed(strings.Replace(plain, "2026-03-01T08:00:00Z", "160", 1))
		}
		if got, err := trace.Read(write(t, "a.csv", text), 81); err != nil || len(got.Users) != 2 || got.Platforms != 2 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := trace.Read(t.TempDir(), 81); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("a folder: %v", err)
	}
}

// The day on which the last login falls counts, too.
func TestReadCountsTheLastDay(t *testing.T) {
	got, err := trace.Read(write(t, "a.csv", "time,user,platform\n0,ann,shop\n82800,ann,shop\n"), 81)
	if err != nil || got.Days != 2 || int(got.Users[0][1].Second)/86400 >= got.Days {
		t.Errorf("%+v, %v", got, err)
	}
}

// Columns of other types than a trace's are refused, and nothing panics.
func TestReadRefusesParquetOfOthers(t *testing.T) {
	type numbers struct {
		Time     int64 `parquet:"time"`
		User     int64 `parquet:"user"`
		Platform int64 `parquet:"platform"`
	}
	type words struct {
		Time     string `parquet:"time"`
		User     string `parquet:"user"`
		Platform string `parquet:"platform"`
	}
	type other struct {
		A int64 `parquet:"a"`
	}
	type fine struct {
		Time     int64  `parquet:"time"`
		User     string `parquet:"user"`
		Platform string `parquet:"platform"`
	}
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name+".parquet") }
	for _, err := range []error{
		parquet.WriteFile(file("numbers"), []numbers{{1, 2, 3}}), parquet.WriteFile(file("words"), []words{{"noon", "a", "b"}}),
		parquet.WriteFile(file("other"), []other{{1}}), parquet.WriteFile(file("none"), []fine{}),
		parquet.WriteFile(file("past"), []fine{{-1, "a", "b"}}), parquet.WriteFile(file("late"), []fine{{1 << 62, "a", "b"}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"words", "other", "none", "past", "late"} {
		if got, err := trace.Read(file(name), 81); err == nil {
			t.Errorf("%s: %+v", name, got.Users)
		}
	}
	if got, err := trace.Read(file("numbers"), 81); err != nil || len(got.Users) != 1 {
		t.Errorf("users and platforms by number: %+v, %v", got, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(plain))
	f.Add([]byte(lanl))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := trace.Read(write(t, "a.csv", string(b)), 3)
		if err == nil && (len(got.Users) == 0 || got.Days < 1) {
			t.Errorf("%+v", got)
		}
	})
}

func Example() {
	name := filepath.Join(os.TempDir(), "halfmask-example-trace.csv")
	defer os.Remove(name)
	os.WriteFile(name, []byte("time,user,platform\n100,ann,shop\n160,ann,bank\n200,ben,shop\n"), 0o600)
	t, err := trace.Read(name, 81)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(t.Users), "users,", t.Platforms, "platforms")
	// Output: 2 users, 2 platforms
}

func FuzzReadParquet(f *testing.F) {
	type row struct {
		Time     int64  `parquet:"time"`
		User     string `parquet:"user"`
		Platform string `parquet:"platform"`
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, []row{{100, "ann", "shop"}, {160, "ann", "bank"}}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := trace.Read(write(t, "a.parquet", string(b)), 3)
		if err == nil && (len(got.Users) == 0 || got.Days < 1) {
			t.Errorf("%+v", got)
		}
	})
}
