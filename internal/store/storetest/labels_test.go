package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// labels are what Labels yields, as short texts: post, what was said.
func (fx Fixture) labels(t *testing.T, since time.Time) []string {
	t.Helper()
	var all []string
	for l, err := range fx.Labels(t.Context(), since) {
		if err != nil {
			t.Fatal(err)
		}
		said := "not " + string(l.NotIntent) + ": " + l.Reason
		if c := l.Corrected; c != nil {
			said = fmt.Sprintf("%s %v by %s", c.Intent, c.Escalate, c.By)
		}
		all = append(all, l.Mention.Mention.ID+" "+said)
	}
	return all
}

func correction(s Seeded, by string, intent socialwatch.Intent, escalate bool, after time.Duration) store.Correction {
	return store.Correction{Number: s.Case.Number, MentionID: s.Reply.MentionID, Revision: "0", Intent: intent, Escalate: escalate,
		By: socialwatch.Person{Login: by}, At: Start.Add(after)}
}

func TestLabelsAreWhatPeopleSaidLast(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		fx.labelPeople(t)
		s := fx.Seed(t, "post", 8)
		correct := func(c store.Correction) {
			t.Helper()
			if err := fx.Correct(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		reject := func(i int, reason string) {
			t.Helper()
			if _, err := fx.Reject(t.Context(), socialwatch.Decision{ReplyID: s[i].Reply.ID, Hash: s[i].Reply.Hash, Reason: reason,
				Note: "says who", By: socialwatch.Person{Login: "ana"}}, Start.Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
		correct(correction(s[0], "otto", socialwatch.Billing, false, time.Minute))
		correct(correction(s[0], "ana", socialwatch.Praise, false, 2*time.Minute))
		reject(1, "wrong_intent")
		reject(2, "wrong_intent")
		correct(correction(s[2], "otto", socialwatch.Billing, true, 3*time.Minute))
		reject(3, "wrong_tone")
		reject(4, "spam_or_impostor")
		correct(correction(s[5], "otto", socialwatch.Billing, true, 4*time.Minute)) // edited then
		correct(correction(s[6], "otto", socialwatch.Billing, true, 4*time.Minute)) // deleted then
		fx.editAndDelete(t, s[5], s[6])
		if got, want := fx.labels(t, time.Time{}), []string{"post-0001 praise false by ana", "post-0002 not stuck_order: wrong_intent",
			"post-0003 billing true by otto", "post-0005 not stuck_order: spam_or_impostor"}; !slices.Equal(got, want) {
			t.Errorf("labels\n%q\nwant\n%q", got, want)
		}
		if got := fx.labels(t, Start.Add(150*time.Second)); !slices.Equal(got, []string{"post-0003 billing true by otto"}) {
			t.Errorf("of the last minute %q", got)
		}
		d, err := fx.Case(t.Context(), s[0].Case.Number)
		if c := d.Corrected[s[0].Reply.MentionID]; err != nil || len(d.Corrected) != 1 || c.Intent != socialwatch.Praise || c.By != "ana" || !c.At.Equal(Start.Add(2*time.Minute)) {
			t.Errorf("corrected %+v, %v", d.Corrected, err)
		}
		if d.Case.Version != s[0].Case.Version || d.Mentions[0].Assessment.Intent != socialwatch.StuckOrder {
			t.Errorf("a correction changed the case or the assessment: %+v", d.Case)
		}
	})
}

func (fx Fixture) labelPeople(t *testing.T) {
	t.Helper()
	fx.Hire(t, "rita", socialwatch.RoleReader)
	fx.Hire(t, "otto", socialwatch.RoleAuthor)
	fx.Hire(t, "ana", socialwatch.RoleApprover)
}

// editAndDelete stores an edit of one post and the deletion of another.
func (fx Fixture) editAndDelete(t *testing.T, edited, deleted Seeded) {
	t.Helper()
	c := fx.Changes(t)
	m := edited.Mention
	m.Text, m.EditedAt = "something else", Start.Add(time.Hour)
	c.Entries = []socialwatch.Entry{{Mention: m, Assessment: Assessment(m), CaseID: edited.Case.ID}}
	c.Gone = []string{deleted.Mention.ID}
	fx.MustSave(t, c)
}

// What a rule ignored wrongly is labelled where it stands, without a case; once
// it has one, there.
func TestAnIgnoredMentionIsCorrectedWithoutACase(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		fx.labelPeople(t)
		c := fx.Changes(t)
		c.Entries = nil
		for i := range 3 {
			m := Mention(fmt.Sprintf("noise-%d", i), "shop-fan")
			a := Assessment(m)
			a.Ignored = "promotion"
			c.Entries = append(c.Entries, socialwatch.Entry{Mention: m, Assessment: a})
		}
		fx.MustSave(t, c)
		rows, _, err := fx.Mentions(t.Context(), store.MentionFilter{Show: store.ShowIgnored})
		if err != nil || len(rows) != 3 {
			t.Fatalf("%d ignored, %v", len(rows), err)
		}
		say := func(m store.MentionRow, by string, intent socialwatch.Intent, after time.Duration) error {
			return fx.Correct(t.Context(), store.Correction{MentionID: m.ID, Revision: m.Mention.Revision(), Intent: intent, Escalate: true,
				By: socialwatch.Person{Login: by}, At: Start.Add(after)})
		}
		if err := say(rows[0], "rita", socialwatch.Billing, 0); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("a reader: %v", err)
		}
		for i, intent := range []socialwatch.Intent{socialwatch.Praise, socialwatch.Billing} { // the newest word counts
			if err := say(rows[0], "otto", intent, time.Duration(i)*time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		want := rows[0].Mention.ID + " billing true by otto"
		if got := fx.labels(t, time.Time{}); !slices.Equal(got, []string{want}) {
			t.Errorf("labels %q, want %q", got, want)
		}
		rows, _, err = fx.Mentions(t.Context(), store.MentionFilter{})
		if err != nil || rows[0].Corrected == nil || rows[0].Corrected.Intent != socialwatch.Billing || rows[1].Corrected != nil || rows[0].CaseID != 0 {
			t.Fatalf("%+v, %v", rows[0], err)
		}

		promoted := fx.Changes(t)
		cs := fx.NewCase(t, rows[0].Mention)
		promoted.Cases = []socialwatch.Case{cs}
		promoted.Entries = []socialwatch.Entry{{Mention: rows[0].Mention, Assessment: Assessment(rows[0].Mention), CaseID: cs.ID}}
		fx.MustSave(t, promoted)
		if err := say(rows[0], "otto", socialwatch.Praise, time.Hour); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("of one that has a case: %v", err)
		}
		in := store.Correction{Number: cs.Number, MentionID: rows[0].ID, Revision: rows[0].Mention.Revision(), Intent: socialwatch.StuckOrder,
			By: socialwatch.Person{Login: "ana"}, At: Start.Add(2 * time.Hour)}
		if err := fx.Correct(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if got, want := fx.labels(t, time.Time{}), rows[0].Mention.ID+" stuck_order false by ana"; !slices.Equal(got, []string{want}) {
			t.Errorf("labels %q, want %q", got, want)
		}
	})
}

func TestOnlyAnAuthorCorrectsWhatStands(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		fx.labelPeople(t)
		s := fx.Seed(t, "post", 3)
		fx.editAndDelete(t, s[0], s[1])
		other := correction(s[2], "otto", socialwatch.Billing, true, 0)
		other.Number = s[0].Case.Number
		lost := correction(s[2], "otto", socialwatch.Billing, true, 0)
		lost.Number = "K-9"
		for name, tc := range map[string]struct {
			c    store.Correction
			want error
		}{
			"a reader":            {correction(s[2], "rita", socialwatch.Billing, true, 0), socialwatch.ErrForbidden},
			"nobody known":        {correction(s[2], "eve", socialwatch.Billing, true, 0), socialwatch.ErrForbidden},
			"an edited post":      {correction(s[0], "otto", socialwatch.Billing, true, 0), socialwatch.ErrConflict},
			"a deleted post":      {correction(s[1], "otto", socialwatch.Billing, true, 0), socialwatch.ErrConflict},
			"another case's post": {other, socialwatch.ErrNotFound},
			"no case":             {lost, socialwatch.ErrNotFound},
			"no intent":           {correction(s[2], "otto", "late", true, 0), nil},
		} {
			err := fx.Correct(t.Context(), tc.c)
			if err == nil || tc.want != nil && !errors.Is(err, tc.want) {
				t.Errorf("%s: %v, want %v", name, err, tc.want)
			}
		}
		if got := fx.labels(t, time.Time{}); len(got) != 0 {
			t.Errorf("labels of what was refused: %q", got)
		}
	})
}

func TestLabelsComeInPages(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		const n = store.PageMax + 3
		fx.MustSave(t, fx.Batch(t, "post", n))
		data := `'{"mention_id":' || id || ',"revision":"0","intent":"billing","escalate":true}'`
		if fx.Kind() == store.Postgres {
			data = "(" + data + ")::jsonb"
		}
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		if _, err := db.Exec("insert into events (kind, case_id, case_version, actor, at, data) select 'mention.corrected', case_id, 1, 'otto', received_at, " +
			data + " from mentions order by id"); err != nil {
			t.Fatal(err)
		}
		got := fx.labels(t, time.Time{})
		if len(slices.Compact(slices.Clone(got))) != n {
			t.Errorf("%d labels, want %d", len(got), n)
		}
		for range fx.Labels(t.Context(), time.Time{}) {
			break
		}
	})
}
