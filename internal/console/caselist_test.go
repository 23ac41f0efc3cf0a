package console

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"socialwatch/internal/store"
)

// The list of cases by deadline, of a team and a matter, as the address says.
func TestCasesByDeadlineOfATeamAndAMatter(t *testing.T) {
	s := newShop(t)
	s.console.o.House.Teams = []string{"team-x", "trust"}
	late := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order", ago: time.Hour})
	soon := s.arrive(t, customer{handle: "customer2", text: "@shop_help I was charged twice", ago: 10 * time.Minute})
	calm := s.arrive(t, customer{handle: "customer3", text: "@shop_help where is my order", ago: 5 * time.Minute, target: 2 * time.Hour})
	d, err := s.Case(t.Context(), soon.Number)
	must(t, err)
	_, err = s.Assign(t.Context(), store.Assignment{CaseWork: store.CaseWork{Number: soon.Number, Version: d.Case.Version, By: s.person(t, "ana"), At: s.now()}, Login: new("ana")})
	must(t, err)
	ana := s.enter(t, "ana")
	listed := regexp.MustCompile(`data-id="(K-\d+)"`)
	for path, want := range map[string]string{
		"/cases":           calm.Number + " " + soon.Number + " " + late.Number,
		"/cases?order=due": late.Number + " " + soon.Number + " " + calm.Number,
		"/cases?order=due&team=team-x&intent=stuck_order":                 late.Number + " " + calm.Number,
		"/cases?order=due&team=trust":                                     "",
		"/cases?order=due&team=team-x&assignee=ana":                       soon.Number,
		"/cases?order=sideways&intent=billing":                            soon.Number,
		"/cases?order=due&intent=billing&state=new&state=closed&account=": soon.Number,
	} {
		page := ana.get(path)
		var got []string
		for _, m := range listed.FindAllStringSubmatch(page.body, -1) {
			got = append(got, m[1])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s lists %v, want %s", path, got, want)
		}
		if strings.Contains(path, "order=due") {
			page.has(t, `<option value="due" selected>`)
		}
	}
	page := ana.get("/cases?team=team-x")
	page.has(t, "<bdi>ana</bdi>", `Team </span><bdi>team-x</bdi>`, `<option value="team-x" selected>`)
	ana.get("/").has(t, `<span class="chip who">ana</span>`, `<span class="chip who">team-x</span>`)
}
