package triage

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
)

// shop is triage for a shop with one handle and one form of order numbers.
func shop(t testing.TB) *Triage {
	t.Helper()
	tr, err := New(Options{Handles: []string{"@shop_help@social.example"}, OrderPatterns: []string{"SW-######"}})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func mention(text string) socialwatch.Mention {
	var m socialwatch.Mention
	m.Text = text
	return m
}

func assess(t testing.TB, tr *Triage, text string) socialwatch.Assessment {
	t.Helper()
	return tr.Assess(mention(text), socialwatch.History{})
}

// explain lists the signals for a failed test.
func explain(text string, a socialwatch.Assessment) string {
	var b strings.Builder
	for _, s := range a.Signals {
		b.WriteString("\n\t")
		b.WriteString(s.Name + " " + text[s.Start:s.End])
	}
	return b.String()
}

func TestEachIntentIsRecognised(t *testing.T) {
	tr := shop(t)
	for _, c := range []struct {
		want     socialwatch.Intent
		escalate bool
		text     string
	}{
		{socialwatch.StuckOrder, true, "@shop_help my order SW-100234 was due last Tuesday and it still hasn't shipped"},
		{socialwatch.StuckOrder, true, "@shop_help where is my parcel? Tracking has not moved for 9 days"},
		{socialwatch.StuckOrder, true, "Waited in all day @shop_help and nobody came. The driver says he attempted delivery."},
		{socialwatch.MissingDelivery, true, "@shop_help tracking says delivered but I have not received the parcel"},
		{socialwatch.MissingDelivery, true, "@shop_help your courier lost my package, order SW-555123"},
		{socialwatch.MissingDelivery, true, "@shop_help parcel was left at the wrong house and now it's been stolen"},
		{socialwatch.RefundDelay, true, "@shop_help still waiting for my refund, it's been 3 weeks since you promised it"},
		{socialwatch.RefundDelay, true, "@shop_help where is my refund? You said five days and nothing is in my account"},
		{socialwatch.Billing, true, "@shop_help you took the money for the kettle two times, please check that"},
		{socialwatch.Billing, true, "@shop_help the cashback of Rs. 500 has not been credited after 20 days"},
		{socialwatch.ReturnExchange, true, "@shop_help the lamp arrived broken, I want a replacement"},
		{socialwatch.ReturnExchange, true, "@shop_help you sent the wrong item and nobody came to pick up the return"},
		{socialwatch.AccountAccess, true, "@shop_help my account has been locked for days and I can't log in, please help"},
		{socialwatch.AccountAccess, true, "@shop_help someone hacked my account and changed the password"},
		{socialwatch.ScamReport, true, "@shop_help got a scam call from somebody pretending to be you, they knew my name"},
		{socialwatch.ServiceComplaint, false, "@shop_help your staff are so rude, worst customer service I have seen"},
		{socialwatch.Question, false, "@shop_help do you have the green mug in stock?"},
		{socialwatch.Question, false, "@shop_help how do I change the language of the app?"},
		{socialwatch.Praise, false, "Excellent service from @shop_help today, thank you so much, love the new mugs 😍"},
		{socialwatch.Question, false, "@shop_help not urgent, is the oak table also sold in white?"},
		{socialwatch.Billing, false, "@shop_help please cancel my membership"},
		{socialwatch.RefundDelay, true, "@shop_help I cancelled on Monday, when will I get my money back? It has been 9 days"},
		{socialwatch.AccountAccess, true, "@shop_help can't log in, the password reset mail never comes"},
		{socialwatch.Other, false, "@shop_help I sent you a DM"},
		{socialwatch.Other, false, "@shop_help https://example.com/x"},
		{socialwatch.Other, false, ""},
	} {
		a := assess(t, tr, c.text)
		if a.Intent != c.want || a.Escalate != c.escalate {
			t.Errorf("%q: %s escalate=%v, want %s %v%s", c.text, a.Intent, a.Escalate, c.want, c.escalate, explain(c.text, a))
		}
		if a.Rules != tr.Rules() {
			t.Errorf("rules %q, want %q", a.Rules, tr.Rules())
		}
	}
}

func TestHardCasesKeepTheirMeaning(t *testing.T) {
	tr := shop(t)
	for _, c := range []struct {
		name, text string
		check      func(a socialwatch.Assessment) bool
	}{
		{"sarcastic thanks is negative", "Thanks @shop_help for your \"same day\" delivery!! Now it is Friday.",
			func(a socialwatch.Assessment) bool { return a.Sentiment == -1 && a.Intent != socialwatch.Praise }},
		{"negated praise is no praise", "@shop_help not good, not happy with this",
			func(a socialwatch.Assessment) bool { return a.Sentiment == -1 && !has(a, "praise.word") }},
		{"negation ends with the sentence", "@shop_help I would not. Received the mugs in May",
			func(a socialwatch.Assessment) bool { return !has(a, "stuck_order.not_here") }},
		{"negation within the sentence counts", "@shop_help I have not yet received the mugs",
			func(a socialwatch.Assessment) bool { return a.Intent == socialwatch.StuckOrder }},
		{"delivered and denied outranks late", "@shop_help app says delivered yesterday, I was home all day, never received it",
			func(a socialwatch.Assessment) bool { return a.Intent == socialwatch.MissingDelivery }},
		{"cancelled by the shop is a stuck order", "@shop_help why did you cancel my order without any reason?",
			func(a socialwatch.Assessment) bool { return a.Intent == socialwatch.StuckOrder }},
		{"charged after cancelling is billing", "@shop_help I cancelled the membership in May and you charged me again",
			func(a socialwatch.Assessment) bool { return a.Intent == socialwatch.Billing }},
		{"leaving is severe", "@shop_help cancel everything, never buying from you again, my lawyer will write to you",
			func(a socialwatch.Assessment) bool { return a.Urgency == 2 }},
		{"chargeback is severe", "@shop_help no refund after 12 days, I have asked my bank for a chargeback",
			func(a socialwatch.Assessment) bool { return a.Urgency == 2 && a.Escalate }},
		{"capitals press", "@shop_help WHERE IS MY ORDER I NEED IT TODAY",
			func(a socialwatch.Assessment) bool { return a.Urgency >= 1 && has(a, "urgency.shouting") }},
		{"repeated contact counts", "@shop_help this is the third time I ask, I called 5 times",
			func(a socialwatch.Assessment) bool { return has(a, "case.repeated") && has(a, "urgency.counted") }},
		{"repeated letters fold", "@shop_help REFUNDDDD pleeeease, it was due in March",
			func(a socialwatch.Assessment) bool { return a.Intent == socialwatch.RefundDelay }},
		{"curly and missing apostrophes are one", "@shop_help it hasn’t shipped and hasnt shipped",
			func(a socialwatch.Assessment) bool { return has(a, "stuck_order.not_shipped") }},
		{"words inside words are no hits", "@shop_help the latest calculate translation",
			func(a socialwatch.Assessment) bool { return !has(a, "stuck_order.late") }},
		{"a hashtag's parts are hits", "@shop_help #shopistheworstever",
			func(a socialwatch.Assessment) bool { return has(a, "sentiment.bad_service") }},
	} {
		if a := assess(t, tr, c.text); !c.check(a) {
			t.Errorf("%s: %s %d %d%s", c.name, a.Intent, a.Urgency, a.Sentiment, explain(c.text, a))
		}
	}
}

func TestUrgencyRaisesTheScore(t *testing.T) {
	tr := shop(t)
	calm := assess(t, tr, "@shop_help the lamp is broken, see you soon")
	threat := assess(t, tr, "@shop_help the lamp is broken, see you in court")
	if threat.Score <= calm.Score || threat.Intent != calm.Intent {
		t.Errorf("scores %d and %d, intents %s and %s", calm.Score, threat.Score, calm.Intent, threat.Intent)
	}
}

func has(a socialwatch.Assessment, name string) bool {
	for _, s := range a.Signals {
		if s.Name == name {
			return true
		}
	}
	return false
}

func TestNoiseIsIgnoredWithItsReasonUnlessAProblemOutranksIt(t *testing.T) {
	tr := shop(t)
	for _, c := range []struct{ want, text string }{
		{"promotion", "Stainless kettle 1.7 l, priced at £29 https://example.com/k via @shop_help buy now"},
		{"contest", "My answer is B! #QuizTime hope to win @shop_help @customer1 @customer2"},
		{"other_agent", "@customer1 @shop_help Sorry to hear this. Please share your number via DM so our team can help ^AB"},
		{"praise", "Excellent service from @shop_help today, thank you so much, love the mugs 😍"},
		{"user_to_user", "@customer1 @shop_help that one is mine"},
		{"", "@customer1 @shop_help same, my order never arrived and I have had no reply for 9 days"},
		{"", "Hope to win #QuizTime @shop_help but first: where is my refund? It's been 20 days with no reply"},
		{"", "@shop_help"},
		{"", "Xyzzy plugh #QuizTime via @shop_help"},
		{"", "@customer1 @shop_help xyzzy plugh"},
		{"", "@shop_help https://example.com/x"},
		{"", "@shop_help dm sent"},
	} {
		if a := assess(t, tr, c.text); a.Ignored != c.want {
			t.Errorf("%q: ignored %q, want %q%s", c.text, a.Ignored, c.want, explain(c.text, a))
		}
	}
	own, bot := mention("@customer1 here you go"), mention("hello")
	own.Own, bot.Author.Bot = true, true
	if got := tr.Assess(own, socialwatch.History{}).Ignored; got != "own" {
		t.Errorf("own post: ignored %q", got)
	}
	if got := tr.Assess(bot, socialwatch.History{}).Ignored; got != "automated" {
		t.Errorf("automated account: ignored %q", got)
	}
}

func TestOnlyThanksIsThanks(t *testing.T) {
	tr := shop(t)
	for text, want := range map[string]bool{
		"@shop_help thank you!":                              true,
		"@shop_help thanks, will wait":                       true,
		"@shop_help thanks but where is it?":                 false,
		"@shop_help thanks for nothing":                      false,
		"@shop_help thanks, still no reply about the refund": false,
	} {
		if a := assess(t, tr, text); a.Thanks != want {
			t.Errorf("%q: thanks %v%s", text, a.Thanks, explain(text, a))
		}
	}
}

func TestHistoryAndReachRaiseScoreWithoutASpan(t *testing.T) {
	tr := shop(t)
	m := mention("@shop_help still nothing about SW-100234, please help")
	plain := tr.Assess(m, socialwatch.History{})
	open := tr.Assess(m, socialwatch.History{OpenCase: true})
	known := tr.Assess(m, socialwatch.History{Earlier: 4, OpenCase: true})
	m.Author.Followers = 50000
	wide := tr.Assess(m, socialwatch.History{Earlier: 4, OpenCase: true})
	if open.Score <= plain.Score || known.Score <= open.Score || wide.Score <= known.Score || known.Urgency < plain.Urgency {
		t.Errorf("scores %d, %d, %d, %d should rise", plain.Score, open.Score, known.Score, wide.Score)
	}
	for _, s := range wide.Signals {
		if strings.HasPrefix(s.Name, "score.reach") && (s.Start != 0 || s.End != 0) {
			t.Errorf("%s has span %d–%d", s.Name, s.Start, s.End)
		}
	}
}

func TestWarningAndMediaCountWithoutASpan(t *testing.T) {
	tr := shop(t)
	m := mention("@shop_help see picture")
	m.Warning = "broken lamp, want a replacement"
	m.Media = []socialwatch.Media{{Kind: "image", Description: "a lamp that arrived damaged, 4111 1111 1111 1111"}}
	a := tr.Assess(m, socialwatch.History{})
	if a.Intent != socialwatch.ReturnExchange || len(a.Entities) != 0 {
		t.Errorf("%s with %v%s", a.Intent, a.Entities, explain(m.Text, a))
	}
	for _, s := range a.Signals {
		if strings.HasPrefix(s.Name, "return_exchange.") && s.End != 0 {
			t.Errorf("%s has span %d–%d in the text", s.Name, s.Start, s.End)
		}
	}
}

func TestSpansPointAtTheCustomersWords(t *testing.T) {
	tr := shop(t)
	for _, c := range []struct{ text, signal, want string }{
		{"😡😡 it hasn’t shipped 📦", "stuck_order.not_shipped", "hasn’t shipped"},
		{"ｎｏ ｒｅｆｕｎｄ yet", "refund_delay.refund", "ｒｅｆｕｎｄ"},
		{"@shop_help 𝐫𝐞𝐟𝐮𝐧𝐝 please", "refund_delay.refund", "𝐫𝐞𝐟𝐮𝐧𝐝"},
		{"re\u200bfund é", "refund_delay.refund", "re\u200bfund"},
		{"cafe\u0301 cup was bro\u0301ken", "return_exchange.damaged", "bro\u0301ken"},
		{"Straße: it is   not\n  shipped", "stuck_order.not_shipped", "not\n  shipped"},
		{"REFUNDDDDD!", "refund_delay.refund", "REFUNDDDDD"},
		{"@a @b https://example.com/late late", "stuck_order.late", "late"},
		{"wait １２ days order SW-123456", "case.order_number", "SW-123456"},
	} {
		a := assess(t, tr, c.text)
		found := ""
		for _, s := range a.Signals {
			if s.Name == c.signal {
				found = c.text[s.Start:s.End]
			}
		}
		if found != c.want {
			t.Errorf("%q: %s is %q, want %q%s", c.text, c.signal, found, c.want, explain(c.text, a))
		}
	}
}

func TestLanguageOfTheWords(t *testing.T) {
	tr := shop(t)
	for text, want := range map[string]string{
		"@shop_help where is my parcel, it was due on Monday":             "en",
		"@shop_help mi pedido no ha llegado y nadie me contesta":          "es",
		"@shop_help mein Paket ist immer noch nicht da, was ist los?":     "de",
		"@shop_help je n'ai toujours pas reçu ma commande, c'est normal?": "fr",
		"@shop_help ainda não recebi meu pedido, quando vai chegar?":      "pt",
		"@shop_help non ho ancora ricevuto il mio ordine, perché?":        "it",
		"@shop_help 荷物がまだ届いていません":                                         "ja",
		"@shop_help मेरा ऑर्डर कब आएगा":                                   "hi",
		"@shop_help mera order abhi tak nahi aaya kab milega":             "hi",
		"@shop_help https://example.com":                                  "und",
		"😡😡😡":                                                             "und",
		"":                                                                "und",
		"Ok 👍":                                                            "und",
	} {
		if a := assess(t, tr, text); a.Language != want {
			t.Errorf("%q: language %q, want %q", text, a.Language, want)
		}
	}
}

func TestSummingTheSignalsGivesTheDecision(t *testing.T) {
	tr := shop(t)
	for _, text := range benchTexts {
		checkInvariants(t, tr, mention(text), socialwatch.History{Earlier: 3})
	}
}

func TestNewRefusesWrongOptions(t *testing.T) {
	for _, o := range []Options{
		{OrderPatterns: []string{"SW"}},
		{OrderPatterns: []string{""}},
		{OrderPatterns: []string{"SW ######"}},
		{OrderPatterns: []string{"-######"}},
		{OrderPatterns: []string{strings.Repeat("#", 41)}},
		{Handles: []string{"@"}},
		{Handles: []string{""}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}

func TestAssessIsSafeForConcurrentUse(t *testing.T) {
	tr := shop(t)
	want := make([]socialwatch.Assessment, len(benchTexts))
	for i, text := range benchTexts {
		want[i] = assess(t, tr, text)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 200 {
				k := i % len(benchTexts)
				if got := assess(t, tr, benchTexts[k]); !reflect.DeepEqual(got, want[k]) {
					t.Errorf("%q: another result", benchTexts[k])
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestLongTextsTakeLinearTime holds a bound that only more than linear work
// can break: 300 kB take some 10 to 250 ms.
func TestLongTextsTakeLinearTime(t *testing.T) {
	tr := shop(t)
	for name, unit := range map[string]string{
		"letters": "a", "digits": "1", "dots": "a.", "mail": "a@b.", "groups": "12 ", "at": "@", "hash": "#late",
		"emoji": "😡", "invalid": "\xff", "marks": "\u0301", "apostrophes": "'", "override": "\u202e",
		"concepts": "not received refund wait 5 days charged ", "wide": "１２", "street": "1 High ", "money": "$1,", "plus": "+1(",
		"glued link": "_www.", "hidden link": "xhttp://", "slashes": "1/ ", "brackets": "+1(0)", "other digits": "९", "glued money": "5rs",
		"glued cards": "4111111111111111a", "glued phones": "9876543210a", "spread digits": "4\u200b", "at chain": "a@", "wide mail": "ü@ü.",
	} {
		text := strings.Repeat(unit, 300_000/len(unit))
		start := time.Now()
		a := assess(t, tr, text)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: %v for 300 kB", name, took)
		}
		if len(a.Masked) != len(text) {
			t.Errorf("%s: masked text has another length", name)
		}
	}
}

func TestResultKeepsItsKeysAndIsNeverNull(t *testing.T) {
	line, err := json.Marshal(NewResult("7", socialwatch.Assessment{Intent: socialwatch.Other, Language: "und"}))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"7","intent":"other","escalate":false,"urgency":0,"sentiment":0,"lang":"und","score":0,"signals":[],"entities":[],"masked":""}`
	if string(line) != want {
		t.Errorf("got  %s\nwant %s", line, want)
	}
}
