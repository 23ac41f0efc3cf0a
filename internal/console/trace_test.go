package console

import (
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// The trace is of one post; of a follow-up it says what the post gave that
// opened the case. Each finding has people's words and its technical name.
func TestTraceIsOfOnePostAndNamesTheOpening(t *testing.T) {
	first := store.MentionRow{ID: 1, Assessment: socialwatch.Assessment{Intent: socialwatch.StuckOrder, Score: 49, Signals: []socialwatch.Signal{
		{Name: "stuck_order.not_moved", Points: 30}, {Name: "case.days_waited", Points: 19}, {Name: "billing.charged_twice", Points: 3}}}}
	again := store.MentionRow{ID: 2, Mention: socialwatch.Mention{Post: socialwatch.Post{Text: "so, again, where is it?"}}, Assessment: socialwatch.Assessment{Intent: socialwatch.Other, Score: 21, Signals: []socialwatch.Signal{
		{Name: "urgency.repeated", Start: 4, End: 9, Points: 21}, {Name: "stuck_order.late", Points: 15}}}}
	v := traced(store.Card{Parent: again, Thread: []store.MentionRow{first, again}})
	if want := "The post that opened the case gave Stuck order, priority 49: not moved 30, days waited 19."; v.Opening != want {
		t.Errorf("%q, want %q", v.Opening, want)
	}
	for _, want := range []traceLine{{"repeated", "urgency.repeated", "+21", "again"}, {"Stuck order: late", "stuck_order.late", "+15", ""}} {
		if !slices.Contains(v.Lines, want) {
			t.Errorf("no %+v in %+v", want, v.Lines)
		}
	}
	for _, card := range []store.Card{{Parent: first, Thread: []store.MentionRow{first, again}}, {Parent: first}} {
		if v := traced(card); v.Opening != "" {
			t.Errorf("of the post that opened the case: %q", v.Opening)
		}
	}
}

func TestRowsMarkWhatWeighs(t *testing.T) {
	c := &Console{o: Options{House: House{WideReach: 10_000}}.withDefaults()}
	texts := func(q store.QueueRow) string {
		var all []string
		for _, chip := range c.rowChips(q) {
			all = append(all, chip.Text)
		}
		return strings.Join(all, ", ")
	}
	warn := func(rules ...string) (r socialwatch.Reply) {
		for _, rule := range rules {
			r.Findings = append(r.Findings, socialwatch.Finding{Rule: rule})
		}
		return r
	}
	for want, q := range map[string]store.QueueRow{
		"":                                   {},
		"VIP":                                {Author: socialwatch.Author{Followers: 10_000}, Reply: warn(socialwatch.RuleWideReach)},
		"VIP, impostor, warnings, spike, bo": {Author: socialwatch.Author{Followers: 20_000}, Reply: warn("impostor", "tone", socialwatch.RuleWideReach), Incident: 3, Assignee: "bo", Team: "trust"},
		"post deleted, trust":                {Gone: true, EditedAt: time.Now(), Team: "trust"},
		"post edited":                        {EditedAt: time.Now(), Author: socialwatch.Author{Followers: 9_999}},
		"blocked":                            {Reply: socialwatch.Reply{Findings: []socialwatch.Finding{{Rule: "secret", Blocks: true}, {Rule: "tone"}}}},
	} {
		if got := texts(q); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	c.o.House.Teams = []string{"support", "support"}
	if got := texts(store.QueueRow{Team: "support"}); got != "" {
		t.Errorf("%q on every row of a shop with one team", got)
	}
	if got := texts(store.QueueRow{Team: "trust"}); got != "trust" {
		t.Errorf("%q of a team beside the shop's one", got)
	}
	c.o.House.Teams = []string{"support", "trust"}
	if got := texts(store.QueueRow{Team: "support"}); got != "support" {
		t.Errorf("%q where there are two teams", got)
	}
}

func TestAnAccountThatWasNeverReadSaysWhy(t *testing.T) {
	now := time.Now()
	c := &Console{o: Options{Now: func() time.Time { return now }}.withDefaults()}
	v := c.judge(store.Connection{Name: "shop_help", Network: socialwatch.Mastodon, Failures: 4, PolledAt: now.Add(-20 * time.Second), Error: "401 Unauthorized"}, socialwatch.Purse{})
	if want := "Mastodon (shop_help) could not be read once (tries that failed: 4, the last 20 s ago): 401 Unauthorized."; v.alarm != want || !v.broken {
		t.Errorf("%q, want %q", v.alarm, want)
	}
}

// A key whose right is missing says which, and who grants it.
func TestBrowserKeysSayWhichRightIsMissing(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	s.three(t)
	for login, want := range map[string]string{"rita": "deciding the role “approver”", "otto": "Deciding needs the role “approver” on account shop_help, which an admin grants."} {
		b.enter(login)
		b.open("/")
		b.settled()
		b.press("a")
		b.until(has("#card .lacks.told", want) + `&& document.getElementById("say").textContent.includes("` + want + `")`)
	}
}
