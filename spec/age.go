package spec

import "time"

// AgeReached says on which day a person reaches an age.
type AgeReached string

const (
	OnBirthday       AgeReached = "birthday"
	DayAfterBirthday AgeReached = "day-after"
)

// LeapBirthday says where the birthday of a person born on 29 February falls
// in a year that has no such day.
type LeapBirthday string

const (
	FirstOfMarch   LeapBirthday = "1-march"
	LastOfFebruary LeapBirthday = "28-february"
)

// Reaches gives the day on which a person born on birth reaches an age of
// that many completed years (R-AGE-04). The zero Settings count as the
// national rules do: on the birthday, 29 February as 1 March.
func (s Settings) Reaches(birth Date, years int) Date {
	day := Date{birth.Year + years, birth.Month, birth.Day}
	if day.Month == time.February && day.Day == 29 && !leap(day.Year) {
		if s.LeapBirthday == LastOfFebruary {
			day.Day = 28
		} else {
			day.Month, day.Day = time.March, 1
		}
	}
	if s.AgeReached == DayAfterBirthday && years > 0 {
		day = day.AddDays(1)
	}
	return day
}

// Age counts the completed years of a person born on birth, on a day of
// Zone (R-AGE-04). It is -1 before birth.
func (s Settings) Age(birth, on Date) int {
	if on.Before(birth) {
		return -1
	}
	years := on.Year - birth.Year
	if on.Before(s.Reaches(birth, years)) {
		years--
	}
	return years
}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }
