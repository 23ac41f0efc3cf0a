package storetest

import (
	"fmt"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// waitsInPrivate has our reply to a case's post ask for private contact.
func (fx bench) waitsInPrivate(t *testing.T, s Seeded, by socialwatch.Person) {
	t.Helper()
	TemplateApproved(t, fx.Options, s.Reply.Payload)
	o := outcome(socialwatch.ReplySent)
	o.Handoff = true
	if err := fx.Finish(t.Context(), fx.Sending(t, s.Reply, by, "w"), o); err != nil {
		t.Fatal(err)
	}
}

// TestMergeTakesTheWaitForPrivateContactAlongAndUndoBringsItBack: on the survivor
// it is missed, or ended by the customer's coming, as it was on the case that
// began it.
func TestMergeTakesTheWaitForPrivateContactAlongAndUndoBringsItBack(t *testing.T) {
	for _, end := range []string{"missed", "received", "undone"} {
		t.Run(end, func(t *testing.T) { onBench(t, func(t *testing.T, fx bench) { mergedWait(t, fx, end) }) })
	}
}

func mergedWait(t *testing.T, fx bench, end string) {
	ctx := t.Context()
	lea, crm := fx.Hire(t, "lea", socialwatch.RoleLead), fx.System(t, "crm")
	s := fx.Seed(t, "post", 2)
	fx.waitsInPrivate(t, s[1], lea)
	fx.exec(t, fmt.Sprintf("update cases set customer_id = '%s' where id = %d", s[0].Case.Customer.ID, s[1].Case.ID))
	fx.set(t, "cases", s[1].Case.ID, "opened_at = %s", minute(1))
	fx.set(t, "cases", s[0].Case.ID, "state = 'waiting', opened_at = %s", minute(0))
	older, younger := fx.detail(t, s[0].Case.Number), fx.detail(t, s[1].Case.Number)
	if older.WaitsFor != "" || younger.WaitsFor != socialwatch.WaitsForPrivate {
		t.Fatalf("before: %q and %q", older.WaitsFor, younger.WaitsFor)
	}
	c, err := fx.Merge(ctx, store.Merge{CaseWork: workOn(older.Case, lea), Other: younger.Case.Number, OtherVersion: younger.Case.Version})
	if err != nil {
		t.Fatal(err)
	}
	if d := fx.detail(t, c.Number); d.Case.State != socialwatch.CaseWaiting || d.WaitsFor != socialwatch.WaitsForPrivate {
		t.Fatalf("the survivor is %s and waits for %q", d.Case.State, d.WaitsFor)
	}
	switch end {
	case "missed":
		if n, err := fx.MissPrivate(ctx, Start.Add(100*time.Hour), 24*time.Hour); err != nil || n != 1 {
			t.Errorf("missed %d, %v", n, err)
		}
	case "received":
		says(t, end, fx.asked(t, crm, Ask{Key: "p", Kind: store.CommandPrivateContact, Case: c.Number}), "applied")
	case "undone":
		u := store.Unmerge{CaseWork: workOn(younger.Case, lea), IntoVersion: c.Version}
		u.Version++
		if _, err := fx.Unmerge(ctx, u); err != nil {
			t.Fatal(err)
		}
		if o, y := fx.detail(t, older.Case.Number), fx.detail(t, younger.Case.Number); o.Case.State != socialwatch.CaseWaiting || o.WaitsFor != "" || y.WaitsFor != socialwatch.WaitsForPrivate {
			t.Errorf("they wait for %q and %q", o.WaitsFor, y.WaitsFor)
		}
		says(t, "the older", fx.asked(t, crm, Ask{Key: "o", Kind: store.CommandPrivateContact, Case: older.Case.Number}), "refused 0 it waits for no private contact")
		says(t, "the younger", fx.asked(t, crm, Ask{Key: "y", Kind: store.CommandPrivateContact, Case: younger.Case.Number}), "applied")
		return
	}
	if d := fx.detail(t, c.Number); d.Case.State != socialwatch.CaseOpen {
		t.Errorf("%s: the survivor is %s", end, d.Case.State)
	}
}
