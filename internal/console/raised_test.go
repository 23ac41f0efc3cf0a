package console

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"socialwatch"
)

// raise makes a case one whose customer was asked to come in private and did not.
func (s *shop) raise(t *testing.T, cs socialwatch.Case) {
	t.Helper()
	ana := s.enter(t, "ana")
	r := s.replyOf(t, cs.Number)
	if done := ana.submit(ana.get("/replies/"+id(r)), "/approve", nil); done.status >= 400 {
		t.Fatalf("approving %s: %d", cs.Number, done.status)
	}
	s.advance(time.Minute)
	s.end(t, r.ID, socialwatch.Outcome{State: socialwatch.ReplySent, Handoff: true, Post: socialwatch.Published{PostID: "to " + cs.Number}})
	_, err := s.MissPrivate(t.Context(), s.now().Add(24*time.Hour), 24*time.Hour)
	must(t, err)
}

// Who was asked to come in private and did not stands on top wherever people look
// for work, and the row says what happened.
func TestRaisedCasesStandOnTop(t *testing.T) {
	s := newShop(t)
	var cases []socialwatch.Case
	for i := range 6 {
		cases = append(cases, s.arrive(t, customer{handle: fmt.Sprint("customer", i), text: "@shop_help where is my order", target: 2 * time.Hour}))
	}
	for _, cs := range cases[:raisedShown+1] {
		s.raise(t, cs)
	}
	s.advance(24 * time.Hour)
	ana := s.enter(t, "ana")
	listed := regexp.MustCompile(`data-id="(K-\d+)"( data-raised)?`)
	for _, path := range []string{"/cases", "/cases?order=due", "/cases?show=raised", "/cases?state=open"} {
		page := ana.get(path)
		var top []string
		seen := map[string]int{}
		for i, m := range listed.FindAllStringSubmatch(page.body, -1) {
			if seen[m[1]]++; (i <= raisedShown) != (m[2] != "") || seen[m[1]] > 1 {
				t.Errorf("%s: %s is in place %d", path, m[0], i)
			}
			top = append(top, m[1])
		}
		if got, want := strings.Join(top[:raisedShown+1], " "), numbered(cases[:raisedShown+1]); got != want {
			t.Errorf("%s: on top %s, want %s", path, got, want)
		}
		page.has(t, `<span class="chip bad">did not come in private</span>`)
	}
	ana.get("/cases?state=closed").hasNot(t, "data-raised")
	desk := ana.get("/")
	desk.has(t, "Did not come in private", cases[0].Number+" ", "write again, or resolve", `href="/cases?show=raised"`)
	desk.hasNot(t, `href="/cases/`+cases[raisedShown].Number+`"`)
	ana.get("/?show=snoozed").hasNot(t, "raised-title")
	ana.get("/cases/"+cases[0].Number).has(t, `<span class="chip bad">did not come in private</span>`)
	// An answer ends it.
	ana.submit(ana.get("/cases/"+cases[0].Number), "/answered", nil)
	desk = ana.get("/")
	desk.has(t, `href="/cases/`+cases[raisedShown].Number+`"`)
	desk.hasNot(t, `href="/cases/`+cases[0].Number+`"`)
}

func numbered(cases []socialwatch.Case) string {
	all := make([]string, len(cases))
	for i, cs := range cases {
		all[i] = cs.Number
	}
	return strings.Join(all, " ")
}
