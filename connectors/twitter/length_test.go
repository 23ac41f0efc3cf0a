package twitter

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"
)

func TestWeightedLength(t *testing.T) {
	for _, tc := range []struct {
		what, text string
		want       int
	}{
		{"nothing", "", 0},
		{"ascii", "Sorry about order 1001.", 23},
		{"latin with accents", "Grüße, à bientôt", 16},
		{"combining marks are composed", "Gru\u0308ße", 5},
		{"a mark that does not compose", "x\u0308", 2},
		{"greek, cyrillic, hebrew, arabic", "γειά привет שלום سلام", 21},
		{"thai and georgian", "สวัสดี გამარჯობა", 16},
		{"last of the first range", "\u10ff", 1},
		{"first behind it", "\u1100", 2},
		{"spaces and joiners", "\u2000\u200d", 2},
		{"left-to-right mark", "\u200e", 2},
		{"dashes and quotation marks", "‐–—“”‘’‟", 8},
		{"dagger and ellipsis", "†…", 4},
		{"primes", "′″‴‵‶‷", 6},
		{"behind the primes", "\u2038", 2},
		{"euro", "5 €", 4},
		{"japanese", "すみません。", 12},
		{"korean, written apart, is composed", "\u1112\u1161\u11ab", 2},
		{"astral letters", "𝐀𝐁", 4},
		{"emoji", "🙂", 2},
		{"emoji in a row", "🙂🙂🙂", 6},
		{"skin tone", "👍🏽", 2},
		{"family", "👩‍👩‍👧", 2},
		{"profession with skin tone", "👩🏾‍🚒", 2},
		{"heart with selector", "❤️", 2},
		{"heart as text", "❤\ufe0e", 4},
		{"copyright as letter and as emoji", "©©️", 3},
		{"keycaps", "1️⃣#⃣", 4},
		{"digit with selector alone", "1\ufe0f", 3},
		{"flag", "🇩🇪", 2},
		{"two flags and a half", "🇩🇪🇫🇷🇯", 6},
		{"flag of a region", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", 2},
		{"rainbow flag", "🏳️‍🌈", 2},
		{"emoji with a joiner behind it", "🙂\u200d", 3},
		{"emoji with an accent", "🙂\u0301", 3},
		{"letters with a joiner", "ক\u200d", 2},
		{"link, short", "See http://a.example.com now", 4 + 23 + 4},
		{"link, long", "https://shop.example.com/" + strings.Repeat("a", 300), 23},
		{"link without scheme", "see shop.com", 4 + 23},
		{"two links", "shop.com, shop.org", 23 + 2 + 23},
		{"link between emoji", "🙂shop.com🙂", 2 + 23 + 2},
		{"address of e-mail", "help@shop.com", 13},
		{"no text at all", "\xff\xfe", 4},
	} {
		if got := length(tc.text); got != tc.want {
			t.Errorf("%s: %q counts %d, want %d", tc.what, tc.text, got, tc.want)
		}
	}
}

func TestWhatXMakesALink(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"nothing to see here", nil},
		{"http://shop.example", nil}, // no real top-level domain
		{"https://shop.com", []string{"https://shop.com"}},
		{"HTTPS://Shop.COM/A", []string{"HTTPS://Shop.COM/A"}},
		{"ftp://shop.com", nil},
		{"xhttp://shop.com", nil},
		{"shop.com shop.co.uk shop.pizza shop.notreal", []string{"shop.com", "shop.co.uk", "shop.pizza"}},
		{"a sentence.Another one", nil},
		{"it ends here.Now what", []string{"here.Now"}},
		{"shop.com.", []string{"shop.com"}},
		{"shop.com, or (shop.org)!", []string{"shop.com", "shop.org"}},
		{"“shop.com” 'shop.org'", []string{"shop.com", "shop.org"}},
		{"https://shop.com/a.b,c.", []string{"https://shop.com/a.b,c"}},
		{"https://shop.com/a?b=c&d=e.", []string{"https://shop.com/a?b=c&d=e"}},
		{"https://shop.com/a?...", []string{"https://shop.com/a"}},
		{"https://shop.com:8080/a", []string{"https://shop.com:8080/a"}},
		{"https://shop.com:a", []string{"https://shop.com"}},
		{"shop.com:80", []string{"shop.com"}},
		{"shop.com:80/a", []string{"shop.com:80/a"}},
		{"shop.com?a=b", []string{"shop.com"}},
		{"https://shop.com/a_(b)", []string{"https://shop.com/a_(b)"}},
		{"https://shop.com/a_(b(c)d)", []string{"https://shop.com/a_(b(c)d)"}},
		{"https://shop.com/a_(b(c(d)))", []string{"https://shop.com/a_"}},
		{"https://shop.com/a_(b", []string{"https://shop.com/a_"}},
		{"https://shop.com/a()b", []string{"https://shop.com/a"}},
		{"(https://shop.com/a)", []string{"https://shop.com/a"}},
		{"https://shop.com/@name", []string{"https://shop.com/@name"}},
		{"mail help@shop.com or first.last@shop.com", nil},
		{"first.com@shop.org", nil},
		{"@shop.com #shop.com $shop.com", nil},
		{"../shop.com -shop.com _shop.com", nil},
		{"shop-.com -x.shop.com shop..com", nil},
		{"my_shop.com", nil},
		{"a_b.shop.com", []string{"b.shop.com"}},
		{"https://a_b.shop.com", []string{"https://a_b.shop.com"}},
		{"http://münchen.de", []string{"http://münchen.de"}},
		{"münchen.de", []string{"münchen.de"}},
		{"москва.рф", []string{}},
		{"http://москва.рф/путь", []string{"http://москва.рф/путь"}},
		{"http://例え.みんな", []string{"http://例え.みんな"}},
		{"https://shop.com/字shop.org", []string{"https://shop.com/", "shop.org"}},
		{"見てshop.comを", []string{"shop.com"}},
		{"注文はshop.comかshop.みんなです", []string{"shop.com", "shop.みんな"}},
		{"http://xn--mnchen-3ya.de", []string{"http://xn--mnchen-3ya.de"}},
		{"http://xn--ü.de", nil},
		{"https://" + strings.Repeat("a", 63) + ".com", []string{"https://" + strings.Repeat("a", 63) + ".com"}},
		{"https://" + strings.Repeat("a", 64) + ".com", nil},
		{"https://" + strings.Repeat("ü", 64) + ".com", nil},
		{"https://shop.com/" + strings.Repeat("a", 5000), nil},
		{"https://t.co/" + strings.Repeat("a", 40) + "-", []string{"https://t.co/" + strings.Repeat("a", 40)}},
		{"https://t.co/" + strings.Repeat("a", 41), nil},
		{"https://t.co/", []string{"https://t.co/"}},
		{"192.168.0.1 1.5 v2.0 tar.bz2", nil},
		{"http://192.168.0.1/a", nil},
		{"shop.com@", nil}, {"shop.com+x", nil}, {"shop.com-x", nil},
		{"\u202ashop.com\u202c", []string{"shop.com"}},
		{"a.com.b.b.b.b字.c", []string{"a.com"}},
	} {
		if got := linkTexts(tc.text); !slices.Equal(got, tc.want) {
			t.Errorf("%.80q: %.80q, want %.80q", tc.text, got, tc.want)
		}
	}
}

// TestCountingIsLinear gives shapes that make careless scanners slow. Forty
// times the text would take sixteen hundred times as long if each character
// looked at the others. On a busy machine a long run is interrupted more often
// than a short one, so one good measurement of many is enough.
func TestCountingIsLinear(t *testing.T) {
	for _, piece := range []string{"a", "a.", "a-", "_.", "字", "字.", "a.com_-.", "a.com.字", "http://", "http://a",
		"http://a.com/(", "(", "a.com/(a(", "a.com?", "https://t.co/a", "🙂\u200d", "\u0301", "🇩", "xn--", "a.b.字.", "@a.com"} {
		timed := func(n int) time.Duration {
			text := strings.Repeat(piece, n)
			best := time.Hour
			for range 3 {
				begun := time.Now()
				_ = length(text)
				best = min(best, time.Since(begun))
			}
			return best
		}
		for tries := 1; ; tries++ {
			small, large := timed(500), timed(20_000)
			if large <= 300*small+50*time.Millisecond {
				break
			}
			if tries == 20 {
				t.Errorf("%q: %v for 500 and %v for 20000", piece, small, large)
				break
			}
		}
	}
}

func FuzzLength(f *testing.F) {
	for _, s := range []string{"", "Hi http://a.com/(b) 🙂", "a.com字b.みんな", "http://xn--.com", "1⃣🇩🇪👩‍👩‍👧", "\xff.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := length(s)
		if composed := norm.NFC.String(s); length(composed) != n {
			t.Errorf("%q counts %d, composed %d", s, n, length(composed))
		}
		if n < 0 || n > 2*len(s)+linkLength*strings.Count(s, ".") {
			t.Errorf("%q counts %d", s, n)
		}
		at := 0
		for _, l := range links(s) {
			if l.start < at || l.end <= l.start || l.end > len(s) || !strings.Contains(s[l.start:l.end], ".") {
				t.Fatalf("%q: links %v", s, links(s))
			}
			at = l.end
		}
	})
}
