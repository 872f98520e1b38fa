package exposure

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/halfmask/halfmask/spec"
)

// scattered spreads people over n values, each its own, in no order.
func scattered(p int, n uint64) uint64 { return uint64(p+1) * 0x9e3779b97f4a7c15 % n }

func long(p int) string   { return fmt.Sprintf("%016x", scattered(p, 1<<63)) }
func short8(p int) string { return fmt.Sprintf("%08x", scattered(p, 4294967291)) }
func digits6(p int) string {
	return fmt.Sprintf("%06d", scattered(p, 999983))
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func compressed(s string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.Bytes()
}

// Rule R-EXP-02: a planted identifier is found, wherever an exact value can
// stand.
func TestPlantedIdentifierIsFoundAnywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("the linkers alone, on many visits")
	}
	body := func(f func(p int, body map[string]any)) func(int, *Exchange, map[string]any) {
		return func(p int, _ *Exchange, b map[string]any) { f(p, b) }
	}
	for name, plant := range map[string]func(p int, e *Exchange, body map[string]any){
		"eight hexadecimal digits":   body(func(p int, b map[string]any) { b["id"] = short8(p) }),
		"six digits":                 body(func(p int, b map[string]any) { b["id"] = digits6(p) }),
		"a number":                   body(func(p int, b map[string]any) { b["n"] = scattered(p, 999983) }),
		"a timestamp with seconds":   body(func(p int, b map[string]any) { b["iat"] = 1_770_000_000 + scattered(p, 30*86400) }),
		"the name of a member":       body(func(p int, b map[string]any) { b["m-"+short8(p)] = 1 }),
		"an element of an array":     body(func(p int, b map[string]any) { b["list"] = []string{rand.Text(), short8(p), rand.Text()} }),
		"a word of a sentence":       body(func(p int, b map[string]any) { b["note"] = "hello " + short8(p) + ", at " + rand.Text() }),
		"within a longer word":       body(func(p int, b map[string]any) { b["note"] = rand.Text()[:5] + short8(p) + rand.Text()[:6] }),
		"now in large, now in small": body(func(p int, b map[string]any) { b["id"] = mixed(short8(p)) }),
		"base64 with padding": body(func(p int, b map[string]any) {
			b["x"] = base64.StdEncoding.EncodeToString([]byte(rand.Text() + long(p)))
		}),
		"hexadecimal of bytes": body(func(p int, b map[string]any) {
			b["x"] = hex.EncodeToString([]byte(rand.Text() + long(p) + rand.Text()))
		}),
		"base64 of base64": body(func(p int, b map[string]any) {
			b["x"] = b64([]byte(b64([]byte(`{"n":"` + rand.Text() + `","id":"` + short8(p) + `"}`))))
		}),
		"eight bytes within random ones": body(func(p int, b map[string]any) {
			binary.BigEndian.PutUint64(b["proof"].([]byte)[17+p%100:], scattered(p, 1<<63))
		}),
		"the header of a JWE": body(func(p int, b map[string]any) {
			x := b64([]byte(rand.Text()))
			b["x"] = b64([]byte(`{"alg":"ECDH-ES","kid":"`+short8(p)+`"}`)) + ".." + x + "." + x + "." + x
		}),
		"a tagged CBOR map": body(func(p int, b map[string]any) {
			c, err := cbor.Marshal(cbor.Tag{Number: 24, Content: map[string]any{"n": []byte(rand.Text()), "id": scattered(p, 999983)}})
			if err != nil {
				panic(err)
			}
			b["x"] = b64(c)
		}),
		"gzip": body(func(p int, b map[string]any) {
			b["x"] = b64(compressed(`{"n":"` + rand.Text() + `","id":"` + short8(p) + `"}`))
		}),
		"split over two members": body(func(p int, b map[string]any) {
			b["a"], b["b"] = long(p)[:8], long(p)[8:]
		}),
		"a link with parameters": body(func(p int, b map[string]any) {
			b["next"] = "http://x.localhost/?n=" + rand.Text() + "&id=" + short8(p)
		}),
		"the fragment of a link": body(func(p int, b map[string]any) {
			b["next"] = "http://x.localhost/?n=" + rand.Text() + "#id=" + short8(p)
		}),
		"a segment of the path": func(p int, e *Exchange, _ map[string]any) { e.Request.URL += "/" + short8(p) },
		"the query":             func(p int, e *Exchange, _ map[string]any) { e.Request.URL += "?id=" + digits6(p) },
		"a header":              func(p int, e *Exchange, _ map[string]any) { e.Request.Header.Set("X-Trace", short8(p)) },
		"the name of a header":  func(p int, e *Exchange, _ map[string]any) { e.Request.Header.Set("X-"+short8(p), "1") },
		"a cookie beside others": func(p int, e *Exchange, _ map[string]any) {
			e.Request.Header.Set("Cookie", "n="+rand.Text()+"; id="+digits6(p))
		},
		"a bearer's JWT": func(p int, e *Exchange, _ map[string]any) {
			e.Request.Header.Set("Authorization", "Bearer "+b64([]byte(`{"alg":"ES256"}`))+"."+b64([]byte(`{"sub":"`+short8(p)+`"}`))+"."+b64([]byte(rand.Text())))
		},
		"where the answer sends the browser": func(p int, e *Exchange, _ map[string]any) {
			e.Response.Status = 302
			e.Response.Header = map[string][]string{"Location": {"/done?n=" + rand.Text() + "&id=" + short8(p)}}
		},
		"what a party writes down": func(p int, e *Exchange, _ map[string]any) {
			e.Record = fmt.Appendf(nil, `{"row":"%s","id":"%s"}`, rand.Text(), short8(p))
		},
	} {
		t.Run(name, func(t *testing.T) {
			if linked, precision := planted(t, plant); linked.Estimate != 1 || precision.Estimate != 1 {
				t.Errorf("linkage %v at precision %v, want 1 at 1", linked.Estimate, precision.Estimate)
			}
		})
	}
}

func mixed(s string) string {
	var coin [1]byte
	if rand.Read(coin[:]); coin[0]%2 == 0 {
		return strings.ToUpper(s)
	}
	return s
}

// Names below a path that are made up anew are taken for one name, once there
// are too many of them.
func TestPlantedUnderNamesMadeUpAnew(t *testing.T) {
	linked, precision := planted(t, func(p int, _ *Exchange, b map[string]any) {
		b["m-"+rand.Text()] = map[string]any{"id": short8(p)}
	})
	if linked.Estimate < 0.8 || precision.Estimate != 1 {
		t.Errorf("linkage %v at precision %v, want most of it at 1", linked.Estimate, precision.Estimate)
	}
}

// Rule R-EXP-09: what this linker does not find. A linker that begins to find
// one of these changes the text of spec/exposure.md too.
func TestLimitsOfTheLinker(t *testing.T) {
	for name, plant := range map[string]func(p int, e *Exchange, body map[string]any){
		"the order of elements": func(p int, _ *Exchange, b map[string]any) {
			words := []string{"alpha", "bravo", "charly", "delta", "echo", "foxtrot"}
			b["list"] = permuted(words, p)
		},
		"a value that is only nearly the same": func(p int, _ *Exchange, b map[string]any) {
			var fresh [1]byte
			rand.Read(fresh[:])
			b["x"] = float64(scattered(p, 999983)) + float64(fresh[0])/1000
		},
		"four bytes within random ones": func(p int, _ *Exchange, b map[string]any) {
			binary.BigEndian.PutUint32(b["proof"].([]byte)[17:], uint32(scattered(p, 4294967291)))
		},
		"an identifier that a fresh key hides": func(p int, _ *Exchange, b map[string]any) {
			var fresh [1]byte
			rand.Read(fresh[:])
			x := []byte(long(p))
			for i := range x {
				x[i] ^= fresh[0] | 0x80
			}
			b["x"], b["key"] = b64(x), fresh[0]
		},
		"a value that a household shares": func(p int, _ *Exchange, b map[string]any) {
			b["id"] = fmt.Sprint("household number ", p/2)
			delete(b, "band") // with it, the two would be told apart
			delete(b, "age_over_18")
		},
	} {
		t.Run(name, func(t *testing.T) {
			if linked, _ := planted(t, plant); linked.Estimate > 0.05 {
				t.Errorf("linkage %v: found after all; spec/exposure.md says it is not", linked.Estimate)
			}
		})
	}
}

// Rule R-EXP-03: what tells people apart only together, and sizes, is found by
// the linkers that weigh and learn.
func TestCombinationsAndSizesAreFound(t *testing.T) {
	if testing.Short() {
		t.Skip("the linkers alone, on many visits")
	}
	for name, plant := range map[string]func(p int, e *Exchange, body map[string]any){
		"lengths": func(p int, _ *Exchange, b map[string]any) { b["pad"] = strings.Repeat("x", 100+p) + rand.Text() },
		"how many elements": func(p int, _ *Exchange, b map[string]any) {
			b["list"] = slices.Repeat([]int{1}, 10+p)
		},
		"bits over many members": func(p int, _ *Exchange, b map[string]any) {
			for i := range 16 {
				b["b"+strconv.Itoa(i)] = scattered(p, 65521)>>i&1 == 1
			}
		},
		"a rare combination of common values": func(p int, _ *Exchange, b map[string]any) {
			b["x"], b["y"] = "cell "+strconv.Itoa(p/8), "cell "+strconv.Itoa(p%8)
		},
	} {
		t.Run(name, func(t *testing.T) {
			if linked, precision := planted(t, plant); linked.Estimate < 0.8 || precision.Estimate < 0.98 {
				t.Errorf("linkage %v at precision %v, want most of it, rightly", linked.Estimate, precision.Estimate)
			}
		})
	}
}

// permuted gives the elements in the p-th order.
func permuted(s []string, p int) (out []string) {
	s = slices.Clone(s)
	for n := len(s); n > 0; n-- {
		i := p % n
		p /= n
		out = append(out, s[i])
		s = slices.Delete(s, i, i+1)
	}
	return out
}

// planted gives the linkage of platforms in a test design with something
// planted into its exchanges.
func planted(t *testing.T, plant func(p int, e *Exchange, body map[string]any)) (linked, precision Row) {
	t.Helper()
	exchanges, visits, numbers := plantedDesign(60, 6, plant)
	f := scored(exchanges, visits, numbers, 1)
	rows, causes := f.rows, f.causes
	t.Log(causes)
	r := Result{Rows: rows}
	linked, ok := r.Find("test", AllPlatforms, spec.Minimal, CrossPlatformLinkage)
	if !ok || math.IsNaN(linked.Estimate) {
		t.Fatalf("no figure for cross_platform_linkage: %+v", linked)
	}
	precision, _ = r.Find("test", AllPlatforms, spec.Minimal, LinkagePrecision)
	return linked, precision
}

// A control: with people's labels shuffled among the visits there is nothing
// to learn, and nothing is joined; with the labels shuffled after learning,
// what is joined is right by chance alone.
func TestShuffledLabelsLinkNothing(t *testing.T) {
	exchanges, visits, numbers := plantedDesign(60, 6, func(p int, _ *Exchange, b map[string]any) { b["id"] = short8(p) })
	for seed := range uint64(5) {
		shuffled := slices.Clone(visits)
		random(seed, "labels", 0).Shuffle(len(shuffled), func(i, j int) {
			shuffled[i].person, shuffled[j].person = shuffled[j].person, shuffled[i].person
		})
		f := scored(exchanges, shuffled, numbers, seed)
		rows, causes := f.rows, f.causes
		r := Result{Rows: rows}
		for _, c := range []Coalition{AllPlatforms, IssuerAndPlatforms} {
			if row, ok := r.Find("test", c, spec.Minimal, CrossPlatformLinkage); !ok || row.Estimate != 0 {
				t.Errorf("seed %d, %s: linkage %+v with shuffled labels; %v", seed, c, row, causes)
			}
		}
	}
}

// The value of a person says nothing of which half they fall into, and the
// order of exchanges says nothing at all.
func TestOrderOfExchangesDoesNotMatter(t *testing.T) {
	exchanges, visits, numbers := plantedDesign(60, 6, func(p int, _ *Exchange, b map[string]any) {
		if p%3 == 0 {
			b["id"] = short8(p)
		}
	})
	rows := scored(exchanges, visits, numbers, 1).rows
	random(1, "order", 0).Shuffle(len(exchanges), func(i, j int) { exchanges[i], exchanges[j] = exchanges[j], exchanges[i] })
	again := scored(exchanges, visits, numbers, 1).rows
	if a, b := (&Result{Rows: rows}).CSV(), (&Result{Rows: again}).CSV(); !bytes.Equal(a, b) {
		t.Errorf("in another order the figures differ:\n%s\n%s", a, b)
	}
}

// A linker that never had a chance gives no figure.
func TestTooFewToLearnFromIsNoFigure(t *testing.T) {
	exchanges, visits, numbers := plantedDesign(4, 6, func(p int, _ *Exchange, b map[string]any) { b["id"] = short8(p) })
	rows := scored(exchanges, visits, numbers, 1).rows
	for _, row := range rows {
		if !math.IsNaN(row.Estimate) || row.Method == "rule-of-three" {
			t.Errorf("a figure from four people: %+v", row)
		}
	}
}
