package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"socialwatch"
)

// ReportFilter says what a report counts: what happened from From on and
// before To. A case and its drafts are of a language when one of its posts is.
type ReportFilter struct {
	From, To time.Time
	// Cuts divide the span into stretches: rising times within it, each the
	// beginning of a stretch. None: it is one stretch.
	Cuts     []time.Time
	Accounts []string           // nil: all; empty and not nil: none
	Intent   socialwatch.Intent // empty: all
	Language string             // as triage found it; empty: all
}

// Report is what happened within a span. Its parts are read one after the
// other, so that a large one holds nobody up: what happens meanwhile may be in
// one part and not yet in another.
type Report struct {
	First      Measure // first responses given, from the customer's post
	Resolution Measure // cases resolved, from the customer's post to the last resolving
	Decision   Measure // drafts approved or rejected, from the draft
	Volume     Volume
	Outcomes   Outcomes
	Breaches   []Breaches // first responses that became overdue
	Templates  []TemplateEdits
	Spikes     []socialwatch.Incident // that went on, newest first, at most 200
}

// Measure is how long something took.
type Measure struct {
	All       Times
	Stretches []Times // as many as the filter has
	Levels    []Times // Group is the level; none of decisions
}

// Times are lengths by the clock, nights and holidays included. Median and P90
// are lengths that occurred: the smallest that at least half, and nine in ten,
// do not exceed (percentile_disc of SQL). They are cut off to seconds below ten
// minutes, to minutes below two days, and to hours from there.
type Times struct {
	Group  int // the number of the stretch from 0, or the level
	N      int
	InTime int // of first responses and resolutions: those by when the first response was due
	Median time.Duration
	P90    time.Duration
}

// Volume is how many mentions were posted, imported ones left out.
type Volume struct {
	Quarters []Quarter // of an hour, those with mentions, rising
	Intents  []Counted // most first
	Networks []Counted // most first
}

// Quarter is a quarter of an hour, the finest by which time zones differ.
type Quarter struct {
	At    time.Time
	Total int
	Noise int // of Total, those ignored
}

// Counted is how many mentions have one value.
type Counted struct {
	Value string
	Total int
	Noise int
}

// Outcomes is what became of the drafts decided about.
type Outcomes struct {
	Approved int // and not undone or ended afterwards
	Undone   int
	Ended    int            // approved, then superseded, blocked, expired, withdrawn or not sent
	Rejected map[string]int // by reason
}

// Breaches is how many first responses of a level became overdue in a stretch.
type Breaches struct {
	Stretch, Level, N int
}

// TemplateEdits is how often the text of a template, in whichever wording, was
// changed before it was said. Template is empty for what was written by hand.
type TemplateEdits struct {
	Template string
	Version  int
	Language string
	Said     int // approved, and sent or on its way
	Slots    int // of Said, those changed within the template's slots only
	Edited   int // of Said, those changed elsewhere
}

const (
	// One pass counts equal lengths by stretch and level; what is then ranked is
	// small. To cut lengths off keeps their order, so it may come first.
	sqlReportTimes = `with counted as materialized (
    select stretch, level, case when s < 0 then 0 when s < 600 then s when s < 172800 then s / 60 * 60 else s / 3600 * 3600 end as took,
           count(*) as n, sum(good) as good
    from (%s) as spans group by 1, 2, 3),
grouped as (
    select 0 as kind, 0 as grp, took, sum(n) as n, sum(good) as good from counted group by took
    union all select 1, stretch, took, sum(n), sum(good) from counted group by stretch, took
    union all select 2, level, took, sum(n), sum(good) from counted group by level, took),
ranked as (
    select kind, grp, took, sum(n) over (partition by kind, grp order by took) as upto, sum(n) over (partition by kind, grp) as n,
           sum(good) over (partition by kind, grp) as good from grouped)
select kind, grp, cast(n as bigint) as n, cast(good as bigint) as good, min(case when 2 * upto >= n then took end) as median,
       min(case when 10 * upto >= 9 * n then took end) as p90
from ranked group by kind, grp, n, good order by kind, grp`
	sqlReportCases = `select %[2]s as stretch, c.level as level, %[3]s as s, case when c.%[1]s <= c.due_at then 1 else 0 end as good
from cases c where ` + sqlReportCase
	sqlReportDrafts  = `select %[1]s as stretch, 0 as level, %[2]s as s, 0 as good from replies r where ` + sqlReportReply
	sqlReportCase    = `c.%[1]s is not null and c.state <> 'merged' and c.%[1]s >= ? and c.%[1]s < ?`
	sqlReportReply   = `r.decided_at is not null and r.decided_at >= ? and r.decided_at < ?`
	sqlReportMention = `m.created_at >= ? and m.created_at < ? and m.ignored <> '` + socialwatch.IgnoredImported + `'`

	sqlReportCaseIntent  = ` and c.intent = ?`
	sqlReportCaseLang    = ` and exists (select 1 from mentions m where m.case_id = c.id and m.lang = ?)`
	sqlReportReplyIntent = ` and exists (select 1 from cases c where c.id = r.case_id and c.intent = ?)`
	sqlReportReplyLang   = ` and exists (select 1 from mentions m where m.case_id = r.case_id and m.lang = ?)`
	sqlReportPostIntent  = ` and m.intent = ?`
	sqlReportPostLang    = ` and m.lang = ?`
)

// Report reads what happened within a span.
func (s *Store) Report(ctx context.Context, f ReportFilter) (r Report, err error) {
	parts := []func(*tx) error{
		func(t *tx) error { r.First, err = t.caseTimes(ctx, f, "responded_at"); return err },
		func(t *tx) error { r.Resolution, err = t.caseTimes(ctx, f, "resolved_at"); return err },
		func(t *tx) error { r.Decision, err = t.draftTimes(ctx, f); return err },
		func(t *tx) error { r.Volume, err = t.reportVolume(ctx, f); return err },
		func(t *tx) error { r.Outcomes, err = t.reportOutcomes(ctx, f); return err },
		func(t *tx) error { r.Breaches, err = t.reportBreaches(ctx, f); return err },
		func(t *tx) error { r.Templates, err = t.reportTemplates(ctx, f); return err },
		func(t *tx) error { r.Spikes, err = t.reportSpikes(ctx, f); return err },
	}
	for _, part := range parts {
		if err := s.read(ctx, part); err != nil {
			return Report{}, fmt.Errorf("read a report: %w", err)
		}
	}
	return r, nil
}

// TemplateEdits reads how often each template's text was changed before it
// was said.
func (s *Store) TemplateEdits(ctx context.Context, f ReportFilter) (list []TemplateEdits, err error) {
	err = s.read(ctx, func(t *tx) error {
		list, err = t.reportTemplates(ctx, f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read edits of templates: %w", err)
	}
	return list, nil
}

// condition is a filter's condition for one kind of row, with its arguments;
// base names the two ends of the span.
func (f ReportFilter) condition(base, account, intent, language string) (string, []any) {
	args := []any{f.From, f.To}
	where, more := among(account, f.Accounts)
	args = append(args, more...)
	if f.Intent != "" {
		where, args = where+intent, append(args, f.Intent)
	}
	if f.Language != "" {
		where, args = where+language, append(args, f.Language)
	}
	return base + where, args
}

func (f ReportFilter) ofCases(base string) (string, []any) {
	return f.condition(base, "c.account", sqlReportCaseIntent, sqlReportCaseLang)
}

func (f ReportFilter) ofReplies(base string) (string, []any) {
	return f.condition(base, "r.account", sqlReportReplyIntent, sqlReportReplyLang)
}

func (f ReportFilter) ofMentions(base string) (string, []any) {
	return f.condition(base, "m.account", sqlReportPostIntent, sqlReportPostLang)
}

// stretch is an expression for the number of the stretch in which a column's
// time lies.
func (f ReportFilter) stretch(column string) (string, []any) {
	if len(f.Cuts) == 0 {
		return "0", nil
	}
	var b strings.Builder
	args := make([]any, len(f.Cuts))
	b.WriteString("case")
	for i, at := range f.Cuts {
		fmt.Fprintf(&b, " when %s < ? then %d", column, i)
		args[i] = at
	}
	fmt.Fprintf(&b, " else %d end", len(f.Cuts))
	return b.String(), args
}

// seconds is the whole seconds between two columns, by kind of database.
var seconds = map[Kind]string{
	SQLite:   "(%[2]s - %[1]s) / 1000000",
	Postgres: "cast(floor(extract(epoch from %[2]s - %[1]s)) as bigint)",
}

func (t *tx) seconds(from, to string) string {
	return fmt.Sprintf(seconds[t.s.dialect.kind], from, to)
}

// times measures the spans that a query gives.
func (t *tx) times(ctx context.Context, f ReportFilter, spans string, args []any) (m Measure, err error) {
	var rows []struct {
		Kind   int   `db:"kind"` // 0 all, 1 of a stretch, 2 of a level
		Group  int   `db:"grp"`
		N      int   `db:"n"`
		Good   int   `db:"good"`
		Median int64 `db:"median"`
		P90    int64 `db:"p90"`
	}
	if err := t.all(ctx, &rows, fmt.Sprintf(sqlReportTimes, spans), args...); err != nil {
		return m, err
	}
	m.Stretches = make([]Times, len(f.Cuts)+1)
	for i := range m.Stretches {
		m.Stretches[i].Group = i
	}
	for _, r := range rows {
		one := Times{r.Group, r.N, r.Good, time.Duration(r.Median) * time.Second, time.Duration(r.P90) * time.Second}
		switch r.Kind {
		case 0:
			m.All = one
		case 1:
			m.Stretches[r.Group] = one
		case 2:
			m.Levels = append(m.Levels, one)
		}
	}
	return m, nil
}

// caseTimes measures from the opening of cases to a column.
func (t *tx) caseTimes(ctx context.Context, f ReportFilter, column string) (Measure, error) {
	stretch, args := f.stretch("c." + column)
	spans, more := f.ofCases(fmt.Sprintf(sqlReportCases, column, stretch, t.seconds("c.opened_at", "c."+column)))
	m, err := t.times(ctx, f, spans, append(args, more...))
	if err != nil {
		return m, fmt.Errorf("times to %s: %w", column, err)
	}
	return m, nil
}

// draftTimes measures from drafts to decisions.
func (t *tx) draftTimes(ctx context.Context, f ReportFilter) (Measure, error) {
	stretch, args := f.stretch("r.decided_at")
	spans, more := f.ofReplies(fmt.Sprintf(sqlReportDrafts, stretch, t.seconds("r.created_at", "r.decided_at")))
	m, err := t.times(ctx, f, spans, append(args, more...))
	if m.Levels = nil; err != nil {
		return m, fmt.Errorf("times to decide: %w", err)
	}
	return m, nil
}
