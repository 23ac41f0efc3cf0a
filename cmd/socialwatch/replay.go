package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/triage"
)

// scoreMoved is by how much a score must move to count: less reorders the
// queue hardly.
const scoreMoved = 10

// tooOld is the noise rule of intake, which no text gives: what an account
// held when it was connected.
const tooOld = "older_than_7_days"

func newReplay(f *flags) *cobra.Command {
	var r replaying
	cmd := &cobra.Command{
		Use:   "replay --since 7d|2026-11-01",
		Short: "Assess stored mentions anew and show what would change",
		Long: "Compares what triage says now, with this configuration and these rules, with the\n" +
			"stored assessments. Changes nothing. Mentions are chosen by when they were posted;\n" +
			"those that are gone have no text and are counted only. Texts are shown masked.\n" +
			"docs/triage.md explains the figures. The exit code is 0 whatever would change.",
		Example: "  socialwatch replay --since 30d\n  socialwatch replay --since 2026-11-01 --until 2026-11-15 --rules my-rules --json",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return r.run(cmd, f) },
	}
	cmd.Flags().StringVar(&r.since, "since", "", sinceHelp+" (required)")
	cmd.Flags().StringVar(&r.until, "until", "", "posted before this, in the same forms (default now)")
	cmd.Flags().StringVar(&r.rules, "rules", "", rulesHelp)
	cmd.Flags().IntVar(&r.limit, "limit", 20, "most mentions to list; the counts are of all")
	return cmd
}

const sinceHelp = "posted since: 36h, 7d, 2w, 2026-11-01 or 2026-11-01T12:00:00Z"

// replaying is what the command is asked for.
type replaying struct {
	since, until, rules string
	limit               int
}

func (r replaying) run(cmd *cobra.Command, f *flags) error {
	if r.limit < 0 {
		return usageError{fmt.Errorf("--limit %d: write 0 or more", r.limit)}
	}
	if r.since == "" {
		return usageError{fmt.Errorf("--since is needed: %s", sinceHelp)}
	}
	span, err := readSpan(r.since, r.until, f.now())
	if err != nil {
		return err
	}
	opts, err := withRules(f.config, r.rules)
	if err != nil {
		return err
	}
	engine, err := triage.New(opts)
	if err != nil {
		return fmt.Errorf("triage: %w", err)
	}
	_, s, err := openStore(cmd.Context(), f)
	if err != nil {
		return err
	}
	defer s.Close()
	d := newReplayed(span, cmp.Or(r.rules, engine.Rules()))
	if err := d.take(cmd.Context(), s.Past(cmd.Context(), span), engine, r.limit); err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	return out(cmd, f, d, func() { d.write(cmd.OutOrStdout()) })
}

// now is the present, as tests may set it.
func (f *flags) now() time.Time {
	if f.tuning.now != nil {
		return f.tuning.now()
	}
	return time.Now()
}

// readSpan reads --since and --until; without --until it ends now.
func readSpan(since, until string, now time.Time) (p store.PastFilter, err error) {
	for _, flag := range []struct {
		name, text string
		to         *time.Time
	}{{"--since", since, &p.Since}, {"--until", until, &p.Until}} {
		if flag.text == "" {
			continue
		}
		if *flag.to, err = readMoment(flag.text, now); err != nil {
			return p, usageError{fmt.Errorf("%s %q: %w", flag.name, flag.text, err)}
		}
	}
	if p.Until.IsZero() {
		p.Until = socialwatch.Micros(now)
	}
	if !p.Since.Before(p.Until) {
		return p, usageError{fmt.Errorf("--since %s is not before %s", since, cmp.Or(until, "now"))}
	}
	return p, nil
}

// readMoment reads a time, or how long before now.
func readMoment(text string, now time.Time) (time.Time, error) {
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC(), nil
		}
	}
	hours := map[byte]time.Duration{'d': 24, 'w': 24 * 7}[text[len(text)-1]]
	if hours > 0 {
		text = text[:len(text)-1] + "h"
	}
	hours = max(1, hours)
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > longestAgo/hours {
		return time.Time{}, fmt.Errorf("write how long ago, such as 36h, 7d or 2w, or when, such as 2026-11-01")
	}
	return socialwatch.Micros(now.Add(-d * hours)), nil
}

// longestAgo bounds what --since can mean by a duration: 100 years.
const longestAgo = 100 * 365 * 24 * time.Hour

// replayed is what a replay came to.
type replayed struct {
	Since    time.Time        `json:"since"`
	Until    time.Time        `json:"until"`
	Rules    string           `json:"rules"`        // version, or the folder tried
	Stored   map[string]int   `json:"stored_rules"` // mentions by the rules of their stored assessment
	Mentions int              `json:"mentions"`     // assessed
	Gone     int              `json:"gone"`         // not assessed: their text is erased
	Redacted int              `json:"redacted"`     // assessed without personal data that is not stored
	Changed  int              `json:"changed"`
	Changes  []changeCount    `json:"changes"`
	Lines    []changedMention `json:"lines"`
	LeftOff  int              `json:"left_off"` // changed ones beyond the limit
	counts   map[change]int
}

// change is one thing about a mention that would be different.
type change struct {
	What string `json:"what"`
	From string `json:"from"`
	To   string `json:"to"`
}

func (c change) String() string {
	if c.What == "intent" {
		return c.From + " → " + c.To
	}
	return c.What + " " + c.From + " → " + c.To
}

// changeCount is how often a change would happen. Scores are counted as up and
// down.
type changeCount struct {
	change
	Mentions int `json:"mentions"`
}

// changedMention is a mention that would be assessed differently. Text is
// masked.
type changedMention struct {
	ID      int64    `json:"id"`
	Case    string   `json:"case"`
	Changes []change `json:"changes"`
	Text    string   `json:"text"`
	lang    string   // of the text, as it was found
}

func newReplayed(span store.PastFilter, rules string) *replayed {
	return &replayed{Since: span.Since, Until: span.Until, Rules: rules, Stored: map[string]int{}, counts: map[change]int{},
		Lines: []changedMention{}}
}

// take assesses the mentions and keeps what would change.
func (d *replayed) take(ctx context.Context, past iter.Seq2[store.PastMention, error], engine *triage.Triage, limit int) error {
	for m, err := range past {
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return err
		}
		if !m.GoneAt.IsZero() {
			d.Gone++
			continue
		}
		d.Mentions++
		d.Stored[m.Assessment.Rules]++
		if redacted(m) {
			d.Redacted++
		}
		is := engine.Assess(m.Mention, m.History)
		found := changesOf(m.Assessment, is)
		if len(found) == 0 {
			continue
		}
		d.count(found, is.Score > m.Assessment.Score)
		if len(d.Lines) == limit {
			d.LeftOff++
			continue
		}
		d.Lines = append(d.Lines, changedMention{ID: m.ID, Case: m.CaseNumber, Changes: found, Text: m.Assessment.Masked, lang: m.Assessment.Language})
	}
	d.Changes = d.sorted()
	return nil
}

// redacted reports whether personal data was taken out of the text before it
// was stored.
func redacted(m store.PastMention) bool {
	return slices.ContainsFunc(m.Assessment.Entities, func(e socialwatch.Entity) bool {
		text := m.Mention.Text
		return 0 <= e.Start && e.Start < e.End && e.End <= len(text) && strings.Trim(text[e.Start:e.End], "*") == ""
	})
}

// changesOf compares the stored assessment with a new one.
func changesOf(was, is socialwatch.Assessment) []change {
	if is.Ignored == "" && was.Ignored == tooOld || was.Ignored == socialwatch.IgnoredImported {
		is.Ignored = was.Ignored
	}
	var found []change
	for _, c := range []change{
		{"intent", string(was.Intent), string(is.Intent)},
		{"escalate", yesNo(was.Escalate), yesNo(is.Escalate)},
		{"urgency", fmt.Sprint(was.Urgency), fmt.Sprint(is.Urgency)},
		{"language", was.Language, is.Language},
		{"ignored", cmp.Or(was.Ignored, "no"), cmp.Or(is.Ignored, "no")},
	} {
		if c.From != c.To {
			found = append(found, c)
		}
	}
	if by := is.Score - was.Score; by >= scoreMoved || by <= -scoreMoved {
		found = append(found, change{"score", fmt.Sprint(was.Score), fmt.Sprint(is.Score)})
	}
	return found
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// count counts a mention's changes; up says where its score went.
func (d *replayed) count(found []change, up bool) {
	d.Changed++
	for _, c := range found {
		if c.What == "score" {
			c = change{"score", fmt.Sprintf("%d or more", scoreMoved), "down"}
			if up {
				c.To = "up"
			}
		}
		d.counts[c]++
	}
}

// whats is the order of changes.
var whats = []string{"intent", "escalate", "ignored", "urgency", "score", "language"}

// sorted are the counts by kind, the most frequent first.
func (d *replayed) sorted() []changeCount {
	all := []changeCount{}
	for _, c := range slices.SortedFunc(maps.Keys(d.counts), func(a, b change) int {
		return cmp.Or(cmp.Compare(slices.Index(whats, a.What), slices.Index(whats, b.What)), cmp.Compare(d.counts[b], d.counts[a]),
			cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	}) {
		all = append(all, changeCount{c, d.counts[c]})
	}
	return all
}

func (d *replayed) write(w io.Writer) {
	const day = "2006-01-02 15:04"
	fmt.Fprintf(w, "%d of %d mentions from %s to %s UTC would change with rules %s.\n", d.Changed, d.Mentions,
		d.Since.Format(day), d.Until.Format(day), oneLine(d.Rules))
	for _, rules := range slices.Sorted(maps.Keys(d.Stored)) {
		fmt.Fprintf(w, "%d are stored as rules %s assessed them.\n", d.Stored[rules], oneLine(rules))
	}
	if d.Gone > 0 {
		fmt.Fprintf(w, "%d more are gone: without their text nothing is assessed.\n", d.Gone)
	}
	if d.Redacted > 0 {
		fmt.Fprintf(w, "%d are stored without some personal data, which may be why they change.\n", d.Redacted)
	}
	if d.Changed == 0 {
		return
	}
	t := table(w)
	fmt.Fprint(t, "\nCHANGE\tFROM\tTO\tMENTIONS\n")
	for _, c := range d.Changes {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\n", c.What, oneLine(c.From), oneLine(c.To), c.Mentions)
	}
	_ = t.Flush()
	if len(d.Lines) > 0 {
		fmt.Fprintf(w, "\n%-8s %-10s CHANGES, TEXT\n", "MENTION", "CASE")
	}
	for _, l := range d.Lines {
		texts := make([]string, len(l.Changes))
		for i, c := range l.Changes {
			texts[i] = c.String()
		}
		const margin = 20
		for i, part := range wrap(strings.Join(texts, ", "), pageWidth-margin) {
			id, number := fmt.Sprint(l.ID), cmp.Or(l.Case, "–")
			if i > 0 {
				id, number = "", ""
			}
			fmt.Fprintf(w, "%s %s %s\n", pad(id, 8), pad(number, 10), part)
		}
		fmt.Fprintf(w, "%s%s\n", strings.Repeat(" ", margin), cut(oneLine(l.Text), pageWidth-margin))
	}
	if d.LeftOff > 0 {
		fmt.Fprintf(w, "%d more: --limit %d lists them.\n", d.LeftOff, d.Changed)
	}
}
