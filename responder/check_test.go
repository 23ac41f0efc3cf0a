package responder

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"socialwatch"
)

// TestRulesOutsideTheWords holds every rule that is not in the text against
// an input that breaks it and one that just does not.
func TestRulesOutsideTheWords(t *testing.T) {
	tests := []struct {
		name   string
		change func(*CheckInput)
		want   string // rule, or empty
	}{
		{"nothing wrong", func(*CheckInput) {}, ""},
		{"one too long", func(c *CheckInput) { c.Payload.Length = c.Payload.Limit + 1 }, RuleTooLong},
		{"as long as may be", func(c *CheckInput) { c.Payload.Length = c.Payload.Limit }, ""},
		{"public under followers-only", func(c *CheckInput) {
			c.Parent.Visibility, c.Payload.Visibility = socialwatch.Followers, socialwatch.Public
		}, RuleVisibility},
		{"followers under direct", func(c *CheckInput) {
			c.Parent.Visibility, c.Payload.Visibility = socialwatch.Direct, socialwatch.Followers
		}, RuleVisibility},
		{"parent of unknown visibility", func(c *CheckInput) { c.Parent.Visibility = "" }, RuleVisibility},
		{"reply of unknown visibility", func(c *CheckInput) { c.Payload.Visibility = "friends" }, RuleVisibility},
		{"direct under public", func(c *CheckInput) { c.Payload.Visibility = socialwatch.Direct }, ""},
		{"opted out", func(c *CheckInput) { c.NotAnswerable = "the author opted out" }, RuleNotAnswerable},
		{"own post", func(c *CheckInput) { c.Parent.Own = true }, RuleNotAnswerable},
		{"other parent", func(c *CheckInput) { c.Parent.ID = "8" }, RuleNotAnswerable},
		{"earlier reply unknown", func(c *CheckInput) { c.EarlierUnknown = true }, RuleSecondReply},
		{"the one reply is there", func(c *CheckInput) { c.Answered = true }, RuleSecondReply},
		{"prefix names two", func(c *CheckInput) { c.Payload.Prefix += "@other@far.example " }, RuleMentions},
		{"empty", func(c *CheckInput) { c.Payload.Text = "" }, RuleUnfilled},
		{"broken UTF-8", func(c *CheckInput) { c.Payload.Text = "Thanks \xff!" }, RuleHidden},
		{"beyond any network", func(c *CheckInput) {
			c.Payload.Text, c.Payload.Limit = strings.Repeat("thanks ", 5_000), 1_000_000
		}, RuleTooLong},
		{"promise of the template", func(c *CheckInput) {
			c.Payload.Text = "We will refund you by Friday."
			c.TemplateText = c.Payload.Text
		}, ""},
		{"promise beyond the template", func(c *CheckInput) {
			c.Payload.Text = "We will refund you by Friday. Your parcel will arrive tomorrow."
			c.TemplateText = "We will refund you by Friday."
		}, RulePromise},
		{"personal data in a direct conversation", func(c *CheckInput) {
			c.Payload.Text = "Please reply with your address."
			c.Payload.Visibility, c.Parent.Visibility = socialwatch.Direct, socialwatch.Direct
		}, ""},
		{"secret in a direct conversation", func(c *CheckInput) {
			c.Payload.Text = "Please reply with your password."
			c.Payload.Visibility, c.Parent.Visibility = socialwatch.Direct, socialwatch.Direct
		}, RuleSecret},
		{"long case number of the template", func(c *CheckInput) {
			c.Payload.Text = "Your reference is K-12345678."
			c.TemplateText = c.Payload.Text
		}, ""},
		{"long case number of the case", func(c *CheckInput) { c.Payload.Text, c.CaseNumber = "Your reference is K-12345678.", "K-12345678" }, ""},
		{"long case number by hand", func(c *CheckInput) { c.Payload.Text = "Your reference is K-12345678." }, RuleOrderNumber},
		{"host of the private route", func(c *CheckInput) {
			c.Account.Private = "https://help.other.example/start"
			c.Payload.Text = "Please use https://help.other.example/start"
		}, ""},
		{"bare handle on the asker's own host", func(c *CheckInput) {
			c.Payload.Host = "far.example"
			c.Payload.Text = "@customer1 thanks!"
		}, ""},
		{"bare handle on a network of one host", func(c *CheckInput) {
			c.Payload.ParentName, c.Payload.Prefix = "customer1", ""
			c.Payload.Text = "@Customer1. Thanks!"
		}, ""},
		{"shortener on the allow-list", func(c *CheckInput) {
			c.Account.AllowHosts = []string{"bit.ly"}
			c.Payload.Text = "See bit.ly/abc"
		}, ""},
		{"our own host in other letters", func(c *CheckInput) {
			c.Account.AllowHosts = []string{"bücher.example"}
			c.Payload.Text = "See https://bücher.example/hilfe or https://xn--bcher-kva.example"
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := public("We are looking into it.")
			tt.change(&in)
			findings := Safety{}.Check(in)
			got := strings.Join(blocks(findings), ",")
			if got != tt.want {
				t.Errorf("blocks as %q, want %q: %+v", got, tt.want, findings)
			}
			requireSpans(t, in.Payload.Text, findings)
		})
	}
}

func TestWarningsNameTheWordsAndDoNotBlock(t *testing.T) {
	tests := []struct{ rule, text, words string }{
		{WarnTone, "Well, you should have READ it.", "you should have READ"},
		{WarnTone, "Well, we have READ it.", "READ"},
		{WarnTone, "Thank you!!!!", "!!!!"},
		{WarnTone, "Sorry you feel that way.", "Sorry you feel that way"},
		{WarnTone, "As we already told you, it is late.", "As we already told"},
		{WarnLiability, "Yes, we broke the law there.", "we broke the law"},
		{WarnLiability, "That is our fault.", "our fault"},
		{WarnPromotion, "Meanwhile use code SAVE10.", "use code"},
		{WarnPromotion, "Everything is 20% off.", "20% off"},
	}
	for _, tt := range tests {
		findings := Safety{}.Check(public(tt.text))
		i := slices.IndexFunc(findings, func(f socialwatch.Finding) bool { return f.Rule == tt.rule && f.Words == tt.words })
		if i < 0 || socialwatch.AnyBlocks(findings) {
			t.Errorf("%q: want %s on %q only as a warning, got %+v", tt.text, tt.rule, tt.words, findings)
		}
	}
	for _, text := range []string{"We are sorry. NASA has no such parcel, we are checking.", "Thank you, K-1042 is with us!"} {
		in := public(text)
		in.Parent.Text = "is it with NASA?"
		if f := (Safety{}).Check(in); len(f) > 0 {
			t.Errorf("%q: %+v", text, f)
		}
	}
}

func TestWarningsOfTheSurroundings(t *testing.T) {
	tests := []struct {
		rule   string
		change func(*CheckInput)
	}{
		{WarnEdited, func(c *CheckInput) { c.TemplateText = "We are looking closely into it." }},
		{WarnSameText, func(c *CheckInput) { c.SameText = 4 }},
		{WarnLanguage, func(c *CheckInput) { c.Parent.Language = "es" }},
		{WarnReach, func(c *CheckInput) { c.Parent.Author.Followers = 10_000 }},
		{WarnMediaOnly, func(c *CheckInput) {
			c.Parent.Text, c.Parent.Media = "@shop_help ???", []socialwatch.Media{{Kind: "image"}}
		}},
		{WarnMediaOnly, func(c *CheckInput) { c.Parent.Text = "@shop_help https://pics.example/1" }},
	}
	for _, tt := range tests {
		in := public("We are looking into it.")
		if f := (Safety{WideReach: 10_000}).Check(in); len(f) > 0 {
			t.Fatalf("before the change: %+v", f)
		}
		tt.change(&in)
		f := Safety{WideReach: 10_000}.Check(in)
		if len(f) != 1 || f[0].Rule != tt.rule || f[0].Blocks || f[0].Mend == "" {
			t.Errorf("want the warning %s, got %+v", tt.rule, f)
		}
	}
}

func TestFindingsNameTheWordsInTheOriginal(t *testing.T) {
	tests := []struct{ text, rule, words string }{
		{"Sorry! Please share your pаsswоrd now.", RuleSecret, "share your pаsswоrd"},
		{"Ring ５５５-０１０-７７６６ for help.", RuleContact, "５５５-０１０-７７６６"},
		{"Grüße! We gu\u00ADarantee it.", RulePromise, "We gu\u00ADarantee"},
		{"😀 see https://shоp.example/help.", RuleLookalike, "https://shоp.example/help"},
		{"Send us your PIN number.", RuleSecret, "Send us your PIN number"},
		{"Thanks, @other_user.", RuleMentions, "@other_user"},
	}
	for _, tt := range tests {
		findings := Safety{}.Check(public(tt.text))
		if !slices.ContainsFunc(findings, func(f socialwatch.Finding) bool { return f.Rule == tt.rule && f.Words == tt.words }) {
			t.Errorf("%q: want %s on %q, got %+v", tt.text, tt.rule, tt.words, findings)
		}
	}
}

func TestMendSaysWhatIsWrongWithALink(t *testing.T) {
	for text, want := range map[string]string{
		"See bit.ly/abc":                "shortener",
		"See http://192.0.2.7/":         "bare address",
		"See https://elsewhere.test":    "ask an admin",
		"See https://shopp.example":     "spelling",
		"See https://xn--shp-sna.test/": "plain letters",
		"See ftp://shop.example/a":      "https",
	} {
		if f := (Safety{}).Check(public(text)); len(f) != 1 || !strings.Contains(f[0].Mend, want) {
			t.Errorf("%q: %+v, want it to say %q", text, f, want)
		}
	}
}

// requireSpans holds the promise that spans are whole runes of the text.
func requireSpans(t testing.TB, text string, findings []socialwatch.Finding) {
	t.Helper()
	starts := map[int]bool{len(text): true}
	for i := 0; i < len(text); {
		starts[i] = true
		_, n := utf8.DecodeRuneInString(text[i:])
		i += n
	}
	for _, f := range findings {
		if f.Start < 0 || f.End < f.Start || f.End > len(text) || !starts[f.Start] || !starts[f.End] || text[f.Start:f.End] != f.Words {
			t.Fatalf("%q: span %d to %d of %+v", text, f.Start, f.End, f)
		}
		if f.Mend == "" || f.Blocks != blocking[f.Rule] {
			t.Fatalf("finding without a mend or of the wrong kind: %+v", f)
		}
	}
}

// disguises are ways to write a text so that a program reads another.
var disguises = map[string]func(r rune, rnd *rand.Rand) string{
	"twin letters": func(r rune, rnd *rand.Rand) string {
		row := map[rune]string{'a': "аα", 'e': "еε", 'o': "оο", 'p': "р", 'c': "с", 'i': "іı", 's': "ѕ", 'u': "υ", 'n': "ո", 'd': "ԁ"}[r]
		if all := []rune(row); len(all) > 0 && rnd.IntN(2) == 0 {
			return string(all[rnd.IntN(len(all))])
		}
		return string(r)
	},
	"full width": func(r rune, _ *rand.Rand) string {
		if r > ' ' && r < 0x7F {
			return string(r + 0xFEE0)
		}
		return string(r)
	},
	"bold mathematics": func(r rune, _ *rand.Rand) string {
		switch {
		case r >= 'a' && r <= 'z':
			return string(r - 'a' + 0x1D41A)
		case r >= '0' && r <= '9':
			return string(r - '0' + 0x1D7CE)
		}
		return string(r)
	},
	"accents": func(r rune, rnd *rand.Rand) string {
		if strings.ContainsRune("aeiou", r) && rnd.IntN(2) == 0 {
			return string(r) + "\u0301"
		}
		return string(r)
	},
	"digits of other scripts": func(r rune, rnd *rand.Rand) string {
		if r >= '0' && r <= '9' {
			return string(r - '0' + []rune{0x660, 0x6F0, 0x966, 0xE50, 0x1D7D8}[rnd.IntN(5)])
		}
		return string(r)
	},
	"zero width": func(r rune, rnd *rand.Rand) string {
		if rnd.IntN(3) == 0 {
			return string(r) + string([]rune{0x200B, 0x200C, 0x2060, 0xFEFF, 0xAD, 0x34F}[rnd.IntN(6)])
		}
		return string(r)
	},
	"case": func(r rune, rnd *rand.Rand) string {
		switch {
		case r >= 0x250: // a capital may look like another letter than its small form
			return string(r)
		case rnd.IntN(2) == 0:
			return strings.ToUpper(string(r))
		}
		return strings.ToLower(string(r))
	},
	"more spaces": func(r rune, rnd *rand.Rand) string {
		if r == ' ' {
			return []string{"  ", " \t", "\n", "   "}[rnd.IntN(4)]
		}
		return string(r)
	},
	"wide spaces": func(r rune, rnd *rand.Rand) string {
		if r == ' ' {
			return string([]rune{0xA0, 0x2003, 0x202F, 0x3000}[rnd.IntN(4)])
		}
		return string(r)
	},
}

func disguise(text, how string, seed uint64) string {
	rnd := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	for _, r := range text {
		b.WriteString(disguises[how](r, rnd))
	}
	return b.String()
}

// violations are the examples that must block.
func violations(t testing.TB) []example {
	t.Helper()
	return slices.DeleteFunc(corpus(t), func(e example) bool {
		return !slices.ContainsFunc(e.rules, func(rule string) bool { return blocking[rule] }) || !socialwatch.AnyBlocks(Safety{}.Check(public(e.text)))
	})
}

func TestDisguisedViolationsStillBlock(t *testing.T) {
	tried, missed := 0, 0
	for _, e := range violations(t) {
		for how := range disguises {
			for seed := range uint64(3) {
				text := disguise(e.text, how, seed)
				tried++
				if !socialwatch.AnyBlocks(Safety{}.Check(public(text))) {
					if missed++; missed < 20 {
						t.Errorf("%s as %s: %q passes", e.where, how, text)
					}
				}
			}
		}
	}
	t.Logf("%d disguised violations, %d missed", tried, missed)
}

// FuzzCheck holds that no text breaks the check, and that what it finds lies
// in the text.
func FuzzCheck(f *testing.F) {
	examples := corpus(f)
	for i, e := range examples {
		f.Add(e.text, uint64(i))
	}
	f.Add("\xf0\x9f4111\xff1111 1111\u20e3 1111 {{\ufb03}} www.\u0345\u0308.com @\u202e", uint64(1))
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		in := public(text)
		in.TemplateText = examples[seed%uint64(len(examples))].text
		first := Safety{}.Check(in)
		requireSpans(t, text, first)
		if again := (Safety{}).Check(in); !slices.Equal(first, again) {
			t.Fatalf("%q: checked again: %+v, before %+v", text, again, first)
		}
		for _, folded := range []folded{exact(text), loose(text)} {
			if folded.from != nil && (len(folded.from) != len(folded.text) || len(folded.to) != len(folded.text)) {
				t.Fatalf("folding of %q loses its way back", text)
			}
		}
	})
}

// FuzzEvasion disguises violations in two ways at once: they must still block.
func FuzzEvasion(f *testing.F) {
	all := violations(f)
	names := slices.Sorted(maps.Keys(disguises))
	for i := range 200 {
		f.Add(uint16(i*37), uint64(i), byte(i), byte(i/7))
	}
	f.Fuzz(func(t *testing.T, which uint16, seed uint64, first, second byte) {
		e := all[int(which)%len(all)]
		one, two := names[int(first)%len(names)], names[int(second)%len(names)]
		text := disguise(disguise(e.text, one, seed), two, seed+1)
		if !socialwatch.AnyBlocks(Safety{}.Check(public(text))) {
			t.Errorf("%s as %s and %s: %q passes", e.where, one, two, text)
		}
	})
}

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
	"a@a.co ", "a (at) b ", "wir werden ", "bitte mir ", "order 1234567 ", "five ", "को ", "を教えて", "お荷物は", "a ", "[a ", "http:", "send your order number here dm "}

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
		t.Logf("%-32q %8s %8s", piece, short.Round(10*time.Microsecond), long.Round(10*time.Microsecond))
		if long > 10*short && long > 40*time.Millisecond {
			t.Errorf("%q: 8 kB take %s, 32 kB %s", piece, short, long)
		}
	}
}
