package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"socialwatch"
	"socialwatch/internal/store"
)

// late makes what is due by now a breach, and wakes open pages.
func (s *shop) late(t testing.TB) {
	t.Helper()
	_, err := s.Breach(t.Context(), s.now())
	must(t, err)
	_, err = s.Number(t.Context(), 1000)
	must(t, err)
	s.arrive(t, customer{handle: fmt.Sprint("waker", s.posts), text: "@shop_help thank you", ignored: "praise"})
}

func TestABreachIsMine(t *testing.T) {
	of := func(account string, role socialwatch.Role) socialwatch.Person {
		return socialwatch.Person{Login: "ana", Roles: map[string]socialwatch.Role{account: role}}
	}
	tuned := of(account, socialwatch.RoleApprover)
	tuned.Teams, tuned.Languages = []string{"support"}, []string{"en", "es"}
	for name, c := range map[string]struct {
		p    socialwatch.Person
		b    store.Breach
		mine bool
	}{
		"nobody's, of my account":     {of(account, socialwatch.RoleAuthor), store.Breach{Account: account, Team: "x", Language: "ja"}, true},
		"of another account":          {of("other", socialwatch.RoleLead), store.Breach{Account: account}, false},
		"of a reader's account":       {of(account, socialwatch.RoleReader), store.Breach{Account: account}, false},
		"I have it, though a reader":  {of(account, socialwatch.RoleReader), store.Breach{Account: account, Assignee: "ana"}, true},
		"I have it and may not read":  {of("other", socialwatch.RoleLead), store.Breach{Account: account, Assignee: "ana"}, false},
		"a colleague has it":          {of(account, socialwatch.RoleLead), store.Breach{Account: account, Assignee: "bo"}, false},
		"of my team and language":     {tuned, store.Breach{Account: account, Team: "support", Language: "es"}, true},
		"of no team and language":     {tuned, store.Breach{Account: account, Language: "und"}, true},
		"of another team":             {tuned, store.Breach{Account: account, Team: "trust", Language: "es"}, false},
		"of another language":         {tuned, store.Breach{Account: account, Team: "support", Language: "ja"}, false},
		"I have it, of another team":  {tuned, store.Breach{Account: account, Team: "trust", Language: "ja", Assignee: "ana"}, true},
		"nobody in particular's case": {socialwatch.Person{}, store.Breach{Account: account}, false},
	} {
		if isMine(c.p, c.b) != c.mine {
			t.Errorf("%s: %t", name, !c.mine)
		}
	}
}

// told is what a page that knows the breaches up to seen is told first.
func (v *visitor) told(seen string) (seq int64, cases []string) {
	v.t.Helper()
	a := v.get("/events?once=yes" + seen)
	var n struct {
		Breached struct {
			Seq   int64
			Cases []struct{ Number, URL, Text string }
		}
	}
	must(v.t, json.Unmarshal([]byte(a.body), &n))
	for _, c := range n.Breached.Cases {
		cases = append(cases, c.Text)
		if c.URL != "/cases/"+c.Number || strings.Contains(a.body, "customer1") || strings.Contains(a.body, "has not moved") {
			v.t.Errorf("told %s", a.body)
		}
	}
	return n.Breached.Seq, cases
}

func TestPagesThatWantItAreToldOfBreaches(t *testing.T) {
	s := newShop(t)
	cases := s.three(t)
	s.late(t) // nothing is late yet
	ana := s.enter(t, "ana")
	if seq, told := ana.told(""); seq != 0 || told != nil {
		t.Errorf("a page that does not want it was told %v up to %d", told, seq)
	}
	start, told := ana.told("&seen=0")
	if start == 0 || len(told) != 0 {
		t.Fatalf("a page begins at %d with %v", start, told)
	}
	s.advance(11 * time.Minute) // the first is due 30 minutes after its post
	s.late(t)
	want := cases[0].Number + " is past its target (first response): Stuck order, shop_help, level 1."
	end, told := ana.told(fmt.Sprint("&seen=", start))
	if end <= start || len(told) != 1 || told[0] != want {
		t.Errorf("told %q up to %d, want %q", told, end, want)
	}
	if _, told := ana.told(fmt.Sprint("&seen=", end)); len(told) != 0 {
		t.Errorf("told again: %q", told)
	}
	if seq, told := ana.told(fmt.Sprint("&seen=", end+1000)); seq != end || len(told) != 0 {
		t.Errorf("a page of another database: %q up to %d", told, seq)
	}
	if _, told := s.enter(t, "rita").told(fmt.Sprint("&seen=", start)); len(told) != 0 {
		t.Errorf("a reader was told %q", told)
	}
	page := ana.follow(fmt.Sprint("seen=", end))
	page.look()
	s.advance(5 * time.Minute)
	s.late(t)
	for {
		event, data := page.next()
		if event == "" {
			t.Fatal("an open page was not told")
		}
		if strings.Contains(data, cases[1].Number+" is past its target") {
			break
		}
	}
}

func TestBeingToldIsABrowsersChoice(t *testing.T) {
	s := newShop(t)
	ana := s.enter(t, "ana")
	settings := ana.get("/settings").body
	if !strings.Contains(settings, "Tell me of breaches") || !strings.Contains(settings, "<noscript>") || strings.Contains(settings, "data-notify=") {
		t.Error("the settings do not offer it")
	}
	a := ana.post("/settings/notify", map[string][]string{"notify": {"on"}})
	if a.status != http.StatusSeeOther || !strings.Contains(a.header.Get("Set-Cookie"), notifyCookie+"=on") {
		t.Fatalf("%d %v", a.status, a.header)
	}
	a = ana.post("/settings/notify", map[string][]string{"notify": {"off"}})
	if !strings.Contains(a.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("%d %v", a.status, a.header)
	}
	if a := s.stranger(t).post("/settings/notify", map[string][]string{"notify": {"on"}}); a.header.Get("Set-Cookie") != "" {
		t.Errorf("a stranger: %v", a.header)
	}
}

// noted records the notifications of a page.
const noted = `window.Notification = class {
	static permission = "granted";
	static requestPermission = async () => "granted";
	constructor(title, options) { (window.noted ||= []).push([title, options.body, options.tag].join("|")); }
	addEventListener() {}
}`

// Two tabs are open and one breach is told once: by one live region and one
// notification; the next one again.
func TestBrowserTellsABreachOnceAcrossTabs(t *testing.T) {
	s := newShop(t)
	first := newBrowser(t, s)
	second := first.tab()
	cases := s.three(t)
	s.late(t) // nothing is late yet: pages learn where they stand
	first.enter("ana")
	first.open("/settings")
	first.do(chromedp.Click(chromedp.CSS("[data-ask-notify]")))
	first.until(has("#notify ~ p", "you are told when a case of yours passes"))
	for _, b := range []*browser{first, second} {
		_, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: noted})
		must(t, err)
		b.open("/")
		b.until(`Number(localStorage.getItem("socialwatch-breach")) > 0`)
	}
	spoken := func(c socialwatch.Case) (tabs int, shown []string) {
		for _, b := range []*browser{first, second} {
			b.until(fmt.Sprintf(`Number(localStorage.getItem("socialwatch-breach")) >= %d`, s.lastSeq(t)))
		}
		// The tab that leaves it to the other may note it before that one speaks.
		for end := time.Now().Add(30 * time.Second); tabs == 0 && time.Now().Before(end); {
			shown = nil
			for _, b := range []*browser{first, second} {
				tabs += eval[int](b, fmt.Sprintf(`document.getElementById("warn").textContent.includes("%s is past its target") ? 1 : 0`, c.Number))
				shown = append(shown, eval[[]string](b, `window.noted || []`)...)
			}
		}
		return tabs, shown
	}
	text := func(c socialwatch.Case) string {
		return c.Number + " is past its target (first response): Stuck order, shop_help, level 1."
	}
	s.advance(11 * time.Minute)
	s.late(t)
	want := fmt.Sprintf("Past its target|%s|socialwatch-breach/cases/%s", text(cases[0]), cases[0].Number)
	if tabs, shown := spoken(cases[0]); tabs != 1 || len(shown) != 1 || shown[0] != want {
		t.Errorf("%d tabs spoke, the browser shows %q, want %q", tabs, shown, want)
	}
	s.advance(5 * time.Minute)
	s.late(t)
	if tabs, shown := spoken(cases[1]); tabs != 1 || len(shown) != 2 {
		t.Errorf("%d tabs spoke of the second, the browser shows %q", tabs, shown)
	}
}

// lastSeq is the number of the newest breach.
func (s *shop) lastSeq(t testing.TB) int64 {
	t.Helper()
	all, _, err := s.Breaches(t.Context(), 0, s.now().Add(-time.Hour))
	must(t, err)
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1].Seq
}

// tab is another tab of the browser.
func (b *browser) tab() *browser {
	b.t.Helper()
	other := &browser{t: b.t, shop: b.shop}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithListener(other.listen))
	b.t.Cleanup(cancel)
	other.ctx = ctx
	other.do(chromedp.Navigate("about:blank"))
	return other
}
