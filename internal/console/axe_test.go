package console

import (
	"os"
	"strings"
	"testing"
)

// TestPagesHaveNoAccessibilityViolations runs axe-core, at the path in
// SOCIALWATCH_AXE (scripts/test fetches it), on every screen in both themes:
// WCAG 2.2 AA and axe's best practices.
func TestPagesHaveNoAccessibilityViolations(t *testing.T) {
	path := os.Getenv("SOCIALWATCH_AXE")
	if path == "" {
		const what = "SOCIALWATCH_AXE is not set: npm install axe-core, and name its axe.min.js"
		if os.Getenv("SOCIALWATCH_TEST_BROWSER") == "required" {
			t.Fatal(what)
		}
		t.Skip(what)
	}
	axe, err := os.ReadFile(path)
	must(t, err)
	s := newShop(t)
	all := s.screens(t)
	b := newBrowser(t, s)
	for _, look := range looks() {
		b.view(look.width, look.scheme)
		for _, sc := range all {
			b.visit(sc)
			eval[int](b, string(axe)+`;0`)
			eval[int](b, `window.found = null, axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
				.then((r) => { window.passed = r.passes.length, window.found = r.violations.map((v) => v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + n.failureSummary).join(" | ")) }), 0`)
			b.until(`window.found`)
			found := eval[[]string](b, `window.found`)
			for _, v := range found {
				t.Errorf("%s at %d px, %s: %s", sc.name, look.width, look.scheme, strings.Join(strings.Fields(v), " "))
			}
			t.Logf("%s at %d px, %s: %d rules passed, %d violations", sc.name, look.width, look.scheme, eval[int](b, `window.passed`), len(found))
		}
	}
}

// look is a width in pixels and a theme.
type look struct {
	width  int64
	scheme string
}

// looks are both themes, one wide and one narrow; the long form crosses them.
func looks() []look {
	all := []look{{360, "dark"}, {1440, "light"}}
	if os.Getenv("SOCIALWATCH_SOAK") != "" {
		all = append(all, look{360, "light"}, look{1440, "dark"})
	}
	return all
}
