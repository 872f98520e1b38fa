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
	"time"

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
	cmd.Env = append(cmd.Env, "HALFMASK_TEST_ROOM=0") // the file has pages to spare
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

// TestFullDiskSparesTheOffer gives an issuance a little more room each time.
// It either fails before the offer is spent, or keeps what came: the one offer
// is still good when there is room enough.
func TestFullDiskSparesTheOffer(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	h, path := w.equipped()
	h.Close()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	offer := w.offer(openid4vci.OfferOptions{})
	for room := int64(0); room <= 1<<20; room += 4096 * stride {
		cmd := childCommand("story", path, offer)
		cmd.Env = append(cmd.Env, fmt.Sprint("HALFMASK_TEST_ROOM=", info.Size()+room))
		out, err := cmd.CombinedOutput()
		h := w.reopen(path)
		got := list(t, h)
		renewed, errRenew := h.Renew(t.Context())
		h.Close()
		if err == nil {
			if len(got) != 4 || room < 8192 {
				t.Errorf("room for %d bytes: %d credentials", room, len(got))
			}
			return
		}
		if !strings.Contains(string(out), wallet.ErrFull.Error()) || !strings.Contains(string(out), "the offer is not used up") {
			t.Fatalf("room for %d bytes: %s", room, out)
		}
		if len(got) != 2 || len(renewed) != 0 || errRenew != nil {
			t.Fatalf("room for %d bytes: %d credentials; renewed %v, %v", room, len(got), renewed, errRenew)
		}
	}
	t.Error("never enough room")
}

// TestDiskFillsDuringIssuance fills the disk after an answer of the issuer,
// when the offer's code is spent: the advice must hold.
func TestDiskFillsDuringIssuance(t *testing.T) {
	t.Parallel()
	const usedUp, renew = "the offer is used up; enroll again", "renew fetches the rest"
	for after, c := range map[string]struct {
		says, not string
		renewed   int
	}{
		"/token 1":           {usedUp, renew, 0}, // no grant is kept
		"/token 2":           {usedUp, renew, 0}, // the one that is kept is spent
		"/credential 1":      {renew, usedUp, 2}, // the grant was kept before the credential was asked for
		"/credential 2":      {renew, usedUp, 2},
		"/credential 1 kept": {renew, usedUp, 2},
		"/credential 2 kept": {renew, usedUp, 2}, // the first of the two was not kept either
	} {
		w := newTown(t)
		h, path := w.equipped()
		h.Close()
		offer := w.offer(openid4vci.OfferOptions{})
		cmd := childCommand("story", path, offer)
		cmd.Env = append(cmd.Env, "HALFMASK_TEST_FULL_AFTER="+after)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), c.says) || strings.Contains(string(out), c.not) || !strings.Contains(string(out), wallet.ErrFull.Error()) {
			t.Errorf("full after %s: %v: %s", after, err, out)
		}
		h = w.reopen(path)
		if renewed, err := h.Renew(t.Context()); len(renewed) != c.renewed || c.renewed > 0 && err != nil {
			t.Errorf("full after %s: renewed %d, %v", after, len(renewed), err)
		}
		if got := list(t, h); len(got) != 2+c.renewed {
			t.Errorf("full after %s: %d credentials", after, len(got))
		}
		if _, err := h.Accept(t.Context(), offer, ""); err == nil {
			t.Errorf("full after %s: the offer was not used up", after)
		}
		h.Close()
	}
}

// TestDiskFillsDuringRenewal: the old credentials stay in every case, and
// what renews them stays unless its token was spent.
func TestDiskFillsDuringRenewal(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	h, path := w.equipped()
	h.Close()
	const lost = "enroll again for a new offer"
	for _, c := range []struct {
		later, env, says string
	}{
		{"672h", "HALFMASK_TEST_ROOM=0", wallet.ErrFull.Error()},
		{"672h", "HALFMASK_TEST_FULL_AFTER=/credential 2 kept", wallet.ErrFull.Error()},
		{"672h", "HALFMASK_TEST_ROOM=", ""},
		{"1440h", "HALFMASK_TEST_FULL_AFTER=/token 1", lost},
	} {
		later, _ := time.ParseDuration(c.later)
		w.pass(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).Add(later).Sub(w.now()))
		cmd := childCommand("renewal", path)
		cmd.Env = append(cmd.Env, "HALFMASK_TEST_LATER="+c.later, c.env)
		out, err := cmd.CombinedOutput()
		if (err == nil) != (c.says == "") || !strings.Contains(string(out), c.says) || strings.Contains(string(out), lost) != (c.says == lost) {
			t.Errorf("%s %s: %v: %s", c.later, c.env, err, out)
		}
		h := w.reopen(path)
		got := list(t, h)
		h.Close()
		if len(got) != 2 || !got[0].ValidAt(w.now()) && err != nil {
			t.Errorf("%s %s: left with %+v", c.later, c.env, got)
		}
	}
}
