//go:build darwin || linux || netbsd || openbsd

package wallet_test

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/wallet"
)

func init() {
	limitFileSize = func(size string) {
		n, err := strconv.ParseUint(size, 10, 64)
		if err != nil {
			panic(err)
		}
		signal.Ignore(syscall.SIGXFSZ)
		limit := syscall.Rlimit{}
		if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			panic(err)
		}
		limit.Cur = n
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			panic(err)
		}
	}
}

// TestFullDisk lets the wallet's process write only so many bytes to a file.
func TestFullDisk(t *testing.T) {
	w := newTown(t)
	h, path := w.equipped()
	h.Close()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	unseen := w.ask([]string{spec.Sex}, credential.BBS2023)
	cmd := childCommand("story", path, "", unseen.RequestURI)
	cmd.Env = append(cmd.Env, fmt.Sprint("HALFMASK_TEST_ROOM=", info.Size()))
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), wallet.ErrFull.Error()) || w.result(unseen).Verdict != nil {
		t.Errorf("a presentation that could not be noted: %v: %s; %+v", err, out, w.result(unseen))
	}
	for _, room := range []int64{0, 4096, 8192} {
		p := w.ask([]string{spec.Sex}, credential.BBS2023)
		cmd := childCommand("story", path, w.offer(openid4vci.OfferOptions{}), p.RequestURI)
		cmd.Env = append(cmd.Env, fmt.Sprint("HALFMASK_TEST_ROOM=", info.Size()+room))
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), wallet.ErrFull.Error()) {
			t.Errorf("room for %d bytes: %v: %s", room, err, out)
		}
		h := w.reopen(path)
		if got := list(t, h); len(got) != 2 {
			t.Errorf("room for %d bytes: %d credentials left", room, len(got))
		}
		h.Close()
	}
}
