package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"socialwatch"
)

// ReportFilter says what a report counts: what happened from From on and
// before To, both in whole quarters of an hour: From and Cuts are rounded down,
// To up. A case and its drafts are of a language when one of its posts is.
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
	Late       []Late     // next responses and resolutions that did
	Private    Private
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
	sqlReportCase = `c.%[1]s is not null and c.state <> 'merged' and c.%[1]s >= ? and c.%[1]s < ?`

	sqlReportCaseIntent = ` and c.intent || '' = ?` // the expression, as that of the account, keeps from indexes that are of all time
	sqlReportCaseLang   = ` and exists (select 1 from mentions m where m.case_id = c.id and m.lang = ?)`
)

// Report reads what happened within a span. Of days that are over it may be a
// pass of KeepReportDays old.
func (s *Store) Report(ctx context.Context, f ReportFilter) (r Report, err error) {
	counted, err := s.countFacts(ctx, f)
	if err != nil {
		return Report{}, fmt.Errorf("read a report: %w", err)
	}
	counted.fill(&r)
	parts := []func(*tx) error{
		func(t *tx) error { r.Breaches, err = t.reportBreaches(ctx, f); return err },
		func(t *tx) error { r.Late, err = t.reportLate(ctx, f); return err },
		func(t *tx) error { r.Private, err = t.reportPrivate(ctx, f); return err },
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
// was said; as Report does.
func (s *Store) TemplateEdits(ctx context.Context, f ReportFilter) ([]TemplateEdits, error) {
	counted, err := s.countFacts(ctx, f, factDecided)
	if err != nil {
		return nil, fmt.Errorf("read edits of templates: %w", err)
	}
	var r Report
	counted.fill(&r)
	return r.Templates, nil
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
	return f.condition(base, "c.account || ''", sqlReportCaseIntent, sqlReportCaseLang)
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
