package console

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"time"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// Reports reads what happened within a span of time.
type Reports interface {
	Report(ctx context.Context, f store.ReportFilter) (store.Report, error)
	TemplateEdits(ctx context.Context, f store.ReportFilter) ([]store.TemplateEdits, error)
}

// reportsView is the page of reports.
type reportsView struct {
	Presets   []option
	From, To  string // dates, both counted
	Last      string // the latest date to choose
	Accounts  []string
	Account   string
	Languages []option
	Intents   []option
	Zone      string
	Figures   []fact
	Panels    []reportPanel
	Empty     emptyView
	Nothing   bool
}

// reportPanel is one question with its picture and its table. Without rows it
// says that nothing happened.
type reportPanel struct {
	Title, Text string
	Chart       *chart
	Heat        *heat
	Table       reportTable
	Open        bool // the table is the picture: it has bars, or links
	CSV         string
}

// presets are the spans that one press chooses, in days.
var presets = []int{1, 7, 30}

// longestReport bounds a span, in days.
const longestReport = 366

// reportSpan is what a report is asked for.
type reportSpan struct {
	store.ReportFilter
	zone     *time.Location
	first    time.Time // midnights of the first and the last day
	last     time.Time
	preset   int // days until today; 0: dates were chosen
	hourly   bool
	names    stretchNames
	starts   []time.Time // of the stretches
	accounts []string
}

// reports shows what happened within a span of days.
func (c *Console) reports(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	s, err := c.reportSpan(r.Context(), p, r.URL.Query())
	if err != nil {
		return err
	}
	report, err := c.o.Reports.Report(r.Context(), s.ReportFilter)
	if err != nil {
		return err
	}
	v := c.reportForm(s, r.URL.Query())
	v.Figures = reportFigures(report)
	v.Panels = c.reportPanels(s, report)
	v.Nothing = !slices.ContainsFunc(v.Panels, func(p reportPanel) bool { return len(p.Table.Rows) > 0 })
	v.Empty = emptyView{Kind: "calm", Title: say("reports.nothing")}
	q := without(r.URL.Query(), "part")
	for i := range v.Panels {
		q.Set("table", v.Panels[i].Table.Key)
		v.Panels[i].CSV = "/reports.csv?" + q.Encode()
	}
	return c.show(w, r, http.StatusOK, "reports", view{Title: say("reports"), Class: "plain", Nav: "reports", Body: v})
}

// reportFile sends one table of a report as CSV.
func (c *Console) reportFile(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	s, err := c.reportSpan(r.Context(), p, r.URL.Query())
	if err != nil {
		return err
	}
	report, err := c.o.Reports.Report(r.Context(), s.ReportFilter)
	if err != nil {
		return err
	}
	panels := c.reportPanels(s, report)
	i := slices.IndexFunc(panels, func(p reportPanel) bool { return p.Table.Key == r.URL.Query().Get("table") })
	if i < 0 {
		return socialwatch.ErrNotFound
	}
	table := panels[i].Table
	name := fmt.Sprintf("%s-%s-%s.csv", table.Key, s.first.Format(time.DateOnly), s.last.Format(time.DateOnly))
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	file := csv.NewWriter(w)
	for _, record := range table.records() {
		_ = file.Write(harmless(record)) // the writer keeps its first error
	}
	file.Flush() // a browser that has gone away is no failure
	return nil
}

// reportSpan reads the filter of the address for what a person may read.
func (c *Console) reportSpan(ctx context.Context, p socialwatch.Person, q url.Values) (s reportSpan, err error) {
	h, err := c.look(ctx)
	if err != nil {
		return s, err
	}
	s.accounts = accounts(p, h)
	s.Accounts, s.Intent, s.Language = visible(p, q.Get("account")), socialwatch.Intent(q.Get("intent")), q.Get("lang")
	s.zone = c.zoneOf(s.accounts, q.Get("account"))
	if err := s.readDays(q, c.o.Now().In(s.zone)); err != nil {
		return s, err
	}
	s.From, s.To = s.first, s.last.AddDate(0, 0, 1)
	s.cut()
	return s, nil
}

// zoneOf is the zone of the calendar that accounts share, or of the chosen one;
// else the console's.
func (c *Console) zoneOf(accounts []string, chosen string) *time.Location {
	if chosen != "" {
		accounts = []string{chosen}
	}
	name := ""
	for i, a := range accounts {
		if zone := c.o.House.Hours[a].Zone; i == 0 {
			name = zone
		} else if zone != name {
			return c.o.Zone
		}
	}
	if zone, err := time.LoadLocation(name); err == nil && name != "" {
		return zone
	}
	return c.o.Zone
}

// readDays reads which days are asked for: those chosen, or the last ones.
func (s *reportSpan) readDays(q url.Values, now time.Time) error {
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, s.zone)
	from, to := q.Get("from"), q.Get("to")
	if from == "" && to == "" {
		s.preset = 7
		if n, err := strconv.Atoi(q.Get("days")); err == nil && slices.Contains(presets, n) {
			s.preset = n
		}
		s.first, s.last = today.AddDate(0, 0, 1-s.preset), today
		return nil
	}
	var errFrom, errTo error
	s.first, s.last = today, today
	if to != "" {
		s.last, errTo = time.ParseInLocation(time.DateOnly, to, s.zone)
	}
	if s.first = s.last; from != "" {
		s.first, errFrom = time.ParseInLocation(time.DateOnly, from, s.zone)
	}
	switch {
	case errors.Join(errFrom, errTo) != nil, s.first.Year() < 2000, s.last.Year() > 9000:
		return &badError{say("reports.bad.date")}
	case s.last.Before(s.first):
		return &badError{say("reports.bad.order")}
	case s.last.AddDate(0, 0, -longestReport).After(s.first):
		return &badError{say("reports.bad.long", longestReport)}
	}
	return nil
}

// cut divides the span: a day into hours, up to two months into days, more
// into weeks.
func (s *reportSpan) cut() {
	days := 1
	if s.first.AddDate(0, 2, 0).Before(s.last) {
		days = 7
	}
	if s.first.Equal(s.last) {
		s.hourly = true
	}
	for n := 0; ; n++ {
		at, long := s.first.AddDate(0, 0, n*days), "weekday"
		short := "short"
		if s.hourly {
			at, long, short = s.first.Add(time.Duration(n)*time.Hour), "clock", "clock"
		}
		if !at.Before(s.To) {
			return
		}
		if n > 0 {
			s.Cuts = append(s.Cuts, at)
		}
		s.starts = append(s.starts, at)
		name := date(long, at)
		if days > 1 {
			name = say("reports.week", name)
		}
		s.names.Long, s.names.Short = append(s.names.Long, name), append(s.names.Short, date(short, at))
	}
}

// stretchAt is the number of the stretch in which a time lies.
func (s *reportSpan) stretchAt(at time.Time) int {
	return sort.Search(len(s.Cuts), func(i int) bool { return at.Before(s.Cuts[i]) })
}

// stretchWord is what one stretch is called.
func (s *reportSpan) stretchWord() string {
	switch {
	case s.hourly:
		return say("reports.hour")
	case len(s.starts) > 1 && s.starts[1].Sub(s.starts[0]) > 48*time.Hour:
		return say("reports.weekly")
	}
	return say("reports.day")
}

// reportForm fills in the choices.
func (c *Console) reportForm(s reportSpan, q url.Values) *reportsView {
	v := &reportsView{From: s.first.Format(time.DateOnly), To: s.last.Format(time.DateOnly), Last: c.o.Now().In(s.zone).Format(time.DateOnly),
		Accounts: s.accounts, Account: q.Get("account"), Zone: say("reports.zone", s.zone.String())}
	for _, n := range presets {
		keep := without(without(without(q, "from"), "to"), "part")
		keep.Set("days", strconv.Itoa(n))
		v.Presets = append(v.Presets, option{"/reports?" + keep.Encode(), say("reports.last." + strconv.Itoa(n)), n == s.preset})
	}
	for _, i := range socialwatch.Intents {
		v.Intents = append(v.Intents, option{string(i), label("intent", string(i)), i == s.Intent})
	}
	codes := []string{}
	for _, t := range c.o.Bench.Templates() {
		codes = append(codes, t.Language)
	}
	if s.Language != "" {
		codes = append(codes, s.Language)
	}
	slices.Sort(codes)
	for _, code := range slices.Compact(codes) {
		v.Languages = append(v.Languages, option{code, language(code), code == s.Language})
	}
	return v
}

// reportFigures are the report in one line.
func reportFigures(r store.Report) []fact {
	posts, noise, late, said, edited := 0, 0, 0, 0, 0
	for _, q := range r.Volume.Quarters {
		posts, noise = posts+q.Total, noise+q.Noise
	}
	for _, b := range r.Breaches {
		late += b.N
	}
	for _, l := range r.Late {
		late += l.N
	}
	for _, t := range r.Templates {
		if t.Template != "" {
			said, edited = said+t.Said, edited+t.Edited
		}
	}
	first := r.First.All
	return []fact{
		{Name: say("reports.mentions"), Value: say("reports.mentions.of", posts, noise)},
		{Name: say("first.response"), Value: middle(first)},
		{Name: say("reports.intime"), Value: share(first.InTime, first.N)},
		{Name: say("reports.late"), Value: strconv.Itoa(late)},
		{Name: say("reports.resolution"), Value: middle(r.Resolution.All)},
		{Name: say("reports.decision"), Value: middle(r.Decision.All)},
		{Name: say("reports.edited"), Value: share(edited, said)},
		{Name: say("reports.spikes"), Value: strconv.Itoa(len(r.Spikes))},
	}
}

func middle(t store.Times) string {
	if t.N == 0 {
		return say("fig.none")
	}
	return say("reports.middle", took(t.Median), took(t.P90))
}

// share is a part of a whole in per cent.
func share(part, whole int) string {
	if whole == 0 {
		return say("fig.none")
	}
	return say("number.percent", (200*part+whole)/(2*whole))
}
