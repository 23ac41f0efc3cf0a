package console

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"socialwatch"
)

// What axe cannot see of WCAG 2.2 AA (product note, section 5), as scripts that
// return what is wrong on a page.
const (
	// 1.4.10, and 1.4.4 as half the width: nothing but tables and code scrolls sideways.
	jsReflow = `(() => {
	const wide = document.documentElement.scrollWidth - innerWidth;
	const far = (n) => n.getBoundingClientRect().right > innerWidth + 1;
	if (wide <= 0) return [];
	return [...document.querySelectorAll("body *")].filter((n) => far(n) && ![...n.children].some(far) && !n.closest(".scroll, table, pre, nav"))
		.slice(0, 4).map((n) => "reaches " + wide + " px too far: " + n.outerHTML.slice(0, 90));
})()`
	// 1.4.12: with the spacing that people may need, controls still show their words.
	jsSpacing = `(() => {
	const sheet = new CSSStyleSheet();
	sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } p { margin-bottom: 2em !important; }");
	document.adoptedStyleSheets = [sheet];
	const wrong = [...document.querySelectorAll("button, a.button, summary, label, th, h1, h2, h3, .chip")].filter((n) => n.checkVisibility() &&
		["hidden", "clip"].includes(getComputedStyle(n).overflowX) && !n.classList.contains("sr") && n.scrollWidth > n.clientWidth + 1)
		.slice(0, 4).map((n) => "cut with wider spacing: " + n.innerText);
	document.adoptedStyleSheets = [];
	return wrong;
})()`
	// 2.5.8: targets are 24 px or more, but for links within a sentence.
	jsTargets = `[...document.querySelectorAll("button, summary, select, input:not([type=hidden]), a[href]")].filter((n) => {
	if (!n.checkVisibility({visibilityProperty: true}) || n.closest(".sr, .skip, svg")) return false;
	const label = n.closest("label") || n, box = label.getBoundingClientRect();
	const inText = n.tagName === "A" && getComputedStyle(n).display === "inline";
	return !inText && box.width > 0 && (box.width < 24 || box.height < 23.5);
}).slice(0, 4).map((n) => "smaller than 24 px: " + n.outerHTML.slice(0, 80))`
	// 1.3.1, 2.4.1, 2.4.6, 3.1.1: the frame of a page.
	jsFrame = `(() => {
	const wrong = [], heads = [...document.querySelectorAll("h1")].filter((n) => n.checkVisibility());
	if (heads.length !== 1) wrong.push(heads.length + " h1: " + heads.map((n) => n.innerText));
	if (!document.documentElement.lang) wrong.push("no lang");
	if (document.querySelectorAll("main").length !== 1) wrong.push("no main");
	if (!document.querySelector("a.skip[href='#main']")) wrong.push("no skip link");
	if (!document.title.includes("socialwatch")) wrong.push("no title");
	return wrong;
})()`
	// 3.1.2: what customers wrote and what we answer names its language.
	jsLanguages = `[...document.querySelectorAll("blockquote, textarea#text")].filter((n) => !n.lang && n.innerText.trim()).slice(0, 4).map((n) => "no lang: " + n.outerHTML.slice(0, 80))`
	// 4.1.2: a row is called what its first line says.
	jsRows = `[...document.querySelectorAll("#rows .row > a")].filter((a) => !a.hasAttribute("aria-label") && !(a.getAttribute("aria-labelledby") || "").split(" ").every((id) => document.getElementById(id)?.innerText.trim()))
	.slice(0, 4).map((a) => "no name: " + a.outerHTML.slice(0, 120))`
)

func TestScreensHoldWhatAxeCannotSee(t *testing.T) {
	s := newShop(t)
	all := s.screens(t)
	b := newBrowser(t, s)
	report := func(sc screen, what string) {
		t.Helper()
		for _, wrong := range eval[[]string](b, what) {
			t.Errorf("%s: %s", sc.name, wrong)
		}
	}
	for _, sc := range all {
		b.view(320, "light")
		b.visit(sc)
		report(sc, jsReflow)
		report(sc, jsTargets)
		report(sc, jsFrame)
		b.view(640, "light")
		report(sc, jsReflow)
		b.view(1280, "light")
		report(sc, jsReflow)
		report(sc, jsTargets)
		report(sc, jsFrame)
		report(sc, jsLanguages)
		report(sc, jsRows)
		report(sc, jsSpacing)
	}
}

// jsFocus tells where the focus is and what is wrong with that (2.4.7, 2.4.11):
// it must be seen, outlined, and not lie below a bar.
const jsFocus = `(() => {
	const n = document.activeElement;
	if (!n || n === document.body || n === document.documentElement) return ["end"];
	const box = n.getBoundingClientRect(), style = getComputedStyle(n), name = n.outerHTML.slice(0, 100), wrong = ["at"];
	const edge = [style, ...[...n.children].map((c) => getComputedStyle(c)), getComputedStyle(n.parentElement)];
	if (n.tagName === "INPUT" && n.type.startsWith("date")) return wrong; // its parts have outlines of the browser's
	if (!edge.some((s) => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1)) wrong.push("no outline: " + name);
	if (box.bottom < 0 || box.top > innerHeight || box.right < 0 || box.left > innerWidth) wrong.push("out of sight: " + name);
	else {
		const x = Math.min(Math.max(box.left + Math.min(box.width / 2, 20), 1), innerWidth - 1);
		const seen = [box.top + 2, box.top + box.height / 2, box.bottom - 2].some((y) => {
			const top = document.elementFromPoint(x, Math.min(Math.max(y, 1), innerHeight - 1));
			return top && (n.contains(top) || top.contains(n) || top.closest("label")?.contains(n));
		});
		if (!seen) wrong.push("covered: " + name);
	}
	return wrong;
})()`

// TestFocusGoesThroughEveryScreen: by Tab alone one comes through the page and out
// of it again (2.1.1, 2.1.2), and always sees where one is.
func TestFocusGoesThroughEveryScreen(t *testing.T) {
	s := newShop(t)
	all := s.screens(t)
	b := newBrowser(t, s)
	widths := []int64{360}
	if os.Getenv("SOCIALWATCH_SOAK") != "" {
		widths = append(widths, 1280)
	}
	for _, width := range widths {
		b.view(width, "light")
		for _, sc := range all {
			if strings.HasPrefix(sc.name, "card-") && sc.name != "card-unknown" && sc.name != "card-thread" {
				continue
			}
			b.visit(sc)
			eval[int](b, `document.activeElement?.blur(), scrollTo(0, 0), 0`)
			const most = 400
			for n := 0; ; n++ {
				b.press("\t")
				found := eval[[]string](b, jsFocus)
				if found[0] == "end" {
					break
				}
				for _, wrong := range found[1:] {
					t.Errorf("%s at %d px: %s", sc.name, width, wrong)
				}
				if n == most {
					t.Errorf("%s at %d px: the focus does not leave the page", sc.name, width)
					break
				}
			}
		}
	}
}

// hostile are posts that were written to break a page.
var hostile = []string{
	`@shop_help <script>window.owned = 1</script><img src=x onerror="window.owned = 1"><style>*{display:none}</style><a href="javascript:window.owned=1">where is my order</a>`,
	"@shop_help where is my order \u202e\u2066 1001 \u202d reversed \u200f\u061c and back",
	"@shop_help where is my order? " + strings.Repeat("still nothing here after nine days, ", 280),
	"@shop_help z" + strings.Repeat("\u0334\u0346\u031a\u0321\u0347\u0353\u0311\u0312\u0343\u033e", 30) + "algo: where is my order? it has not moved",
	"@shop_help " + strings.Repeat("a", 3000) + " where is my order?",
	"@shop_help </blockquote></article></main><form action=/stop method=post><button>Approve</button></form> my order is late",
	"@shop_help ‮\u0000\ufeff\ufffd 👩‍👩‍👧‍👦🏳️‍🌈 𝓌𝒽ℯ𝓇ℯ is my order, 9 days late ﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽",
}

// TestHostilePostsAreHarmlessInTheBrowser: no script runs, no style and no form of
// a post takes effect, nothing flows over the rest of the page.
func TestHostilePostsAreHarmlessInTheBrowser(t *testing.T) {
	s := newShop(t)
	var paths []string
	for i, text := range hostile {
		c := s.arrive(t, customer{handle: fmt.Sprintf("customer%d", i+1), name: hostile[0], text: socialwatch.CleanText(text), ago: 20 * time.Minute})
		paths = append(paths, fmt.Sprintf("/replies/%d", s.replyOf(t, c.Number).ID), "/cases/"+c.Number)
	}
	paths = append(paths, "/", "/cases", "/mentions")
	b := newBrowser(t, s)
	b.enter("lea")
	for _, width := range []int64{360, 1440} {
		b.view(width, "light")
		for _, path := range paths {
			b.open(path)
			for _, wrong := range eval[[]string](b, jsReflow) {
				t.Errorf("%s at %d px: %s", path, width, wrong)
			}
			if eval[bool](b, `window.owned !== undefined || document.querySelector("main form[action='/stop']") || !document.querySelector("main").checkVisibility()`) {
				t.Errorf("%s: a post takes effect", path)
			}
			for _, wrong := range eval[[]string](b, `[...document.querySelectorAll("#rows .row")].filter((n) => n.offsetHeight > 260).map((n) => "a row of " + n.offsetHeight + " px: " + n.innerText.slice(0, 60))`) {
				t.Errorf("%s at %d px: %s", path, width, wrong)
			}
		}
	}
}
