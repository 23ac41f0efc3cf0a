package responder

import (
	"strings"
	"testing"
	"time"
)

func TestBusinessTime(t *testing.T) {
	office := []string{"mon-fri 09:00-18:00"}
	tests := []struct {
		name     string
		zone     string
		hours    []string
		holidays []string
		from     string
		d        time.Duration
		want     string
	}{
		{"within a day", "UTC", office, nil, "2026-11-23T10:00:00Z", time.Hour, "2026-11-23T11:00:00Z"},
		{"due at closing time", "UTC", office, nil, "2026-11-23T17:50:00Z", 10 * time.Minute, "2026-11-23T18:00:00Z"},
		{"over night", "UTC", office, nil, "2026-11-23T17:50:00Z", 15 * time.Minute, "2026-11-24T09:05:00Z"},
		{"before opening", "UTC", office, nil, "2026-11-23T03:00:00Z", 15 * time.Minute, "2026-11-23T09:15:00Z"},
		{"over a weekend", "UTC", office, nil, "2026-11-27T17:30:00Z", time.Hour, "2026-11-30T09:30:00Z"},
		{"over holidays", "UTC", office, []string{"2026-12-24", "2026-12-25"}, "2026-12-23T17:30:00Z", time.Hour, "2026-12-28T09:30:00Z"},
		{"over several days", "UTC", office, nil, "2026-11-23T09:00:00Z", 20 * time.Hour, "2026-11-25T11:00:00Z"},
		{"lunch break", "UTC", []string{"daily 13:00-17:00", "daily 09:00-12:00"}, nil, "2026-11-23T11:30:00Z", time.Hour, "2026-11-23T13:30:00Z"},
		{"days around the week's end", "UTC", []string{"sat-mon 00:00-24:00"}, nil, "2026-11-23T23:00:00Z", 2 * time.Hour, "2026-11-28T01:00:00Z"},
		{"midnight to midnight is one stretch", "UTC", []string{"daily 00:00-24:00"}, nil, "2026-11-23T23:00:00Z", 2 * time.Hour, "2026-11-24T01:00:00Z"},
		{"only holidays given", "UTC", nil, []string{"2026-12-25"}, "2026-12-24T23:00:00Z", 2 * time.Hour, "2026-12-26T01:00:00Z"},
		{"nothing given", "UTC", nil, nil, "2026-12-25T23:00:00Z", 2 * time.Hour, "2026-12-26T01:00:00Z"},
		{"zone of the calendar", "Asia/Tokyo", office, nil, "2026-11-23T08:30:00Z", time.Hour, "2026-11-24T00:30:00Z"},
		{"zero waits for the opening", "UTC", office, nil, "2026-11-22T12:00:00Z", 0, "2026-11-23T09:00:00Z"},
		{"negative counts as zero", "UTC", office, nil, "2026-11-23T12:00:00Z", -time.Hour, "2026-11-23T12:00:00Z"},
		{"six years of hours", "UTC", []string{"mon 09:00-10:00"}, nil, "2026-11-23T09:00:00Z", 313 * time.Hour, "2032-11-15T10:00:00Z"},
		// Clocks went forward on 2026-03-29 at 02:00 and back on 2026-10-25 at 03:00.
		{"hour that is skipped", "Europe/Berlin", []string{"daily 00:00-24:00"}, nil, "2026-03-29T00:30:00Z", time.Hour, "2026-03-29T01:30:00Z"},
		{"opening moves with the clock", "Europe/Berlin", office, nil, "2026-03-27T16:30:00Z", time.Hour, "2026-03-30T07:30:00Z"},
		{"opening moves back", "Europe/Berlin", office, nil, "2026-10-23T15:30:00Z", time.Hour, "2026-10-26T08:30:00Z"},
		{"hour that comes twice", "Europe/Berlin", []string{"sun 01:00-04:00"}, nil, "2026-10-24T23:00:00Z", 4 * time.Hour, "2026-10-25T03:00:00Z"},
		{"stretch within the skipped hour", "Europe/Berlin", []string{"sun 02:10-02:50", "mon 09:00-10:00"}, nil, "2026-03-29T00:00:00Z", 10 * time.Minute, "2026-03-29T01:20:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := ParseCalendar(tt.zone, tt.hours, tt.holidays)
			if err != nil {
				t.Fatal(err)
			}
			from, err := time.Parse(time.RFC3339, tt.from)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Add(from, tt.d).UTC().Format(time.RFC3339); got != tt.want {
				t.Errorf("%s + %s = %s, want %s", tt.from, tt.d, got, tt.want)
			}
		})
	}
}

func TestBusinessTimeEndsWhenNothingEverOpens(t *testing.T) {
	var all []string
	for d := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2031; d = d.AddDate(0, 0, 1) {
		all = append(all, d.Format(time.DateOnly))
	}
	c, err := ParseCalendar("UTC", nil, all)
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	if got := c.Add(from, time.Hour); !got.Equal(from.Add(time.Hour)) {
		t.Errorf("got %s", got)
	}
}

func TestBusinessTimeNeverGoesBackAndKeepsOrder(t *testing.T) {
	c, err := ParseCalendar("America/New_York", []string{"mon-sat 08:15-11:45", "mon-thu 13:00-20:00"}, []string{"2026-11-26"})
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 10, 28, 0, 0, 0, 0, time.UTC)
	var last time.Time
	for range 3000 {
		from = from.Add(17 * time.Minute)
		got := c.Add(from, 240*time.Minute)
		if got.Before(from.Add(240*time.Minute)) || got.Before(last) {
			t.Fatalf("from %s: %s", from, got)
		}
		if direct, parts := got, c.Add(c.Add(from, 90*time.Minute), 150*time.Minute); !direct.Equal(parts) {
			t.Fatalf("from %s: in one go %s, in two %s", from, direct, parts)
		}
		last = got
	}
}

func TestBadCalendarsSayWhatToWrite(t *testing.T) {
	tests := []struct {
		zone            string
		hours, holidays []string
		want            string
	}{
		{"Berlin", nil, nil, "Europe/Berlin"},
		{"UTC", []string{"mon-fri"}, nil, "mon-fri 09:00-18:00"},
		{"UTC", []string{"mo-fr 09:00-18:00"}, nil, "write mon-fri"},
		{"UTC", []string{"mon 9-18"}, nil, "09:00-18:00"},
		{"UTC", []string{"mon 18:00-09:00"}, nil, "split a night shift"},
		{"UTC", []string{"mon 09:00-25:00"}, nil, "24:00"},
		{"UTC", []string{"mon 09:00-12:00", "daily 11:00-13:00"}, nil, "overlap"},
		{"UTC", nil, []string{"25.12.2026"}, "2026-12-25"},
	}
	for _, tt := range tests {
		if _, err := ParseCalendar(tt.zone, tt.hours, tt.holidays); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v, want it to say %q", tt, err, tt.want)
		}
	}
}
