package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
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
