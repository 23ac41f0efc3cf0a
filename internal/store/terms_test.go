package store

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTermsCutAndFold(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "",
		"Where's K-1042?":             "where s k 1042",
		"re\u00adfund Stra\u00dfe É":  "refund strasse e",
		"ｓｈｏｐ １２":                     "shop 12",
		"返金して":                        "返金 金し して て",
		"金":                           "金",
		"iPhone返品2回":                  "iphone 返品 品 2 回",
		"ﾊﾟｿｺﾝ":                       "ハ\u309aソ ソコ コン ン",
		"रिफ़ंड कहाँ":                 "रिफ\u093cंड कहाँ",
		"ไทย":                         "ไท ทย ย",
		"a \u0301b \u093cc":           "a b c",
		"½ ⑴ a\u0301\u0302b":          "12 1 ab",
		"😀 ... __":                    "",
		strings.Repeat("ab", maxTerm): strings.Repeat("ab", maxTerm/2),
	} {
		var got []string
		for _, term := range terms(text) {
			got = append(got, term.text)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q: %q, want %q", text, s, want)
		}
	}
}

// FuzzTerms: terms hold nothing that either database would read as syntax,
// their spans cut no character, and a text is found by itself.
func FuzzTerms(f *testing.F) {
	for _, text := range []string{"Where's K-1042?", "返金してﾊﾟ", "रिफ़ंड", "a\u0301\u200d'\"\\:*", "\xff\x00", "½ŉ\u2028"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = storable(text)
		all := terms(text)
		for _, term := range all {
			if term.text == "" || len(term.text) > maxTerm+2*utf8.UTFMax*8 || strings.ContainsFunc(term.text, func(r rune) bool {
				return r <= ' ' || strings.ContainsRune("'\"\\:*()&|!<>", r) || r == utf8.RuneError
			}) {
				t.Fatalf("%q gives %q", text, term.text)
			}
			if term.start >= term.end || term.end > len(text) || !utf8.RuneStart(text[term.start]) || term.end < len(text) && !utf8.RuneStart(text[term.end]) {
				t.Fatalf("%q: %q stands at %d to %d", text, term.text, term.start, term.end)
			}
		}
		if w, cut := wants(text); len(w) > 0 && !cut && !strings.Contains(text, "@") {
			if spans, words := found(w, text, nil); words != len(w) || len(spans) == 0 {
				t.Fatalf("%q: %d of %d words found in itself, %s", text, words, len(w), fmt.Sprint(w))
			}
		}
	})
}
