package interop

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

const (
	patience = time.Minute // for one answer
	maxLine  = 4 << 20     // octets of one answer
)

// refusal is a counterpart's no, in its own words.
type refusal struct{ words string }

func (r *refusal) Error() string { return "refused: " + r.words }

// counterpart is other people's software behind a pipe: a node process that
// answers one call at a time, until the test ends.
type counterpart struct {
	t     *testing.T
	in    io.Writer
	lines chan []byte // closed when the process ends
	said  *excerpt
	calls int
}

// excerpt keeps the first 16 KiB of what a process says on stderr.
type excerpt struct {
	sync.Mutex
	text []byte
}

func (e *excerpt) Write(b []byte) (int, error) {
	e.Lock()
	defer e.Unlock()
	e.text = append(e.text, b[:min(len(b), 1<<14-len(e.text))]...)
	return len(b), nil
}

func (e *excerpt) String() string {
	e.Lock()
	defer e.Unlock()
	return string(e.text)
}

// start runs a module of this folder, such as "bbs-signatures.mjs". Without
// node and the installed packages the test is skipped, or fails if they are
// required.
func start(t *testing.T, module string) *counterpart {
	t.Helper()
	if testing.Short() && !required {
		t.Skip("other people's software is slow, and left out of -short")
	}
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join("node_modules", ".package-lock.json"))
	}
	if err != nil && required {
		t.Fatalf("other people's software is required: %v", err)
	}
	if err != nil {
		t.Skipf("other people's software is not installed, see protocol/interop/run: %v", err)
	}
	return startCommand(t, exec.Command(node, "--max-old-space-size=1024", "pipe.mjs", "./"+module))
}

// startGo builds and runs the program in a folder, a Go module of its own, if
// other people's software is required: that takes a minute.
func startGo(t *testing.T, folder string) *counterpart {
	t.Helper()
	if !required {
		t.Skip("other people's Go software is built when HALFMASK_REQUIRE_INTEROP=1 asks for it")
	}
	program := filepath.Join(t.TempDir(), "counterpart")
	build := exec.Command("go", "build", "-C", folder, "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", folder, err, out)
	}
	return startCommand(t, exec.Command(program))
}

var required = os.Getenv("HALFMASK_REQUIRE_INTEROP") == "1"

// startCommand runs a process that ends when its input does, or is killed.
func startCommand(t *testing.T, cmd *exec.Cmd) *counterpart {
	t.Helper()
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir()}
	c := &counterpart{t: t, lines: make(chan []byte), said: new(excerpt)}
	cmd.Stderr = c.said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.in = in
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.lines)
		scanner := bufio.NewScanner(out)
		scanner.Buffer(nil, maxLine)
		for scanner.Scan() {
			c.lines <- bytes.Clone(scanner.Bytes())
		}
		if scanner.Err() != nil {
			_ = cmd.Process.Kill()
		}
	}()
	t.Cleanup(func() {
		in.Close()
		late := time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
		for range c.lines { // read to the end before Wait closes the pipe
		}
		err := cmd.Wait()
		if late.Stop(); err != nil && !t.Failed() {
			t.Errorf("%s: %v\n%s", cmd, err, c.said)
		}
	})
	return c
}

// call has the counterpart do something, and reads its answer into answer
// unless that is nil. The error is its *refusal. A counterpart that breaks,
// dawdles or ends fails the test: that is no refusal.
func (c *counterpart) call(name string, with, answer any) error {
	c.t.Helper()
	c.calls++
	request, err := json.Marshal(map[string]any{"id": c.calls, "call": name, "with": with})
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.in.Write(append(request, '\n')); err != nil {
		c.t.Fatalf("%s: %v", name, err)
	}
	var line []byte
	var more bool
	select {
	case line, more = <-c.lines:
		if !more {
			c.t.Fatalf("%s: the counterpart ended without an answer\n%s", name, c.said)
		}
	case <-time.After(patience):
		c.t.Fatalf("%s: no answer in %v", name, patience)
	}
	var reply struct {
		ID              int
		Answer          json.RawMessage
		Refused, Broken *string
	}
	if err := json.Unmarshal(line, &reply); err != nil {
		c.t.Fatalf("%s: %v: %.200s", name, err, line)
	}
	switch {
	case reply.ID != c.calls:
		c.t.Fatalf("%s: answer %d to call %d", name, reply.ID, c.calls)
	case reply.Broken != nil:
		c.t.Fatalf("%s: our script broke: %s", name, *reply.Broken)
	case reply.Refused != nil:
		return &refusal{*reply.Refused}
	case answer != nil:
		if err := json.Unmarshal(reply.Answer, answer); err != nil {
			c.t.Fatalf("%s: %v: %.200s", name, err, reply.Answer)
		}
	}
	return nil
}

// must is call for a step that is no cell of the matrix.
func (c *counterpart) must(name string, with, answer any) {
	c.t.Helper()
	if err := c.call(name, with, answer); err != nil {
		c.t.Fatalf("%s: %v", name, err)
	}
}
