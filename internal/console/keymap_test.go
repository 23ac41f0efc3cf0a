package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"socialwatch"
)

func TestOwnKeysAreShownAndBadOnesRefused(t *testing.T) {
	s := newShop(t)
	s.arrive(t, customer{handle: "customer1", text: "@shop_help <kbd>a</kbd> where is my order?"})
	ana := s.enter(t, "ana")
	own := ana.post("/settings", url.Values{"keymap": {"own"}, "own.a": {"y"}, "own.e": {"a"}, "own.j": {"<"}, "own.r": {""}})
	if own.status != http.StatusSeeOther {
		t.Fatalf("status %d", own.status)
	}
	var cookie string
	for _, c := range own.header.Values("Set-Cookie") {
		if value, ok := strings.CutPrefix(c, keymapCookie+"="); ok {
			cookie, _, _ = strings.Cut(value, ";")
		}
	}
	with := func(value string) answer {
		r, err := http.NewRequestWithContext(t.Context(), "GET", s.server.URL+"/", nil)
		must(t, err)
		r.AddCookie(&http.Cookie{Name: keymapCookie, Value: value})
		return ana.do(r)
	}
	page := with(cookie)
	page.has(t, "Approve <kbd>y</kbd>", "Edit <kbd>a</kbd>", "Reject <kbd>r</kbd>", "<kbd>&lt;</kbd> <kbd>k</kbd>", "&lt;kbd&gt;a&lt;/kbd&gt; ")
	page.hasNot(t, "<kbd>e</kbd>", "<kbd><</kbd>")
	for _, bad := range []string{"a=r", "a=7", "a=g", "a=yy", "a=%00", "%zz", "a= "} {
		with(bad).has(t, "Approve <kbd>a</kbd>")
	}
	for want, form := range map[string]url.Values{
		"“e” can’t be both “approve” and “edit”.":     {"keymap": {"own"}, "own.a": {"e"}},
		"“7” can’t be a key for “approve”":            {"keymap": {"own"}, "own.a": {"7"}},
		"“gg” can’t be a key for “undo while it hold": {"keymap": {"own"}, "own.u": {"gg"}},
	} {
		if r := ana.post("/settings", form); r.status != http.StatusUnprocessableEntity {
			t.Errorf("%v: status %d", form, r.status)
		} else {
			r.has(t, want)
		}
	}
}

func TestBrowserObeysOwnKeys(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	cases := s.three(t)
	b.enter("ana")
	_, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: keymapCookie, Value: "a=y&j=m&.=l", URL: s.server.URL})
	must(t, err)
	b.open("/")
	b.press("m")
	b.until(has("#card", cases[1].Number))
	b.settled()
	b.press("a") // presses nothing now
	b.press("j")
	s.arrive(t, customer{handle: "customer9", text: "@shop_help where is my order", ago: 1e12})
	b.until(has("#fresh", "1 new, press l"))
	s.is(t, cases[1], socialwatch.ReplyAwaiting)
	b.press("y")
	b.until(has("#notice", "Approved "+cases[1].Number))
}

// What was typed comes back over the text that it was to change, and over no
// other.
func TestBrowserKeepsTypedTextForItsVersionOnly(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	cs := s.three(t)[0]
	b.enter("ana")
	path := "/replies/" + id(s.replyOf(t, cs.Number)) + "/edit"
	b.open(path)
	b.until(`document.activeElement.id === "text"`)
	b.press(" Typed.")
	b.until(`Object.keys(sessionStorage).some((k) => k.startsWith("draft"))`)
	b.open("/")
	b.open(path)
	b.until(`document.getElementById("text").value.endsWith(" Typed.")`)
	s.ottoEdits(t, cs)
	b.open(path)
	b.until(`document.activeElement.id === "text"`)
	if got := eval[string](b, `document.getElementById("text").value`); got != "Another text, "+cs.Number+"." {
		t.Errorf("over the newer version stands %q", got)
	}
}
