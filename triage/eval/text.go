package eval

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"socialwatch"
)

// WriteText writes the report for people, at most 100 columns wide.
func (r Report) WriteText(w io.Writer) error {
	b := &strings.Builder{}
	fmt.Fprintf(b, "%d post%s", r.Posts, map[bool]string{false: "s"}[r.Posts == 1])
	if r.Rules != "" {
		fmt.Fprintf(b, ", rules %s", r.Rules)
	}
	fmt.Fprintf(b, "\nmacro-F1 is the mean over the %d intents that occur or are predicted.\n", len(r.MacroIntents))
	fmt.Fprintf(b, "Intervals are 95 %%, from %d resamples of the posts.\n", resamples)
	r.textFigures(b)
	r.textScores(b)
	r.textLanguages(b)
	r.textWant(b)
	r.textConfusion(b)
	r.textCalibration(b)
	for line := range strings.Lines(b.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	return nil
}

// num is a share with two decimals; none stands for one of nothing.
func num(v float64, of int) string {
	if of == 0 {
		return none
	}
	return fmt.Sprintf("%.2f", v)
}

const none = "–"

// String gives the interval as 0.61–0.72.
func (i Interval) String() string {
	if i == (Interval{}) {
		return none
	}
	return fmt.Sprintf("%.2f–%.2f", i.Low, i.High)
}

func (r Report) textFigures(w io.Writer) {
	row := func(name, value string, i string) { fmt.Fprintf(w, "%-28s %6s  %-10s\n", name, value, i) }
	fmt.Fprintf(w, "\n%-28s %6s  %s\n", "FIGURE", "VALUE", "INTERVAL")
	row("intent macro-F1", num(r.MacroF1, r.Posts), r.Intervals.MacroF1.String())
	row("intent accuracy", num(r.IntentAccuracy, r.Posts), r.Intervals.IntentAccuracy.String())
	row("  alt_intent allowed", num(r.IntentAccuracyAlt, r.Posts), "")
	scale := func(name string, a Agreement) {
		row(name+" accuracy", num(a.Accuracy, a.Posts), "")
		row(name+" macro-F1", num(a.MacroF1, a.Posts), "")
	}
	scale("urgency", r.Urgency)
	scale("sentiment", r.Sentiment)
	row("language right", num(r.Language.Accuracy, r.Language.Posts), "")
	row(fmt.Sprintf("  from %d characters", LongText), num(r.LanguageLong.Accuracy, r.LanguageLong.Posts),
		fmt.Sprintf("%d posts", r.LanguageLong.Posts))
	row("Brier score (0 is best)", num(r.Brier, r.Posts), "")
	if r.Rejected.Posts > 0 {
		row("rejected intent given again", num(r.Rejected.Repeated, r.Rejected.Posts), fmt.Sprintf("%d more posts, 0 is best", r.Rejected.Posts))
	}
}

// flagged and escalate are the group's flat figures as scores.
func (g Group) flagged() Score {
	return Score{g.FlaggedPrecision, g.FlaggedRecall, g.FlaggedF1, g.FlaggedSupport, g.FlaggedPredicted}
}

func (g Group) escalate() Score {
	return Score{g.EscalatePrecision, g.EscalateRecall, g.EscalateF1, g.EscalateSupport, g.EscalatePredicted}
}

func (r Report) textScores(w io.Writer) {
	fmt.Fprintf(w, "\n%-28s %6s %6s %6s  %-10s %8s %9s\n", "SCORE", "P", "R", "F1", "INTERVAL", "LABELLED", "PREDICTED")
	row := func(name string, s Score, i Interval) {
		fmt.Fprintf(w, "%-28s %6s %6s %6s  %-10s %8d %9d\n", name, num(s.Precision, s.Predicted), num(s.Recall, s.Support),
			num(s.F1, s.Support+s.Predicted), i, s.Support, s.Predicted)
	}
	row("flagged union", r.flagged(), r.Intervals.FlaggedF1)
	row("escalate", r.escalate(), r.Intervals.EscalateF1)
	row("ignored, where labelled", r.Ignored, Interval{})
	for _, name := range r.intents() {
		s := r.Intents[name]
		row(name, s.Score, s.Interval)
	}
}

// intents are the names of the intents in the order of reports.
func (r Report) intents() []string {
	if len(r.Confusion.Labels) > 0 {
		return r.Confusion.Labels
	}
	var names []string
	for _, i := range socialwatch.Intents {
		names = append(names, string(i))
	}
	return names
}

// languages are the names of the languages, most posts first, then not_en.
func (r Report) languages() []string {
	names := slices.SortedFunc(maps.Keys(r.Languages), func(a, b string) int {
		if d := r.Languages[b].Posts - r.Languages[a].Posts; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	if k := slices.Index(names, notEnglish); k >= 0 {
		names = append(slices.Delete(names, k, k+1), notEnglish)
	}
	return names
}

func (r Report) textLanguages(w io.Writer) {
	if len(r.Languages) == 0 {
		return
	}
	const form = "%-8s %6s %7s %6s  %7s %-10s  %8s %-10s  %9s %7s\n"
	fmt.Fprintf(w, "\n"+form, "LANGUAGE", "POSTS", "INTENT", "MACRO", "FLAGGED", "INTERVAL", "ESCALATE", "INTERVAL", "LANGUAGE", fmt.Sprintf("FROM %d", LongText))
	for _, name := range r.languages() {
		g := r.Languages[name]
		fmt.Fprintf(w, form, name, fmt.Sprint(g.Posts), num(g.IntentAccuracy, g.Posts), num(g.MacroF1, g.Posts),
			num(g.FlaggedF1, g.FlaggedSupport+g.FlaggedPredicted), g.Intervals.FlaggedF1,
			num(g.EscalateF1, g.EscalateSupport+g.EscalatePredicted), g.Intervals.EscalateF1,
			num(g.Language.Accuracy, g.Language.Posts), num(g.LanguageLong.Accuracy, g.LanguageLong.Posts))
	}
	fmt.Fprintln(w, "Intent: accuracy. Flagged, escalate: F1. Language: share right, of all and of long texts.")
}

func (r Report) textWant(w io.Writer) {
	if len(r.Want) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%-40s %6s %6s %6s\n", "WANTED SIGNAL", "RECALL", "FOUND", "OF")
	for _, name := range slices.Sorted(maps.Keys(r.Want)) {
		s := r.Want[name]
		fmt.Fprintf(w, "%-40s %6s %6d %6d\n", name, num(s.Recall, s.Support), s.Hits, s.Support)
	}
}

// shown is how many intents the confusion matrix has room for.
const shown = 12

func (r Report) textConfusion(w io.Writer) {
	c := r.Confusion
	n := min(len(c.Labels), shown)
	fmt.Fprintf(w, "\nCONFUSION: a row is the labelled intent, a column the predicted one.\n%-22s", "")
	for i := range n {
		fmt.Fprintf(w, "%6d", i+1)
	}
	fmt.Fprintln(w)
	for i := range n {
		fmt.Fprintf(w, "%2d %-19s", i+1, c.Labels[i])
		for k := range n {
			cell := "."
			if v := c.Counts[i][k]; v > 0 {
				cell = fmt.Sprint(v)
			}
			fmt.Fprintf(w, "%6s", cell)
		}
		fmt.Fprintln(w)
	}
}

func (r Report) textCalibration(w io.Writer) {
	fmt.Fprintf(w, "\n%-9s %6s %9s %6s  %-10s\n", "SCORE", "POSTS", "ESCALATE", "SHARE", "INTERVAL")
	for _, b := range r.Calibration {
		fmt.Fprintf(w, "%-9s %6d %9d %6s  %-10s\n", fmt.Sprintf("%d–%d", b.From, b.To), b.Posts, b.Escalate, num(b.Share, b.Posts), b.Interval)
	}
}
