package triage

import (
	"testing"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"socialwatch"
)

// benchTexts are posts of usual length and kind.
var benchTexts = []string{
	"@shop_help it's day 12 and my order 123-1234567-1234567 still hasn't shipped. Your agent promised me an update twice!",
	"@shop_help tracking says delivered but I never received the parcel, nobody rang. Where is it?? 😡",
	"@shop_help I returned the kettle two weeks ago and still no refund of £49.99. Third time I'm asking.",
	"Thanks @shop_help, arrived a day early and the café mugs are lovely 😊",
	"@shop_help do you have the blue one in size 42 in stock? Can't find it on the website.",
	"@customer7 @shop_help same here, they’re useless. I’m never buying from them again!!!",
	"@shop_help mi pedido no ha llegado y ya han pasado 10 días, quiero mi reembolso",
	"Win with #QuizTime! My answer is B, hope to win @shop_help @customer1 @customer2 https://example.com/quiz",
}

func benchMentions() []socialwatch.Mention {
	var mentions []socialwatch.Mention
	for _, text := range benchTexts {
		var m socialwatch.Mention
		m.Text = text
		mentions = append(mentions, m)
	}
	return mentions
}

// BenchmarkTriage assesses posts of usual length, 64 an operation; x-fold is
// its time against folding the same text with x/text (NFKC, then lower case),
// the two taking turns so that a busy machine slows both.
func BenchmarkTriage(b *testing.B) {
	tr, err := New(Options{Handles: []string{"shop_help"}})
	if err != nil {
		b.Fatal(err)
	}
	mentions := benchMentions()
	lower := cases.Lower(language.Und)
	allocs := testing.AllocsPerRun(1, func() {
		for _, m := range mentions {
			tr.Assess(m, socialwatch.History{})
		}
	})
	b.ResetTimer()
	var ours, peers time.Duration
	n := 0
	for b.Loop() {
		start := time.Now()
		for k := range turn {
			tr.Assess(mentions[k%len(mentions)], socialwatch.History{})
		}
		ours += time.Since(start)
		start = time.Now()
		for k := range turn {
			sink = len(lower.String(norm.NFKC.String(benchTexts[k%len(benchTexts)])))
		}
		peers += time.Since(start)
		n += turn
	}
	b.ReportMetric(float64(ours.Nanoseconds())/float64(n), "ns/post")
	b.ReportMetric(float64(ours)/float64(peers), "x-fold")
	b.ReportMetric(allocs/float64(len(mentions)), "allocs/post")
}

// turn is how many posts one side assesses before the other one does.
const turn = 64

var sink int
