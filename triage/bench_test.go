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

func benchMentions() ([]socialwatch.Mention, int) {
	var mentions []socialwatch.Mention
	size := 0
	for _, text := range benchTexts {
		var m socialwatch.Mention
		m.Text = text
		mentions = append(mentions, m)
		size += len(text)
	}
	return mentions, size
}

// BenchmarkTriage assesses one post of usual length per operation; x-fold is
// its time against folding the same text with x/text (NFKC, then lower case),
// measured in the same run.
func BenchmarkTriage(b *testing.B) {
	tr, err := New(Options{Handles: []string{"shop_help"}})
	if err != nil {
		b.Fatal(err)
	}
	mentions, size := benchMentions()
	b.SetBytes(int64(size / len(mentions)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		tr.Assess(mentions[n%len(mentions)], socialwatch.History{})
		n++
	}
	per := float64(b.Elapsed().Nanoseconds()) / float64(n)
	b.ReportMetric(per/foldPeer(n), "x-fold")
}

// foldPeer is the mean time in nanoseconds of folding one post with x/text.
func foldPeer(n int) float64 {
	n = max(n, 1000)
	lower := cases.Lower(language.Und)
	start := time.Now()
	for i := range n {
		sink = len(lower.String(norm.NFKC.String(benchTexts[i%len(benchTexts)])))
	}
	return float64(time.Since(start).Nanoseconds()) / float64(n)
}

var sink int
