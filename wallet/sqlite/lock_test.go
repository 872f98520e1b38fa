package sqlite_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/halfmask/halfmask/wallet/sqlite"
)

// TestCloseFreesTheFileFromStartingChildren opens and closes a store while
// other processes are being started, which have a copy of every descriptor
// until they run.
func TestCloseFreesTheFileFromStartingChildren(t *testing.T) {
	if _, err := exec.LookPath("true"); err != nil {
		t.Skip("no command to start")
	}
	path := filepath.Join(t.TempDir(), "store")
	p, err := sqlite.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				c := exec.Command("true")
				c.Env = os.Environ()
				_ = c.Run()
			}
		}
	}()
	for range 200 {
		p, err := sqlite.Open(path)
		if err != nil {
			t.Error(err)
			break
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	<-stopped
}
