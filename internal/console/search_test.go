package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"socialwatch"
)

// learn lets search know what has happened, as serve does.
func (s *shop) learn(t testing.TB) {
	t.Helper()
	for _, pass := range []func() (int, error){
		func() (int, error) { return s.Number(t.Context(), 1000) },
		func() (int, error) { return s.KeepWords(t.Context(), 1000) },
	} {
		for n := 1000; n == 1000; {
			var err error
			n, err = pass()
			must(t, err)
		}
	}
}

func search(query string, more ...string) string {
	q := url.Values{"q": {query}}
	for i := 0; i < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return "/search?" + q.Encode()
}

func TestSearchShowsCasesWithTheirWordsMarked(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: `@shop_help <b>parcel</b> lost, "really" lost & gone`})
	ja := s.arrive(t, customer{handle: "customer2", text: "@shop_help 返金してください"})
	s.arrive(t, customer{handle: "customer3", text: "@shop_help hello"})
	s.learn(t)
	ana := s.enter(t, "ana")
	p := ana.get(search("parcel los"))
	for _, want := range []string{`href="/cases/` + cs.Number + `"`, "&lt;b&gt;<mark>parcel</mark>&lt;/b&gt; <mark>lost</mark>", "@customer1", `value="parcel los"`, `<span class="count">1</span>`} {
		if !strings.Contains(p.body, want) {
			t.Errorf("no %s in\n%s", want, p.body)
		}
	}
	if strings.Contains(p.body, "@customer3") {
		t.Error("a case without the words is shown")
	}
	if p := ana.get(search("返金")); !strings.Contains(p.body, "<mark>返金</mark>して") || !strings.Contains(p.body, ja.Number) {
		t.Errorf("Japanese: %s", p.body)
	}
	for query, want := range map[string]string{"nowhere": "No case has all of these words.", "...": "There is no word to look for", strings.Repeat("parcel ", 100): "too long"} {
		if p := ana.get(search(query)); !strings.Contains(p.body, want) {
			t.Errorf("%.20q: no %q", query, want)
		}
	}
	if p := ana.get(search("parcel", "state", "closed")); !strings.Contains(p.body, "Nothing here with this filter.") || !strings.Contains(p.body, `href="/search?q=parcel"`) {
		t.Error("the filter is not shown")
	}
	if p := ana.get(search("@customer2", "from", s.now().Format(time.DateOnly), "to", s.now().Format(time.DateOnly))); !strings.Contains(p.body, ja.Number) {
		t.Error("not found on its day")
	}
	if p := ana.get(search("parcel", "from", "soon")); p.status != http.StatusUnprocessableEntity {
		t.Errorf("a time that is none: %d", p.status)
	}
	if p := ana.get(search("parcel", "after", "x")); p.status != http.StatusBadRequest {
		t.Errorf("a cursor that is none: %d", p.status)
	}
	s.arrive(t, customer{handle: "customer4", text: "@shop_help parcel"})
	if p := ana.get(search("parcel")); strings.Contains(p.body, "is not found yet") {
		t.Error("late at once")
	}
	s.advance(time.Minute)
	if p := ana.get(search("parcel")); !strings.Contains(p.body, "is not found yet") {
		t.Error("does not say that it is late")
	}
}

func TestSearchOpensACaseByItsNumber(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help parcel lost"})
	s.learn(t)
	ana := s.enter(t, "ana")
	for _, q := range []string{cs.Number, strings.ToLower(cs.Number), strings.TrimPrefix(cs.Number, "K-"), "#" + cs.Number} {
		if p := ana.get(search(q)); p.to != "/cases/"+cs.Number {
			t.Errorf("%q leads to %s", q, p.to)
		}
	}
	for _, path := range []string{search("K-9999"), search(cs.Number, "state", "new"), search(cs.Number + " parcel")} {
		if p := ana.get(path); p.to != "" {
			t.Errorf("%s leads to %s", path, p.to)
		}
	}
}

func TestSearchShowsOnlyWhatAPersonMayRead(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help parcel lost"})
	s.learn(t)
	must(t, s.EnsureAccount(t.Context(), "other", string(socialwatch.Mastodon), host))
	hash, err := hashOnce()
	must(t, err)
	_, err = s.AddPerson(t.Context(), socialwatch.Person{Login: "nora", Name: "Nora", Roles: map[string]socialwatch.Role{"other": socialwatch.RoleAdmin}}, hash, s.now())
	must(t, err)
	nora := s.enter(t, "nora")
	for _, path := range []string{search("parcel"), search(cs.Number), search("@customer1"), search("parcel", "account", account)} {
		if p := nora.get(path); p.to != "" || strings.Contains(p.body, "lost") || strings.Contains(p.body, `/cases/`+cs.Number) {
			t.Errorf("%s shows what belongs to another account", path)
		}
	}
}

func TestSearchPagesByCursor(t *testing.T) {
	s := newShop(t)
	for i := range 105 {
		s.arrive(t, customer{handle: fmt.Sprint("customer", i), text: "@shop_help parcel lost"})
	}
	s.learn(t)
	ana := s.enter(t, "ana")
	p := ana.get(search("parcel"))
	if !strings.Contains(p.body, "more than 100") {
		t.Error("the count is not honest")
	}
	seen := map[string]bool{}
	for range 6 {
		for _, part := range strings.Split(p.body, `data-id="`)[1:] {
			number, _, _ := strings.Cut(part, `"`)
			if seen[number] {
				t.Errorf("%s stands on two pages", number)
			}
			seen[number] = true
		}
		_, after, more := strings.Cut(p.body, `class="button" href="/search?after=`)
		if !more {
			break
		}
		cursor, _, _ := strings.Cut(after, "&")
		p = ana.get(search("parcel", "after", cursor))
	}
	if len(seen) != 105 {
		t.Errorf("%d of 105 cases on the pages", len(seen))
	}
}

// tap presses one key as a keyboard does, whose character goes nowhere when a
// page takes the key.
func (b *browser) tap(key string) {
	b.t.Helper()
	for _, event := range []input.DispatchKeyEventParams{{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Text: key}, {Type: input.DispatchKeyEventTypeKeyUp, Key: key}} {
		_, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, event)
		must(b.t, err)
	}
}

func TestBrowserSearchesByKeys(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	cs := s.three(t)[1]
	s.learn(t)
	b.enter("ana")
	b.do(chromedp.EmulateViewport(1440, 900))
	b.open("/")
	b.tap("/")
	b.until(`document.activeElement.name === "q" && document.activeElement.value === ""`)
	b.press("a\x1b") // neither approves, and Esc leaves
	b.until(`document.activeElement === document.body`)
	b.tap("/")
	b.press("@customer2\r")
	b.until(`location.pathname === "/search" && document.documentElement.classList.contains("js")`)
	b.until(has(".row", cs.Number))
	b.press("j\r")
	b.until(`location.pathname === "/cases/` + cs.Number + `"`)
	b.do(chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile))
	b.open("/cases")
	b.tap("/")
	b.until(`location.pathname === "/search" && document.activeElement.name === "q"`)
	b.until(`document.documentElement.classList.contains("js")`)
	b.press(strings.TrimPrefix(cs.Number, "K-") + "\r")
	b.until(`location.pathname === "/cases/` + cs.Number + `"`)
	if got := s.replyOf(t, cs.Number).State; got != socialwatch.ReplyAwaiting {
		t.Errorf("typing made it %s", got)
	}
}
