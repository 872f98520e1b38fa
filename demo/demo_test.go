package demo

import (
	"bytes"
	"context"
	"log"
	"os"
	"strings"
	"testing"
)

func Example() {
	world, err := Start()
	if err != nil {
		log.Fatal(err)
	}
	defer world.Close()
	if err := world.Tell(context.Background(), os.Stderr); err != nil {
		log.Fatal(err)
	}
	// Output:
}

func TestTheStoryIsTrue(t *testing.T) {
	world, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	var b bytes.Buffer
	if err := world.Tell(context.Background(), &b); err != nil {
		t.Fatalf("%v after:\n%s", err, b.String())
	}
	story := b.String()
	t.Log(story)
	for _, line := range strings.Split(story, "\n") {
		if learned, ok := strings.CutPrefix(strings.TrimSpace(line), "It learned: "); ok && strings.Count(learned, ":") != 2 {
			t.Errorf("a platform learned %s, not the two claims it asked for", learned)
		}
	}
	if !strings.Contains(story, "identifier ") || strings.Count(story, "age_over_14: true") != 2 {
		t.Error("the story does not say what the platforms learned in either design")
	}
	if strings.Count(story, "It knows the person from before") != 1 || !strings.Contains(story, "18 or over on") {
		t.Error("the story does not tell of a proof about the age, or of an account")
	}
	if n := strings.Count(story, "C0000000"); n != 2 {
		t.Errorf("the service logged %d logins, want 2", n)
	}
	for _, p := range world.Platforms {
		if !strings.HasPrefix(p.VerifierURL, "http://127.0.0.1:") || p.VerifierURL == p.CentralURL {
			t.Errorf("%s is not on an origin of its own: %s, %s", p.Name, p.VerifierURL, p.CentralURL)
		}
	}
}

func TestClosedWorldAnswersNobody(t *testing.T) {
	world, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	if err := world.Close(); err != nil {
		t.Fatal(err)
	}
	if err := world.Tell(context.Background(), new(bytes.Buffer)); err == nil {
		t.Error("a closed world told its story")
	}
}
