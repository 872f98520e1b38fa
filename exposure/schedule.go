package exposure

import (
	"math/rand/v2"
	"time"

	"github.com/halfmask/halfmask/exposure/centralized"
	"github.com/halfmask/halfmask/exposure/schedule"
	"github.com/halfmask/halfmask/spec"
)

// Start is the day on which every schedule begins.
var Start = schedule.Start

// modes are those of the centralized designs, in the words of the schedule.
var modes = [...]centralized.Mode{
	schedule.Certificate: centralized.Certificate, schedule.WithPassword: centralized.WithPassword,
	schedule.WithFace: centralized.WithFace, schedule.WithPasswordFace: centralized.WithPasswordFace,
}

// A Login is one person at one platform at one time.
type Login struct {
	Person   int
	Platform spec.Platform
	At       time.Time
	Mode     centralized.Mode // of the centralized designs
}

// random gives the randomness of one purpose of one person.
func random(seed uint64, purpose string, person int) *rand.Rand {
	return schedule.Random(seed, purpose, person)
}
