package console

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"socialwatch"
)

// browsers are the names under which Chromium is found.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

func findBrowser(t testing.TB) string {
	t.Helper()
	if os.Getenv("SOCIALWATCH_TEST_BROWSER") == "apart" {
		t.Skip("the tests in a browser run in a part of their own")
	}
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	what := "no Chromium on PATH: install it (apt-get install chromium, or dnf install chromium)"
	if os.Getenv("SOCIALWATCH_TEST_BROWSER") == "required" {
		t.Fatal(what)
	}
	t.Skip(what)
	return ""
}

// browser is a page of a headless Chromium at a shop.
type browser struct {
	t        testing.TB
	ctx      context.Context
	shop     *shop
	mu       sync.Mutex
	problems []string
}

// timeLimit bounds one browser test.
const timeLimit = 5 * time.Minute

func newBrowser(t testing.TB, s *shop) *browser {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(findBrowser(t)), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 900)}
	for _, flag := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	ctx, cancelAllocator := chromedp.NewExecAllocator(ctx, options...)
	b := &browser{t: t, shop: s}
	tab, cancelTab := chromedp.NewContext(ctx, chromedp.WithListener(b.listen))
	b.ctx = tab
	t.Cleanup(func() {
		if err := chromedp.Cancel(tab); err != nil {
			t.Logf("close the browser: %v", err)
		}
		cancelTab()
		cancelAllocator()
		cancel()
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, p := range b.problems {
			t.Errorf("the page complains: %s", p)
		}
	})
	b.do(chromedp.Navigate("about:blank"))
	return b
}

// listen notes uncaught errors of our modules, and what the page's own policy
// refused: a page of ours asks for nothing that it forbids.
func (b *browser) listen(event any) {
	problem := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		problem = e.ExceptionDetails.Text
	case *log.EventEntryAdded:
		if e.Entry.Source == log.EntrySourceSecurity || strings.Contains(e.Entry.Text, "Content Security Policy") {
			problem = e.Entry.Text
		}
	}
	if problem != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.problems = append(b.problems, problem)
	}
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func eval[T any](b *browser, js string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](js))
	if err != nil {
		b.t.Fatalf("%s: %v", js, err)
	}
	return v
}

// until waits for a condition, over pages that come and go.
func (b *browser) until(js string) {
	b.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for {
		if ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("Boolean("+js+")")); err == nil && ok {
			return
		}
		select {
		case <-deadline:
			text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
			b.t.Fatalf("never true: %s\n%s", js, text)
		case <-tick.C:
		}
	}
}

func (b *browser) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.shop.server.URL + path))
	b.until(`document.documentElement.classList.contains("js")`)
}

// login is done once by hand in a test; elsewhere the cookie is enough.
func (b *browser) enter(login string) {
	b.t.Helper()
	c := b.shop.enter(b.t, login).cookie
	_, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: b.shop.server.URL})
	must(b.t, err)
}

func (b *browser) press(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// settled waits until buttons whose meaning has changed take input again.
func (b *browser) settled() {
	b.t.Helper()
	b.until(`document.querySelector("#card:not([data-new])")`)
}

func has(selector, text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%s)].some((n) => n.checkVisibility() && n.innerText.includes(%s))`, strconv.Quote(selector), strconv.Quote(text))
}

func (s *shop) three(t testing.TB) (cases []socialwatch.Case) {
	for i := range 3 {
		cases = append(cases, s.arrive(t, customer{handle: fmt.Sprintf("customer%d", i+1), text: "@shop_help where is my order? it has not moved for 9 days",
			ago: time.Duration(20-5*i) * time.Minute}))
	}
	return cases
}

func TestBrowserLogsInAndDecidesByKeyboardOnly(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	cases := s.three(t)

	b.do(chromedp.Navigate(s.server.URL + "/"))
	b.until(`document.activeElement.id === "login"`)
	b.press("ana\t" + password + "\r")
	b.until(has("#card", cases[0].Number))

	b.until(`document.documentElement.classList.contains("js")`)
	b.press("a")
	b.until(has("#notice", "Approved "+cases[0].Number))
	b.until(has("#card", cases[1].Number))
	b.until(`document.activeElement.closest(".row")?.dataset.id === document.getElementById("card").dataset.id`)
	b.until(has("#rows .row.ended", "holding"))
	if got := s.replyOf(t, cases[0].Number); got.State != socialwatch.ReplyHolding || got.DecidedBy != "ana" {
		t.Fatalf("%s by %q", got.State, got.DecidedBy)
	}

	b.press("u")
	b.until(has("#notice", "Undone "+cases[0].Number))
	if got := s.replyOf(t, cases[0].Number); got.State != socialwatch.ReplyCancelled {
		t.Fatalf("%s after undo", got.State)
	}

	b.open("/")
	b.press("j")
	b.until(has("#card", cases[2].Number))
	b.press("k")
	b.until(has("#card", cases[1].Number))
	b.settled()
	b.press("r")
	b.until(has(".reject .sheet", "Wrong facts"))
	b.press("3")
	b.until(has("#notice", "Rejected "+cases[1].Number))
	if got := s.replyOf(t, cases[1].Number); got.State != socialwatch.ReplyRejected || got.Reason != "wrong_facts" {
		t.Fatalf("%s, %s", got.State, got.Reason)
	}
}

func TestBrowserEditsAndApprovesFromTheEditor(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	cs := s.three(t)[0]
	b.enter("ana")
	b.open("/")
	b.press("e")
	b.until(`document.activeElement.id === "text"`)
	b.press(" Please send your password.")
	b.until(has("#findings", "asks for a secret"))
	b.do(chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.until(has("[role=alert]", "The safety check blocks this text."))
	if got := s.replyOf(t, cs.Number); got.Version != 1 {
		t.Fatalf("version %d of a blocked text was stored", got.Version)
	}
	b.until(`document.querySelector("#text").value.endsWith("password.")`)
	b.do(chromedp.SetValue(chromedp.CSS("#text"), "We are very sorry. Please use shop.example/help, reference "+cs.Number+"."), chromedp.Focus(chromedp.CSS("#text")))
	b.settled()
	b.do(chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.until(has("[role=alert]", "Look once more"))
	b.settled()
	b.do(chromedp.Focus(chromedp.CSS("#text")), chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.until(has("#notice", "Approved "+cs.Number))
	if got := s.replyOf(t, cs.Number); got.State != socialwatch.ReplyHolding || got.Version != 2 || !strings.HasPrefix(got.Payload.Text, "We are very sorry.") {
		t.Fatalf("%s version %d: %s", got.State, got.Version, got.Payload.Text)
	}
}

func TestBrowserNeverMovesWhatIsUnderHand(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	cases := s.three(t)
	b.enter("ana")
	b.open("/")
	rows := `[...document.querySelectorAll("#rows .row")].map((r) => r.dataset.id).join()`
	before := eval[string](b, rows)

	late := s.arrive(t, customer{handle: "customer9", text: "@shop_help where is my order", ago: time.Hour})
	b.until(has("#fresh", "1 new, press ."))
	bo := s.enter(t, "bo")
	bo.submit(bo.get("/replies/"+id(s.replyOf(t, cases[2].Number))), "/reject", map[string][]string{"reason": {"wrong_tone"}})
	b.until(has("#rows .row.ended", "rejected"))
	if after := eval[string](b, rows); after != before {
		t.Errorf("rows moved from %s to %s", before, after)
	}

	bo.submit(bo.get("/replies/"+id(s.replyOf(t, cases[0].Number))), "/approve", nil)
	b.until(has("#frozen", "Approved by bo"))
	b.press("a")
	if got := s.replyOf(t, cases[0].Number); got.DecidedBy != "bo" {
		t.Errorf("decided by %s", got.DecidedBy)
	}
	if eval[bool](b, `Boolean(document.querySelector("#card form.approve button")?.checkVisibility())`) {
		t.Error("a frozen card can still be approved")
	}
	lea := s.enter(t, "lea")
	lea.submit(lea.get("/connections"), "/stop", nil)
	b.until(has("#banners", "Publishing is stopped"))
	b.press(".")
	b.until(has("#rows .row:first-child", "@customer9"))
	if !slices.Contains(strings.Split(eval[string](b, rows), ","), id(s.replyOf(t, late.Number))) {
		t.Error("the new row is not there")
	}
}

func TestBrowserKeysRestWhileTypingAndWhenSwitchedOff(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	cs := s.three(t)[0]
	b.enter("ana")
	b.open("/")
	b.press("?")
	b.until(`document.getElementById("keys").open`)
	b.press("a")
	b.press("\x1b")
	b.until(`!document.getElementById("keys").open`)
	b.press("gc")
	b.until(`location.pathname === "/cases"`)
	b.until(`document.documentElement.classList.contains("js")`)
	b.press("ga")
	b.until(`location.pathname === "/"`)
	b.open("/help")
	b.do(chromedp.Click(chromedp.CSS(`form[action="/settings"] button`)))
	b.until(has("button", "Switch single-key shortcuts on"))
	b.open("/")
	eval[int](b, `window.sent = 0, document.addEventListener("submit", () => window.sent++, true), 0`)
	b.press("a")
	if n := eval[int](b, "window.sent"); n != 0 {
		t.Errorf("a key that is off sent %d forms", n)
	}
	if got := s.replyOf(t, cs.Number); got.State != socialwatch.ReplyAwaiting {
		t.Errorf("%s by a key that is off", got.State)
	}
}

func TestBrowserFitsAPhone(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	ids := busyDay(t, s)
	s.learn(t)
	b.enter("lea")
	for _, width := range []int64{320, 360, 640, 800, 1024, 1280, 1440} {
		options := []chromedp.EmulateViewportOption{}
		if width < 640 {
			options = append(options, chromedp.EmulateMobile)
		}
		b.do(chromedp.EmulateViewport(width, 740, options...))
		for _, path := range []string{"/", "/replies/1", "/replies/1/edit", fmt.Sprintf("/replies/%d", ids["unknown"]), fmt.Sprintf("/replies/%d", ids["blocked"]),
			"/cases", "/cases/K-1001", "/mentions", "/connections", "/help", "/search", "/search?q=order"} {
			b.open(path)
			if over := eval[int](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
				t.Errorf("%s at %d px scrolls sideways by %d px", path, width, over)
			}
			for _, small := range eval[[]string](b, tooSmall(width)) {
				t.Errorf("%s at %d px: %s", path, width, small)
			}
		}
	}
}

// tooSmall lists targets under the least size: 24 px, on phones 44 px for
// buttons; links within a sentence are exempt (WCAG 2.5.8).
func tooSmall(width int64) string {
	least := 24
	if width < 640 {
		least = 44
	}
	return fmt.Sprintf(`[...document.querySelectorAll("button, .button, select, textarea, nav a, .row > a, summary")]
		.filter((n) => n.checkVisibility() && n.getBoundingClientRect().height > 1)
		.filter((n) => n.getBoundingClientRect().height < %d - 0.5 || n.getBoundingClientRect().width < 24)
		.map((n) => n.tagName + " " + n.innerText.slice(0, 30) + " " + Math.round(n.getBoundingClientRect().height) + " px")`, least)
}

func TestBrowserApprovesDraftsOfAnIncidentByDigit(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	id, cases := s.outage(t, 10)
	b.enter("ana")
	b.open(fmt.Sprintf("/incidents/%d", id))
	// The modules begin before their class is set; half a second later buttons
	// take input.
	settled := `document.documentElement.classList.contains("js") && document.querySelector(".draft") &&
		performance.now() - (window.since ??= performance.now()) > 600`
	b.until(settled)
	b.press("2")
	b.until(has("#notice", "Approved "+cases[1].Number))
	b.until(settled)
	b.press("2") // the digits stay with their drafts
	// What has just come in its place has not been read.
	_, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `addEventListener("DOMContentLoaded", () => document.querySelector(".draft [data-key]")?.click())`})
	must(t, err)
	b.open(fmt.Sprintf("/incidents/%d", id))
	b.until(settled)
	for i, cs := range cases {
		if got := s.replyOf(t, cs.Number).State; (got == socialwatch.ReplyHolding) != (i == 1) {
			t.Errorf("%s is %s", cs.Number, got)
		}
	}
	b.press("1")
	b.until(has("#notice", "Approved "+cases[0].Number))
}
