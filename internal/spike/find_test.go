package spike

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"socialwatch"
)

var start = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// hourOf makes posts of as many cases, one a minute; %d in a text stands for
// the case.
func hourOf(first int64, intent socialwatch.Intent, language string, texts ...string) []socialwatch.SpikePost {
	var posts []socialwatch.SpikePost
	for i, text := range texts {
		posts = append(posts, socialwatch.SpikePost{CaseID: first + int64(i), Intent: intent, Language: language, Text: text,
			At: start.Add(time.Duration(i) * time.Minute)})
	}
	return posts
}

// times repeats texts until there are n.
func times(n int, texts ...string) []string {
	var out []string
	for i := range n {
		out = append(out, texts[i%len(texts)])
	}
	return out
}

var carrier = []string{
	"@shop_help Quick Post says \"closed\", my parcel was due today",
	"@shop_help is something wrong with Quick Post? ***********",
	"another one stuck with quick post here @shop_help",
	"@shop_help nothing from Quick Post since Monday",
}

// chatter is what customers write on any day.
var chatter = []string{
	"@shop_help my parcel has not moved for days",
	"@shop_help where is my order please",
	"@shop_help I sent it back weeks ago, still no refund",
	"@shop_help the parcel says delivered and is not here",
	"@shop_help the app shows another order",
}

func terms(found []Found) []string {
	var list []string
	for _, f := range found {
		list = append(list, fmt.Sprintf("%s %s %s %d", f.Incident.Kind, f.Incident.Term, f.Incident.Intent, f.Incident.Cases))
	}
	return list
}

func TestSpikesAreFoundByWhatCasesShare(t *testing.T) {
	stuck, question := socialwatch.StuckOrder, socialwatch.Question
	mixed := slices.Concat(hourOf(1, stuck, "en", times(7, carrier...)...), hourOf(8, question, "en", times(4, carrier...)...),
		hourOf(12, socialwatch.Billing, "en", times(3, carrier...)...))
	for name, c := range map[string]struct {
		w    Window
		want []string
	}{
		"a carrier, however written":    {Window{Now: hourOf(1, stuck, "en", times(14, carrier...)...)}, []string{"name quick post stuck_order 14"}},
		"nine are none":                 {Window{Now: hourOf(1, stuck, "en", times(9, carrier...)...)}, nil},
		"intents are read differently":  {Window{Now: mixed}, []string{"name quick post stuck_order 14"}},
		"chatter shares nothing":        {Window{Now: hourOf(1, stuck, "en", times(60, chatter...)...)}, nil},
		"beside chatter":                {Window{Now: append(hourOf(1, stuck, "en", times(12, carrier...)...), hourOf(100, stuck, "en", times(60, chatter...)...)...)}, []string{"name quick post stuck_order 12"}},
		"praise is no report":           {Window{Now: hourOf(1, socialwatch.Praise, "en", times(14, carrier...)...)}, nil},
		"our own name":                  {Window{Now: hourOf(1, stuck, "en", times(14, carrier...)...), Ours: []string{Term("Quick-Post Ltd"), Term("Quick Post")}}, nil},
		"a link":                        {Window{Now: hourOf(1, socialwatch.ScamReport, "en", times(10, "is https://www.pay-fee.example/a?b yours?", "got http://pay-fee.example")...)}, []string{"link pay-fee.example scam_report 10"}},
		"days of the week name nobody":  {Window{Now: hourOf(1, stuck, "en", times(20, "@shop_help promised for Friday, and I wait")...)}, nil},
		"German nouns name nobody":      {Window{Now: hourOf(1, stuck, "de", times(20, "@shop_help wann kommt mein Paket denn nun")...)}, nil},
		"German names":                  {Window{Now: hourOf(1, stuck, "de", times(10, "@shop_help heute kommt von Quick Post nichts")...)}, []string{"name quick post stuck_order 10"}},
		"Japanese names":                {Window{Now: hourOf(1, stuck, "ja", times(10, "クイック便がまだ届きません", "今日もクイックは遅い")...)}, []string{"name クイック stuck_order 10"}},
		"nobody wants the same":         {Window{Now: slices.Concat(hourOf(1, stuck, "en", times(3, carrier...)...), hourOf(4, question, "en", times(3, carrier...)...), hourOf(7, socialwatch.Billing, "en", times(3, carrier...)...), hourOf(10, socialwatch.Other, "en", times(3, carrier...)...))}, nil},
		"one case with many posts":      {Window{Now: slices.Repeat(hourOf(1, stuck, "en", carrier[0]), 20)}, nil},
		"two at once, the larger first": {Window{Now: append(hourOf(1, stuck, "en", times(11, carrier...)...), hourOf(50, stuck, "en", times(15, "@shop_help all parcels to Northby are late")...)...)}, []string{"name northby stuck_order 15", "name quick post stuck_order 11"}},
		"usual every day at this hour":  {Window{Now: hourOf(1, stuck, "en", times(14, carrier...)...), Days: daily(13, 14, 12, 15, 13, 14, 13)}, nil},
		"above what is usual":           {Window{Now: append(hourOf(1, stuck, "en", times(14, carrier...)...), hourOf(100, stuck, "en", times(6, chatter...)...)...), Days: daily(1, 0, 2, 1, 0, 1, 1)}, []string{"name quick post stuck_order 14"}},
		"as common as before":           {Window{Now: append(hourOf(1, stuck, "en", times(14, carrier...)...), hourOf(100, stuck, "en", times(86, chatter...)...)...), Day: append(hourOf(1000, stuck, "en", times(20, carrier...)...), hourOf(2000, stuck, "en", times(180, chatter...)...)...)}, nil},
		"a word that was rare before":   {Window{Now: append(hourOf(1, stuck, "en", times(12, "@shop_help no delivery because of the strike")...), hourOf(100, stuck, "en", times(12, chatter...)...)...), Day: hourOf(1000, stuck, "en", times(300, append(chatter, "@shop_help no delivery because of you")...)...)}, []string{"word strike stuck_order 12"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := terms(Find(c.w)); !slices.Equal(got, c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// daily are days on which so many cases named the carrier at this hour.
func daily(n ...int) [][]socialwatch.SpikePost {
	var days [][]socialwatch.SpikePost
	for i, k := range n {
		base := int64(10_000 * (i + 1))
		days = append(days, append(hourOf(base, socialwatch.StuckOrder, "en", times(k, carrier...)...),
			hourOf(base+100, socialwatch.StuckOrder, "en", times(30, chatter...)...)...))
	}
	return days
}

func TestEvidenceCanBeCountedAgain(t *testing.T) {
	now := append(hourOf(1, socialwatch.StuckOrder, "en", times(14, carrier...)...), hourOf(100, socialwatch.StuckOrder, "en", times(6, chatter...)...)...)
	found := Find(Window{Now: now, Days: daily(2, 0, 2, 0, 2, 0, 1)})
	if len(found) != 1 {
		t.Fatalf("found %v", terms(found))
	}
	i := found[0].Incident
	e := i.Evidence
	if e.Written != "Quick Post" || e.Cases != 14 || e.Of != 20 || !slices.Equal(e.Days, []int{2, 0, 2, 0, 2, 0, 1}) || e.Mean != 1 || e.Sigma < 0.92 || e.Sigma > 0.93 ||
		e.Before < 0.03 || e.Before > 0.04 {
		t.Errorf("evidence %+v", e)
	}
	if !i.BeganAt.Equal(start) || i.Severity != socialwatch.Minor || !slices.IsSorted(found[0].CaseIDs) || len(found[0].CaseIDs) != 14 {
		t.Errorf("incident %+v of %v", i, found[0].CaseIDs)
	}
	for range 20 { // same input, same result
		if again := Find(Window{Now: now, Days: daily(2, 0, 2, 0, 2, 0, 1)}); !reflect.DeepEqual(found, again) {
			t.Fatalf("found %+v, then %+v", found, again)
		}
	}
}

func TestFitsWhatSaysTheTerm(t *testing.T) {
	i := socialwatch.Incident{ID: 1, Term: "quick post", Kind: socialwatch.TermName}
	ended := i
	ended.EndedAt = start
	for name, c := range map[string]struct {
		incident socialwatch.Incident
		a        socialwatch.Assessment
		want     bool
	}{
		"the term":             {i, socialwatch.Assessment{Masked: "and QUICK post again"}, true},
		"half of it":           {i, socialwatch.Assessment{Masked: "please be quick, post it"}, false},
		"within a longer word": {i, socialwatch.Assessment{Masked: "quick posts"}, false},
		"over":                 {ended, socialwatch.Assessment{Masked: "quick post"}, false},
		"praise":               {i, socialwatch.Assessment{Masked: "quick post", Intent: socialwatch.Praise}, false},
		"an impostor":          {i, socialwatch.Assessment{Masked: "quick post", Signals: []socialwatch.Signal{{Name: socialwatch.SignalImpostor}}}, false},
	} {
		if got := Fits(c.incident, c.a); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range append(slices.Clone(carrier), "クイック便が", "It's a-b-c' https://", "¿Qué? ***", "\u0301\u0301 'x ") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := readPost(text, "en")
		for name := range p.names {
			if !p.says(term{name, socialwatch.TermName}) {
				t.Errorf("%q has the name %q and does not say it", text, name)
			}
		}
		for _, h := range p.hosts {
			if !p.says(term{h, socialwatch.TermLink}) {
				t.Errorf("%q has the host %q and does not say it", text, h)
			}
		}
	})
}
