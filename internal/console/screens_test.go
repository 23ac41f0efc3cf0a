package console

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"socialwatch"
)

// screen is one page as one person sees it.
type screen struct {
	name, path string
	as         string // login; "" for who is not logged in
}

// screens fills a shop with a busy day and lists every page of the console in
// every state that looks different, grouped by who sees it.
func (s *shop) screens(t testing.TB) []screen {
	t.Helper()
	ids := busyDay(t, s)
	spike, hit := s.outage(t, 11)
	s.poses(t, hit[0], socialwatch.Mastodon)
	moneyDay(t, s)
	alertDay(t, s)
	hook := hookDay(t, s)
	s.learn(t)
	moved := s.arrive(t, customer{handle: "customer12", ago: 5 * time.Minute, text: "@shop_help my order is late, nothing here"})
	s.advance(time.Minute)
	ids["anew"] = s.again(t, moved, "@shop_help my order arrived broken", "We are sorry that it is broken. Your reference is "+moved.Number+".").ID
	lead := []screen{
		{"approvals", "/", ""}, {"approvals-over", "/?show=over", ""}, {"approvals-empty", "/?account=nobody", ""},
		{"editor", fmt.Sprintf("/replies/%d/edit", ids["row1"]), ""},
		{"incidents", "/incidents", ""}, {"incident", fmt.Sprintf("/incidents/%d", spike), ""},
		{"cases", "/cases", ""}, {"case", "/cases/K-1001", ""}, {"case-impostor", "/cases/" + hit[0].Number, ""},
		{"mentions", "/mentions", ""}, {"templates", "/templates", ""}, {"rules", "/rules?last=200", ""},
		{"reports", "/reports", ""}, {"reports-today", "/reports?days=1", ""}, {"connections", "/connections", ""},
		{"audit", "/audit", ""}, {"help", "/help", ""}, {"search", "/search", ""}, {"search-found", "/search?q=order", ""}, {"erase", "/erase", ""}, {"erase-case", "/erase?case=K-1001", ""}, {"settings", "/settings", ""}, {"missing", "/nowhere", ""},
	}
	for _, state := range []string{"unknown", "blocked", "failed", "sent", "holding", "thread", "edited", "anew"} {
		lead = append(lead, screen{"card-" + state, fmt.Sprintf("/replies/%d", ids[state]), ""})
	}
	for i := range lead {
		lead[i].as = "lea"
	}
	return append(lead, screen{"people", "/settings/people", "max"},
		screen{"webhooks", "/settings/webhooks", "max"}, screen{"webhook", hook, "max"}, screen{"webhook-remove", hook + "/remove", "max"},
		screen{"person", fmt.Sprintf("/settings/people/%d", s.person(t, "ana").ID), "max"},
		screen{"forbidden", "/settings/people", "ana"}, screen{"login", "/login", ""})
}

// view shows pages at a width and in a theme.
func (b *browser) view(width int64, scheme string) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, 900))
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
	must(b.t, err)
}

// visit opens a screen as its person.
func (b *browser) visit(sc screen) {
	b.t.Helper()
	if sc.as == "" {
		_, err := chromedp.Call(b.ctx, network.ClearBrowserCookies, cdp.Empty{})
		must(b.t, err)
		b.do(chromedp.Navigate(b.shop.server.URL + sc.path))
		b.until(`document.readyState === "complete"`)
		return
	}
	b.enter(sc.as)
	b.open(sc.path)
}

// shoot writes a picture: of the whole page, or of the window where the page is
// made for it.
func (b *browser) shoot(file string, whole bool) {
	b.t.Helper()
	take := chromedp.CaptureScreenshot()
	if whole {
		take = chromedp.FullScreenshot(100)
	}
	picture, err := chromedp.Run(b.ctx, take)
	must(b.t, err)
	must(b.t, os.WriteFile(file, picture, 0o644))
}

// TestScreenshots writes a picture of every screen at 360, 768 and 1440 pixels,
// light and dark, to the folder of SOCIALWATCH_SCREENSHOTS: make screenshots.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("SOCIALWATCH_SCREENSHOTS")
	if dir == "" {
		t.Skip("SOCIALWATCH_SCREENSHOTS names no folder: make screenshots")
	}
	s := newShop(t)
	all := s.screens(t)
	b := newBrowser(t, s)
	for _, width := range []int64{360, 768, 1440} {
		for _, scheme := range []string{"light", "dark"} {
			b.view(width, scheme)
			for _, sc := range all {
				b.visit(sc)
				desk := eval[bool](b, `Boolean(document.querySelector(".desk"))`)
				b.shoot(filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", sc.name, width, scheme)), !desk)
			}
		}
	}
}

// TestPicturesOfTheReadme takes them from a demo that runs, by the link that it
// prints in SOCIALWATCH_DEMO, into the folder of SOCIALWATCH_SCREENSHOTS.
func TestPicturesOfTheReadme(t *testing.T) {
	link, dir := os.Getenv("SOCIALWATCH_DEMO"), os.Getenv("SOCIALWATCH_SCREENSHOTS")
	if link == "" || dir == "" {
		t.Skip("SOCIALWATCH_DEMO has no link of a demo: make screenshots")
	}
	b := newBrowser(t, nil)
	b.view(1440, "light")
	b.do(chromedp.Navigate(link))
	b.until(`document.querySelector("main form button")`)
	eval[bool](b, `(document.querySelector("main form button").click(), true)`)
	card := `document.querySelector('#rows .row [data-level="1"]')?.closest("a")`
	b.until(`document.querySelectorAll("#rows .row").length >= 12 && ` + card)
	eval[bool](b, `(`+card+`.click(), true)`)
	b.until(`document.querySelector("#card mark")`)
	b.shoot(filepath.Join(dir, "approvals.png"), false)
	b.view(390, "dark")
	b.do(chromedp.Reload())
	b.until(`document.querySelector("#card mark")`)
	b.shoot(filepath.Join(dir, "phone.png"), false)
}
