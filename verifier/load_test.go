package verifier_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
)

var loadTime = flag.Duration("load", 0, "TestLoad posts presentations for that long")

// What is measured: complete direct_post responses a second that the verifier
// takes over HTTP on loopback, on all cores: connection, parsing, session,
// every check, verdict, result kept, answer. Requests and presentations are
// made before the clock runs. The client shares the cores; it writes octets
// that are ready and reads the answers. The yardstick, in the same run and on
// all cores, is ProofVerify on the core proofs of the same presentations. Rates
// are by the clock; the ratio is that of processor times, client and garbage
// collection included, which is the same on an idle machine and does not
// depend on what else runs on a busy one.

// shape is a credential and what is asked of it.
type shape struct {
	name  string
	typ   string
	query func() openid4vp.Query
}

const (
	loadType  = "https://halfmask.example/vct/load/1"
	loadNames = 9 // and exp: 10 claims
)

func loadQuery(paths ...string) openid4vp.Query {
	q := verifier.Proving(nil)
	q.Credentials[0].Meta.VCTValues = []string{loadType}
	for _, p := range paths {
		q.Credentials[0].Claims = append(q.Credentials[0].Claims, openid4vp.ClaimQuery{Path: openid4vp.Path{p}})
	}
	return q
}

var shapes = []shape{
	// One proof and nothing else: what ProofVerify is compared with.
	{"10 claims, 3 disclosed, exp among them", loadType, func() openid4vp.Query { return loadQuery("c0", "c1", "exp") }},
	// The same with a range proof of validity in place of exp.
	{"10 claims, 3 disclosed, validity proved", loadType, func() openid4vp.Query { return loadQuery("c0", "c1", "c2") }},
	// A login: 18 claims, one disclosed, validity, age and pseudonym proved.
	{"person, age and pseudonym", jwpbbs.PersonType, func() openid4vp.Query {
		return verifier.Proving(&openid4vp.PseudonymQuery{}, spec.RealPerson, spec.AgeOver18)
	}},
}

type loadWorld struct {
	*world
	shape shape
	held  holder.Held
	conns []net.Conn
}

const (
	loadChunk = 250  // responses between two pauses
	maxKept   = 2000 // results that the verifier keeps
)

func newLoad(t testing.TB, s shape) *loadWorld {
	t.Helper()
	l := &loadWorld{world: newWorld(t, func(c *verifier.Config) { c.MaxPending = maxKept }), shape: s}
	l.held = l.jwp
	if s.typ != jwpbbs.PersonType {
		var members []jwpbbs.Member
		claims := map[string]any{}
		for i := range loadNames {
			name := fmt.Sprintf("c%d", i)
			members = append(members, jwpbbs.Member{Name: name, Node: jwpbbs.Text()})
			claims[name] = "value " + name
		}
		_, until := spec.Epoch(l.now)
		claims[jwpbbs.Expires] = until.Unix()
		layout := must[*jwpbbs.Layout](t)(jwpbbs.NewLayout(issuerURL, s.typ, append(members, jwpbbs.Member{Name: jwpbbs.Expires, Node: jwpbbs.Integer()})...))
		l.held = holder.Held{ID: "load", Format: credential.JWPBBS, JWP: l.issueLayout(layout, l.proving, jwpbbs.NewLinkSecret(), claims)}
	}
	server := httptest.NewServer(http.HandlerFunc(l.server.ServeHTTP))
	t.Cleanup(server.Close)
	for range 2 * runtime.GOMAXPROCS(0) {
		conn := must[net.Conn](t)(net.Dial("tcp", server.Listener.Addr().String()))
		t.Cleanup(func() { conn.Close() })
		l.conns = append(l.conns, conn)
	}
	return l
}

// response is an HTTP request with a response in it, ready to be written, and
// the core proof in it.
type response struct {
	octets []byte
	core   coreProof
}

type coreProof struct {
	proof, header, presentation []byte
	messages                    int
	shown                       []bbs.Message
	indexes                     []int
}

// prepare makes n responses to n requests.
func (l *loadWorld) prepare(n int) []response {
	l.Helper()
	out := make([]response, n)
	l.each(n, func(i int) error {
		p, err := l.server.Request(l.shape.query())
		if err != nil {
			return err
		}
		sel, err := holder.Match(p.Request.Query, []holder.Held{l.held})
		if err != nil {
			return err
		}
		token, err := holder.Present(sel, p.Request, nil, l.clock())
		if err != nil {
			return err
		}
		text, _ := token[verifier.QueryJWP][0].Text()
		if out[i].core, err = coreOf(text); err != nil {
			return err
		}
		body := url.Values{"state": {p.Request.State}, "vp_token": {`{"` + verifier.QueryJWP + `":["` + text + `"]}`}}.Encode()
		out[i].octets = []byte("POST /responses HTTP/1.1\r\nHost: " + strings.TrimPrefix(l.http.URL, "http://") +
			"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
		return nil
	})
	return out
}

// coreOf takes the core proof out of a presentation.
func coreOf(text string) (c coreProof, err error) {
	parts := strings.Split(text, ".")
	decode := func(s string) []byte {
		b, decodeErr := base64.RawURLEncoding.DecodeString(s)
		if decodeErr != nil {
			err = decodeErr
		}
		return b
	}
	c.presentation, c.header = decode(parts[0]), decode(parts[1])
	first, _, _ := strings.Cut(parts[3], "~")
	c.proof = decode(first)
	payloads := strings.Split(parts[2], "~")
	c.messages = len(payloads)
	for i, p := range payloads {
		if p == "" {
			continue
		}
		payload := decode(p)
		m := bbs.Octets(payload)
		if i == len(payloads)-1 { // exp, a number
			var octets [32]byte
			n, _ := strconv.ParseUint(string(payload), 10, 64)
			for j := range 8 {
				octets[31-j] = byte(n >> (8 * j))
			}
			if m, err = bbs.ParseNumber(octets[:]); err != nil {
				return c, err
			}
		}
		c.shown, c.indexes = append(c.shown, m), append(c.indexes, i)
	}
	return c, err
}

// each runs f on all cores.
func (l *loadWorld) each(n int, f func(int) error) {
	l.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := f(i); err != nil {
					l.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if l.Failed() {
		l.FailNow()
	}
}

// post sends the responses over the connections, and wants each accepted.
func (l *loadWorld) post(all []response) {
	l.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for _, conn := range l.conns {
		wg.Go(func() {
			r := bufio.NewReader(conn)
			for i := int(next.Add(1)) - 1; i < len(all); i = int(next.Add(1)) - 1 {
				if _, err := conn.Write(all[i].octets); err != nil {
					l.Error(err)
					return
				}
				if err := readOK(r); err != nil {
					l.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if l.Failed() {
		l.FailNow()
	}
}

func readOK(r *bufio.Reader) error {
	text := textproto.NewReader(r)
	status, err := text.ReadLine()
	if err != nil {
		return err
	}
	length := 0
	for {
		line, err := text.ReadLineBytes()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			break
		}
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(v)); err != nil {
				return err
			}
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(r, body); err != nil {
		return err
	}
	if !strings.HasPrefix(status, "HTTP/1.1 200") {
		return fmt.Errorf("%s: %s", status, body)
	}
	return nil
}

// verifyCores runs ProofVerify alone on the core proofs.
func (l *loadWorld) verifyCores(all []response) {
	pk := l.proving.PublicKey()
	l.each(len(all), func(i int) error {
		c := all[i].core
		_, err := bbs.ModularSHA256.ProofVerify(pk, c.proof, c.header, c.presentation, c.messages, c.shown, c.indexes)
		return err
	})
}

// stopwatch adds up what the rounds of one kind of work took.
type stopwatch struct{ wall, cpu time.Duration }

func (w *stopwatch) time(work func()) {
	begin, used := time.Now(), spent()
	work()
	w.wall += time.Since(begin)
	w.cpu += spent() - used
}

// BenchmarkDirectPost reports responses a second, and what part that is of
// ProofVerify alone.
func BenchmarkDirectPost(b *testing.B) {
	for _, s := range shapes {
		b.Run(strings.NewReplacer(" ", "_", ",", "").Replace(s.name), func(b *testing.B) {
			l := newLoad(b, s)
			l.post(l.prepare(50)) // connections, tables
			var whole, alone stopwatch
			b.ResetTimer()
			for done := 0; done < b.N; done += loadChunk {
				b.StopTimer()
				all := l.prepare(min(loadChunk, b.N-done))
				runtime.GC()
				alone.time(func() { l.verifyCores(all) })
				b.StartTimer()
				whole.time(func() { l.post(all) })
			}
			b.ReportMetric(float64(b.N)/whole.wall.Seconds(), "presentations/s")
			b.ReportMetric(float64(b.N)/alone.wall.Seconds(), "ProofVerify/s")
			b.ReportMetric(100*alone.cpu.Seconds()/whole.cpu.Seconds(), "%ofProofVerify")
		})
	}
}

// TestLoad holds the load for -load, with the first shape, and prints the rate
// and the heap as it goes:
//
//	go test ./verifier -run TestLoad -load 1m -v
//
// The time is that of posting alone. The heap must not grow: results are kept
// in a bounded number.
func TestLoad(t *testing.T) {
	if *loadTime == 0 {
		t.Skip("runs with -load 1m only")
	}
	l := newLoad(t, shapes[0])
	for range 2 * maxKept / loadChunk { // as many results are kept as ever will be
		l.post(l.prepare(loadChunk))
	}
	before := liveHeap()
	t.Logf("heap %.1f MB with all the results that are kept", megabytes(before))
	var whole, alone stopwatch
	posted, told := 0, time.Duration(0)
	for whole.wall < *loadTime {
		all := l.prepare(loadChunk)
		runtime.GC()
		alone.time(func() { l.verifyCores(all) })
		whole.time(func() { l.post(all) })
		posted += len(all)
		if whole.wall-told > *loadTime/12 {
			told = whole.wall
			all = nil
			t.Logf("%5.1f s  %6d posted  %4.0f a second  heap %.1f MB", whole.wall.Seconds(), posted, float64(posted)/whole.wall.Seconds(), megabytes(liveHeap()))
		}
	}
	share := 100 * alone.cpu.Seconds() / whole.cpu.Seconds()
	t.Logf("%s: %.0f presentations a second over HTTP, %.0f ProofVerify a second alone; by processor time %.0f %%", l.shape.name,
		float64(posted)/whole.wall.Seconds(), float64(posted)/alone.wall.Seconds(), share)
	if share < 60 {
		t.Errorf("below 60 %% of ProofVerify alone")
	}
	if heap := liveHeap(); heap > before+before/10+(1<<20) {
		t.Errorf("the heap grew from %.1f to %.1f MB", megabytes(before), megabytes(heap))
	}
}

func megabytes(n uint64) float64 { return float64(n) / (1 << 20) }

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
