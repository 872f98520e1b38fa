package exposure

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/spec"
)

// plantedDesign records what platforms would see of people whose every login
// carries fresh random values and, where plant is set, something of theirs.
func plantedDesign(people, logins int, plant func(person int, e *Exchange, body map[string]any)) (exchanges []Exchange, visits []visit, numbers []string) {
	for p := range people {
		numbers = append(numbers, fmt.Sprintf("00000019900101%04d", p))
		for l := range logins {
			platform := fmt.Sprintf("syn-%02d", (p+l)%7+1)
			proof := make([]byte, 400)
			rand.Read(proof)
			body := map[string]any{"nonce": rand.Text(), "proof": proof, "age_over_18": p%3 > 0, "band": spec.AgeBands[p%7]}
			e := Exchange{Visit: len(visits), Party: PlatformParty(platform), At: time.Unix(1e9, 0),
				Request: Message{Method: "POST", URL: "http://" + platform + ".localhost/logins/" + rand.Text(),
					Header: http.Header{"Content-Type": {"application/json"}}},
				Response: Message{Status: 200, Body: []byte(`{"accepted":true}`)}}
			if plant != nil {
				plant(p, &e, body)
			}
			b, err := json.Marshal(body)
			if err != nil {
				panic(err)
			}
			e.Request.Body = b
			exchanges = append(exchanges, e)
			visits = append(visits, visit{person: p, platform: platform, stratum: spec.Minimal})
		}
	}
	return exchanges, visits, numbers
}

// testDesign plants into bodies only.
func testDesign(people, logins int, plant func(person int, body map[string]any)) (exchanges []Exchange, visits []visit, numbers []string) {
	if plant == nil {
		return plantedDesign(people, logins, nil)
	}
	return plantedDesign(people, logins, func(p int, _ *Exchange, body map[string]any) { plant(p, body) })
}

func linkage(t *testing.T, plant func(person int, body map[string]any)) (linked, precision Row) {
	t.Helper()
	exchanges, visits, numbers := testDesign(60, 6, plant)
	f := scored(exchanges, visits, numbers, 1)
	rows, causes := f.rows, f.causes
	t.Log(causes)
	r := Result{Rows: rows}
	linked, ok := r.Find("test", AllPlatforms, spec.Minimal, CrossPlatformLinkage)
	if !ok {
		t.Fatal("no row for cross_platform_linkage")
	}
	precision, _ = r.Find("test", AllPlatforms, spec.Minimal, LinkagePrecision)
	return linked, precision
}

// Rule R-EXP-02: a planted identifier is found; without it nothing is.
func TestPlantedIdentifierIsFound(t *testing.T) {
	id := func(p int) []byte { return []byte(fmt.Sprintf("%016x", 0x9e3779b97f4a7c15*uint64(p+1))) }
	for name, plant := range map[string]func(int, map[string]any){
		"in a member":             func(p int, body map[string]any) { body["handle"] = string(id(p)) },
		"within an opaque value":  func(p int, body map[string]any) { copy(body["proof"].([]byte)[p%300:], id(p)) },
		"in JSON within a string": func(p int, body map[string]any) { body["inner"] = fmt.Sprintf(`{"a":[{"b":"%s"}]}`, id(p)) },
		"in a JWT": func(p int, body map[string]any) {
			b64 := base64.RawURLEncoding.EncodeToString
			body["token"] = b64([]byte(`{"alg":"ES256"}`)) + "." + b64(fmt.Appendf(nil, `{"jti":"%s"}`, id(p))) + "." + b64([]byte(rand.Text()))
		},
		"in an SD-JWT disclosure": func(p int, body map[string]any) {
			b64 := base64.RawURLEncoding.EncodeToString
			jwt := b64([]byte(`{"alg":"ES256"}`)) + "." + b64(fmt.Appendf(nil, `{"jti":"%s"}`, rand.Text())) + "." + b64([]byte(rand.Text()))
			body["token"] = jwt + "~" + b64(fmt.Appendf(nil, `["%s","name","%s"]`, rand.Text(), id(p))) + "~"
		},
		"in multibase CBOR": func(p int, body map[string]any) {
			cbor := append([]byte{0xd9, 0x5d, 0x03, 0x81, 0x58, 32}, id(p)...)
			fresh := make([]byte, 16)
			rand.Read(fresh)
			body["proofValue"] = "u" + base64.RawURLEncoding.EncodeToString(append(cbor, fresh...))
		},
	} {
		t.Run(name, func(t *testing.T) {
			linked, precision := linkage(t, plant)
			if linked.Estimate != 1 || precision.Estimate != 1 {
				t.Errorf("linkage %v at precision %v, want 1 at 1", linked.Estimate, precision.Estimate)
			}
		})
	}
}

func TestWithoutAPlantedIdentifierNothingIsFound(t *testing.T) {
	linked, _ := linkage(t, nil)
	if linked.Estimate != 0 || linked.Hi <= 0 || linked.Method != "rule-of-three" {
		t.Errorf("linkage %+v, want none with an upper bound", linked)
	}
}

// Rule R-EXP-03: a value that many people share joins nobody.
func TestSharedValueIsDropped(t *testing.T) {
	linked, _ := linkage(t, func(p int, body map[string]any) {
		body["cohort"] = fmt.Sprintf("cohort-%d-of-the-test", p%20)
		delete(body, "band") // with it, the three would be told apart
		delete(body, "age_over_18")
	})
	if linked.Estimate != 0 {
		t.Errorf("linkage %v by a value that three people share, want 0", linked.Estimate)
	}
}

func TestPlatformAloneJoinsOnlyItsOwn(t *testing.T) {
	exchanges, visits, numbers := testDesign(60, 14, func(p int, body map[string]any) {
		body["handle"] = fmt.Sprintf("%016x", 0x9e3779b97f4a7c15*uint64(p+1))
	})
	rows := scored(exchanges, visits, numbers, 1).rows
	r := Result{Rows: rows}
	if row, ok := r.Find("test", OnePlatform, spec.Minimal, WithinPlatformLinkage); !ok || row.Estimate != 1 {
		t.Errorf("within one platform: %+v, want 1", row)
	}
	if row, ok := r.Find("test", OnePlatform, spec.Minimal, CrossPlatformLinkage); ok {
		t.Errorf("one platform has a figure across platforms: %+v", row)
	}
}

func TestNameInThePlainIsReidentified(t *testing.T) {
	exchanges, visits, numbers := testDesign(60, 6, func(p int, body map[string]any) {
		if p%2 == 0 {
			body["document_number"] = fmt.Sprintf("00000019900101%04d", p)
		}
	})
	rows := scored(exchanges, visits, numbers, 1).rows
	r := Result{Rows: rows}
	if row, _ := r.Find("test", AllPlatforms, spec.Minimal, Reidentification); row.Estimate != 0.5 {
		t.Errorf("re-identified: %+v, want one half", row)
	}
}

func TestMinerIsBounded(t *testing.T) {
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	m := newMiner(registerOf(nil))
	m.mine(Exchange{Request: Message{Body: []byte(deep)}})
	nested := `"x"`
	for range 40 {
		b, _ := json.Marshal(nested)
		nested = string(b[:min(len(b), 1<<16)])
	}
	m.mine(Exchange{Request: Message{Body: []byte(`[` + nested)}})
}

func FuzzMiner(f *testing.F) {
	f.Add([]byte(`{"a":["b",{"c":1}]}`), "application/json")
	f.Add([]byte(`vp_token=e30.e30.e30~WyJzIiwiYSIsMV0~&state=x`), "application/x-www-form-urlencoded")
	f.Add([]byte(`u2V0DgQ`), "")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		m := newMiner(registerOf([]*Person{{DocumentNumber: "000000199001010001"}}))
		m.mine(Exchange{Request: Message{Header: http.Header{"Content-Type": {contentType}}, Body: body}})
	})
}

// Rule R-EXP-03: a path that joins nothing that a surer one does not is left
// out, so that people of one name stay apart where a number is at hand.
func TestNameBesideANumberJoinsNobodyWrongly(t *testing.T) {
	if testing.Short() {
		t.Skip("the linkers alone, on many visits")
	}
	for seed := range uint64(10) {
		exchanges, visits, numbers := testDesign(60, 6, func(p int, body map[string]any) {
			body["id"], body["name"] = long(p), fmt.Sprint("of the family ", p/2)
			if p < 50 {
				body["name"] = fmt.Sprint("alone ", p)
			}
		})
		f := scored(exchanges, visits, numbers, seed)
		rows, causes := f.rows, f.causes
		r := Result{Rows: rows}
		row, _ := r.Find("test", AllPlatforms, spec.Minimal, LinkagePrecision)
		if row.Estimate != 1 {
			t.Errorf("seed %d: precision %v; %v", seed, row.Estimate, causes)
		}
	}
}

// scored lets the linkers at exchanges as if they were those of a design.
func scored(exchanges []Exchange, visits []visit, numbers []string, seed uint64) *found {
	return scoredFor(exchanges, visits, numbers, func(q *question) { q.seed = seed })
}

// scoredFor asks more, or otherwise.
func scoredFor(exchanges []Exchange, visits []visit, numbers []string, ask func(*question)) *found {
	q := question{people: len(numbers), seed: 1, days: 30}
	ask(&q)
	r := &register{byPrefix: make(map[[registerPrefix]byte][]registered)}
	for person, number := range numbers {
		r.enter(number, person)
	}
	t := newTabler(&miner{register: r})
	for _, e := range exchanges {
		t.add(e)
	}
	m := newMerger()
	m.add(newChunk(t.done(visits), visits))
	all, _ := m.done()
	platforms, err := spec.Platforms()
	for _, c := range scenario.DefaultCoalitions() {
		if err == nil {
			var resolved coalition
			resolved, err = resolve(c, platforms, q.seed)
			q.coalitions = append(q.coalitions, resolved)
		}
	}
	if err != nil {
		panic(err)
	}
	f, err := score(context.Background(), "test", all, visits, q)
	if err != nil {
		panic(err)
	}
	return f
}
