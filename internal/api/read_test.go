package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

var jsonUnmarshal = json.Unmarshal

func TestListsPageWithoutLossOrRepeat(t *testing.T) {
	g := newRig(t)
	const n = 7
	g.seed(n)
	bo := g.as("bo")
	replies, cases := map[int64]bool{}, map[string]bool{}
	for q := (api.Query{Limit: 3}); ; {
		p, err := bo.Replies(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Items {
			replies[r.ID] = true
		}
		if p.Next == nil {
			break
		}
		if len(p.Items) != 3 {
			t.Errorf("%d items on a page that is not the last", len(p.Items))
		}
		q.Cursor = *p.Next
	}
	for q := (api.Query{Limit: n}); ; { // a full last page ends the list
		p, err := bo.Cases(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Items {
			cases[c.Number] = true
		}
		if p.Next == nil {
			break
		}
		t.Errorf("more after the last case: %s", *p.Next)
		break
	}
	if len(replies) != n || len(cases) != n {
		t.Errorf("%d replies and %d cases of %d", len(replies), len(cases), n)
	}
}

func TestListsFilterByStateAndAccount(t *testing.T) {
	g := newRig(t)
	two := g.seed(2)
	bo, ana := g.as("bo"), g.as("ana")
	if _, err := bo.Approve(t.Context(), two[0].Reply.ID, two[0].Reply.Hash, ""); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		q    api.Query
		want int
	}{
		{api.Query{}, 1},
		{api.Query{States: []string{"holding"}}, 1},
		{api.Query{States: []string{"holding", "awaiting"}}, 2},
		{api.Query{States: []string{"sent"}}, 0},
		{api.Query{Accounts: []string{storetest.Account}}, 1},
		{api.Query{Accounts: []string{"nowhere", "at all"}}, 0},
	} {
		p, err := ana.Replies(t.Context(), tc.q)
		if err != nil || len(p.Items) != tc.want {
			t.Errorf("%+v: %d, %v", tc.q, len(p.Items), err)
		}
	}
	p, err := ana.Cases(t.Context(), api.Query{States: []string{"closed"}})
	if err != nil || len(p.Items) != 0 {
		t.Errorf("%+v, %v", p, err)
	}
	_, err = bo.Replies(t.Context(), api.Query{Accounts: []string{"other"}})
	problemOf(t, err, "role-required")
	_, err = ana.Cases(t.Context(), api.Query{Cursor: "x"})
	if p := problemOf(t, err, "invalid-request"); !strings.Contains(p.Detail, "cursor") {
		t.Error(p.Detail)
	}
}

func TestPeopleSeeTheirAccountsOnly(t *testing.T) {
	g := newRig(t)
	one := g.seed(1)[0]
	for _, login := range []string{"di", "ed"} {
		c := g.as(login)
		if p, err := c.Replies(t.Context(), api.Query{}); err != nil || len(p.Items) != 0 {
			t.Errorf("%s: %+v, %v", login, p, err)
		}
		if p, err := c.Cases(t.Context(), api.Query{}); err != nil || len(p.Items) != 0 {
			t.Errorf("%s: %+v, %v", login, p, err)
		}
		_, err := c.Reply(t.Context(), one.Reply.ID)
		problemOf(t, err, "not-found")
		_, err = c.Case(t.Context(), one.Case.Number)
		if problemOf(t, err, "not-found"); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Error(err)
		}
		_, err = c.Events(t.Context(), 0, 0)
		problemOf(t, err, "role-required")
	}
	for _, login := range []string{"ana", "bo", "cy", ""} {
		if p, err := g.as(login).Replies(t.Context(), api.Query{}); err != nil || len(p.Items) != 1 {
			t.Errorf("%q: %+v, %v", login, p, err)
		}
	}
}

func TestCustomersWordsAreMaskedEverywhere(t *testing.T) {
	// The transport refuses every answer that holds one of raw.
	g := newRig(t)
	one := g.seed(1)[0]
	c := g.as("")
	l, err := c.Replies(t.Context(), api.Query{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.Reply(t.Context(), one.Reply.ID)
	if err != nil {
		t.Fatal(err)
	}
	cases, err := c.Cases(t.Context(), api.Query{})
	if err != nil {
		t.Fatal(err)
	}
	full, err := c.Case(t.Context(), one.Case.Number)
	if err != nil {
		t.Fatal(err)
	}
	for _, masked := range []string{l.Items[0].Post.Masked, d.Post.Masked, cases.Items[0].FirstPostMasked, full.Mentions[0].Post.Masked} {
		if !strings.Contains(masked, "****") || !strings.Contains(masked, "order 100-2233") {
			t.Errorf("%q", masked)
		}
	}
	for _, p := range []api.Post{l.Items[0].Post, d.Post, full.Mentions[0].Post} {
		if s := p.Signals[0]; p.Masked[s.Start:s.End] != "100-2233" || p.AuthorHandle != one.Mention.Author.Handle || p.ID != one.Mention.ID {
			t.Errorf("%+v", p)
		}
	}
	for _, a := range []api.Assessment{d.Assessment, full.Mentions[0].Assessment} {
		if len(a.Entities) != 1 || a.Entities[0].Kind != socialwatch.OrderNumber {
			t.Errorf("%+v", a.Entities)
		}
	}
}

func TestNumbersInFullNeedTheScope(t *testing.T) {
	g := newRig(t)
	one := g.seed(1)[0]
	for _, login := range []string{"", "ana"} {
		for _, tt := range []struct {
			scopes []string
			want   string
		}{
			{[]string{api.ScopeRead}, "*****233"}, {[]string{api.ScopeRead, api.ScopeEntities}, "100-2233"},
		} {
			c := &api.Client{BaseURL: g.url, Token: g.token(login, tt.scopes...), HTTP: g.http}
			cases, err := c.Cases(t.Context(), api.Query{})
			if err != nil {
				t.Fatal(err)
			}
			full, err := c.Case(t.Context(), one.Case.Number)
			if err != nil {
				t.Fatal(err)
			}
			d, err := c.Reply(t.Context(), one.Reply.ID)
			if err != nil {
				t.Fatal(err)
			}
			got := [][]string{cases.Items[0].Orders, full.Orders, {d.Assessment.Entities[0].Value}, {full.Mentions[0].Assessment.Entities[0].Value}}
			for i, values := range got {
				if len(values) != 1 || values[0] != tt.want {
					t.Errorf("%q, %v, place %d: %q, want %q", login, tt.scopes, i, values, tt.want)
				}
			}
		}
	}
}

func TestReplyTellsItsHistory(t *testing.T) {
	g := newRig(t)
	one := g.seed(1)[0]
	bo, cy := g.as("bo"), g.as("cy")
	edited, err := cy.Edit(t.Context(), one.Reply.ID, one.Reply.Hash, "Better words.")
	if err != nil {
		t.Fatal(err)
	}
	_, err = bo.Approve(t.Context(), one.Reply.ID, edited.Hash, "")
	if _, err := bo.Approve(t.Context(), one.Reply.ID, edited.Hash, problemOf(t, err, "confirm").Confirm); err != nil {
		t.Fatal(err)
	}
	g.doubt(socialwatch.Reply{ID: one.Reply.ID, Hash: edited.Hash})
	d, err := bo.Reply(t.Context(), one.Reply.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Versions) != 2 || d.Versions[1].Text != "Better words." || d.Versions[1].Author != "cy" || d.Versions[0].Author != socialwatch.System ||
		len(d.Attempts) != 1 || d.Attempts[0].Outcome != socialwatch.ReplyUnknown || d.Attempts[0].EndedAt == nil || d.LookAt != nil ||
		d.Case.Number != one.Case.Number || d.WholeText != "@"+one.Mention.Author.Handle+" Better words." {
		t.Errorf("%+v", d)
	}
	full, err := bo.Case(t.Context(), one.Case.Number)
	if err != nil || len(full.Replies) != 1 || full.Replies[0].State != socialwatch.ReplyUnknown || len(full.Events) < 5 || full.Events[0].Seq != nil {
		t.Errorf("%+v, %v", full, err)
	}
}

func TestEventsGoOnWhereTheyEnded(t *testing.T) {
	g := newRig(t)
	g.seed(3)
	g.fx.Log(t, 0) // number them
	robot := g.as("")
	var kinds []string
	after := int64(0)
	for {
		p, err := robot.Events(t.Context(), after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range p.Items {
			if *e.Seq <= after {
				t.Fatalf("%d after %d", *e.Seq, after)
			}
			after = *e.Seq
			kinds = append(kinds, e.Kind)
		}
		if p.Next != after {
			t.Fatalf("next %d after %d", p.Next, after)
		}
		if len(p.Items) == 0 {
			break
		}
	}
	if !slices.Contains(kinds, "case.opened") || len(kinds) < 3 {
		t.Errorf("%v", kinds)
	}
}

// TestWhoIsAheadOfTheLogIsToldSo: numbers come anew after an older backup was
// restored. The head itself is a place to go on from, also when its event is one
// about people, which nobody reads here.
func TestWhoIsAheadOfTheLogIsToldSo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		g := newRigOn(t, o)
		g.seed(1)
		c := g.fx.Changes(t)
		c.Events = []socialwatch.Event{{Kind: "people.test", Actor: "ana", At: start}}
		g.fx.MustSave(t, c)
		g.fx.Log(t, 0) // number them
		db := dbtest.Raw(t, o)
		defer db.Close()
		var head int64
		if err := db.QueryRowContext(t.Context(), "select value from counters where name = 'event'").Scan(&head); err != nil {
			t.Fatal(err)
		}
		robot := g.token("", api.ScopeRead)
		for _, address := range []string{"/events", "/events/stream"} {
			q := request{method: "HEAD", path: fmt.Sprint("/api/v1", address, "?after=", head), token: robot}
			if status, _, _ := g.do(q); status != 200 {
				t.Errorf("%s from the head: %d", address, status)
			}
			for _, filter := range []string{"", "&kind=case.opened", "&account=" + storetest.Account} {
				g.expect(request{method: "GET", path: fmt.Sprint("/api/v1", address, "?after=", head+1, filter), token: robot}, 409, "log-restored")
			}
		}
		l := listener{g: g, token: robot, last: head + 1}
		if said, err := l.listen(t.Context(), func() bool { return false }); err == nil || !strings.Contains(err.Error(), "log-restored") {
			t.Errorf("a stream from beyond the head: %v %s", err, said)
		}
	})
}

func TestMeSaysWhoseTokenItIs(t *testing.T) {
	g := newRig(t)
	me, err := g.as("bo").Me(t.Context())
	if err != nil || me.Kind != "person" || me.Login != "bo" || me.Name != "N bo" || me.Roles[storetest.Account] != socialwatch.RoleApprover ||
		!slices.Equal(me.Scopes, api.Scopes) {
		t.Errorf("%+v, %v", me, err)
	}
	me, err = g.as("").Me(t.Context())
	if err != nil || me.Kind != "system" || me.Login != "" || me.Roles == nil {
		t.Errorf("%+v, %v", me, err)
	}
}

func TestTeamStandsInEveryFormOfACase(t *testing.T) {
	g := newRig(t)
	one := g.seed(1)[0]
	bo := g.as("bo")
	reply, err := bo.Reply(t.Context(), one.Reply.ID)
	if err != nil {
		t.Fatal(err)
	}
	detail, err := bo.Case(t.Context(), one.Case.Number)
	if err != nil {
		t.Fatal(err)
	}
	replies, err := bo.Replies(t.Context(), api.Query{})
	if err != nil {
		t.Fatal(err)
	}
	cases, err := bo.Cases(t.Context(), api.Query{})
	if err != nil {
		t.Fatal(err)
	}
	for what, team := range map[string]string{"reply": reply.Case.Team, "case": detail.Team, "queue": replies.Items[0].Case.Team, "cases": cases.Items[0].Team} {
		if team != "support" {
			t.Errorf("%s: team %q", what, team)
		}
	}
}
