package triage

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"socialwatch"
)

// newWith is triage with options that must be right.
func newWith(t testing.TB, o Options) *Triage {
	t.Helper()
	tr, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func pointsOf(a socialwatch.Assessment, name string) (points int) {
	for _, s := range a.Signals {
		if s.Name == name {
			points += s.Points
		}
	}
	return points
}

// quax is a word that only this intent has.
func quax(i socialwatch.Intent) string {
	return "quax" + string(rune('a'+slices.Index(socialwatch.Intents, i)))
}

func TestShopPhrasesCountForTheirIntent(t *testing.T) {
	phrases := map[socialwatch.Intent][]string{}
	for _, intent := range socialwatch.Intents {
		phrases[intent] = []string{"zorbel " + strings.ReplaceAll(string(intent), "_", " "), quax(intent) + "*"}
	}
	plain, own := newWith(t, Options{}), newWith(t, Options{Phrases: phrases})
	for i, intent := range socialwatch.Intents {
		for _, text := range []string{"Hm, ZORBEL " + strings.ToUpper(strings.ReplaceAll(string(intent), "_", " ")) + "!",
			"hm " + quax(intent) + "ing, again " + quax(intent)} {
			before, after := assess(t, plain, text), assess(t, own, text)
			if got := pointsOf(after, string(intent)+".shop_phrase"); got != 45 {
				t.Errorf("%q: %d points for %s", text, got, intent)
			}
			want := 0
			if i < caseIntents {
				want = 30
			}
			if got := pointsOf(after, "case.shop_phrase"); got != want {
				t.Errorf("%q: %d points for a case, want %d", text, got, want)
			}
			if pointsOf(before, string(intent)+".shop_phrase") != 0 {
				t.Errorf("%q: the built-in rules know the phrase", text)
			}
		}
	}
}

func TestAShopPhraseTurnsASentenceIntoItsMatter(t *testing.T) {
	const text = "@shop_help hello, I write because the zorbel of my box was quaxed when it came here this morning"
	for i, intent := range socialwatch.Intents[:caseIntents] {
		tr := newWith(t, Options{Phrases: map[socialwatch.Intent][]string{intent: {"zorbel of my box was quaxed"}}})
		before, after := assess(t, newWith(t, Options{}), text), assess(t, tr, text)
		if after.Score <= before.Score || after.Intent != intent || !after.Escalate {
			t.Errorf("%d: %s score %d, escalate %v; before %s %d", i, after.Intent, after.Score, after.Escalate, before.Intent, before.Score)
		}
	}
}

func TestBrandsAndProductsAreHitsOfTheirConcepts(t *testing.T) {
	o := Options{Brands: []string{"Zorbel"}, Products: []string{"quaxophone*"}, Lexicons: fstest.MapFS{
		"en.txt":    {Data: []byte("goods: parcel\nbrand: otherstore")},
		"rules.txt": {Data: []byte("goods -> stuck_order 7\nbrand -> case 3")}}}
	tr := newWith(t, o)
	for text, want := range map[string]string{"my Quaxophones": "stuck_order.goods", "my parcel": "stuck_order.goods",
		"dear ZORBEL": "case.brand", "#zorbelfail": "case.brand"} {
		if a := assess(t, tr, text); !a.Has(want) {
			t.Errorf("%q lacks %s", text, want)
		}
	}
	if assess(t, tr, "Zorbelina and a quax").Has("case.brand", "stuck_order.goods") {
		t.Error("a longer or shorter word is a hit")
	}
}

func TestTheBuiltInRulesAreCompiledOnceAndLeftAlone(t *testing.T) {
	a, b := newWith(t, Options{}), newWith(t, Options{Handles: []string{"shop_help"}, OrderPatterns: []string{"SW-######"},
		HighValue: map[string]float64{"EUR": 1}, Official: Official{Phones: []string{"0800 900 100"}}})
	if a.compiled != b.compiled {
		t.Error("options without words of their own are compiled anew")
	}
	own := newWith(t, Options{Brands: []string{"Zorbel"}})
	if own.compiled == a.compiled || len(own.trie.entries) != len(a.trie.entries)+1 {
		t.Errorf("a brand: %d phrases over %d", len(own.trie.entries), len(a.trie.entries))
	}
}

func TestEachWrongOptionIsNamedWithWhatToWrite(t *testing.T) {
	for _, c := range []struct {
		o      Options
		option string
		key    string
		index  int
		says   string
	}{
		{Options{Handles: []string{"shop_help", "@"}}, "Handles", "", 1, "shop_help"},
		{Options{Handles: []string{"shop help"}}, "Handles", "", 0, "no handle"},
		{Options{Handles: []string{"shop_help@"}}, "Handles", "", 0, "no handle"},
		{Options{Handles: []string{""}}, "Handles", "", 0, "no handle"},
		{Options{OrderPatterns: []string{"SW-######", "SW-#"}}, "OrderPatterns", "", 1, "three #"},
		{Options{HighValue: map[string]float64{"EUR": 5, "Euro": 5}}, "HighValue", "Euro", -1, "three capitals"},
		{Options{HighValue: map[string]float64{"EUR": 0}}, "HighValue", "EUR", -1, "above 0"},
		{Options{Brands: []string{"Zorbel", " "}}, "Brands", "", 1, "empty"},
		{Options{Brands: []string{"Zorbel*"}}, "Brands", "", 0, "remove the star"},
		{Options{Products: []string{"kettle | pot"}}, "Products", "", 0, "entry of its own"},
		{Options{Products: []string{"ke*ttle"}}, "Products", "", 0, "at the end only"},
		{Options{Products: []string{"aaaa"}}, "Products", "", 0, "single letter"},
		{Options{Products: []string{"\x00"}}, "Products", "", 0, "only punctuation"},
		{Options{Phrases: map[socialwatch.Intent][]string{"refunds": {"x y"}}}, "Phrases", "refunds", -1, "refund_delay"},
		{Options{Phrases: map[socialwatch.Intent][]string{"billing": {"two bills", "…"}}}, "Phrases", "billing", 1, "only punctuation"},
		{Options{Phrases: map[socialwatch.Intent][]string{"billing": {strings.Repeat("bill ", 21)}}}, "Phrases", "billing", 0, "100 bytes"},
		{Options{Phrases: map[socialwatch.Intent][]string{"billing": {"@"}}}, "Phrases", "billing", 0, "only punctuation"},
		{Options{Official: Official{Handles: []string{"a b"}}}, "Official.Handles", "", 0, "no handle"},
		{Options{Official: Official{Phones: []string{"call us"}}}, "Official.Phones", "", 0, "+44"},
		{Options{Official: Official{Phones: []string{"11"}}}, "Official.Phones", "", 0, "3 to 15 digits"},
		{Options{Official: Official{Sites: []string{"https://shop.example/help"}}}, "Official.Sites", "", 0, "name alone"},
		{Options{Official: Official{Sites: []string{"shop"}}}, "Official.Sites", "", 0, "shop.example"},
	} {
		_, err := New(c.o)
		var wrong *OptionError
		if !errors.As(err, &wrong) || wrong.Option != c.option || wrong.Key != c.key || wrong.Index != c.index || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v, want %s %q %d saying %s", c.o, err, c.option, c.key, c.index, c.says)
		}
	}
	_, err := New(Options{Brands: []string{"", "!"}, Products: []string{"a"}})
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("three faults in one go: %v", err)
	}
}

func FuzzOptionsThatPassCompile(f *testing.F) {
	f.Add("Bright & Co", "kettle*", "zweimal abgebucht", "shop_help", "+44 20 7946 0000", "shop.example")
	f.Fuzz(func(t *testing.T, brand, product, phrase, handle, phone, site string) {
		tr, err := New(Options{Brands: []string{brand}, Products: []string{product}, Handles: []string{handle},
			Phrases:  map[socialwatch.Intent][]string{socialwatch.Billing: {phrase}},
			Official: Official{Phones: []string{phone}, Sites: []string{site}},
			Lexicons: fstest.MapFS{"en.txt": {Data: []byte("goods: parcel")}, "rules.txt": {Data: []byte("goods -> stuck_order 7")}}})
		if err == nil {
			tr.Assess(by(handle, brand, phrase+" "+product+" http://"+site), socialwatch.History{})
		}
	})
}
