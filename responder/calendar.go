package responder

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Calendar says when the team works. The zero value is always open. It is
// immutable and safe for concurrent use.
type Calendar struct {
	zone     *time.Location
	week     [7][]hours // by time.Weekday; sorted, not overlapping
	holidays map[string]bool
}

// hours is one stretch of a day, in minutes of the wall clock from midnight.
type hours struct{ from, to int }

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseCalendar reads business hours: zone is an IANA name; each line of hours
// is days and a stretch, such as "mon-fri 09:00-18:00", "sat,sun 10:00-14:00"
// or "daily 00:00-24:00", none meaning all day, every day; holidays are dates
// such as 2026-12-25 on which nobody works. With nothing given at all the
// calendar is always open.
func ParseCalendar(zone string, lines []string, holidays []string) (Calendar, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return Calendar{}, fmt.Errorf("unknown time zone %q: write a name such as Europe/Berlin", zone)
	}
	if len(lines) == 0 && len(holidays) == 0 {
		return Calendar{}, nil
	}
	c := Calendar{zone: loc, holidays: map[string]bool{}}
	if len(lines) == 0 {
		lines = []string{"daily 00:00-24:00"}
	}
	for _, l := range lines {
		if err := c.addHours(l); err != nil {
			return Calendar{}, fmt.Errorf("business hours %q: %w", l, err)
		}
	}
	for _, h := range holidays {
		if _, err := time.Parse(time.DateOnly, h); err != nil {
			return Calendar{}, fmt.Errorf("holiday %q: write a date such as 2026-12-25", h)
		}
		c.holidays[h] = true
	}
	return c, nil
}

func (c *Calendar) addHours(line string) error {
	fields := strings.Fields(strings.ToLower(line))
	if len(fields) != 2 {
		return fmt.Errorf("write days and hours, such as mon-fri 09:00-18:00")
	}
	days, err := parseDays(fields[0])
	if err != nil {
		return err
	}
	from, to, _ := strings.Cut(fields[1], "-")
	a, okA := parseClock(from)
	b, okB := parseClock(to)
	if !okA || !okB || a >= b {
		return fmt.Errorf("write the hours as 09:00-18:00, up to 24:00; split a night shift into two lines")
	}
	for _, d := range days {
		for _, h := range c.week[d] {
			if a < h.to && h.from < b {
				return fmt.Errorf("the hours overlap those of another line on %s", weekdays[d])
			}
		}
		c.week[d] = append(c.week[d], hours{a, b})
		slices.SortFunc(c.week[d], func(x, y hours) int { return x.from - y.from })
	}
	return nil
}

// parseDays reads "mon-fri", "sat,sun", "daily" or a mixture with commas.
func parseDays(s string) ([]int, error) {
	var days []int
	if s == "daily" {
		s = "sun-sat"
	}
	for _, item := range strings.Split(s, ",") {
		first, last, isRange := strings.Cut(item, "-")
		a, b := slices.Index(weekdays, first), slices.Index(weekdays, last)
		if !isRange {
			b = a
		}
		if a < 0 || b < 0 {
			return nil, fmt.Errorf("unknown days %q: write mon-fri, sat,sun or daily", item)
		}
		for d := a; ; d = (d + 1) % 7 {
			if !slices.Contains(days, d) {
				days = append(days, d)
			}
			if d == b {
				break
			}
		}
	}
	return days, nil
}

func parseClock(s string) (minutes int, ok bool) {
	h, m, found := strings.Cut(s, ":")
	hour, errH := strconv.Atoi(h)
	minute, errM := strconv.Atoi(m)
	if !found || errH != nil || errM != nil || len(m) != 2 || hour < 0 || minute < 0 || minute > 59 || hour*60+minute > 24*60 {
		return 0, false
	}
	return hour*60 + minute, true
}

// farthest bounds the search for an open hour: with nothing open for so many
// days in a row the calendar is taken to end.
const farthest = 3 * 366

// Add returns the moment at which d of business time has passed since from.
// Time counts as it really passes, so an hour that a clock change repeats
// counts twice and one that it skips not at all. With d ≤ 0 it returns from,
// or the next opening when closed then.
func (c Calendar) Add(from time.Time, d time.Duration) time.Time {
	d = max(d, 0)
	if c.zone == nil {
		return from.Add(d)
	}
	at := from
	for opens, closes := range c.stretches(from) {
		if at.Before(opens) {
			at = opens
		}
		left := closes.Sub(at)
		if d <= left {
			return at.Add(d)
		}
		d -= left
		at = closes
	}
	return at.Add(d)
}

// Between returns how much business time passes from one moment to another, 0
// when to is not after from. Add takes as much back from there.
func (c Calendar) Between(from, to time.Time) (d time.Duration) {
	if c.zone == nil {
		return max(to.Sub(from), 0)
	}
	last := from
	for opens, closes := range c.stretches(from) {
		if !opens.Before(to) {
			return d
		}
		if opens.Before(from) {
			opens = from
		}
		if closes.After(to) {
			closes = to
		}
		d, last = d+max(closes.Sub(opens), 0), closes
	}
	return d + max(to.Sub(last), 0) // behind the calendar's end all time counts, as in Add
}

// stretches yields when the team opens and closes, from the first stretch that
// ends after a moment.
func (c Calendar) stretches(from time.Time) iter.Seq2[time.Time, time.Time] {
	return func(yield func(opens, closes time.Time) bool) {
		y, m, day := from.In(c.zone).Date()
		for idle := 0; idle < farthest; day++ {
			date := time.Date(y, m, day, 12, 0, 0, 0, c.zone) // noon exists on every day
			idle++
			if c.holidays[date.Format(time.DateOnly)] {
				continue
			}
			for _, h := range c.week[date.Weekday()] {
				opens := time.Date(y, m, day, 0, h.from, 0, 0, c.zone)
				closes := time.Date(y, m, day, 0, h.to, 0, 0, c.zone)
				if !closes.After(opens) || !closes.After(from) {
					continue
				}
				if !yield(opens, closes) {
					return
				}
				idle = 0
			}
		}
	}
}
