package responder

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/rivo/uniseg"

	"socialwatch"
)

// shipped are the languages of the built-in templates.
var shipped = []string{"de", "en", "es", "fr", "hi", "hi-Latn", "it", "ja", "pt"}

// inputIn is an input whose customer writes in a language, as triage calls it.
func inputIn(language string, intent socialwatch.Intent) Input {
	in := input(intent)
	in.Assessment.Language = base(language)
	if language == "hi" {
		in.Mention.Text = "मेरा ऑर्डर कहाँ है"
	}
	return in
}

func TestEveryIntentHasATemplateInEveryShippedLanguage(t *testing.T) {
	set := builtin(t)
	for _, language := range shipped {
		if missing := set.Missing(language, socialwatch.X); len(missing) > 0 {
			t.Errorf("missing in %s: %v", language, missing)
		}
	}
	if missing := set.Missing("sv", socialwatch.X); len(missing) != 14 {
		t.Errorf("missing in no language of ours: %v", missing)
	}
	for _, x := range set.List() {
		if !slices.Contains(shipped, x.Language) {
			t.Errorf("%s: language is not expected", x.Source)
		}
		english, ok := set.Get(x.ID, "en")
		switch {
		case !ok || english.Intent != x.Intent || english.Handoff != x.Handoff || !slices.Equal(english.Slots, x.Slots) || len(english.Wordings) != len(x.Wordings):
			t.Errorf("%s differs from its English one in more than words", x.Source)
		case x.Owner == "" || strings.IndexFunc(x.Gloss, func(r rune) bool { return r > unicode.MaxASCII }) >= 0:
			t.Errorf("%s: owner %q, gloss %q", x.Source, x.Owner, x.Gloss)
		}
		for _, w := range x.Wordings {
			if !strings.Contains(w, "{{case}}") || strings.Contains(w, "http") || strings.ContainsAny(w, "!0123456789") {
				t.Errorf("%s names no case, or a link, or shouts, or counts: %s", x.Source, w)
			}
		}
	}
}

// TestEveryTemplateFitsEveryNetwork counts anew, as each network does, with
// the longest values that occur: an account's link, a direct message, a
// conversation that is private.
func TestEveryTemplateFitsEveryNetwork(t *testing.T) {
	set := builtin(t)
	worst := map[string]string{}
	for _, x := range set.List() {
		say := set.phrases[x.Language]
		for _, private := range []string{say[phraseMessage], say[phraseHere], strings.ReplaceAll(say[phraseLink], "{{link}}", longestLink)} {
			for i := range x.Wordings {
				text, _, missing := x.fill(i, map[string]string{SlotCase: "K-1234567", SlotDays: "120", SlotOrder: "0001", SlotPrivate: private})
				if missing != "" {
					t.Fatalf("%s: no value for %s", x.Source, missing)
				}
				for name, n := range map[string]int{
					"x 280":        xLength(text),
					"bluesky 300":  uniseg.GraphemeClusterCount(text),
					"mastodon 500": 1 + len("@customer1@social.shop-of-some.example") + uniseg.GraphemeClusterCount(text),
				} {
					var limit int
					fmt.Sscan(name[strings.Index(name, " "):], &limit)
					if n > limit {
						t.Errorf("%s: %d of %s: %s", x.Source, n, name, text)
					}
					if key := x.Language + " on " + name; fmt.Sprintf("%3d", n) > worst[key] {
						worst[key] = fmt.Sprintf("%3d %s", n, x.ID)
					}
				}
				if bytes := len(text); bytes > 3000 { // Bluesky's other limit
					t.Errorf("%s: %d bytes", x.Source, bytes)
				}
			}
		}
	}
	t.Log(worst)
}

// xLength is the weighted length of notes/x.md section 5: by grapheme for
// emoji, by code point else, 23 for a link.
func xLength(text string) int {
	text = strings.ReplaceAll(text, longestLink, strings.Repeat("x", 23))
	n := 0
	for _, r := range text {
		if r > 0x10FF && (r < 0x2000 || r > 0x200D) && (r < 0x2010 || r > 0x201F) && (r < 0x2032 || r > 0x2037) {
			n++
		}
		n++
	}
	return n
}

func TestMeasureCountsAsTheNetworksDo(t *testing.T) {
	for _, tt := range []struct {
		text          string
		network       socialwatch.Network
		length, limit int
	}{
		{"abc", socialwatch.X, 3, 280},
		{"日本語", socialwatch.X, 6, 280},
		{"नमस्ते", socialwatch.X, 6, 280},
		{"see https://shop.example/help/a/very/long/way.", socialwatch.X, 28, 280},
		{"日本 https://shop.example からhttps://shop.example/?a=b", socialwatch.X, 5 + 23 + 5 + 23, 280},
		{"see https://a.example.", socialwatch.Mastodon, 22, 460},
		{"日本語", "bluesky", 3, 300},
		{"abc", "narrow", 3, 280},
		{strings.Repeat("本", 140), "narrow", 280, 280},
		{strings.Repeat("https://shop.example/"+strings.Repeat("x", 79), 3), "narrow", 300, 300},
	} {
		if length, limit := Measure(tt.text, tt.network); length != tt.length || limit != tt.limit {
			t.Errorf("%s on %s: %d of %d, want %d of %d", tt.text, tt.network, length, limit, tt.length, tt.limit)
		}
	}
}

func TestEveryLanguageAnswersEveryIntentSafely(t *testing.T) {
	r := New(builtin(t), Safety{})
	for _, language := range shipped {
		for _, intent := range socialwatch.Intents {
			for _, network := range []socialwatch.Network{socialwatch.Mastodon, socialwatch.X, "bluesky"} {
				for _, given := range [][]socialwatch.Entity{nil, {
					{Kind: socialwatch.DaysWaited, Value: "120"}, {Kind: socialwatch.OrderNumber, Value: "555-0100123-0000001"},
				}} {
					in := inputIn(language, intent)
					in.Mention.Network, in.Assessment.Entities, in.Account.Languages = network, given, shipped
					in.Mention.Text += " 555-0100123-0000001, 120"
					got := r.Respond(in)
					if got.Draft == nil || got.Draft.Language != language || strings.Contains(got.Why, "because") {
						t.Errorf("%s, %s: %+v", language, intent, got)
						continue
					}
					c := public(got.Draft.Text)
					c.TemplateText, c.Payload.Language, c.Parent.Language = got.Draft.Text, got.Draft.Language, language
					c.Parent.Text = in.Mention.Text
					if f := r.Check(c); len(f) > 0 {
						t.Errorf("%s, %s: %q: %+v", language, intent, got.Draft.Text, f)
					}
					uses := slices.Contains([]socialwatch.Intent{socialwatch.StuckOrder, socialwatch.RefundDelay}, intent)
					if said := strings.Contains(got.Draft.Text, "120") && strings.Contains(got.Draft.Text, "0001"); said != (uses && given != nil) {
						t.Errorf("%s, %s: %q", language, intent, got.Draft.Text)
					}
				}
			}
		}
	}
}

func TestNeitherTemplateNorAskTwiceInOneCaseInAnyLanguage(t *testing.T) {
	set := builtin(t)
	r := New(set, Safety{})
	for _, language := range shipped {
		ask := set.phrases[language][phraseMessage]
		for _, first := range socialwatch.Intents {
			if first == socialwatch.Praise {
				continue
			}
			for _, then := range socialwatch.Intents {
				in := inputIn(language, first)
				asks := 0
				for turn := range 6 {
					got := r.Respond(in)
					if got.Draft == nil {
						if !got.Escalate && then != socialwatch.Praise {
							t.Errorf("%s, %s then %s: nobody answers turn %d: %+v", language, first, then, turn, got)
						}
						break
					}
					if in.used(Template{ID: socialwatch.TemplateID(got.Draft.Template)}) {
						t.Errorf("%s, %s then %s: %s twice", language, first, then, got.Draft.Template)
					}
					if strings.Contains(got.Draft.Text, ask) {
						asks++
					}
					in.Used = append(in.Used, got.Draft.Template)
					in.Earlier = append(in.Earlier, socialwatch.Past{PostID: fmt.Sprint(turn), Answered: true})
					for i := range in.Earlier {
						in.Earlier[i].Answers = append(in.Earlier[i].Answers, got.Draft.Text)
					}
					in.Assessment.Intent, in.FollowUp = then, true
				}
				if asks != 1 {
					t.Errorf("%s, %s then %s: asked %d times", language, first, then, asks)
				}
			}
		}
	}
}

func TestWhatIsGivenIsNotAskedForInAnyLanguage(t *testing.T) {
	set := builtin(t)
	r := New(set, Safety{})
	for _, language := range shipped {
		in := inputIn(language, socialwatch.RefundDelay)
		in.FollowUp, in.Given = true, true
		got := r.Respond(in)
		if got.Draft == nil || got.Draft.Template != "follow-up" || strings.Contains(got.Draft.Text, set.phrases[language][phraseMessage]) ||
			!strings.Contains(got.Draft.Text, "K-1042") {
			t.Errorf("%s: %+v", language, got)
		}
	}
}

func TestHindiIsAnsweredInTheLettersItIsWrittenIn(t *testing.T) {
	set := builtin(t)
	for text, want := range map[string]string{
		"मेरा ऑर्डर कहाँ है":                               "hi",
		"@shop_help मेरा order कहाँ है please":             "hi",
		"@shop_help mera order kahan hai":                  romanised,
		"mera order kahan hai bhai please jaldi batao यार": romanised,
	} {
		in := input(socialwatch.StuckOrder)
		in.Mention.Text, in.Assessment.Language, in.Account.Languages = text, "hi", []string{"en", "hi"}
		if got := New(set, Safety{}).Respond(in); got.Draft == nil || got.Draft.Language != want {
			t.Errorf("%s: %+v", text, got)
		}
	}
	in := input(socialwatch.StuckOrder)
	in.Mention.Text, in.Assessment.Language, in.Account.Languages = "mera order kahan hai", "hi", []string{"de", "en"}
	if got := New(set, Safety{}).Respond(in); got.Draft == nil || got.Draft.Language != "de" || !strings.Contains(got.Why, `in "de" because the account does not answer in "hi-Latn"`) {
		t.Errorf("%+v", got)
	}
}
