package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// workOn is by's work on a case as seen, a minute after Start.
func workOn(c socialwatch.Case, by socialwatch.Person) store.CaseWork {
	return store.CaseWork{Number: c.Number, Version: c.Version, By: by, At: Start.Add(time.Minute)}
}

// detail reads a case.
func (fx Fixture) detail(t testing.TB, number string) store.CaseDetail {
	t.Helper()
	d, err := fx.Case(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCaseworkAsksForRightsVersionAndALiveCase(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx := t.Context()
		rita, otto := fx.Hire(t, "rita", socialwatch.RoleReader), fx.Hire(t, "otto", socialwatch.RoleAuthor)
		s := fx.Seed(t, "post", 1)[0]
		team := "trust"
		for name, do := range map[string]func(store.CaseWork) error{
			"escalate": func(w store.CaseWork) error {
				_, err := fx.Escalate(ctx, store.Escalation{CaseWork: w, Reason: "refund"})
				return err
			},
			"snooze": func(w store.CaseWork) error {
				_, err := fx.Snooze(ctx, store.Snooze{CaseWork: w})
				return err
			},
			"wake": func(w store.CaseWork) error {
				_, err := fx.Wake(ctx, w)
				return err
			},
			"assign": func(w store.CaseWork) error {
				_, err := fx.Assign(ctx, store.Assignment{CaseWork: w, Login: &w.By.Login})
				return err
			},
			"assign a team": func(w store.CaseWork) error {
				_, err := fx.Assign(ctx, store.Assignment{CaseWork: w, Team: &team})
				return err
			},
		} {
			before := dump(t, fx)
			if err := do(workOn(s.Case, rita)); !errors.Is(err, socialwatch.ErrForbidden) {
				t.Errorf("%s by a reader: %v", name, err)
			}
			if err := do(workOn(s.Case, socialwatch.Person{Login: "nobody", Roles: otto.Roles})); !errors.Is(err, socialwatch.ErrForbidden) {
				t.Errorf("%s by nobody: %v", name, err)
			}
			w := workOn(s.Case, otto)
			w.Version--
			if err := do(w); !errors.Is(err, socialwatch.ErrConflict) || !strings.Contains(err.Error(), "reply awaiting by socialwatch at 09:00 UTC") {
				t.Errorf("%s of another version: %v", name, err)
			}
			fx.exec(t, "update cases set state = 'closed'")
			if err := do(workOn(s.Case, otto)); !errors.Is(err, socialwatch.ErrConflict) {
				t.Errorf("%s of a closed case: %v", name, err)
			}
			fx.exec(t, "update cases set state = 'new'")
			if dump(t, fx) != before {
				t.Errorf("%s has changed something", name)
			}
		}
	})
}

func TestAPersonEscalatesAndTheDraftStays(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		otto := fx.Hire(t, "otto", socialwatch.RoleAuthor)
		s := fx.Seed(t, "post", 1)[0]
		c, err := fx.Escalate(ctx, store.Escalation{CaseWork: workOn(s.Case, otto), Reason: "refund", Team: "money"})
		if err != nil || !c.Escalated || c.Team != "money" || c.Version != s.Case.Version+1 {
			t.Fatalf("%+v, %v", c, err)
		}
		if _, err := fx.Escalate(ctx, store.Escalation{CaseWork: workOn(c, otto), Reason: "refund"}); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("twice for the same: %v", err)
		}
		for _, bad := range []store.Escalation{{Reason: "boredom"}, {Reason: "other"}, {Reason: "other", Words: " "}, {Reason: "other", Words: strings.Repeat("x", store.WordsMax+1)}} {
			bad.CaseWork = workOn(c, otto)
			if _, err := fx.Escalate(ctx, bad); err == nil {
				t.Errorf("%+v was taken", bad)
			}
		}
		if c, err = fx.Escalate(ctx, store.Escalation{CaseWork: workOn(c, otto), Reason: "other", Words: "The courier has it."}); err != nil {
			t.Fatal(err)
		}
		d := fx.detail(t, c.Number)
		if want := "A refund or credit must be decided. A person says why in a note."; d.Case.Escalation != want || d.Case.Escalation != c.Escalation || d.Case.Team != "money" {
			t.Errorf("%q, team %q", d.Case.Escalation, d.Case.Team)
		}
		if len(d.Notes) != 1 || d.Notes[0].Body != "The courier has it." || d.Notes[0].Author != "otto" {
			t.Errorf("the words: %+v", d.Notes)
		}
		if d.Replies[0].State != socialwatch.ReplyAwaiting || d.Replies[0].Hash != s.Reply.Hash {
			t.Errorf("the draft: %+v", d.Replies[0])
		}
		first, second := d.Events[2], d.Events[0] // between them the note
		if first.Kind != socialwatch.EventCaseEscalated || first.Actor != "otto" || first.Data["reason"] != "refund" || first.Data["was_team"] != "support" ||
			first.Data["team"] != "money" || first.Data["was_escalated"] != false {
			t.Errorf("%+v", first)
		}
		if second.Data["reason"] != "other" || second.Data["was_escalated"] != true || second.Data["team"] != nil {
			t.Errorf("a person's words are in the log: %+v", second)
		}
	})
}

func TestTakingAndGivingCases(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		otto, ana, lea := fx.Hire(t, "otto", socialwatch.RoleAuthor), fx.Hire(t, "ana", socialwatch.RoleApprover), fx.Hire(t, "lea", socialwatch.RoleLead)
		fx.Hire(t, "rita", socialwatch.RoleReader)
		c := fx.Seed(t, "post", 2)[0].Case
		give := func(by socialwatch.Person, login string) error {
			got, err := fx.Assign(ctx, store.Assignment{CaseWork: workOn(c, by), Login: &login})
			if err == nil {
				c = got
			}
			return err
		}
		for _, step := range []struct {
			by    socialwatch.Person
			login string
			want  error
			now   string
		}{
			{otto, "ana", socialwatch.ErrForbidden, ""}, {otto, "otto", nil, "otto"}, {otto, "otto", nil, "otto"}, {ana, "ana", socialwatch.ErrConflict, "otto"},
			{ana, "", socialwatch.ErrForbidden, "otto"}, {lea, "rita", socialwatch.ErrConflict, "otto"}, {lea, "nobody", socialwatch.ErrConflict, "otto"},
			{lea, "ana", nil, "ana"}, {ana, "", nil, ""}, {lea, "otto", nil, "otto"},
		} {
			if err := give(step.by, step.login); !errors.Is(err, step.want) {
				t.Errorf("%s gives it to %q: %v", step.by.Login, step.login, err)
			}
			if d := fx.detail(t, c.Number); d.Case.Assignee != step.now || d.Case.Version != c.Version {
				t.Errorf("%s gave it to %q: %q has it, version %d", step.by.Login, step.login, d.Case.Assignee, d.Case.Version)
			}
		}
		team := "trust"
		if _, err := fx.Assign(ctx, store.Assignment{CaseWork: workOn(c, otto), Team: &team}); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("an author moves it to a team: %v", err)
		}
		var err error
		if c, err = fx.Assign(ctx, store.Assignment{CaseWork: workOn(c, lea), Team: &team}); err != nil || c.Team != "trust" || c.Assignee != "otto" {
			t.Errorf("%+v, %v", c, err)
		}
		e := fx.detail(t, c.Number).Events[0]
		if e.Kind != socialwatch.EventCaseAssigned || e.Actor != "lea" || e.Data["team"] != "trust" || e.Data["was_team"] != "support" || e.Data["assignee"] != "otto" {
			t.Errorf("%+v", e)
		}
		for name, f := range map[string]store.CaseFilter{"mine": {Assignee: "otto"}, "the team's": {Team: "trust"}} {
			rows, _, err := fx.Cases(ctx, f)
			if err != nil || len(rows) != 1 || rows[0].Case.Number != c.Number {
				t.Errorf("%s: %+v, %v", name, rows, err)
			}
		}
	})
}

func TestTagsAreWordsOfACase(t *testing.T) {
	for typed, want := range map[string]string{"#Lost Parcel": "lost-parcel", " VIP ": "vip", "größe_1": "größe_1", "<b>": "b", "--": "", "\x00": "", "ปัญหา": "ปัญหา",
		strings.Repeat("é", 50): strings.Repeat("é", store.TagMax)} {
		if got := store.Tag(typed); got != want {
			t.Errorf("%q is %q, want %q", typed, got, want)
		}
	}
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		rita, otto := fx.Hire(t, "rita", socialwatch.RoleReader), fx.Hire(t, "otto", socialwatch.RoleAuthor)
		s := fx.Seed(t, "post", 2)
		tag := func(by socialwatch.Person, add, remove []string) error {
			_, err := fx.Tag(ctx, store.Tagging{CaseWork: workOn(s[0].Case, by), Add: add, Remove: remove})
			return err
		}
		if err := tag(rita, []string{"vip"}, nil); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("by a reader: %v", err)
		}
		// The version seen grows old: it is not asked.
		if err := errors.Join(tag(otto, []string{"VIP", "vip", "lost parcel", "!"}, nil), tag(otto, []string{"vip"}, []string{"none"}),
			tag(otto, []string{"courier"}, []string{"Lost-Parcel"})); err != nil {
			t.Fatal(err)
		}
		if err := tag(otto, []string{"ok", "order-123456"}, nil); err == nil {
			t.Error("a number is a tag")
		}
		d := fx.detail(t, s[0].Case.Number)
		if !slices.Equal(d.Tags, []string{"courier", "vip"}) || d.Case.Version != s[0].Case.Version+2 {
			t.Errorf("%q, version %d", d.Tags, d.Case.Version)
		}
		if e := d.Events[0]; e.Kind != socialwatch.EventCaseTagged || e.Actor != "otto" || len(e.Data["added"].([]any)) != 1 || e.Data["removed"].([]any)[0] != "lost-parcel" {
			t.Errorf("%+v", e)
		}
		if rows, _, err := fx.Cases(ctx, store.CaseFilter{Tag: "vip"}); err != nil || len(rows) != 1 || rows[0].Case.ID != s[0].Case.ID {
			t.Errorf("%+v, %v", rows, err)
		}
		many := make([]string, store.TagsMax)
		for i := range many {
			many[i] = "t" + strings.Repeat("a", i)
		}
		if err := tag(otto, many, nil); !errors.Is(err, socialwatch.ErrConflict) || len(fx.detail(t, s[0].Case.Number).Tags) != 2 {
			t.Errorf("too many: %v", err)
		}
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		for i, want := range []string{`["courier", "vip"]`, `[]`} {
			var got string
			if err := db.QueryRow("select tags from cases_v1 order by case_id limit 1 offset " + string(rune('0'+i))).Scan(&got); err != nil ||
				strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
				t.Errorf("the view has %q, want %q, %v", got, want, err)
			}
		}
	})
}
