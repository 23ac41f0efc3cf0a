package eval

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
)

//go:embed report.html
var pageSource string

var page = template.Must(template.New("report").Funcs(template.FuncMap{"num": num}).Parse(pageSource))

// WriteHTML writes the report as one page that needs nothing else: no script,
// no font, no address.
func (r Report) WriteHTML(w io.Writer) error {
	v := view{Report: r, LongText: LongText, Resamples: resamples}
	for _, one := range []struct {
		to   *template.HTML
		draw func() (template.HTML, error)
	}{{&v.Bars, r.barChart}, {&v.Heat, r.heatChart}, {&v.Curve, r.curveChart}} {
		chart, err := one.draw()
		if err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		*one.to = chart
	}
	if err := page.Execute(w, v); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// view is what the page shows.
type view struct {
	Report
	Bars, Heat, Curve   template.HTML
	LongText, Resamples int
}

// tile is a figure in large.
type tile struct {
	Name  string
	Value float64
	Of    int
	Interval
}

func (v view) Tiles() []tile {
	i := v.Intervals
	return []tile{
		{"Intent macro-F1", v.MacroF1, v.Posts, i.MacroF1},
		{"Flagged F1", v.FlaggedF1, v.FlaggedSupport + v.FlaggedPredicted, i.FlaggedF1},
		{"Escalate F1", v.EscalateF1, v.EscalateSupport + v.EscalatePredicted, i.EscalateF1},
		{"Intent accuracy", v.IntentAccuracy, v.Posts, i.IntentAccuracy},
	}
}

// scoreRow is a row of the table of scores.
type scoreRow struct {
	Name string
	Score
	Interval Interval
}

// Known says of what precision, recall and F1 are shares.
func (s scoreRow) Known() int { return s.Support + s.Predicted }

func (v view) Scores() []scoreRow {
	rows := []scoreRow{{"flagged union", v.flagged(), v.Intervals.FlaggedF1}, {"escalate", v.escalate(), v.Intervals.EscalateF1}}
	if v.Ignored.Support+v.Ignored.Predicted > 0 {
		rows = append(rows, scoreRow{"ignored", v.Ignored, Interval{}})
	}
	for _, name := range v.intents() {
		rows = append(rows, scoreRow{name, v.Intents[name].Score, v.Intents[name].Interval})
	}
	return rows
}

// languageRow is a row of the table of languages.
type languageRow struct {
	Name string
	Group
}

func (v view) LanguageRows() []languageRow {
	var rows []languageRow
	for _, name := range v.languages() {
		rows = append(rows, languageRow{strings.Replace(name, notEnglish, "not en", 1), v.Languages[name]})
	}
	return rows
}

// wantRow is a row of the table of wanted signals.
type wantRow struct {
	Name string
	Recall
}

func (v view) WantRows() []wantRow {
	var rows []wantRow
	for _, name := range slices.Sorted(maps.Keys(v.Want)) {
		rows = append(rows, wantRow{name, v.Want[name]})
	}
	return rows
}

// mixup is a cell beside the diagonal of the confusion matrix.
type mixup struct {
	Labelled, Predicted string
	Posts               int
}

// Mixups are the most frequent confusions.
func (v view) Mixups() []mixup {
	const most = 12
	var all []mixup
	for i, row := range v.Confusion.Counts {
		for k, n := range row {
			if i != k && n > 0 {
				all = append(all, mixup{v.Confusion.Labels[i], v.Confusion.Labels[k], n})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b mixup) int { return b.Posts - a.Posts })
	return all[:min(most, len(all))]
}

// FlaggedKnown and EscalateKnown say of what the F1 values are shares.
func (l languageRow) FlaggedKnown() int  { return l.FlaggedSupport + l.FlaggedPredicted }
func (l languageRow) EscalateKnown() int { return l.EscalateSupport + l.EscalatePredicted }
