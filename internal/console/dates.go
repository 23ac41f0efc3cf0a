package console

import (
	"strconv"
	"strings"
	"time"
)

// names are the elements of a layout that are words, the longer ones first, by
// where the catalogue has theirs.
var dateNames = []struct {
	element string
	key     func(time.Time) string
}{
	{"January", func(t time.Time) string { return "month." + strconv.Itoa(int(t.Month())) }},
	{"Monday", func(t time.Time) string { return "weekday." + strconv.Itoa(int(t.Weekday())) }},
	{"Jan", func(t time.Time) string { return "month.short." + strconv.Itoa(int(t.Month())) }},
	{"Mon", func(t time.Time) string { return "weekday.short." + strconv.Itoa(int(t.Weekday())) }},
}

// date writes a time by the catalogue's layout of that key, which is one of
// package time, with the catalogue's names of months and days.
func date(key string, t time.Time) string { return dated(say("date."+key), t) }

func dated(layout string, t time.Time) string {
	for _, n := range dateNames {
		if before, after, ok := strings.Cut(layout, n.element); ok {
			return dated(before, t) + say(n.key(t)) + dated(after, t)
		}
	}
	if layout == "" {
		return ""
	}
	return t.Format(layout)
}
