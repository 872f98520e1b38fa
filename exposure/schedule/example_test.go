package schedule_test

import (
	"fmt"
	"log"

	"github.com/halfmask/halfmask/exposure/schedule"
	"github.com/halfmask/halfmask/spec"
)

// The five-millionth person can be asked for without the others.
func Example() {
	rules, err := spec.LoadRules(spec.National)
	if err != nil {
		log.Fatal(err)
	}
	platforms, err := spec.Platforms()
	if err != nil {
		log.Fatal(err)
	}
	plan, err := schedule.New(1, schedule.Ordinary(7), rules, platforms)
	if err != nil {
		log.Fatal(err)
	}
	person := plan.Person(5_000_000)
	fmt.Println(person.Sex, person.Age, person.Province)
	for _, l := range plan.Logins(person.Index, nil) {
		fmt.Println(l.At().Format("Mon 15:04"), platforms[l.Platform].Category)
	}
	// Output:
	// female 66 Shanxi
	// Wed 21:07 long_video_music_literature
	// Wed 21:27 long_video_music_literature
}
