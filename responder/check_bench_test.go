package responder

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// benchReplies are replies of usual length and kind in several languages.
var benchReplies = []string{
	"We are sorry your order is taking this long, 12 days by now. We would like to look into it with you: " +
		"please send us a direct message. Your reference is K-1042. See https://shop.example/help",
	"Thanks for telling us! Please DM us your order number and we will take a look.",
	"Das tut uns leid. Bitte schreiben Sie uns eine Direktnachricht mit Ihrer Bestellnummer, dann sehen wir nach. Ihre Vorgangsnummer ist K-1042.",
	"Nous sommes désolés de cette attente. Pouvez-vous nous envoyer votre numéro de commande en message privé ?",
	"Sentimos mucho la espera. El cargo de 49,90 € es del 20/11/2026. ¿Podría enviarnos un mensaje directo?",
	"ご不便をおかけしております。ご注文番号をダイレクトメッセージでお知らせください。受付番号はK-1042です。",
	"देरी के लिए खेद है। कृपया हमें अपना ऑर्डर नंबर डीएम में भेजें।",
}

// BenchmarkCheck checks replies of usual length, 64 a turn; x-fold is its time
// against folding the same text with x/text (NFKC, then lower case), the two
// taking turns so that a busy machine slows both.
func BenchmarkCheck(b *testing.B) {
	var inputs []CheckInput
	for _, text := range benchReplies {
		in := public(text)
		in.TemplateText = text
		inputs = append(inputs, in)
	}
	lower := cases.Lower(language.Und)
	var ours, peers time.Duration
	n, sink := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		for k := range 64 {
			sink += len(Safety{}.Check(inputs[k%len(inputs)]))
		}
		ours += time.Since(start)
		start = time.Now()
		for k := range 64 {
			sink += len(lower.String(norm.NFKC.String(benchReplies[k%len(benchReplies)])))
		}
		peers += time.Since(start)
		n += 64
	}
	if sink == 0 {
		b.Fatal("nothing done")
	}
	b.ReportMetric(float64(ours.Nanoseconds())/float64(n), "ns/reply")
	b.ReportMetric(float64(ours)/float64(peers), "x-fold")
}

// hostile are texts that repeat something expensive.
var hostile = []string{"a.co ", "https://a.test/ ", "@a1 ", "1 ", "4111 1111 ", "send us ", "send us your pin, ", "12 a b street ",
	"we will ", "we will never ", "a dot ", "a (dot) ", "\u0301", "\u200b", "K-12345678 ", "{{", "AAAA ", "1-1-1-", "e\u0301\u0301\u0301\u0301",
	"a@a.co ", "a (at) b ", "wir werden ", "bitte mir ", "order 1234567 ", "five ", "को ", "を教えて", "お荷物は", "a ", "[a ", "http:", "send your order number here dm ",
	"or tell us your email by dm ", "your surname and postcode and ", "your order number by dm. ", "tell us the number ", "ので。dm", "why not send us nothing but your pin ", "our dms are closed ", "when your parcel will arrive by friday ",
	"1, ", "998, 120 → ", "4\uFE0F\u20E3", "https://shop.example/%31?a@b.co "}

// TestTheWorkGrowsWithTheTextNotFaster compares a hostile text of 8 kB with
// one of 32: four times the text may take no more than ten times as long, the
// least of several tries each, so that a quadratic step shows.
func TestTheWorkGrowsWithTheTextNotFaster(t *testing.T) {
	took := func(piece string, n int) time.Duration {
		in := public(strings.Repeat(piece, n/len(piece)))
		in.Parent.Text = in.Payload.Text
		least := time.Hour
		for range 4 {
			start := time.Now()
			findings := Safety{}.Check(in)
			least = min(least, time.Since(start))
			requireSpans(t, in.Payload.Text, findings)
		}
		return least
	}
	for _, piece := range hostile {
		short, long := took(piece, maxCheck/4), took(piece, maxCheck)
		for range 3 { // a neighbour may have had the core: the least of more tries counts
			if long > 10*short && long > 40*time.Millisecond {
				short, long = min(short, took(piece, maxCheck/4)), min(long, took(piece, maxCheck))
			}
		}
		t.Logf("%-32q %8s %8s", piece, short.Round(10*time.Microsecond), long.Round(10*time.Microsecond))
		if long > 10*short && long > 40*time.Millisecond {
			t.Errorf("%q: 8 kB take %s, 32 kB %s", piece, short, long)
		}
	}
}
