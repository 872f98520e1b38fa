package trace_test

import (
	"fmt"
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
		"nothing":          {"", "no login"},
		"another header":   {"user,time,platform\n", ":1: the header"},
		"a short line":     {"time,user,platform\n1,ann\n", ":2: 2 columns"},
		"a word for time":  {"time,user,platform\n1,ann,shop\nnoon,ann,shop\n", `:3: "noon" is no time`},
		"a negative time":  {"time,user,platform\n-1,ann,shop\n", ":2: "},
		"nobody":           {"time,user,platform\n1,,shop\n", ":2: no user"},
		"a broken quote":   {"time,user,platform\n1,\"ann,shop\n", ":2: "},
		"a year and more":  {"time,user,platform\n1,ann,shop\n99999999,ann,shop\n", "it lasts"},
		"LANL, cut short":  {lanl + "5,U7@DOM1\n", ":5: 2 columns"},
		"LANL, time lost":  {strings.Replace(lanl, "86402", "?", 1), ":4: "},
		"LANL, none on it": {"1,a,b,c,d,e,f,LogOff,Success\n", "no login"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := trace.Read(write(t, "a.csv", c.text), 81); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %+v, %v, want %q", got, err, c.want)
			}
		})
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
