package eval

import (
	"math"
	"strings"
	"testing"

	"socialwatch"
)

func TestReadTakesEveryLabel(t *testing.T) {
	lines, err := Read(strings.NewReader("\n"+
		`{"id":"a","text":"hi","handle":"@shop_de","lang":"de","intent":"billing","alt_intent":"refund_delay","escalate":true,"urgency":2,"sentiment":-1,"want":["late"],"ignored":"promotion","source":"ours"}`+
		"\n\n"+`{"id":"b","text":"@Shop_Help hi","intent":"other","alt_intent":null,"escalate":false}`), "posts.jsonl")
	if err != nil || len(lines) != 2 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	a, b := lines[0], lines[1]
	if a.Place != "posts.jsonl:2" || a.Handle != "shop_de" || a.Language != "de" || a.Intent != socialwatch.Billing ||
		a.AltIntent != socialwatch.RefundDelay || !a.Escalate || *a.Urgency != 2 || *a.Sentiment != -1 || a.Want[0] != "late" || *a.Ignored != "promotion" {
		t.Errorf("%+v", a)
	}
	if b.Place != "posts.jsonl:4" || b.Handle != "shop_help" || b.AltIntent != "" || b.Escalate || b.Urgency != nil || b.Sentiment != nil || b.Ignored != nil {
		t.Errorf("%+v", b)
	}
}

func TestOnlyTheExampleHandleIsTakenFromTheText(t *testing.T) {
	for text, want := range map[string]string{"@shop_help hi": "shop_help", "@shop_help": "shop_help", "@shop_help: hi": "shop_help",
		"@shop_helpers hi": "", "@other hi": "", "hi @shop_help": "", "@shop_help荷物": "shop_help"} {
		l, err := parse([]byte(`{"id":"a","text":"` + text + `","intent":"other","escalate":false}`))
		if err != nil || l.Handle != want {
			t.Errorf("%q: handle %q, want %q, %v", text, l.Handle, want, err)
		}
	}
}

func TestBadLinesAreNamedAndTheRestGoesOn(t *testing.T) {
	const good = `{"id":"a","text":"secret","intent":"other","escalate":false}`
	with := func(more string) string { return strings.TrimSuffix(good, "}") + "," + more + "}" }
	for _, tc := range []struct{ line, says string }{
		{"no json", "not one JSON object"},
		{`["secret"]`, "not one JSON object"},
		{good + good, "not one JSON object"},
		{`{"text":"secret","intent":"other","escalate":false}`, "no id"},
		{`{"id":"a","intent":"other","escalate":false}`, "no text"},
		{`{"id":"a","text":"secret","escalate":false}`, "write one of stuck_order, missing_delivery"},
		{`{"id":"a","text":"secret","intent":"late","escalate":false}`, `intent "late"`},
		{`{"id":"a","text":"secret","intent":"other"}`, "no escalate: write true or false"},
		{with(`"alt_intent":"late"`), `alt_intent "late"`},
		{with(`"escalate":"yes"`), "escalate holds a string: write true or false"},
		{with(`"not_intent":"billing"`), "not_intent stands beside"},
		{`{"id":"a","text":"secret","not_intent":"late"}`, `not_intent "late": write one of stuck_order`},
		{with(`"urgency":3`), "write 0, 1 or 2"},
		{with(`"urgency":"2"`), "urgency holds a string: write 0, 1 or 2"},
		{with(`"sentiment":-2`), "write -1, 0 or 1"},
		{with(`"lang":"English"`), "ISO 639-1"},
		{with(`"lang":"<b>"`), "ISO 639-1"},
		{with(`"want":"late"`), "want holds a string: write a list"},
		{with(`"want":["a",7]`), "want holds a number: write a list"},
		{with(`"want":["must.late"]`), "before its last dot"},
		{with(`"ignored":"ignored.promotion"`), "without ignored."},
	} {
		lines, err := Read(strings.NewReader(good+"\n"+tc.line+"\n"+good), "posts.jsonl")
		if err == nil || !strings.HasPrefix(err.Error(), "posts.jsonl:2: ") || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v, want %q", tc.line, err, tc.says)
			continue
		}
		if len(lines) != 2 || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %d good lines, want 2: %v", tc.line, len(lines), err)
		}
	}
}

func TestALineWithoutEndIsNamed(t *testing.T) {
	lines, err := Read(strings.NewReader(`{"id":"a","text":"x","intent":"other","escalate":false}`+"\n"+strings.Repeat("x", maxLine+1)), "posts.jsonl")
	if len(lines) != 1 || err == nil || !strings.HasPrefix(err.Error(), "posts.jsonl:2: the rest is not read") {
		t.Errorf("%d lines, %v", len(lines), err)
	}
}

func TestFloorsNameEachFigureUnderThem(t *testing.T) {
	r := measured(t)
	floors, err := ReadFloors(strings.NewReader("# ours\n\nmacro_f1 0.30\nes.flagged_f1\t0.7 # too high\nwant.asks_for_human 0.5\nwant.asks_for_call 0.9\nstuck_order.f1 0.5\nbrier 0.1\n"), "floors.txt")
	if err != nil || len(floors) != 6 {
		t.Fatalf("%d floors, %v", len(floors), err)
	}
	got := r.Check(floors)
	const want = "floors.txt:4: es.flagged_f1 is 0.6667, under its floor 0.7\n" +
		"floors.txt:6: there is no figure want.asks_for_call: no such label in the posts, or a mistake in the name (--json shows the names)\n" +
		"floors.txt:8: there is no figure brier: no such label in the posts, or a mistake in the name (--json shows the names)"
	if got == nil || got.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", got, want)
	}
	if err := r.Check(floors[:1]); err != nil {
		t.Errorf("a floor that holds: %v", err)
	}
}

func TestBadFloorsAreNamed(t *testing.T) {
	for line, says := range map[string]string{
		"macro_f1":         "1 words: write a figure and its floor, as in macro_f1 0.70",
		"macro_f1 0.7 0.8": "3 words",
		"macro_f1 high":    `macro_f1 "high" is no number`,
		"macro_f1 NaN":     "is no number",
	} {
		floors, err := ReadFloors(strings.NewReader("posts 1\n"+line+"\nposts 2"), "floors.txt")
		if err == nil || !strings.HasPrefix(err.Error(), "floors.txt:2: ") || !strings.Contains(err.Error(), says) || len(floors) != 2 {
			t.Errorf("%s: %d floors, %v", line, len(floors), err)
		}
	}
}

func FuzzReadGivesOnlyLinesThatCanBeMeasured(f *testing.F) {
	f.Add(example)
	f.Add(`{"id":"a","text":"x","intent":"other","escalate":null,"want":[""]}`)
	f.Fuzz(func(t *testing.T, s string) {
		lines, _ := Read(strings.NewReader(s), "fuzz")
		for _, l := range lines {
			if l.ID == "" || l.Text == "" || !known(string(l.Intent)) && !known(string(l.NotIntent)) || l.Place == "" {
				t.Fatalf("%+v", l)
			}
			if n := letters(l.Text); n < 0 || n > len(l.Text) {
				t.Fatalf("%q has %d letters", l.Text, n)
			}
		}
		if len(lines) > 3 {
			return // resampling is not what is tested
		}
		r := Measure(lines, func(l Line) socialwatch.Assessment {
			return socialwatch.Assessment{Intent: socialwatch.Intent(l.Text), Score: len(l.Text)}
		})
		for key, v := range r.Figures() {
			if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
				t.Fatalf("%s = %v", key, v)
			}
		}
	})
}

func FuzzReadFloors(f *testing.F) {
	f.Add("macro_f1 0.7 # x\nposts\t1e3\n# y\nx NaN")
	f.Fuzz(func(t *testing.T, s string) {
		floors, _ := ReadFloors(strings.NewReader(s), "fuzz")
		for _, l := range floors {
			if l.Key == "" || math.IsNaN(l.Min) || !strings.HasPrefix(l.Place, "fuzz:") {
				t.Fatalf("%+v", l)
			}
		}
	})
}
