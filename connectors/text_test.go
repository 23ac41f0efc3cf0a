package connectors

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"socialwatch"
)

func someone(href string) string {
	if href == "https://social.example/@help" {
		return "@help@social.example"
	}
	return ""
}

func TestTextOfKeepsWordsAndLines(t *testing.T) {
	const long = "https://www.shop.example/orders/1001?from=mail&page=2"
	for _, tc := range []struct{ name, in, want string }{
		{"plain", "no tags &amp; fine", "no tags & fine"},
		{"empty", "", ""},
		{"paragraphs", "<p>one</p><p>two</p>", "one\n\ntwo"},
		{"breaks", "one<br>two<br />three<br/>four", "one\ntwo\nthree\nfour"},
		{"many breaks", "one" + strings.Repeat("<br>", 9) + "two", "one\n\ntwo"},
		{"list", "<ul><li>one</li><li>two</li></ul>after", "one\ntwo\n\nafter"},
		{"quotation", "<p>he said</p><blockquote><p>never</p></blockquote>me", "he said\n\nnever\n\nme"},
		{"preformatted", "<pre><code>a  b\n  c</code></pre>d  e", "a  b\n  c\n\nd e"},
		{"white space", "<p>  a \n b\t</p>\n<p> c</p>", "a b\n\nc"},
		{"entities", "&lt;b&gt; &euro;5 &#x1F600; &nbsp;x &bogus;", "<b> €5 😀 \u00a0x &bogus;"},
		{"mention", `<p><span class="h-card"><a href="https://social.example/@help" class="u-url mention">@<span>help</span></a></span> hi</p>`, "@help@social.example hi"},
		{"mention of nobody known", `<a href="https://x.example/@who" class="u-url mention">@<span>who</span></a> hi`, "@who hi"},
		{"hashtag", `<a href="https://social.example/tags/parcel" class="mention hashtag" rel="tag">#<span>Parcel</span></a>`, "#Parcel"},
		{"shortened link", `see <a href="https://www.shop.example/orders/1001?from=mail&amp;page=2"><span class="invisible">https://www.</span><span class="ellipsis">shop.example/orders/1001?from=ma</span><span class="invisible">il&amp;page=2</span></a>.`, "see " + long + "."},
		{"link cut with a sign", `<a href="` + long + `">shop.example/orders…</a>`, long},
		{"named link", `<a href="` + long + `">my order</a>!`, "my order " + long + "!"},
		{"empty link", `<a href="` + long + `"></a>`, long},
		{"link that is no page", `<a href="javascript:alert(1)">press</a> <a>here</a> <a href="mailto:a@b.example">a@b.example</a>`, "press here a@b.example"},
		{"link never closed", `<p>a <a href="https://x.example/">x.example</p><p>b</p>`, "a https://x.example/\n\nb"},
		{"links inside links", `<a href="https://x.example/a">x.example/a<a href="https://x.example/b">x.example/b</a></a> c`, "https://x.example/ahttps://x.example/b c"},
		{"repeated quote", `<p class="quote-inline">RE: <a href="https://x.example/1">x.example/1</a></p><p>bad service</p>`, "bad service"},
		{"repeated quote never closed", `<p class="quote-inline">RE: x<p>bad service`, "bad service"},
		{"script and style", "a<script>alert('b')</script><style>p{}</style>c", "ac"},
		{"comments", "a<!-- b -->c<!DOCTYPE html>d", "acd"},
		{"NUL and bad bytes", "a\x00b\xff\xfec", "ab\uFFFDc"},
		{"not tags", "5 < 6 > 4 <3 you", "5 < 6 > 4 <3 you"},
		{"cut tag", "<p>a</p><p", "a"},
		{"upper case", "<P>a</P><BR>b", "a\n\nb"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := TextOf(tc.in, someone); got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

// TestTextOfIsLinear gives shapes that make careless parsers slow. Eight times
// the text would take 64 times as long if each byte looked at the others. One
// good measurement is enough: the machine may be busy during others.
func TestTextOfIsLinear(t *testing.T) {
	shapes := map[string]func(size int) string{
		"one long link": func(size int) string {
			long := strings.Repeat("a", size)
			return `<a href="https://x.example/` + long + `b">` + long + `</a>`
		},
		"many attributes": func(size int) string { return "<a " + strings.Repeat("a=b ", size/4) + ">x</a>" },
	}
	for _, piece := range []string{"<div>", "<blockquote><p>a", "<a href='https://x.example/y'>x", "<pre> ", "&amp", "<", "</p>",
		"<p class='quote-inline'>", "<a ", "<!--", "a\x00", "<br>", "<script>", "\xff", "<ul><li>", "<a href=x y=z", "&#1", "…"} {
		shapes[piece] = func(size int) string { return strings.Repeat(piece, size/len(piece)) }
	}
	for name, shape := range shapes {
		timed := func(size int) time.Duration {
			s := shape(size)
			begun := time.Now()
			text := TextOf(s, nil)
			took := time.Since(begun)
			if len(text) > 4*len(s) {
				t.Errorf("%q: %d bytes became %d", name, len(s), len(text))
			}
			return took
		}
		for tries := 1; ; tries++ {
			small, large := timed(50_000), timed(400_000)
			if large <= 24*small+50*time.Millisecond {
				break
			}
			if tries == 10 {
				t.Errorf("%q: %s for 50 kB and %s for 400 kB", name, small, large)
				break
			}
		}
	}
}

func FuzzTextOf(f *testing.F) {
	f.Add(`<p>a<br>b <a href="https://social.example/@help" class="mention">@<span>help</span></a></p>`)
	f.Add("<pre>\x00<p class='quote-inline'><a href=https://x>\xff</a>")
	f.Add("<script><!--<script></script>&#0;&#xD800;&nvgt;")
	f.Fuzz(func(t *testing.T, s string) {
		text := TextOf(s, someone)
		if !utf8.ValidString(text) || text != socialwatch.CleanText(text) || strings.ContainsRune(text, 0) {
			t.Fatalf("not clean: %q", text)
		}
		if len(text) > 64+10*len(s) {
			t.Fatalf("%d bytes became %d", len(s), len(text))
		}
		if again := TextOf(s, someone); again != text {
			t.Fatal("the same HTML gave another text")
		}
	})
}

func TestSameWordsForgivesWhatServersChange(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"@customer1@far.example Sorry, case K-77.", "@customer1 Sorry,\ncase  K-77.", true},
		{"@a @b It's here", "It’s here", true},
		{"*Sorry* for that", "Sorry for that", true},
		{"case K-77", "case K-78", false},
		{"@a", "", true},
		{"", "x", false},
		{"Ärger", "Arger", false},
	} {
		if SameWords(tc.a, tc.b) != tc.want || SameWords(tc.b, tc.a) != tc.want {
			t.Errorf("%q and %q: want %v", tc.a, tc.b, tc.want)
		}
	}
}

func TestWaitReadsWhatServersSend(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	skewed := now.Add(time.Hour).Format(http.TimeFormat)
	for _, tc := range []struct {
		name   string
		header http.Header
		want   time.Duration
	}{
		{"nothing", http.Header{}, 0},
		{"seconds", http.Header{"Retry-After": {"30"}}, 30 * time.Second},
		{"none", http.Header{"Retry-After": {"0"}}, 0},
		{"date", http.Header{"Retry-After": {now.Add(time.Minute).Format(http.TimeFormat)}}, time.Minute},
		{"both", http.Header{"Retry-After": {"5", now.Add(time.Minute).Format(http.TimeFormat)}}, 5 * time.Second},
		{"junk, then a date", http.Header{"Retry-After": {"soon", now.Add(time.Minute).Format(http.TimeFormat)}}, time.Minute},
		{"negative, then reset", http.Header{"Retry-After": {"-5"}, "X-Ratelimit-Reset": {"2026-11-20T09:05:00.000Z"}}, 5 * time.Minute},
		{"reset in seconds", http.Header{"X-Ratelimit-Reset": {"1795165500"}}, 5 * time.Minute},
		{"reset just past", http.Header{"X-Ratelimit-Reset": {"2026-11-20T08:59:59Z"}}, time.Second},
		{"by the server's clock", http.Header{"X-Ratelimit-Reset": {"2026-11-20T10:05:00Z"}, "Date": {skewed}}, 5 * time.Minute},
		{"too long", http.Header{"Retry-After": {"99999999"}}, 24 * time.Hour},
		{"far too long", http.Header{"Retry-After": {"99999999999999999999"}}, 0},
		{"junk", http.Header{"Retry-After": {""}, "X-Ratelimit-Reset": {"tomorrow"}}, 0},
	} {
		if got := Wait(tc.header, now); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}
