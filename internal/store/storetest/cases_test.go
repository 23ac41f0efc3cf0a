package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// caseMove takes a case, as seen, to another state.
func caseMove(c socialwatch.Case, to socialwatch.CaseState, by socialwatch.Person) store.CaseMove {
	return store.CaseMove{Number: c.Number, Version: c.Version, To: to, By: by, At: Start.Add(time.Hour)}
}

func TestCasesPageNewestFirst(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		s := fx.Seed(t, "post", 9) // opened at one moment: the number decides
		fx.exec(t, fmt.Sprintf("update cases set state = 'merged' where id = %d", s[3].Case.ID))
		fx.exec(t, fmt.Sprintf("update cases set account = 'other' where id = %d", s[4].Case.ID))
		var got []string
		f := store.CaseFilter{Limit: 3}
		for {
			rows, next, err := fx.Cases(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				got = append(got, r.Case.Number)
				if r.Mentions != 1 || r.Reply != socialwatch.ReplyAwaiting || r.Body == "" || r.Masked == "" {
					t.Errorf("row %+v", r)
				}
			}
			if f.After = next; next == "" || len(got) > 20 {
				break
			}
		}
		var want []string
		for i := 8; i >= 0; i-- {
			if i != 3 {
				want = append(want, s[i].Case.Number)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		for name, c := range map[string]struct {
			f    store.CaseFilter
			want int
		}{
			"an account": {store.CaseFilter{Accounts: []string{"other"}}, 1},
			"no account": {store.CaseFilter{Accounts: []string{}}, 0},
			"a state":    {store.CaseFilter{States: []socialwatch.CaseState{socialwatch.CaseMerged}}, 1},
			"two states": {store.CaseFilter{States: []socialwatch.CaseState{socialwatch.CaseMerged, socialwatch.CaseNew}}, 9},
		} {
			if rows, _, err := fx.Cases(t.Context(), c.f); err != nil || len(rows) != c.want {
				t.Errorf("%s: %d rows, %v", name, len(rows), err)
			}
		}
		if _, _, err := fx.Cases(t.Context(), store.CaseFilter{States: []socialwatch.CaseState{"lost"}}); err == nil {
			t.Error("a state that is none")
		}
	})
}

// By deadline stand those alone that owe a first response, the soonest first.
func TestCasesByDeadlineAreThoseThatOweAnAnswer(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		s := fx.Seed(t, "post", 8)
		for i, minutes := range []int{50, 20, 40, 10, 30, 60, 70, 20} {
			due := Start.Add(time.Duration(minutes) * time.Minute)
			fx.exec(t, fmt.Sprintf("update cases set due_at = %s where id = %d", fx.stamp(due), s[i].Case.ID))
		}
		fx.exec(t, fmt.Sprintf("update cases set responded_at = opened_at where id = %d", s[3].Case.ID))
		fx.exec(t, fmt.Sprintf("update cases set state = 'closed' where id = %d", s[4].Case.ID))
		fx.exec(t, fmt.Sprintf("update cases set team = 'trust', intent = 'billing' where id in (%d, %d, %d)", s[3].Case.ID, s[2].Case.ID, s[5].Case.ID))
		list := func(f store.CaseFilter) (got []string) {
			t.Helper()
			for {
				rows, next, err := fx.Cases(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range rows {
					got = append(got, r.Case.Number)
				}
				if f.After = next; next == "" || len(got) > 20 {
					return got
				}
			}
		}
		numbers := func(at ...int) (all []string) {
			for _, i := range at {
				all = append(all, s[i].Case.Number)
			}
			return all
		}
		for name, c := range map[string]struct {
			f    store.CaseFilter
			want []string
		}{
			"all":                {store.CaseFilter{Due: true, Limit: 2}, numbers(1, 7, 2, 0, 5, 6)},
			"of a team":          {store.CaseFilter{Due: true, Team: "trust", Limit: 1}, numbers(2, 5)},
			"of a matter":        {store.CaseFilter{Due: true, Intent: socialwatch.Billing}, numbers(2, 5)},
			"closed ones":        {store.CaseFilter{Due: true, States: []socialwatch.CaseState{socialwatch.CaseClosed}}, nil},
			"a team's, newest":   {store.CaseFilter{Team: "trust", Limit: 2}, numbers(5, 3, 2)},
			"a matter's, newest": {store.CaseFilter{Intent: socialwatch.Billing, Limit: 2}, numbers(5, 3, 2)},
		} {
			if got := list(c.f); !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
		_, next, err := fx.Cases(t.Context(), store.CaseFilter{Due: true, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := fx.Cases(t.Context(), store.CaseFilter{After: next}); !errors.Is(err, store.ErrCursor) {
			t.Errorf("a cursor of another order: %v", err)
		}
	})
}

func TestCaseHoldsAllThatBelongsToIt(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx := t.Context()
		s := fx.Seed(t, "post", 2)
		d, err := fx.Case(ctx, s[0].Case.Number)
		if err != nil || d.Case.ID != s[0].Case.ID || len(d.Mentions) != 1 || len(d.Replies) != 1 || len(d.Events) != 4 ||
			d.Older != "" || d.MergedFrom != "" || d.Events[3].Kind != socialwatch.EventCaseOpened {
			t.Errorf("%+v, %v", d, err)
		}
		// A merged number leads to the survivor.
		fx.exec(t, fmt.Sprintf("update cases set state = 'merged', merged_into = %d where id = %d", s[0].Case.ID, s[1].Case.ID))
		d, err = fx.Case(ctx, s[1].Case.Number)
		if err != nil || d.Case.Number != s[0].Case.Number || d.MergedFrom != s[1].Case.Number {
			t.Errorf("%+v, %v", d, err)
		}
		fx.exec(t, fmt.Sprintf("update cases set merged_into = %d where id = %d", s[1].Case.ID, s[0].Case.ID))
		if _, err := fx.Case(ctx, s[1].Case.Number); err == nil || !strings.Contains(err.Error(), "circle") {
			t.Errorf("merges in a circle: %v", err)
		}
		if _, err := fx.Case(ctx, "K-0"); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("no such case: %v", err)
		}
	})
}

func TestTimelinePagesBackwards(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 1)[0]
		c := fx.Changes(t)
		for i := range 250 {
			c.Events = append(c.Events, socialwatch.Event{Kind: socialwatch.EventCaseUpdated, CaseID: s.Case.ID, CaseVersion: i})
		}
		fx.MustSave(t, c)
		d, err := fx.Case(t.Context(), s.Case.Number)
		if err != nil || len(d.Events) != 200 || d.Older == "" {
			t.Fatalf("%d events, %q, %v", len(d.Events), d.Older, err)
		}
		older, next, err := fx.Timeline(t.Context(), s.Case.ID, d.Older, 100)
		if err != nil || len(older) != 54 || next != "" {
			t.Fatalf("%d older events, %q, %v", len(older), next, err)
		}
		all := append(d.Events, older...)
		for i := 1; i < len(all); i++ {
			if all[i].ID >= all[i-1].ID {
				t.Fatalf("event %d after %d", all[i].ID, all[i-1].ID)
			}
		}
	})
}

func TestAPersonMovesACase(t *testing.T) {
	states := []socialwatch.CaseState{socialwatch.CaseNew, socialwatch.CaseOpen, socialwatch.CaseWaiting,
		socialwatch.CaseResolved, socialwatch.CaseClosed, socialwatch.CaseMerged}
	allowed := map[socialwatch.CaseState][]socialwatch.CaseState{
		socialwatch.CaseNew:      {socialwatch.CaseOpen, socialwatch.CaseWaiting, socialwatch.CaseResolved},
		socialwatch.CaseOpen:     {socialwatch.CaseWaiting, socialwatch.CaseResolved},
		socialwatch.CaseWaiting:  {socialwatch.CaseOpen, socialwatch.CaseResolved},
		socialwatch.CaseResolved: {socialwatch.CaseOpen},
	}
	onBench(t, func(t *testing.T, fx bench) {
		ben := fx.Hire(t, "ben", socialwatch.RoleAuthor)
		for i, from := range states {
			for j, to := range states {
				s := fx.Seed(t, fmt.Sprintf("p%d%d", i, j), 1)[0]
				put(t, fx, s.Reply.ID, socialwatch.ReplyRejected)
				fx.exec(t, fmt.Sprintf("update cases set state = '%s', resolved_at = opened_at where id = %d", from, s.Case.ID))
				before := dump(t, fx)
				c, err := fx.SetCaseState(t.Context(), caseMove(s.Case, to, ben))
				if !slices.Contains(allowed[from], to) {
					if !errors.Is(err, socialwatch.ErrConflict) || dump(t, fx) != before {
						t.Errorf("%s to %s: %v", from, to, err)
					}
					continue
				}
				d, readErr := fx.Case(t.Context(), s.Case.Number)
				if err != nil || readErr != nil || c.State != to || d.Case.State != to || d.Case.Version != s.Case.Version+1 ||
					d.Case.ResolvedAt.IsZero() == (to == socialwatch.CaseResolved) || c.Version != d.Case.Version {
					t.Errorf("%s to %s: %+v, %v", from, to, d.Case, err)
				}
				kind := socialwatch.EventCaseState
				if from == socialwatch.CaseResolved {
					kind = socialwatch.EventCaseReopened
				}
				if e := d.Events[0]; e.Kind != kind || e.Actor != "ben" || e.CaseVersion != c.Version || e.Data["from"] != string(from) {
					t.Errorf("%s to %s: %+v", from, to, e)
				}
			}
		}
	})
}

func TestNoCaseIsResolvedWhileAReplyStands(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ben := fx.Hire(t, "ben", socialwatch.RoleAuthor)
		s := fx.Seed(t, "post", 1)[0]
		for _, state := range allStates {
			put(t, fx, s.Reply.ID, state)
			fx.exec(t, "update cases set state = 'open', version = 1")
			_, err := fx.SetCaseState(t.Context(), caseMove(s.Case, socialwatch.CaseResolved, ben))
			if state.Final() != (err == nil) || err != nil && (!errors.Is(err, socialwatch.ErrConflict) || !strings.Contains(err.Error(), string(state))) {
				t.Errorf("with a reply that is %s: %v", state, err)
			}
			fx.exec(t, "update replies set post_id = null, state = 'rejected'")
		}
		fx.exec(t, "update cases set state = 'open', version = 5")
		if _, err := fx.SetCaseState(t.Context(), caseMove(s.Case, socialwatch.CaseWaiting, ben)); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("another version: %v", err)
		}
	})
}

// Of resolving a case and drafting a reply in it, one wins.
func TestResolveOrProposeNeverBoth(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ben := fx.Hire(t, "ben", socialwatch.RoleAuthor)
		for _, s := range fx.Seed(t, "post", 10) {
			put(t, fx, s.Reply.ID, socialwatch.ReplyRejected)
			errs := atOnce(2, func(i int) error {
				if i == 0 {
					_, err := fx.SetCaseState(t.Context(), caseMove(s.Case, socialwatch.CaseResolved, ben))
					return err
				}
				_, err := fx.Propose(t.Context(), Proposal(s, ben, "Sorry."))
				return err
			})
			if wins(t, errs) != 1 {
				t.Errorf("%v", errs)
			}
		}
	})
}

func TestBreachOnce(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		s := fx.Seed(t, "post", 3) // due four hours after Start
		fx.exec(t, fmt.Sprintf("update cases set responded_at = opened_at where id = %d", s[1].Case.ID))
		fx.exec(t, fmt.Sprintf("update cases set state = 'resolved', resolved_at = opened_at where id = %d", s[2].Case.ID))
		for _, step := range []struct {
			at   time.Duration
			want int
		}{{4*time.Hour - time.Microsecond, 0}, {4 * time.Hour, 1}, {5 * time.Hour, 0}} {
			if n, err := fx.Breach(t.Context(), Start.Add(step.at)); err != nil || n != step.want {
				t.Errorf("after %s: %d, %v", step.at, n, err)
			}
		}
		d, err := fx.Case(t.Context(), s[0].Case.Number)
		if err != nil || !d.BreachedAt.Equal(Start.Add(4*time.Hour)) || d.Case.Version != 2 ||
			d.Events[0].Kind != socialwatch.EventCaseBreached || d.Events[0].CaseVersion != 2 || d.Events[0].Actor != socialwatch.System {
			t.Errorf("%+v, %v", d, err)
		}
		if rows, _, err := fx.Queue(t.Context(), store.QueueFilter{}); err != nil || !rows[0].Breached || rows[1].Breached || !rows[1].Responded {
			t.Errorf("queue %+v, %v", rows, err)
		}
	})
}

func TestResolvedClosesAfter72Hours(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		s := fx.Seed(t, "post", 2)
		fx.exec(t, fmt.Sprintf("update cases set state = 'resolved', resolved_at = opened_at where id = %d", s[0].Case.ID))
		for _, step := range []struct {
			at   time.Duration
			want int
		}{{72*time.Hour - time.Microsecond, 0}, {72 * time.Hour, 1}, {73 * time.Hour, 0}} {
			c, err := fx.Case(t.Context(), s[0].Case.Number)
			if err != nil || c.Case.Reopenable(Start.Add(step.at)) == (step.want == 1 || step.at > 72*time.Hour) {
				t.Errorf("after %s reopenable: %v, %v", step.at, c.Case.Reopenable(Start.Add(step.at)), err)
			}
			if n, err := fx.CloseResolved(t.Context(), Start.Add(step.at)); err != nil || n != step.want {
				t.Errorf("after %s: %d, %v", step.at, n, err)
			}
		}
		d, err := fx.Case(t.Context(), s[0].Case.Number)
		if err != nil || d.Case.State != socialwatch.CaseClosed || !d.Case.LookAt.IsZero() || d.Case.Version != 2 ||
			d.Events[0].Data["to"] != "closed" {
			t.Errorf("%+v, %v", d, err)
		}
	})
}

func TestMentionsNewestFirstAndIgnoredOnesWithTheirRule(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 3)
		c := fx.Changes(t)
		m := Mention("spam", "spammer")
		a := Assessment(m)
		a.Ignored = "promotion"
		c.Entries = []socialwatch.Entry{{Mention: m, Assessment: a}}
		fx.MustSave(t, c)
		var got []string
		f := store.MentionFilter{Limit: 2}
		for {
			rows, next, err := fx.Mentions(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				got = append(got, r.Mention.ID)
			}
			if f.After = next; next == "" || len(got) > 20 {
				break
			}
		}
		if want := []string{"spam", "post-0003", "post-0002", "post-0001"}; !slices.Equal(got, want) {
			t.Errorf("%v", got)
		}
		ignored, _, err := fx.Mentions(t.Context(), store.MentionFilter{Show: store.ShowIgnored})
		if err != nil || len(ignored) != 1 || ignored[0].Assessment.Ignored != "promotion" || ignored[0].CaseID != 0 ||
			ignored[0].CaseNumber != "" || !ignored[0].ReceivedAt.Equal(Start) || inJSON(t, ignored[0].Mention) != inJSON(t, m) {
			t.Errorf("%+v, %v", ignored, err)
		}
		cases, _, err := fx.Mentions(t.Context(), store.MentionFilter{Show: store.ShowCases, Accounts: []string{Account}})
		if err != nil || len(cases) != 3 || cases[2].CaseNumber != s[0].Case.Number {
			t.Errorf("%+v, %v", cases, err)
		}
		if none, _, err := fx.Mentions(t.Context(), store.MentionFilter{Accounts: []string{"other"}}); err != nil || len(none) != 0 {
			t.Errorf("%+v, %v", none, err)
		}
		if _, _, err := fx.Mentions(t.Context(), store.MentionFilter{Show: "some"}); err == nil {
			t.Error("showed some")
		}
	})
}
