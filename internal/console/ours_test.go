package console

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"socialwatch"
)

// TestEveryRuleOfTheCheckStandsInItsList reads the catalogue: a rule that is new
// there needs its line among those that passed.
func TestEveryRuleOfTheCheckStandsInItsList(t *testing.T) {
	n := 0
	for key := range english {
		if rule, ok := strings.CutPrefix(key, "rule."); ok {
			n++
			if !slices.Contains(checks, rule) || english["check."+rule] == "" {
				t.Errorf("%s is not in the list of checks", rule)
			}
		}
	}
	if n != len(checks) {
		t.Errorf("%d rules have a name, %d are in the list", n, len(checks))
	}
}

func TestCardSaysWhichChecksPassed(t *testing.T) {
	s := newShop(t)
	ids := busyDay(t, s)
	lea := s.enter(t, "lea")
	fine := lea.get("/replies/" + fmtID(ids["row2"]))
	fine.has(t, "All checks passed", "<li>asks for no secret</li>", "<li>the template’s own words</li>")
	edited := lea.get("/replies/" + fmtID(ids["edited"]))
	edited.has(t, "24 of 25 checks passed", "<li>asks for no secret</li>")
	edited.hasNot(t, "<li>the template’s own words</li>")
}

func TestCardSaysHowLateAndWhichPostItIs(t *testing.T) {
	s := newShop(t)
	first := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order?", followers: 1200, ago: 3 * 24 * time.Hour, target: 3*24*time.Hour + 6*time.Minute})
	lea := s.enter(t, "lea")
	card := lea.get("/")
	card.has(t, `data-tick="first">due in 6 min of</time> 3 days`, `(1.2k<span class="sr"> followers</span>)`)
	card.hasNot(t, "post in 3 days")
	s.advance(10 * time.Minute)
	lea.get("/").has(t, `data-tick="first">4 min over its</time> 3 days`)
	if got := []string{ordinal(2), ordinal(3), ordinal(4), ordinal(12)}; !slices.Equal(got, []string{"2nd", "3rd", "4th", "12th"}) {
		t.Error(got)
	}
	s.arrive(t, customer{handle: "customer1", text: "@shop_help hello?", caseID: first.ID})
	lea.get("/").has(t, "first of 2 posts")
}

// Strangers' texts stay in their box, whatever they are made of; a long one is
// shown in part until somebody asks for all of it.
func TestBrowserKeepsWhatStrangersWriteInItsBox(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	zalgo := s.arrive(t, customer{handle: "customer1", name: strings.Repeat("N\u0301\u0323", 300), ago: time.Minute, text: "@shop_help " + strings.Repeat("o\u0300\u0323\u0489\u0334\u0301", 400)})
	long := s.arrive(t, customer{handle: "customer2", ago: time.Minute, target: 5 * time.Hour, text: "@shop_help " + strings.Repeat("W", 5000) + strings.Repeat("word ", 1000)})
	b.enter("ana")
	for _, cs := range []socialwatch.Case{zalgo, long} {
		b.open("/replies/" + id(s.replyOf(t, cs.Number)))
		if over := eval[int](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s: the page scrolls sideways by %d px", cs.Number, over)
		}
		if height := eval[int](b, `document.querySelector(".theirs").offsetHeight`); height > 400 {
			t.Errorf("%s: their post is %d px high", cs.Number, height)
		}
		if heights := eval[int](b, `new Set([...document.querySelectorAll("#rows .row")].map((r) => r.offsetHeight)).size`); heights != 1 {
			t.Errorf("rows have %d heights", heights)
		}
		if !eval[bool](b, `document.querySelector("form.approve").getBoundingClientRect().bottom <= innerHeight`) {
			t.Errorf("%s: the buttons are not on the screen", cs.Number)
		}
	}
	eval[int](b, `document.querySelector(".whole summary").click(), 1`)
	b.until(`document.querySelector(".theirs .post").offsetHeight > 1000`)
}

func fmtID(n int64) string { return strconv.FormatInt(n, 10) }
