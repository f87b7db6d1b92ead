package words

import (
	"fmt"
	"time"
)

// Day says a day with its year: "3 May 2027", "1er mai 2027".
func (c *Catalogue) Day(t time.Time) string {
	return fmt.Sprintf(c.Date, c.day(t), c.month(t), t.Year())
}

// ShortDay says a day of this year: "3 May".
func (c *Catalogue) ShortDay(t time.Time) string {
	return fmt.Sprintf(c.DayOnly, c.day(t), c.month(t))
}

// Clock says a time of day: "14:02", "14 h 02".
func (c *Catalogue) Clock(t time.Time) string {
	return fmt.Sprintf(c.Time, t.Hour(), t.Minute())
}

// Moment says a time of day to the second: "14:02:11", "14 h 02 min 11 s".
func (c *Catalogue) Moment(t time.Time) string {
	return fmt.Sprintf(c.Seconds, t.Hour(), t.Minute(), t.Second())
}

// Since says how long something has lasted, as a clock that runs: "04:12",
// "1:04:12". Less than nothing is nothing.
func Since(d time.Duration) string {
	s := max(0, int(d/time.Second))
	if s < 3600 {
		return fmt.Sprintf("%02d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

func (c *Catalogue) day(t time.Time) string {
	if t.Day() == 1 {
		return c.First
	}
	return fmt.Sprint(t.Day())
}

func (c *Catalogue) month(t time.Time) string { return c.Months[t.Month()-1] }
