package enrollment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"sync"
	"testing"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"pgregory.net/rapid"
)

func checkName(err error) string {
	var e *EvidenceError
	if errors.As(err, &e) {
		return e.Check
	}
	return ""
}

func newPhones() (*PhoneCodes, *SimulatedGateway, *time.Time) {
	now := today.Time()
	gateway := &SimulatedGateway{}
	return &PhoneCodes{Sender: gateway, Now: func() time.Time { return now }}, gateway, &now
}

func sendCode(t testing.TB, p *PhoneCodes, g *SimulatedGateway, to string) string {
	t.Helper()
	if err := p.Send(context.Background(), to); err != nil {
		t.Fatal(err)
	}
	code, ok := g.Read(to)
	if !ok || len(code) != 6 {
		t.Fatalf("code %q", code)
	}
	return code
}

// R-ENR-07: six wrong answers, of which the sixth finds the number locked;
// then the right one does not help, and neither does another code.
func TestWrongCodeSixTimes(t *testing.T) {
	p, g, now := newPhones()
	code := sendCode(t, p, g, phone)
	for i := range 5 {
		if got := checkName(p.Check(phone, wrong(code))); got != "phone-code-wrong" {
			t.Fatalf("answer %d: %s", i+1, got)
		}
	}
	for _, c := range []string{wrong(code), code} {
		if got := checkName(p.Check(phone, c)); got != "phone-code-locked" {
			t.Errorf("after five: %s", got)
		}
	}
	if got := checkName(p.Send(t.Context(), phone)); got != "phone-code-locked" {
		t.Errorf("another code: %s", got)
	}
	*now = now.Add(codeLife)
	if err := p.Check(phone, sendCode(t, p, g, phone)); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}

func TestAnotherCodeGivesNoFurtherTries(t *testing.T) {
	p, g, _ := newPhones()
	for range 5 {
		p.Check(phone, wrong(sendCode(t, p, g, phone)))
	}
	if got := checkName(p.Send(t.Context(), phone)); got != "phone-code-locked" {
		t.Errorf("a sixth code: %s", got)
	}
}

func TestCodeWorksOnceAlsoInParallel(t *testing.T) {
	p, g, _ := newPhones()
	code := sendCode(t, p, g, phone)
	var wait sync.WaitGroup
	results := make(chan error, 20)
	for range cap(results) {
		wait.Go(func() { results <- p.Check(phone, code) })
	}
	wait.Wait()
	close(results)
	worked := 0
	for err := range results {
		if err == nil {
			worked++
		}
	}
	if worked != 1 {
		t.Errorf("the code worked %d times", worked)
	}
}

func TestCodeLivesFiveMinutes(t *testing.T) {
	for late, want := range map[time.Duration]string{codeLife - time.Second: "", codeLife: "phone-code-expired"} {
		p, g, now := newPhones()
		code := sendCode(t, p, g, phone)
		*now = now.Add(late)
		if got := checkName(p.Check(phone, code)); got != want {
			t.Errorf("after %v: %q, want %q", late, got, want)
		}
	}
}

func TestPendingCodesAreBounded(t *testing.T) {
	p, g, now := newPhones()
	for i := range maxPending {
		sendCode(t, p, g, fmt.Sprintf("+861300%07d", i))
	}
	if got := checkName(p.Send(t.Context(), phone+"9")); got != "phone-codes-pending" {
		t.Errorf("one more: %s", got)
	}
	*now = now.Add(codeLife)
	sendCode(t, p, g, phone+"9")
	if len(p.pending) != 1 {
		t.Errorf("%d codes kept after they expired", len(p.pending))
	}
}

func TestPhoneNumbersRefused(t *testing.T) {
	p, _, _ := newPhones()
	for _, number := range []string{"", "13000000000", "+0130000000", "+86 130 0000", "+12345", "+1234567890123456", "+861300000000x", "+8613000000000\n"} {
		if got := checkName(p.Send(t.Context(), number)); got != "phone-number" {
			t.Errorf("%q: %q", number, got)
		}
	}
}

func TestSenderThatFails(t *testing.T) {
	p := &PhoneCodes{Sender: failingSender{}}
	if err := p.Send(t.Context(), phone); !errors.Is(err, errNoNetwork) {
		t.Errorf("%v", err)
	}
	if err := (&PhoneCodes{}).Send(t.Context(), phone); err == nil {
		t.Error("sent without a sender")
	}
}

var errNoNetwork = errors.New("no network")

type failingSender struct{}

func (failingSender) SendCode(context.Context, string, string) error { return errNoNetwork }

// R-ENR-08
func TestCheckPassword(t *testing.T) {
	for password, good := range map[string]bool{
		"48151623": true, "12345679": true, "11111112": true, "90123457": true,
		"12345678": false, "87654321": false, "34567890": false, "78901234": false, "43210987": false,
		"00000000": false, "1234567": false, "481516234": false, "4815162a": false, "": false, "٤٨١٥١٦٢٣": false,
	} {
		err := CheckPassword(password)
		if (err == nil) != good {
			t.Errorf("%q: %v", password, err)
		}
		if err != nil && checkName(err) != "password" {
			t.Errorf("%q: %v is no EvidenceError", password, err)
		}
	}
}

// R-ENR-06: a picture of the same synthetic person passes in any light,
// nobody else's does.
func TestSyntheticFaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one, other := mint.Portrait(rapid.String().Draw(t, "one")), mint.Portrait("other "+rapid.String().Draw(t, "other"))
		live, err := mint.LiveFace(one, rapid.Uint64().Draw(t, "noise"))
		if err != nil {
			t.Fatal(err)
		}
		if err := (SyntheticFaces{}).MatchFace(context.Background(), live, one); err != nil {
			t.Fatalf("same person: %v", err)
		}
		if bytes.Equal(one, other) {
			return
		}
		if err := (SyntheticFaces{}).MatchFace(context.Background(), live, other); err == nil {
			t.Fatal("another person passes")
		}
	})
}

func TestPicturesRefused(t *testing.T) {
	picture := func(width, height int) []byte {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, width, height)), nil); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	portrait := mint.Portrait("somebody")
	for name, live := range map[string][]byte{
		"nothing":          nil,
		"no picture":       []byte("picture"),
		"a truncated one":  portrait[:len(portrait)/4],
		"a black one":      picture(64, 64),
		"a very small one": picture(4, 4),
		"a very wide one":  picture(2048, 8),
		"too many bytes":   make([]byte, maxFaceBytes+1),
	} {
		if err := (SyntheticFaces{}).MatchFace(t.Context(), live, portrait); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}
