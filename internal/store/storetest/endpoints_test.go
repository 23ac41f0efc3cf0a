package storetest

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

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
