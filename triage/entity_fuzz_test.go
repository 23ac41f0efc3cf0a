package triage

import (
	"strings"
	"testing"
	"unicode/utf8"

	"socialwatch"
)

// FuzzFold holds the tokeniser to what spans rest on: every stretch of folded
// text leads back to a stretch of the original, in the same order, on
// characters' boundaries, and a text folds the same way each time.
func FuzzFold(f *testing.F) {
	for _, text := range append([]string{"", "Straße ŞİŞ ﬁ ﷺ ㎏", "e\u0301e\u0301", "don't DON’T", "@shop_help@social.example https://shop.example/a?b", "ｆｕｌｌ　ｗｉｄｔｈ １２３",
		"\xff\xfe\x00", "\u202eabc\u202c", "aaaaaaa!!!!!!", "👩‍👩‍👧‍👦👍🏽", "हिंदी में १२३", "届きません"}, benchTexts...) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var one, two folded
		one.reset()
		one.add(text)
		two.reset()
		two.add(text)
		if string(one.text) != string(two.text) {
			t.Fatalf("%q folds to %q and to %q", text, one.text, two.text)
		}
		valid, before := utf8.ValidString(text), 0
		for i, n := 0, 0; i < len(one.text); i += n {
			_, n = utf8.DecodeRune(one.text[i:])
			start, end := one.original(int32(i), int32(i+n))
			if start < before || end < start || end > len(text) {
				t.Fatalf("%d–%d of %q, folded from %q, leads to %d–%d after %d", i, i+n, one.text, text, start, end, before)
			}
			if valid && (!boundary(text, start) || !boundary(text, end)) {
				t.Fatalf("%d–%d of %q cuts a character of %q at %d–%d", i, i+n, one.text, text, start, end)
			}
			before = start
		}
		if len(one.text) > 6*len(text)+6 {
			t.Fatalf("%d bytes fold to %d", len(text), len(one.text))
		}
		if len(one.text) == 0 {
			return
		}
		place := int32(0)
		for i := int(one.segs[0].o); i <= len(text); i++ { // nothing stands in what is dropped before
			at := one.position(i)
			if at < place || int(at) > len(one.text) {
				t.Fatalf("offset %d of %q stands at %d of %q, the one before at %d", i, text, at, one.text, place)
			}
			place = at
		}
	})
}

// FuzzEntities holds entities to their order, their spans and the form of
// their values.
func FuzzEntities(f *testing.F) {
	for _, c := range entityCases {
		f.Add(c.text)
	}
	for _, c := range trackingCases {
		f.Add(c.text)
	}
	for _, c := range addressCases {
		f.Add(c.text)
	}
	for _, c := range privateCases {
		f.Add(c.text)
	}
	tr := shop(f)
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, e := range tr.Assess(mention(text), socialwatch.History{}).Entities {
			if e.Start < last || e.End <= e.Start || e.End > len(text) || e.Value == "" {
				t.Fatalf("%+v after %d in %q", e, last, text)
			}
			if utf8.ValidString(text) && (!boundary(text, e.Start) || !boundary(text, e.End)) {
				t.Fatalf("%+v cuts a character of %q", e, text)
			}
			checkValue(t, text, e)
			last = e.End
		}
	})
}

// checkValue holds an entity's value against the text that it was read from.
func checkValue(t *testing.T, text string, e socialwatch.Entity) {
	t.Helper()
	written := narrowed(text[e.Start:e.End])
	switch e.Kind {
	case socialwatch.OrderNumber:
		if !strings.EqualFold(e.Value, written) {
			t.Fatalf("%+v of %q", e, written)
		}
	case socialwatch.TrackingNumber, socialwatch.Card:
		got := strings.NewReplacer(" ", "", "-", "", ".", "").Replace(written)
		if e.Kind == socialwatch.Card {
			got = digitsOf(written)
		}
		if !strings.EqualFold(got, e.Value) {
			t.Fatalf("%+v of %q", e, written)
		}
		if e.Kind == socialwatch.Card && !luhnValid([]byte(e.Value)) {
			t.Fatalf("%+v fails the Luhn check", e)
		}
	case socialwatch.Phone:
		if got := digitsOf(written); digitsOf(e.Value) != got && (e.Value[0] != '+' || digitsOf(e.Value) != strings.TrimPrefix(got, "00")) {
			t.Fatalf("%+v of %q", e, written)
		}
	case socialwatch.Amount:
		if len(e.Currency) != 3 || strings.Trim(e.Value, "0123456789.") != "" {
			t.Fatalf("%+v of %q", e, written)
		}
	case socialwatch.DaysWaited:
		if strings.Trim(e.Value, "0123456789") != "" {
			t.Fatalf("%+v of %q", e, written)
		}
	}
}

// narrowed is text as the scanner reads it.
func narrowed(text string) string {
	var f folded
	f.reset()
	f.narrow(text)
	return string(f.text)
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
