package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// hook adds an endpoint that is told of the events after seq.
func (fx Fixture) hook(t *testing.T, name string, seq int64, f socialwatch.WebhookFilter) socialwatch.Webhook {
	t.Helper()
	w := socialwatch.Webhook{Name: name, Ref: "ref" + name, Address: "https://desk.example/", Sealed: []byte("sealed"), Filter: f, Seq: seq, CreatedAt: Start}
	if err := fx.AddWebhook(t.Context(), w, store.Terminal); err != nil {
		t.Fatal(err)
	}
	w, err := fx.Webhook(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// fanOut makes all deliveries of an endpoint.
func (fx Fixture) fanOut(t *testing.T, w socialwatch.Webhook, now time.Time) {
	t.Helper()
	for more := true; more; {
		var err error
		if more, err = fx.FanOut(t.Context(), w.ID, now); err != nil {
			t.Fatal(err)
		}
	}
}

func (fx Fixture) claimLetters(t *testing.T, w socialwatch.Webhook, worker string, now time.Time, limit int) []socialwatch.Letter {
	t.Helper()
	letters, err := fx.ClaimDeliveries(t.Context(), socialwatch.DeliveryClaim{WebhookID: w.ID, Version: w.Version, Worker: worker, Now: now, Lease: time.Minute, Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	return letters
}

func (fx Fixture) end(t *testing.T, l socialwatch.Letter, e socialwatch.DeliveryEnd) {
	t.Helper()
	e.DeliveryID, e.Attempt = l.DeliveryID, l.Attempt
	if e.Worker == "" {
		e.Worker = "one"
	}
	if err := fx.EndDelivery(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

func lettersSay(letters []socialwatch.Letter) (all []string) {
	for _, l := range letters {
		all = append(all, l.Event.Kind)
	}
	return all
}

// log appends events and numbers them.
func (fx Fixture) log(t *testing.T, events ...socialwatch.Event) {
	t.Helper()
	c := fx.Changes(t)
	c.Events = events
	fx.MustSave(t, c)
	fx.Log(t, 0)
}

func caseEvent(c socialwatch.Case, kind string) socialwatch.Event {
	return socialwatch.Event{Kind: kind, CaseID: c.ID, CaseVersion: c.Version, Actor: socialwatch.System, At: Start, Data: map[string]any{"n": 9007199254740993}}
}

func TestAnEventOfACaseWaitsForTheEarlierOnes(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		seeded := fx.Seed(t, "a", 2)
		fx.Log(t, 0)
		w := fx.hook(t, "desk", -1, socialwatch.WebhookFilter{})
		a, b := seeded[0].Case, seeded[1].Case
		fx.log(t, caseEvent(a, "case.noted"), caseEvent(a, "case.tagged"), caseEvent(b, "case.woken"),
			socialwatch.Event{Kind: socialwatch.EventStopped, Actor: "ana", At: Start}, caseEvent(a, "case.snoozed"))
		fx.fanOut(t, w, Start)
		first := fx.claimLetters(t, w, "one", Start, 10)
		if got := lettersSay(first); !slices.Equal(got, []string{"case.noted", "case.woken", socialwatch.EventStopped}) {
			t.Fatalf("claimed %q", got)
		}
		if c := first[0].Case; c == nil || c.Number != a.Number || c.CustomerHandle != a.Customer.Handle || c.Level != 3 || c.Mentions != 1 || first[2].Case != nil {
			t.Errorf("the case is %+v, and of an event of none %+v", c, first[2].Case)
		}
		if data := strings.ReplaceAll(string(first[0].Event.Data), " ", ""); data != `{"n":9007199254740993}` {
			t.Errorf("data is %s", data)
		}
		if more := fx.claimLetters(t, w, "two", Start, 10); len(more) != 0 {
			t.Errorf("another worker got %q", lettersSay(more))
		}
		next := Start.Add(5 * time.Second)
		fx.end(t, first[0], socialwatch.DeliveryEnd{At: Start, Status: 500, Error: "answered 500", NextAt: next})
		fx.end(t, first[1], socialwatch.DeliveryEnd{At: Start, Status: 200, Delivered: true})
		if more := fx.claimLetters(t, w, "one", Start, 10); len(more) != 0 {
			t.Errorf("past a failed one: %q", lettersSay(more))
		}
		again := fx.claimLetters(t, w, "one", next, 10)
		if len(again) != 1 || again[0].Event.Kind != "case.noted" || again[0].Attempt != 2 || again[0].Tries != 2 {
			t.Fatalf("claimed again: %+v", again)
		}
		fx.end(t, again[0], socialwatch.DeliveryEnd{At: next, Error: "no answer", Dead: true})
		if after := fx.claimLetters(t, w, "one", next, 10); !slices.Equal(lettersSay(after), []string{"case.tagged"}) {
			t.Errorf("after a dead one: %q", lettersSay(after))
		}
	})
}

func TestAClaimThatIsOverGoesToAnother(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		w := fx.hook(t, "desk", -1, socialwatch.WebhookFilter{Kinds: []string{socialwatch.EventCaseOpened}})
		fx.Seed(t, "a", 1)
		fx.Log(t, 0)
		fx.fanOut(t, w, Start)
		lost := fx.claimLetters(t, w, "one", Start, 1)[0]
		later := Start.Add(time.Minute)
		taken := fx.claimLetters(t, w, "two", later, 1)
		if len(taken) != 1 || taken[0].Attempt != 2 {
			t.Fatalf("after the lease: %+v", taken)
		}
		err := fx.EndDelivery(t.Context(), socialwatch.DeliveryEnd{DeliveryID: lost.DeliveryID, Attempt: lost.Attempt, Worker: "one", At: later, Delivered: true})
		if !errors.Is(err, socialwatch.ErrLeaseHeld) {
			t.Errorf("the first worker ended it: %v", err)
		}
		fx.end(t, taken[0], socialwatch.DeliveryEnd{Worker: "two", At: later, Back: true})
		if back := fx.claimLetters(t, w, "one", later, 1); len(back) != 1 || back[0].Tries != 2 {
			t.Errorf("given back, then claimed: %+v", back)
		}
		if old := fx.claimLetters(t, socialwatch.Webhook{ID: w.ID, Version: w.Version + 1}, "one", later.Add(time.Hour), 1); len(old) != 0 {
			t.Errorf("a worker with other secrets got %+v", old)
		}
	})
}

func TestTwoFanOutsAtOnceMakeEachDeliveryOnce(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		other := On(t, fx.Options)
		w := fx.hook(t, "desk", 0, socialwatch.WebhookFilter{})
		fx.Seed(t, "a", 700) // two batches
		all := fx.Log(t, 0)
		var wg sync.WaitGroup
		for _, p := range []Fixture{fx, other, fx, other} {
			wg.Go(func() { p.fanOut(t, w, Start) })
		}
		wg.Wait()
		seen := map[int64]int{}
		f := store.DeliveryFilter{WebhookID: w.ID, Limit: 200}
		for next := "x"; next != ""; f.After = next {
			var list []socialwatch.Delivery
			var err error
			if list, next, err = fx.Deliveries(t.Context(), f); err != nil {
				t.Fatal(err)
			}
			for _, d := range list {
				seen[d.Seq]++
			}
		}
		if len(seen) != len(all) {
			t.Errorf("%d events have deliveries, want %d", len(seen), len(all))
		}
		health, err := fx.WebhookHealths(t.Context())
		if err != nil || len(health) != 1 || health[0].Pending != len(all) || health[0].Behind != 0 || !health[0].Oldest.Equal(Start) {
			t.Errorf("%+v, %v", health, err)
		}
	})
}

func TestTwoWorkersClaimDifferentDeliveries(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		other := On(t, fx.Options)
		w := fx.hook(t, "desk", -1, socialwatch.WebhookFilter{Kinds: []string{socialwatch.EventCaseOpened}})
		fx.Seed(t, "a", 60)
		fx.Log(t, 0)
		fx.fanOut(t, w, Start)
		var mu sync.Mutex
		seen := map[int64]int{}
		var wg sync.WaitGroup
		for i, p := range []Fixture{fx, other, fx, other} {
			wg.Go(func() {
				for {
					letters := p.claimLetters(t, w, fmt.Sprint(i), Start, 4)
					if len(letters) == 0 {
						return
					}
					mu.Lock()
					for _, l := range letters {
						seen[l.DeliveryID]++
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for id, n := range seen {
			if n > 1 {
				t.Errorf("delivery %d was claimed %d times", id, n)
			}
		}
		if left := fx.claimLetters(t, w, "last", Start, 100); len(seen)+len(left) != 60 {
			t.Errorf("%d were claimed and %d left, want 60", len(seen), len(left))
		}
	})
}

func TestAFilterChoosesEvents(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		c := fx.Batch(t, "a", 2)
		c.Cases[0].Level, c.Cases[0].Escalated = 1, true
		fx.MustSave(t, c)
		first := fx.Know(t, []string{"a-0001"}, nil).Cases[0]
		fx.log(t, caseEvent(first, "case.noted"),
			socialwatch.Event{Kind: socialwatch.EventStopped, Actor: "ana", At: Start},
			socialwatch.Event{Kind: "polling.missed", Actor: socialwatch.System, At: Start, Data: map[string]any{"account": "other"}},
			socialwatch.Event{Kind: "incident.opened", Actor: socialwatch.System, At: Start, Data: map[string]any{"accounts": []string{"other"}}},
			socialwatch.Event{Kind: "incident.ended", Actor: socialwatch.System, At: Start, Data: map[string]any{"accounts": []string{"other", Account}}},
			socialwatch.Event{Kind: "people.added", Actor: "ana", At: Start, Data: map[string]any{"person": "ben"}})
		for name, one := range map[string]struct {
			filter socialwatch.WebhookFilter
			want   []string // kinds besides those of replies
		}{
			"all":       {socialwatch.WebhookFilter{}, []string{"case.noted", "case.opened", "case.opened", "incident.ended", "incident.opened", "polling.missed", "publishing.stopped"}},
			"star":      {socialwatch.WebhookFilter{Kinds: []string{"case.*"}}, []string{"case.noted", "case.opened", "case.opened"}},
			"kinds":     {socialwatch.WebhookFilter{Kinds: []string{"case.noted", "polling*"}}, []string{"case.noted", "polling.missed"}},
			"account":   {socialwatch.WebhookFilter{Accounts: []string{Account}}, []string{"case.noted", "case.opened", "case.opened", "incident.ended", "publishing.stopped"}},
			"other":     {socialwatch.WebhookFilter{Accounts: []string{"other"}}, []string{"incident.ended", "incident.opened", "polling.missed", "publishing.stopped"}},
			"level":     {socialwatch.WebhookFilter{Levels: []int{1, 2}}, []string{"case.noted", "case.opened"}},
			"escalated": {socialwatch.WebhookFilter{Escalated: true}, []string{"case.noted", "case.opened"}},
			"none":      {socialwatch.WebhookFilter{Levels: []int{4}, Escalated: true}, nil},
		} {
			w := fx.hook(t, name, 0, one.filter)
			fx.fanOut(t, w, Start)
			list, _, err := fx.Deliveries(ctx, store.DeliveryFilter{WebhookID: w.ID, Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range list {
				if !strings.HasPrefix(d.Kind, "reply.") {
					got = append(got, d.Kind)
				}
			}
			if slices.Sort(got); !slices.Equal(got, one.want) {
				t.Errorf("%s: %q, want %q", name, got, one.want)
			}
		}
		for _, bad := range []socialwatch.WebhookFilter{{Kinds: []string{"Case"}}, {Kinds: []string{"people.*"}}, {Kinds: []string{"a%"}},
			{Kinds: []string{""}}, {Levels: []int{5}}, {Accounts: []string{""}}} {
			w := socialwatch.Webhook{Name: "bad", Ref: "bad", Sealed: []byte("x"), Filter: bad, CreatedAt: Start}
			if err := fx.AddWebhook(ctx, w, store.Terminal); err == nil {
				t.Errorf("%+v is taken", bad)
			}
		}
	})
}

func TestAnEndpointThatFailsIsLeftAloneAndADeadDeliveryComesBack(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		w := fx.hook(t, "desk", -1, socialwatch.WebhookFilter{Kinds: []string{socialwatch.EventCaseOpened}})
		fx.Seed(t, "a", 10)
		fx.Log(t, 0)
		fx.fanOut(t, w, Start)
		for _, l := range fx.claimLetters(t, w, "one", Start, 5) {
			fx.end(t, l, socialwatch.DeliveryEnd{At: Start, Error: "no answer in time", Dead: true})
		}
		if rests := fx.claimLetters(t, w, "one", Start, 5); len(rests) != 0 {
			t.Errorf("after five failures in a row %d were claimed", len(rests))
		}
		probe := fx.claimLetters(t, w, "one", Start.Add(5*time.Second), 5)
		if len(probe) != 1 {
			t.Fatalf("%d probes", len(probe))
		}
		asked := Start.Add(time.Hour)
		fx.end(t, probe[0], socialwatch.DeliveryEnd{At: Start, Status: 429, Error: "answered 429", NextAt: asked, Rest: asked})
		if early := fx.claimLetters(t, w, "one", asked.Add(-time.Second), 5); len(early) != 0 {
			t.Errorf("before the time that it asked for: %d", len(early))
		}
		probe = fx.claimLetters(t, w, "one", asked, 5)
		fx.end(t, probe[0], socialwatch.DeliveryEnd{At: asked, Status: 204, Delivered: true})
		if got := fx.claimLetters(t, w, "one", asked, 5); len(got) != 4 {
			t.Errorf("after a success %d were claimed, want the 4 that are left", len(got))
		}
		health, err := fx.WebhookHealths(ctx)
		if err != nil || health[0].Dead != 5 || health[0].Pending != 4 || health[0].Failures != 0 || !health[0].DeliveredAt.Equal(asked) {
			t.Errorf("%+v, %v", health, err)
		}
		dead, _, err := fx.Deliveries(ctx, store.DeliveryFilter{WebhookID: w.ID, State: socialwatch.DeliveryDead, Limit: 10})
		if err != nil || len(dead) != 5 || dead[0].Error != "no answer in time" || dead[0].CaseNumber == "" {
			t.Fatalf("%+v, %v", dead, err)
		}
		if n, err := fx.Redeliver(ctx, store.Redelivery{Name: "desk", IDs: []int64{dead[0].ID}, By: store.Terminal, At: asked}); n != 1 || err != nil {
			t.Errorf("one: %d, %v", n, err)
		}
		if n, err := fx.Redeliver(ctx, store.Redelivery{Name: "desk", By: store.Terminal, At: asked}); n != 4 || err != nil {
			t.Errorf("all: %d, %v", n, err)
		}
		if again := fx.claimLetters(t, w, "one", asked, 10); len(again) != 5 || again[0].Tries != 1 || again[0].Attempt != 2 {
			t.Errorf("%+v", again)
		}
	})
}

func TestAnEndpointThatIsGoneIsDisabledAndNothingIsLost(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		w := fx.hook(t, "desk", -1, socialwatch.WebhookFilter{Kinds: []string{socialwatch.EventCaseOpened}})
		fx.Seed(t, "a", 1)
		fx.Log(t, 0)
		fx.fanOut(t, w, Start)
		fx.end(t, fx.claimLetters(t, w, "one", Start, 1)[0], socialwatch.DeliveryEnd{At: Start, Status: 410, Error: "answered 410", Gone: true, NextAt: Start.Add(time.Hour)})
		if now, err := fx.Webhook(ctx, "desk"); err != nil || now.State != socialwatch.WebhookDisabled || now.Why != "answered 410" {
			t.Errorf("%+v, %v", now, err)
		}
		fx.Seed(t, "b", 1)
		fx.Log(t, 0)
		fx.fanOut(t, w, Start)
		if got := fx.claimLetters(t, w, "one", Start.Add(2*time.Hour), 9); len(got) != 0 {
			t.Errorf("a disabled endpoint is told of %q", lettersSay(got))
		}
		c := socialwatch.WebhookChange{Name: "desk", State: socialwatch.WebhookActive, By: store.Terminal, At: Start}
		if err := fx.ChangeWebhook(ctx, c); err != nil {
			t.Fatal(err)
		}
		fx.fanOut(t, w, Start)
		if got := fx.claimLetters(t, w, "one", Start, 9); len(got) != 2 {
			t.Errorf("after it was made active: %q", lettersSay(got))
		}
	})
}

func TestOnlyAdminsManageEndpointsAndTheAuditSaysWho(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		fx.Hire(t, "lea", socialwatch.RoleLead)
		fx.Hire(t, "max", socialwatch.RoleAdmin)
		w := socialwatch.Webhook{Name: "desk", Ref: "r", Address: "https://desk.example/", Sealed: []byte("s3cret"), Seq: -1, CreatedAt: Start}
		acts := map[string]func(by string) error{
			"1 add": func(by string) error { return fx.AddWebhook(ctx, w, by) },
			"2 rotate": func(by string) error {
				return fx.ChangeWebhook(ctx, socialwatch.WebhookChange{Name: "desk", Sealed: []byte("new"), Address: "https://desk.example/", Version: 1, Rotated: true, By: by, At: Start})
			},
			"3 filter": func(by string) error {
				return fx.ChangeWebhook(ctx, socialwatch.WebhookChange{Name: "desk", Filter: &socialwatch.WebhookFilter{Escalated: true}, By: by, At: Start})
			},
			"4 pause": func(by string) error {
				return fx.ChangeWebhook(ctx, socialwatch.WebhookChange{Name: "desk", State: socialwatch.WebhookPaused, By: by, At: Start})
			},
			"5 redeliver": func(by string) error {
				_, err := fx.Redeliver(ctx, store.Redelivery{Name: "desk", By: by, At: Start})
				return err
			},
			"6 remove": func(by string) error { return fx.RemoveWebhook(ctx, "desk", by, Start) },
		}
		for _, name := range slices.Sorted(func(yield func(string) bool) {
			for name := range acts {
				if !yield(name) {
					return
				}
			}
		}) {
			if err := acts[name]("lea"); !errors.Is(err, socialwatch.ErrForbidden) {
				t.Errorf("%s by a lead: %v", name, err)
			}
			if err := acts[name]("max"); err != nil {
				t.Errorf("%s by an admin: %v", name, err)
			}
			if name == "2 rotate" {
				if err := acts[name]("max"); !errors.Is(err, socialwatch.ErrConflict) {
					t.Errorf("rotated on an old version: %v", err)
				}
			}
		}
		rows, _, err := fx.Audit(ctx, store.AuditFilter{People: true, Kind: "people.", By: "max", Limit: 50})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rows {
			text, _ := json.Marshal(r.Event.Data)
			if got = append(got, r.Event.Kind); r.Event.Data["webhook"] != "desk" || strings.Contains(string(text), "s3cret") {
				t.Errorf("%s", text)
			}
		}
		slices.Reverse(got)
		want := []string{store.EventWebhookAdded, store.EventWebhookRotated, store.EventWebhookChanged, store.EventWebhookPaused, store.EventWebhookRemoved}
		if !slices.Equal(got, want) {
			t.Errorf("the audit has %q", got)
		}
		if log := fx.Log(t, 0); len(log) != 0 {
			t.Errorf("consumers read %+v", log)
		}
	})
}

func TestEndedDeliveriesAreForgotten(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		w := fx.hook(t, "desk", -1, socialwatch.WebhookFilter{Kinds: []string{socialwatch.EventCaseOpened}})
		fx.Seed(t, "a", 4)
		fx.Log(t, 0)
		fx.fanOut(t, w, Start)
		ended := fx.claimLetters(t, w, "one", Start, 3)
		fx.end(t, ended[0], socialwatch.DeliveryEnd{At: Start, Delivered: true})
		fx.end(t, ended[1], socialwatch.DeliveryEnd{At: Start, Dead: true, Error: "x"})
		fx.end(t, ended[2], socialwatch.DeliveryEnd{At: Start.Add(time.Hour), Delivered: true})
		if err := fx.PruneDeliveries(t.Context(), Start.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		left, _, err := fx.Deliveries(t.Context(), store.DeliveryFilter{WebhookID: w.ID, Limit: 10})
		if err != nil || len(left) != 2 || left[0].State != socialwatch.DeliveryPending || left[1].ID != ended[2].DeliveryID {
			t.Errorf("%+v, %v", left, err)
		}
	})
}

// TestTheCaseOfAMessageIsARowOfTheView: a column that the view gets is one that
// consumers of webhooks get too: add it to socialwatch.CaseV1.
func TestTheCaseOfAMessageIsARowOfTheView(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		fx.Seed(t, "a", 1)
		fx.Log(t, 0)
		w := fx.hook(t, "desk", 0, socialwatch.WebhookFilter{Kinds: []string{socialwatch.EventCaseOpened}})
		fx.fanOut(t, w, Start)
		l := fx.claimLetters(t, w, "one", Start, 1)[0]
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		for view, v := range map[string]any{"cases_v1": l.Case, "case_events_v1": l.Event} {
			rows, err := db.QueryContext(t.Context(), "select * from "+view+" limit 1")
			if err != nil {
				t.Fatal(err)
			}
			columns, err := rows.Columns()
			rows.Close()
			if err != nil {
				t.Fatal(err)
			}
			text, _ := json.Marshal(v)
			var fields map[string]any
			if err := json.Unmarshal(text, &fields); err != nil {
				t.Fatal(err)
			}
			for _, column := range columns {
				if _, ok := fields[column]; !ok {
					t.Errorf("%s.%s is not in %s", view, column, text)
				}
			}
			if len(fields) != len(columns) {
				t.Errorf("%s has %d columns, the message %d fields", view, len(columns), len(fields))
			}
		}
	})
}

func TestARemovedEndpointLeavesNoDelivery(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		c := fx.Seed(t, "a", 1)[0].Case
		var events []socialwatch.Event
		for range 2300 { // more than two transactions forget
			events = append(events, caseEvent(c, "case.noted"))
		}
		fx.log(t, events...)
		w, other := fx.hook(t, "desk", 0, socialwatch.WebhookFilter{}), fx.hook(t, "other", 0, socialwatch.WebhookFilter{})
		fx.fanOut(t, w, Start)
		fx.fanOut(t, other, Start)
		if err := fx.RemoveWebhook(t.Context(), "desk", store.Terminal, Start); err != nil {
			t.Fatal(err)
		}
		list, _, err := fx.Deliveries(t.Context(), store.DeliveryFilter{WebhookID: w.ID})
		if err != nil || len(list) != 0 {
			t.Errorf("%d deliveries are left, %v", len(list), err)
		}
		healths, err := fx.WebhookHealths(t.Context())
		if err != nil || len(healths) != 1 || healths[0].Name != "other" || healths[0].Pending < 2300 {
			t.Errorf("%+v, %v", healths, err)
		}
		if _, err := fx.Webhook(t.Context(), "desk"); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("it is still there: %v", err)
		}
	})
}
