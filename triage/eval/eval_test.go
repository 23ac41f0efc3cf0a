package eval

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"

	"socialwatch"
)

var update = flag.Bool("update", false, "write testdata/report.json anew, to be read before it is committed")

// example are six posts whose figures are worked out by hand.
const example = `
{"id":"1","text":"@shop_help my parcel should have been here on Monday","lang":"en","intent":"stuck_order","escalate":true,"urgency":1,"sentiment":-1,"want":["asks_for_human"]}
{"id":"2","text":"@shop_help mi paquete no ha llegado todavía, qué pasa","lang":"es","intent":"stuck_order","escalate":true,"urgency":2,"sentiment":-1,"want":["asks_for_human"]}
{"id":"3","text":"@shop_help refund?","lang":"en","intent":"refund_delay","alt_intent":"billing","escalate":true,"urgency":1,"sentiment":0,"want":["charged_after_cancel"]}
{"id":"4","text":"@shop_help thanks to the driver in the rain today","lang":"en","intent":"praise","escalate":false,"urgency":0,"sentiment":1,"ignored":""}
{"id":"5","text":"@shop_help ¿talla 42?","lang":"es","intent":"question","escalate":false,"urgency":0,"sentiment":0,"ignored":"contest"}
{"id":"6","text":"@shop_help spin to win","intent":"other","escalate":false,"urgency":0,"ignored":"promotion"}
`

// answers are what triage says of the example.
var answers = map[string]socialwatch.Assessment{
	"1": {Rules: "r1", Intent: "stuck_order", Escalate: true, Urgency: 1, Sentiment: -1, Language: "en", Score: 95, Ignored: "praise", Signals: []socialwatch.Signal{{Name: "must.asks_for_human"}}},
	"2": {Rules: "r1", Intent: "missing_delivery", Escalate: true, Urgency: 1, Sentiment: -1, Language: "es", Score: 55},
	"3": {Rules: "r1", Intent: "billing", Language: "en", Urgency: 1, Score: 30, Signals: []socialwatch.Signal{{Name: "billing.late"}, {Name: "billing.charged_after_cancel"}}},
	"4": {Rules: "r1", Intent: "praise", Sentiment: 1, Language: "und", Ignored: "promotion"},
	"5": {Rules: "r1", Intent: "stuck_order", Sentiment: -1, Language: "es", Score: 50, Ignored: "promotion"},
	"6": {Rules: "r1", Intent: "other", Language: "en", Score: 5, Ignored: "promotion"},
}

func measured(t *testing.T) Report {
	t.Helper()
	lines, err := Read(strings.NewReader(example), "example")
	if err != nil {
		t.Fatal(err)
	}
	return Measure(lines, func(l Line) socialwatch.Assessment { return answers[l.ID] })
}

func TestFiguresAreThoseWorkedOutByHand(t *testing.T) {
	r := measured(t)
	figures := r.Figures()
	for key, want := range map[string]float64{
		"posts": 6, "intent_accuracy": 3.0 / 6, "intent_accuracy_alt": 4.0 / 6,
		// F1 of stuck_order 1/2, praise 1, other 1; missing_delivery, refund_delay, billing, question 0.
		"macro_f1": 2.5 / 7, "stuck_order.precision": 0.5, "stuck_order.recall": 0.5, "stuck_order.f1": 0.5,
		"stuck_order.support": 2, "stuck_order.predicted": 2, "missing_delivery.f1": 0, "missing_delivery.predicted": 1,
		"praise.f1": 1, "scam_report.support": 0,
		// Labelled 1 2 3, predicted 1 2 5.
		"flagged_precision": 2.0 / 3, "flagged_recall": 2.0 / 3, "flagged_f1": 2.0 / 3, "flagged_support": 3, "flagged_predicted": 3,
		// Labelled 1 2 3, predicted 1 2.
		"escalate_precision": 1, "escalate_recall": 2.0 / 3, "escalate_f1": 0.8, "escalate_support": 3, "escalate_predicted": 2,
		// 0: 1; 1: 2 of 2 and 3; 2: 0.
		"urgency.accuracy": 5.0 / 6, "urgency.macro_f1": (1 + 0.8 + 0) / 3, "urgency.posts": 6,
		// −1: 2 of 2 and 3; 0: 1 of 2 and 1; 1: 1. The sixth has no label.
		"sentiment.accuracy": 4.0 / 5, "sentiment.macro_f1": (0.8 + 2.0/3 + 1) / 3, "sentiment.posts": 5,
		"language.accuracy": 4.0 / 5, "language.posts": 5, "language_long.accuracy": 2.0 / 3, "language_long.posts": 3,
		"ignored.precision": 1.0 / 3, "ignored.recall": 1.0 / 2, "ignored.support": 2, "ignored.predicted": 3,
		"want.asks_for_human": 0.5, "want.asks_for_human.support": 2, "want.charged_after_cancel": 1,
		"en.posts": 3, "es.posts": 2, "es.intent_accuracy": 0, "es.macro_f1": 0, "es.escalate_f1": 1,
		"es.flagged_f1": 2.0 / 3, "en.intent_accuracy": 2.0 / 3, "not_en.posts": 2, "not_en.flagged_f1": 2.0 / 3,
		"en.language.accuracy": 2.0 / 3,
	} {
		if got, ok := figures[key]; !ok || math.Abs(got-want) > 0.00006 {
			t.Errorf("%s = %v, want %v", key, got, want)
		}
	}
	// .05² + .45² + .7² + 0 + .5² + .05² over six.
	if want := (0.0025 + 0.2025 + 0.49 + 0.25 + 0.0025) / 6; math.Abs(r.Brier-want) > 0.00006 {
		t.Errorf("Brier %v, want %v", r.Brier, want)
	}
	if want := []string{"stuck_order", "missing_delivery", "refund_delay", "billing", "question", "praise", "other"}; !slices.Equal(r.MacroIntents, want) {
		t.Errorf("macro-F1 is over %v, want %v", r.MacroIntents, want)
	}
}

func TestConfusionAndCalibrationCountEveryPostOnce(t *testing.T) {
	r := measured(t)
	cell := func(labelled, predicted socialwatch.Intent) int {
		at := func(i socialwatch.Intent) int { return slices.Index(r.Confusion.Labels, string(i)) }
		return r.Confusion.Counts[at(labelled)][at(predicted)]
	}
	if cell("stuck_order", "missing_delivery") != 1 || cell("missing_delivery", "stuck_order") != 0 || cell("question", "stuck_order") != 1 {
		t.Errorf("rows are not the labels: %v", r.Confusion)
	}
	all := 0
	for _, row := range r.Confusion.Counts {
		for _, n := range row {
			all += n
		}
	}
	posts, escalate := 0, 0
	for _, b := range r.Calibration {
		posts, escalate = posts+b.Posts, escalate+b.Escalate
	}
	if all != 6 || posts != 6 || escalate != 3 {
		t.Errorf("%d posts in the matrix, %d and %d escalated in the bands", all, posts, escalate)
	}
	if b := r.Calibration[5]; b.From != 50 || b.To != 59 || b.Posts != 2 || b.Escalate != 1 || b.Share != 0.5 {
		t.Errorf("scores 50 and 55: %+v", b)
	}
	if b := r.Calibration[9]; b.To != 100 || b.Posts != 1 {
		t.Errorf("score 95: %+v", b)
	}
}

// TestJSONStaysAsItIs holds the form that docs/triage.md promises.
func TestJSONStaysAsItIs(t *testing.T) {
	got, err := json.MarshalIndent(measured(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "report.json")
	if *update {
		if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got)+"\n" != string(want) {
		t.Errorf("the report's JSON is another than %s; got\n%s", golden, got)
	}
}

func TestNoPostsGiveZerosAndNoDivision(t *testing.T) {
	r := Measure(nil, nil)
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "null") {
		t.Errorf("a consumer meets null: %s", b)
	}
	for key, v := range r.Figures() {
		if v != 0 {
			t.Errorf("%s = %v of no posts", key, v)
		}
	}
	if s := asText(t, r); !strings.HasPrefix(s, "0 posts") || strings.Contains(s, "NaN") {
		t.Error(s)
	}
	var page bytes.Buffer
	if err := r.WriteHTML(&page); err != nil || strings.Contains(page.String(), "NaN") {
		t.Errorf("page: %v", err)
	}
}

func TestIntervalsContainTheirFigures(t *testing.T) {
	var lines []Line
	said := map[string]socialwatch.Assessment{}
	for i := range 400 {
		id := fmt.Sprint(i)
		want := socialwatch.Intents[i%len(socialwatch.Intents)]
		got := want
		if i%4 == 0 {
			got = socialwatch.Intents[(i+3)%len(socialwatch.Intents)]
		}
		lines = append(lines, Line{ID: id, Intent: want, Escalate: i%3 == 0})
		said[id] = socialwatch.Assessment{Intent: got, Escalate: i%3 == 0 != (i%7 == 0)}
	}
	assess := func(l Line) socialwatch.Assessment { return said[l.ID] }
	r := Measure(lines, assess)
	check := func(name string, v float64, i Interval) {
		if !(i.Low < v && v < i.High) {
			t.Errorf("%s %v lies outside %v", name, v, i)
		}
	}
	check("macro-F1", r.MacroF1, r.Intervals.MacroF1)
	check("accuracy", r.IntentAccuracy, r.Intervals.IntentAccuracy)
	check("flagged F1", r.FlaggedF1, r.Intervals.FlaggedF1)
	check("escalate F1", r.EscalateF1, r.Intervals.EscalateF1)
	for name, s := range r.Intents {
		check(name, s.F1, s.Interval)
	}
	// An accuracy p of n posts has a standard error of √(p(1−p)/n).
	width := r.Intervals.IntentAccuracy.High - r.Intervals.IntentAccuracy.Low
	if want := 2 * 1.96 * math.Sqrt(0.75*0.25/400); math.Abs(width-want) > want/8 {
		t.Errorf("interval of the accuracy is %.4f wide, want about %.4f", width, want)
	}
	if again := Measure(lines, assess); !reflect.DeepEqual(r, again) {
		t.Error("two reports of the same posts differ")
	}
	right := Measure(lines, func(l Line) socialwatch.Assessment {
		return socialwatch.Assessment{Intent: l.Intent, Escalate: l.Escalate}
	})
	if all := (Interval{1, 1}); right.Intervals.MacroF1 != all || right.Intervals.FlaggedF1 != all || right.Intervals.EscalateF1 != all {
		t.Errorf("all right, yet %+v", right.Intervals)
	}
}

func TestWilsonIntervalOfAShare(t *testing.T) {
	for _, tc := range []struct {
		hit, n int
		want   Interval
	}{{8, 10, Interval{0.4902, 0.9433}}, {0, 10, Interval{0, 0.2775}}, {10, 10, Interval{0.7225, 1}}, {0, 0, Interval{}}} {
		if got := wilson(tc.hit, tc.n); got != tc.want {
			t.Errorf("%d of %d: %+v, want %+v", tc.hit, tc.n, got, tc.want)
		}
	}
}

func TestLettersLeaveOutHandlesAndLinks(t *testing.T) {
	for text, want := range map[string]int{
		"":                                     0,
		"@shop_help @customer1":                0,
		"@shop_help hi  there ":                8,
		"see https://shop.example/a?b=c#d now": 7,
		"@shop_help荷物が届きません":                   8,
		"https://shop.example/注文":              2,
		"a @ b":                                5,
		"¿dónde está?":                         12,
	} {
		if got := letters(text); got != want {
			t.Errorf("%q has %d, want %d", text, got, want)
		}
	}
}

func TestTextFitsAHundredColumns(t *testing.T) {
	long := measured(t)
	long.Posts, long.FlaggedSupport, long.FlaggedPredicted = 999999, 999999, 999999
	for line := range strings.Lines(asText(t, long)) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 100 || strings.TrimRight(line, " \n")+"\n" != line {
			t.Errorf("%d columns, or blanks at the end: %q", n, line)
		}
	}
}

func TestPageHoldsHostileNamesAsText(t *testing.T) {
	const hostile = `</style></svg><script>alert(1)</script><img src=x onerror=alert(1)>"'><iframe>`
	said := socialwatch.Assessment{Rules: hostile, Intent: hostile, Ignored: hostile, Language: hostile}
	none := ""
	r := Measure([]Line{{ID: hostile, Text: "secret text " + hostile, Language: hostile, Want: []string{hostile}, Intent: "praise", Ignored: &none}},
		func(Line) socialwatch.Assessment { return said })
	var page bytes.Buffer
	if err := r.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), "secret text") || strings.Contains(page.String(), "http://www.w3.org") {
		t.Error("the page holds a post's text or an address")
	}
	pictures := 0
	for z := html.NewTokenizer(&page); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		token := z.Token()
		switch {
		case slices.Contains([]string{"script", "img", "iframe"}, token.Data) && kind != html.TextToken:
			t.Errorf("an element came out of a name: %s", token)
		case kind == html.StartTagToken && token.Data == "svg":
			pictures++
		}
		for _, a := range token.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "href" {
				t.Errorf("attribute %s=%q", a.Key, a.Val)
			}
		}
	}
	if pictures != 3 {
		t.Errorf("%d pictures, want 3", pictures)
	}
}

func TestRejectedIntentsCountOnlyAmongThemselves(t *testing.T) {
	lines, err := Read(strings.NewReader(`{"id":"1","text":"a","intent":"billing","escalate":true}
{"id":"2","text":"b","not_intent":"billing"}
{"id":"3","text":"c","not_intent":"praise"}
{"id":"4","text":"d","lang":"es","not_intent":"billing"}`), "posts.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	r := Measure(lines, func(l Line) socialwatch.Assessment {
		return socialwatch.Assessment{Rules: "r1", Intent: socialwatch.Billing, Escalate: l.ID == "1", Language: "en"}
	})
	if r.Rejected != (Rejected{Repeated: 0.6667, Again: 2, Posts: 3}) {
		t.Errorf("rejected %+v", r.Rejected)
	}
	if r.Posts != 1 || r.IntentAccuracy != 1 || r.EscalateF1 != 1 || len(r.Languages) != 0 || r.Rules != "r1" {
		t.Errorf("the others count too: %+v", r.Group)
	}
	var b strings.Builder
	if err := r.WriteText(&b); err != nil || !strings.Contains(b.String(), "rejected intent given again    0.67  3 more posts") {
		t.Errorf("%v\n%s", err, b.String())
	}
}
