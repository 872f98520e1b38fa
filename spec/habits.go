package spec

import (
	"fmt"
	"sync"
)

// mostAdoption caps what Adoption gives: two of the sources count
// differently, and no habit is everybody's.
const mostAdoption = 0.99

// Adoption estimates the share of people of an age who use a kind of
// application (a Platform's Habit, such as "Online payment"): the share of
// the age band that is online times the share of internet users who use the
// application, each capped at 0.99. It assumes that within those online age
// makes no difference, which the sources do not break down. An unknown
// application is an error.
func Adoption(ageYears int, habit string) (float64, error) {
	t, err := habits()
	if err != nil {
		return 0, err
	}
	share, ok := t.share[habit]
	if !ok {
		return 0, fmt.Errorf("spec: habits.csv has no application %q", habit)
	}
	for _, band := range t.online {
		if ageYears >= band.first && ageYears <= band.last {
			return min(band.share, mostAdoption) * min(share, mostAdoption), nil
		}
	}
	return 0, nil
}

type habitTable struct {
	share  map[string]float64
	online []onlineBand
}

type onlineBand struct {
	first, last int // completed years
	share       float64
}

var habits = sync.OnceValues(func() (*habitTable, error) {
	t := &habitTable{share: map[string]float64{}}
	err := readTable("habits.csv", "application,year,percent,status", func(f map[string]string) error {
		v, err := numbers(f, "percent")
		if err == nil {
			t.share[f["application"]] = v[0] / 100
		}
		return err
	})
	if err == nil {
		err = readTable("online.csv", "first_age,last_age,percent", func(f map[string]string) error {
			v, err := numbers(f, "first_age", "last_age", "percent")
			if err == nil {
				t.online = append(t.online, onlineBand{int(v[0]), int(v[1]), v[2] / 100})
			}
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("spec: %w", err)
	}
	return t, nil
})
