package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// count is the length of a list.
func (g *rig) count(token, path string) int {
	g.t.Helper()
	status, _, body := g.do(request{method: http.MethodGet, path: "/api/v1" + path, token: token})
	var p struct{ Items []json.RawMessage }
	if err := json.Unmarshal([]byte(body), &p); err != nil || status != 200 {
		g.t.Errorf("%s: %d %s", path, status, body)
	}
	return len(p.Items)
}

func TestListsAreNarrowed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		g := newRigOn(t, o)
		two := g.seed(2)
		g.ignored()
		g.clock = g.clock.Add(time.Hour)
		robot, number := g.token("", api.Scopes...), two[0].Case.Number
		g.act(robot, number, "assign", `{"version":1,"assignee":"bo","team":"trust"}`)
		g.act(robot, number, "escalate", `{"version":2,"reason":"refund"}`)
		g.act(robot, number, "tags", `{"add":["parcel"]}`)
		g.act(robot, two[1].Case.Number, "snooze", `{"version":1,"until":"2026-11-02T12:00:00Z"}`)
		changed := g.clock.Format(time.RFC3339)
		g.fx.Log(t, 0)
		for path, want := range map[string]int{
			"/cases": 2, "/cases?network=mastodon": 2, "/cases?network=x": 0, "/cases?intent=stuck_order": 2, "/cases?intent=billing": 0,
			"/cases?level=3": 2, "/cases?level=1": 0, "/cases?team=trust": 1, "/cases?assignee=bo": 1, "/cases?tag=Parcel": 1, "/cases?escalated=true": 1,
			"/cases?snoozed=true": 1, "/cases?customer=@BY-" + two[0].Mention.ID + "@far.example": 1, "/cases?customer=nobody": 0,
			"/cases?updated_since=" + changed: 2, "/cases?updated_since=2026-12-01T00:00:00Z": 0, "/cases?incident=7": 0,
			"/replies": 1, "/replies?snoozed=true": 1, "/replies?case=" + number: 1, "/replies?case=K-1": 0, "/replies?network=x": 0, "/replies?level=3": 1,
			"/replies?intent=billing": 0, "/replies?team=trust": 1, "/replies?assignee=bo": 1, "/replies?escalated=true": 1, "/replies?language=xx": 0,
			"/mentions": 3, "/mentions?show=ignored": 1, "/mentions?show=cases": 2, "/mentions?network=x": 0, "/mentions?intent=billing": 0, "/mentions?language=xx": 0,
			"/events?kind=case.tagged": 1, "/events?kind=case.tagged&kind=case.assigned": 2, "/events?account=nowhere": 0, "/events?kind=x": 0,
		} {
			if got := g.count(robot, path); got != want {
				t.Errorf("%s: %d items, want %d", path, got, want)
			}
		}
		for _, path := range []string{"/cases?escalated=false", "/cases?level=0", "/cases?intent=x", "/cases?updated_since=today", "/cases?team=a&team=b",
			"/mentions?show=all", "/replies?snoozed=1", "/events/stream?after=x"} {
			g.expect(request{method: "GET", path: "/api/v1" + path, token: robot}, 400, "invalid-request")
		}
		if p, err := g.as("di").Cases(t.Context(), api.Query{}); err != nil || len(p.Items) > 0 || g.count(g.token("di", api.ScopeRead), "/mentions") > 0 {
			t.Errorf("of another account: %+v, %v", p, err)
		}
		g.expect(request{method: "GET", path: "/api/v1/events?account=help", token: g.token("di", api.ScopeRead)}, 403, "role-required")
	})
}

// Who follows updated_since page by page has every change, whatever changes
// meanwhile.
func TestCasesThatChangeWhileOnePagesComeAgain(t *testing.T) {
	g := newRig(t)
	all := g.seed(5)
	robot := g.token("", api.Scopes...)
	newest, cursor := map[string]int{}, ""
	for turn := 0; ; turn++ {
		_, _, body := g.do(request{method: http.MethodGet, path: "/api/v1/cases?limit=2&updated_since=2026-01-01T00:00:00Z" + cursor, token: robot})
		var p api.Page[api.CaseItem]
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			t.Fatal(err, body)
		}
		for _, c := range p.Items {
			newest[c.Number] = c.Version
		}
		if turn == 0 { // one that was on the first page, and one to come
			g.clock = g.clock.Add(time.Minute)
			for _, number := range []string{p.Items[0].Number, all[4].Case.Number} {
				g.act(robot, number, "state", fmt.Sprintf(`{"version":1,"state":%q}`, socialwatch.CaseOpen))
			}
		}
		if p.Next == nil {
			break
		}
		cursor = "&cursor=" + *p.Next
	}
	again := 0
	for _, version := range newest {
		again += version
	}
	if len(newest) != 5 || again != 7 {
		t.Errorf("%v", newest)
	}
}
