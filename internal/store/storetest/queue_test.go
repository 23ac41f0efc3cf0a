package storetest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// shuffle gives the replies of s different places in the queue, with many ties
// in each part of its order.
func shuffle(t *testing.T, fx bench, s []Seeded) {
	t.Helper()
	for i, one := range s {
		minutes := func(column string, n int) string {
			if fx.Kind() == store.Postgres {
				return fmt.Sprintf("%s + interval '%d minutes'", column, n)
			}
			return fmt.Sprintf("%s + %d", column, time.Duration(n)*time.Minute/time.Microsecond)
		}
		fx.exec(t, fmt.Sprintf("update replies set due_at = %s, rank = %d, opened_at = %s where id = %d",
			minutes("due_at", i%2), 40+i%3, minutes("opened_at", i%5), one.Reply.ID))
	}
}

func TestQueuePagesHoldEachReplyOnceInOrder(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		s := fx.Seed(t, "post", 60)
		shuffle(t, fx, s)
		type place struct {
			due, rank, opened int
			id                int64
		}
		var want []place
		for i, one := range s {
			want = append(want, place{i % 2, i % 3, i % 5, one.Reply.ID})
		}
		slices.SortFunc(want, func(a, b place) int {
			return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.rank, b.rank), cmp.Compare(a.opened, b.opened), cmp.Compare(a.id, b.id))
		})
		for _, limit := range []int{1, 7, 60, 0} {
			f := store.QueueFilter{Limit: limit}
			var got []int64
			for {
				rows, next, err := fx.Queue(t.Context(), f)
				if err != nil || len(rows) > max(limit, 1) && limit > 0 {
					t.Fatalf("%d rows, %v", len(rows), err)
				}
				for _, r := range rows {
					got = append(got, r.Reply.ID)
				}
				if f.After = next; next == "" || len(got) > len(want) {
					break
				}
			}
			if len(got) != len(want) {
				t.Fatalf("by %d: %d rows", limit, len(got))
			}
			for i, w := range want {
				if got[i] != w.id {
					t.Fatalf("by %d: row %d is %d, want %d", limit, i, got[i], w.id)
				}
			}
		}
	})
}

func TestQueueRowHoldsWhatItsLinesShow(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 1)[0]
		rows, next, err := fx.Queue(t.Context(), store.QueueFilter{Accounts: []string{Account}})
		if err != nil || len(rows) != 1 || next != "" {
			t.Fatalf("%+v, %q, %v", rows, next, err)
		}
		m, a := s.Mention, Assessment(s.Mention)
		want := store.QueueRow{
			Reply: s.Reply, CaseNumber: s.Case.Number, CaseState: socialwatch.CaseNew, Team: "support", Level: 3, Score: 60,
			Intent: socialwatch.StuckOrder, DueAt: s.Case.DueAt, NextAt: s.Case.DueAt, OpenedAt: s.Case.OpenedAt, Network: m.Network, Host: m.Host,
			Author: m.Author, Visibility: m.Visibility, PostURL: m.URL, PostedAt: m.CreatedAt, Language: "en", Body: m.Text,
			Masked: a.Masked, Signals: a.Signals,
		}
		if got, w := inJSON(t, rows[0]), inJSON(t, want); got != w {
			t.Errorf("row\n got %s\nwant %s", got, w)
		}
	})
}

func inJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestQueueFilters(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		s := fx.Seed(t, "post", 4)
		fx.exec(t, fmt.Sprintf("update replies set account = 'other' where id = %d", s[0].Reply.ID))
		put(t, fx, s[1].Reply.ID, socialwatch.ReplyBlocked)
		put(t, fx, s[2].Reply.ID, socialwatch.ReplyUnknown)
		fx.exec(t, fmt.Sprintf("update cases set intent = 'billing' where id = %d", s[3].Case.ID))
		for name, c := range map[string]struct {
			f    store.QueueFilter
			want []int
		}{
			"awaiting":     {store.QueueFilter{}, []int{0, 3}},
			"one account":  {store.QueueFilter{Accounts: []string{Account}}, []int{3}},
			"two accounts": {store.QueueFilter{Accounts: []string{Account, "other"}}, []int{0, 3}},
			"no account":   {store.QueueFilter{Accounts: []string{}}, nil},
			"an intent":    {store.QueueFilter{Intents: []socialwatch.Intent{socialwatch.Billing}}, []int{3}},
			"two states":   {store.QueueFilter{States: []socialwatch.ReplyState{"blocked", "unknown"}}, []int{1, 2}},
		} {
			rows, _, err := fx.Queue(t.Context(), c.f)
			var got []int
			for _, r := range rows {
				got = append(got, slices.IndexFunc(s, func(s Seeded) bool { return s.Reply.ID == r.Reply.ID }))
			}
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
		_, _, err := fx.Queue(t.Context(), store.QueueFilter{States: []socialwatch.ReplyState{"x') or ('1' = '1"}})
		if err == nil {
			t.Error("a state that is none")
		}
	})
}

func TestForeignCursorIsRefused(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 2)
		_, queue, err := fx.Queue(t.Context(), store.QueueFilter{Limit: 1})
		if err != nil || queue == "" {
			t.Fatalf("%q, %v", queue, err)
		}
		_, cases, err := fx.Cases(t.Context(), store.CaseFilter{Limit: 1})
		if err != nil || cases == "" {
			t.Fatalf("%q, %v", cases, err)
		}
		_, events, err := fx.Timeline(t.Context(), s[0].Case.ID, "", 1)
		if err != nil || events == "" {
			t.Fatalf("%q, %v", events, err)
		}
		for _, after := range []string{"x", "e30", queue + "A", queue[1:], strings.Repeat("A", 300), "eyJsIjoicSIsInQiOlsxXX0",
			cases, "eyJsIjoicSIsInQiOls5MjIzMzcyMDM2ODU0Nzc1ODA3LDEsMSwxXX0"} {
			if rows, _, err := fx.Queue(t.Context(), store.QueueFilter{After: after}); !errors.Is(err, store.ErrCursor) {
				t.Errorf("queue after %q: %d rows, %v", after, len(rows), err)
			}
		}
		for name, err := range map[string]error{
			"cases":    second(fx.Cases(t.Context(), store.CaseFilter{After: queue})),
			"mentions": second(fx.Mentions(t.Context(), store.MentionFilter{After: queue})),
			"timeline": second(fx.Timeline(t.Context(), s[1].Case.ID, events, 1)), // of another case
		} {
			if !errors.Is(err, store.ErrCursor) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func second[T any](_ []T, _ string, err error) error { return err }

func TestCardHoldsWhatADecisionNeeds(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx, ana := t.Context(), fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 2)
		// The first customer writes again, and has an older case.
		m := Mention("again", s[0].Mention.Author.ID)
		m.CreatedAt, m.RootID, m.ParentID = m.CreatedAt.Add(time.Hour), s[0].Mention.ID, s[0].Mention.ID
		older := fx.NewCase(t, m)
		older.State, older.OpenedAt, older.ResolvedAt = socialwatch.CaseClosed, Start.Add(-time.Hour), Start
		c := fx.Changes(t)
		c.Cases = []socialwatch.Case{older}
		c.Entries = []socialwatch.Entry{{Mention: m, Assessment: Assessment(m), CaseID: s[0].Case.ID, Reply: Draft(m, "Still on it.")}}
		fx.MustSave(t, c)
		a := fx.Sending(t, s[0].Reply, ana, "w")
		if err := fx.Finish(ctx, a, outcome(socialwatch.ReplyFailed)); err != nil {
			t.Fatal(err)
		}
		if err := fx.Stop(ctx, "ben", Start); err != nil {
			t.Fatal(err)
		}
		card, err := fx.Card(ctx, s[0].Reply.ID)
		if err != nil {
			t.Fatal(err)
		}
		if card.Reply.State != socialwatch.ReplyFailed || !card.Reply.RetryAt.Equal(Start.Add(due)) || card.Case.Number != s[0].Case.Number {
			t.Errorf("reply %+v", card.Reply)
		}
		if card.Parent.Mention.ID != s[0].Mention.ID || card.Parent.CaseNumber != s[0].Case.Number || card.Parent.Assessment.Masked == "" {
			t.Errorf("parent %+v", card.Parent)
		}
		if len(card.Thread) != 2 || card.Thread[0].Mention.ID != s[0].Mention.ID || card.Thread[1].Mention.ID != "again" {
			t.Errorf("thread %+v", card.Thread)
		}
		if len(card.Others) != 1 || card.Others[0].Payload.ParentID != "again" || card.InDoubt {
			t.Errorf("others %+v", card.Others)
		}
		if len(card.Earlier) != 1 || card.Earlier[0].Case.ID != older.ID {
			t.Errorf("earlier %+v", card.Earlier)
		}
		if len(card.Versions) != 1 || len(card.Attempts) != 1 || card.Attempts[0].Outcome != socialwatch.ReplyFailed {
			t.Errorf("versions %+v attempts %+v", card.Versions, card.Attempts)
		}
		for _, e := range card.Events {
			if e.ReplyID != card.Reply.ID {
				t.Errorf("event of another reply: %+v", e)
			}
		}
		if len(card.Events) != 7 || !card.Publishes.Stopped || card.Publishes.By != "ben" {
			t.Errorf("%d events, %+v", len(card.Events), card.Publishes)
		}
		if _, err := fx.Card(ctx, 1<<40); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("no such reply: %v", err)
		}
	})
}

func TestGonePostShowsNoWords(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 1)[0]
		c := fx.Changes(t)
		c.Gone = []string{s.Mention.ID}
		fx.MustSave(t, c)
		rows, _, err := fx.Queue(t.Context(), store.QueueFilter{})
		if err != nil || len(rows) != 1 || !rows[0].Gone || rows[0].Body+rows[0].Masked+rows[0].Warning != "" {
			t.Fatalf("%+v, %v", rows, err)
		}
		for _, signal := range rows[0].Signals {
			if signal.Start != 0 || signal.End != 0 || signal.Points == 0 {
				t.Errorf("signal %+v", signal)
			}
		}
	})
}
