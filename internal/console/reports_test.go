package console

import (
	"encoding/csv"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
)

func TestReportsShowWhatHappened(t *testing.T) {
	s := newShop(t)
	rita := s.enter(t, "rita")
	rita.get("/reports").has(t, "Nothing in these days.", "<title>Reports · socialwatch</title>")
	busyDay(t, s)
	page := rita.get("/reports")
	page.has(t, "Mentions over time", "First response", "Rejected: Wrong facts", "Edits of templates", `role="img"`, "Missing delivery",
		`href="/reports?days=30"`, `href="/reports.csv?table=decisions"`)
	page.hasNot(t, "NaN", "style=")
	if strings.Count(page.body, "Nothing in these days.") == strings.Count(page.body, "<section class=\"panel\"") {
		t.Error("every panel is empty")
	}
	rita.get("/reports?days=7&intent=billing").has(t, "Mentions by intent")
	rita.get("/reports?from=2001-01-01&to=2001-01-02").has(t, "Nothing in these days.")
	rita.get("/reports?account=nobody").has(t, "Nothing in these days.")
	for query, says := range map[string]string{"from=tomorrow": "Write dates as", "from=2026-02-02&to=2026-02-01": "The first day is after",
		"from=2025-01-01&to=2026-02-01": "at most 366 days", "to=9999-12-31": "Write dates as", "from=0001-01-01&to=0001-01-02": "Write dates as"} {
		a := rita.get("/reports?" + query)
		a.has(t, says)
		if a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", query, a.status)
		}
	}
}

// TestEveryTableOfReportsIsAFileToo with as many columns, and nothing that a
// spreadsheet would run.
func TestEveryTableOfReportsIsAFileToo(t *testing.T) {
	s := newShop(t)
	busyDay(t, s)
	_, err := s.OpenIncident(t.Context(), socialwatch.Incident{Accounts: []string{account}, Intent: socialwatch.StuckOrder, Term: "=cmd",
		Kind: socialwatch.TermName, Severity: socialwatch.Minor, BeganAt: s.now(), OpenedAt: s.now()}, nil)
	must(t, err)
	rita := s.enter(t, "rita")
	files := regexp.MustCompile(`/reports\.csv\?table=([a-z_]+)`).FindAllStringSubmatch(rita.get("/reports").body, -1)
	if len(files) < 9 {
		t.Fatalf("%v", files)
	}
	for _, f := range files {
		a := rita.get("/reports.csv?table=" + f[1])
		lines, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
		if err != nil || a.status != http.StatusOK || len(lines) < 2 {
			t.Errorf("%s: %d, %d lines, %v", f[1], a.status, len(lines), err)
		}
		for _, line := range lines {
			if slices.ContainsFunc(line, func(field string) bool { return strings.HasPrefix(field, "=") }) {
				t.Errorf("%s: %q", f[1], line)
			}
		}
		if f[1] == "spikes" && !strings.HasPrefix(lines[1][0], "'=cmd") {
			t.Errorf("spikes: %q", lines)
		}
	}
	if a := rita.get("/reports.csv?table=nothing"); a.status != http.StatusNotFound {
		t.Errorf("no such table: %d", a.status)
	}
}

// TestDaysOfAReportAreThoseOfTheCalendar over the end of summer time: a Sunday
// of 25 hours.
func TestDaysOfAReportAreThoseOfTheCalendar(t *testing.T) {
	zone, err := time.LoadLocation("Europe/London")
	must(t, err)
	now := time.Date(2026, 10, 26, 0, 30, 0, 0, time.UTC)
	s := reportSpan{zone: zone}
	must(t, s.readDays(map[string][]string{"days": {"7"}}, now.In(zone)))
	s.From, s.To = s.first, s.last.AddDate(0, 0, 1)
	s.cut()
	if s.first.Format(time.RFC3339) != "2026-10-20T00:00:00+01:00" || s.To.Format(time.RFC3339) != "2026-10-27T00:00:00Z" || len(s.Cuts) != 6 {
		t.Errorf("%s to %s, %v", s.first, s.To, s.Cuts)
	}
	if d := s.Cuts[5].Sub(s.Cuts[4]); d != 25*time.Hour {
		t.Errorf("the Sunday has %s", d)
	}
	if i := s.stretchAt(s.Cuts[4].Add(-time.Microsecond)); i != 4 || s.stretchAt(s.Cuts[4]) != 5 || s.stretchAt(s.first) != 0 {
		t.Errorf("Saturday night is in stretch %d", i)
	}
	day := reportSpan{zone: zone}
	must(t, day.readDays(map[string][]string{"from": {"2026-10-25"}, "to": {"2026-10-25"}}, now))
	day.From, day.To = day.first, day.last.AddDate(0, 0, 1)
	if day.cut(); len(day.starts) != 25 {
		t.Errorf("the Sunday has %d hours", len(day.starts))
	}
	year := reportSpan{zone: zone}
	must(t, year.readDays(map[string][]string{"from": {"2026-01-01"}, "to": {"2026-12-31"}}, now))
	year.From, year.To = year.first, year.last.AddDate(0, 0, 1)
	if year.cut(); len(year.starts) != 53 {
		t.Errorf("the year has %d weeks", len(year.starts))
	}
}

func TestZoneOfAReportIsThatOfItsAccounts(t *testing.T) {
	c := &Console{o: Options{Zone: time.UTC, House: House{Hours: map[string]Hours{"a": {Zone: "Europe/London"}, "b": {Zone: "Europe/London"},
		"c": {Zone: "Asia/Tokyo"}, "d": {}, "e": {Zone: "No/Where"}}}}}
	for _, tc := range []struct {
		accounts []string
		chosen   string
		want     string
	}{{[]string{"a", "b"}, "", "Europe/London"}, {[]string{"a", "c"}, "", "UTC"}, {[]string{"a", "c"}, "c", "Asia/Tokyo"}, {[]string{"d"}, "", "UTC"},
		{[]string{"e"}, "", "UTC"}, {nil, "", "UTC"}, {[]string{"a", "d"}, "", "UTC"}} {
		if got := c.zoneOf(tc.accounts, tc.chosen).String(); got != tc.want {
			t.Errorf("%v, %q: %s, want %s", tc.accounts, tc.chosen, got, tc.want)
		}
	}
}

func TestLengthsAreSaidInTwoUnits(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0 s", 59 * time.Second: "59 s", 200 * time.Second: "3 min 20 s", 12*time.Minute + 40*time.Second: "12 min",
		85 * time.Minute: "1 h 25 min", 47 * time.Hour: "47 h", 51 * time.Hour: "2 days 3 h", 72 * time.Hour: "3 days"} {
		if got := took(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}

// TestAxesEndAboveWhatTheyShow at round steps, a few of them.
func TestAxesEndAboveWhatTheyShow(t *testing.T) {
	for n := 1; n < 100_000; n = n*3/2 + 1 {
		c := &chart{}
		s := c.counts(n)
		if s.top < float64(n) || len(c.Ticks) < 2 || len(c.Ticks) > 6 || s.y(s.top) != plotTop || s.y(0) != plotHeight {
			t.Errorf("%d: up to %v, ticks %v", n, s.top, c.Ticks)
		}
	}
	for d := time.Second; d < 5*8760*time.Hour; d = d*5/3 + time.Second {
		c := &chart{}
		if s := c.lengths(d); s.top < float64(d) || len(c.Ticks) < 2 || len(c.Ticks) > 6 {
			t.Errorf("%s: up to %s, ticks %v", d, time.Duration(s.top), c.Ticks)
		}
	}
}
