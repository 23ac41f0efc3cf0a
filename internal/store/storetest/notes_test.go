package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

func TestNotesCallColleaguesAndStayPrivate(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx := t.Context()
		rita, otto := fx.Hire(t, "rita", socialwatch.RoleReader), fx.Hire(t, "otto", socialwatch.RoleAuthor)
		fx.Hire(t, "gone", socialwatch.RoleLead)
		fx.Disable(t, "gone")
		if _, err := fx.AddPerson(ctx, socialwatch.Person{Login: "far", Roles: map[string]socialwatch.Role{"elsewhere": socialwatch.RoleLead}}, "", Start); err != nil {
			t.Fatal(err)
		}
		s := fx.Seed(t, "post", 2)
		note := store.NewNote{CaseWork: workOn(s[0].Case, otto), Body: " the courier rang\n@rita please look ", Calls: []string{"rita", "otto", "gone", "far", "customer1"}}
		before := fx.detail(t, s[0].Case.Number)
		n, err := fx.AddNote(ctx, note)
		if err != nil || n.ID == 0 || !slices.Equal(n.Calls, []string{"rita"}) {
			t.Fatalf("%+v, %v", n, err)
		}
		note.By, note.Version = rita, 99
		if _, err := fx.AddNote(ctx, note); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("by a reader: %v", err)
		}
		for _, body := range []string{"", " \n", strings.Repeat("x", store.NoteMax+1)} {
			if _, err := fx.AddNote(ctx, store.NewNote{CaseWork: workOn(s[0].Case, otto), Body: body}); err == nil {
				t.Errorf("a note of %d bytes", len(body))
			}
		}
		d := fx.detail(t, s[0].Case.Number)
		if len(d.Notes) != 1 || d.Notes[0].Body != "the courier rang\n@rita please look" || d.Notes[0].Author != "otto" || !slices.Equal(d.Notes[0].Open, []string{"rita"}) ||
			d.Case.Version != before.Case.Version {
			t.Errorf("%+v, version %d", d.Notes, d.Case.Version)
		}
		if card, err := fx.Card(ctx, s[0].Reply.ID); err != nil || len(card.Notes) != 1 {
			t.Errorf("%+v, %v", card.Notes, err)
		}
		e := d.Events[0]
		if e.Kind != socialwatch.EventCaseNoted || e.Actor != "otto" || len(e.Data) != 1 || e.Data["note_id"] != float64(n.ID) {
			t.Errorf("%+v", e)
		}
		for login, want := range map[string]int{"rita": 1, "otto": 0, "far": 0} {
			if calls, err := fx.Calls(ctx, login, nil); err != nil || len(calls) != want || want == 1 && (calls[0].Case != s[0].Case.Number || calls[0].Note.ID != n.ID) {
				t.Errorf("%s: %+v, %v", login, calls, err)
			}
		}
		if calls, err := fx.Calls(ctx, "rita", []string{"elsewhere"}); err != nil || len(calls) != 0 {
			t.Errorf("of accounts she may not read: %+v, %v", calls, err)
		}
		if err := fx.SeeCalls(ctx, workOn(s[1].Case, rita)); err != nil {
			t.Error(err)
		}
		if calls, _ := fx.Calls(ctx, "rita", nil); len(calls) != 1 {
			t.Error("seen by looking at another case")
		}
		if err := fx.SeeCalls(ctx, workOn(s[0].Case, rita)); err != nil {
			t.Error(err)
		}
		if calls, _ := fx.Calls(ctx, "rita", nil); len(calls) != 0 || len(fx.detail(t, s[0].Case.Number).Notes[0].Open) != 0 {
			t.Errorf("still calls: %+v", calls)
		}
	})
}

// Whoever answers a call by a note has seen it.
func TestAnAnswerSeesTheCall(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		otto, ana := fx.Hire(t, "otto", socialwatch.RoleAuthor), fx.Hire(t, "ana", socialwatch.RoleApprover)
		c := fx.Seed(t, "post", 1)[0].Case
		for _, n := range []store.NewNote{{CaseWork: workOn(c, otto), Body: "@ana?", Calls: []string{"ana"}}, {CaseWork: workOn(c, ana), Body: "done"}} {
			if _, err := fx.AddNote(t.Context(), n); err != nil {
				t.Fatal(err)
			}
		}
		if calls, err := fx.Calls(t.Context(), "ana", nil); err != nil || len(calls) != 0 {
			t.Errorf("%+v, %v", calls, err)
		}
	})
}

// TestNotesStayAndNoConsumerSeesThem: they are colleagues' words, also when a
// post vanished, perhaps for a while; so are an escalation's.
func TestNotesStayAndNoConsumerSeesThem(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		otto := fx.Hire(t, "otto", socialwatch.RoleAuthor)
		s := fx.Seed(t, "post", 2)
		for _, one := range s {
			if _, err := fx.AddNote(t.Context(), store.NewNote{CaseWork: workOn(one.Case, otto), Body: "secret words"}); err != nil {
				t.Fatal(err)
			}
		}
		_, err := fx.Escalate(t.Context(), store.Escalation{CaseWork: workOn(s[0].Case, otto), Reason: socialwatch.EscalationOther, Words: "more secret words"})
		if err != nil {
			t.Fatal(err)
		}
		c := fx.Changes(t)
		c.Gone = []string{s[0].Mention.ID}
		fx.MustSave(t, c)
		if n := fx.detail(t, s[0].Case.Number).Notes; len(n) != 2 || n[0].Body != "secret words" || n[1].Body != "more secret words" {
			t.Errorf("%+v", n)
		}
		// No view for consumers shows any of it.
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		for view := range byView(store.Contract()) {
			rows, err := db.Query("select * from " + view)
			if err != nil {
				t.Fatal(err)
			}
			columns, _ := rows.Columns()
			for rows.Next() {
				values := make([]any, len(columns))
				for i := range values {
					values[i] = new(any)
				}
				if err := rows.Scan(values...); err != nil {
					t.Fatal(err)
				}
				for i := range values {
					if text, ok := (*values[i].(*any)).(string); ok && strings.Contains(text, "secret words") {
						t.Errorf("%s.%s shows a note", view, columns[i])
					}
				}
			}
			rows.Close()
		}
	})
}
