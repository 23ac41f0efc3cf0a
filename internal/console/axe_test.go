package console

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"socialwatch"
)

// TestPagesHaveNoAccessibilityViolations runs axe-core, at the path in
// SOCIALWATCH_AXE (scripts/test fetches it), on every page in both themes, wide
// and narrow: WCAG 2.2 AA and axe's best practices.
func TestPagesHaveNoAccessibilityViolations(t *testing.T) {
	path := os.Getenv("SOCIALWATCH_AXE")
	if path == "" {
		t.Skip("SOCIALWATCH_AXE is not set: npm install axe-core, and name its axe.min.js")
	}
	axe, err := os.ReadFile(path)
	must(t, err)
	s := newShop(t)
	b := newBrowser(t, s)
	ids := busyDay(t, s)
	spike, hit := s.outage(t, 11)
	s.poses(t, hit[0], socialwatch.Mastodon)
	alertDay(t, s)
	b.enter("lea")
	pages := []string{fmt.Sprintf("/incidents/%d", spike), "/incidents", "/cases/" + hit[0].Number, "/", "/?show=over", "/replies/1/edit", "/cases", "/cases/K-1001", "/mentions", "/templates", "/rules?last=200", "/reports", "/reports?days=1", "/connections", "/settings", "/help"}
	for _, state := range []string{"unknown", "blocked", "failed", "sent", "holding", "thread", "edited"} {
		pages = append(pages, fmt.Sprintf("/replies/%d", ids[state]))
	}
	for _, width := range []int64{360, 1440} {
		for _, scheme := range []string{"light", "dark"} {
			b.do(chromedp.EmulateViewport(width, 900))
			_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
			must(t, err)
			for _, page := range pages {
				b.open(page)
				eval[int](b, string(axe)+`;0`)
				eval[int](b, `window.found = null, axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
					.then((r) => { window.found = r.violations.map((v) => v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + n.failureSummary).join(" | ")) }), 0`)
				b.until(`window.found`)
				for _, v := range eval[[]string](b, `window.found`) {
					t.Errorf("%s at %d px, %s: %s", page, width, scheme, strings.Join(strings.Fields(v), " "))
				}
			}
		}
	}
}
