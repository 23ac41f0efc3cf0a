package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"socialwatch"
	"socialwatch/internal/store"
)

// twoOfOne are two cases of one customer, the second a minute younger.
func (fx bench) twoOfOne(t *testing.T) (older, younger socialwatch.Case) {
	t.Helper()
	s := fx.Seed(t, "post", 2)
	fx.exec(t, fmt.Sprintf("update cases set customer_id = '%s' where id = %d", s[0].Case.Customer.ID, s[1].Case.ID))
	fx.set(t, "cases", s[1].Case.ID, "opened_at = %s, level = 1, score = 90", minute(1))
	return fx.detail(t, s[0].Case.Number).Case, fx.detail(t, s[1].Case.Number).Case
}

func TestMergeKeepsTheOlderAndUndoBringsBackBoth(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx := t.Context()
		lea, ana := fx.Hire(t, "lea", socialwatch.RoleLead), fx.Hire(t, "ana", socialwatch.RoleApprover)
		older, younger := fx.twoOfOne(t)
		if _, err := fx.AddNote(ctx, store.NewNote{CaseWork: workOn(younger, ana), Body: "rang twice"}); err != nil {
			t.Fatal(err)
		}
		if _, err := fx.Tag(ctx, store.Tagging{CaseWork: workOn(younger, ana), Add: []string{"fragile"}}); err != nil {
			t.Fatal(err)
		}
		younger = fx.detail(t, younger.Number).Case
		m := store.Merge{CaseWork: workOn(older, lea), Other: younger.Number, OtherVersion: younger.Version}
		notLead, stale := m, m
		notLead.By, stale.OtherVersion = ana, younger.Version-1
		if _, err := fx.Merge(ctx, notLead); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("by an approver: %v", err)
		}
		if _, err := fx.Merge(ctx, stale); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("at an old version: %v", err)
		}
		// Named the other way round the older survives too.
		c, err := fx.Merge(ctx, store.Merge{CaseWork: workOn(younger, lea), Other: older.Number, OtherVersion: older.Version})
		if err != nil || c.ID != older.ID || c.Level != 1 || c.Score != 90 {
			t.Fatalf("survivor %+v, %v", c, err)
		}
		d := fx.detail(t, younger.Number)
		if d.Case.ID != older.ID || d.MergedFrom != younger.Number || len(d.Mentions) != 2 || len(d.Replies) != 2 || len(d.Notes) != 1 || !slices.Equal(d.Tags, []string{"fragile"}) {
			t.Errorf("%s leads to %+v", younger.Number, d)
		}
		if _, err := fx.Merge(ctx, m); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("twice: %v", err)
		}
		u := store.Unmerge{CaseWork: workOn(younger, lea), IntoVersion: c.Version}
		u.Version = younger.Version + 1
		staleUndo := u
		staleUndo.IntoVersion--
		if _, err := fx.Unmerge(ctx, staleUndo); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("undo at an old version: %v", err)
		}
		if _, err := fx.Unmerge(ctx, u); err != nil {
			t.Fatal(err)
		}
		for number, want := range map[string]socialwatch.Case{older.Number: older, younger.Number: younger} {
			d := fx.detail(t, number)
			if d.Case.ID != want.ID || d.Case.State != want.State || d.Case.Level != want.Level || d.Case.Score != want.Score || len(d.Mentions) != 1 || len(d.Replies) != 1 || d.Case.MergedInto != 0 {
				t.Errorf("%s is %+v with %d posts", number, d.Case, len(d.Mentions))
			}
		}
		if d := fx.detail(t, older.Number); len(d.Tags) != 0 || len(d.Notes) != 0 {
			t.Errorf("the survivor keeps tags %v and notes %v", d.Tags, d.Notes)
		}
		if _, err := fx.Unmerge(ctx, u); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("undone twice: %v", err)
		}
	})
}

func TestMergeIsForOneCustomerOnly(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		lea := fx.Hire(t, "lea", socialwatch.RoleLead)
		s := fx.Seed(t, "post", 2)
		before := dump(t, fx)
		for _, other := range []socialwatch.Case{s[1].Case, s[0].Case} {
			_, err := fx.Merge(t.Context(), store.Merge{CaseWork: workOn(s[0].Case, lea), Other: other.Number, OtherVersion: other.Version})
			if !errors.Is(err, socialwatch.ErrConflict) {
				t.Errorf("with %s: %v", other.Number, err)
			}
		}
		if after := dump(t, fx); after != before {
			t.Error("a refused merge has changed something")
		}
	})
}

// What has happened since the merge stays with the survivor.
func TestUndoneMergeLeavesWhatCameSince(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		lea := fx.Hire(t, "lea", socialwatch.RoleLead)
		older, younger := fx.twoOfOne(t)
		c, err := fx.Merge(t.Context(), store.Merge{CaseWork: workOn(older, lea), Other: younger.Number, OtherVersion: younger.Version})
		if err != nil {
			t.Fatal(err)
		}
		fx.ask(t, fx.detail(t, c.Number).Case, "since", minute(30))
		into := fx.detail(t, c.Number).Case
		u := store.Unmerge{CaseWork: workOn(younger, lea), IntoVersion: into.Version}
		u.Version = younger.Version + 1
		if _, err := fx.Unmerge(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		if d := fx.detail(t, older.Number); len(d.Mentions) != 2 || d.Case.Level != 1 || d.Events[0].Data["restored"] != false {
			t.Errorf("survivor with %d posts, level %d, %v", len(d.Mentions), d.Case.Level, d.Events[0].Data)
		}
	})
}

// What only a post that is gone has told goes from the case that it came from
// too, and from what a merge keeps to be undone.
func TestGonePostsLeaveNothingInMergedCases(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		lea := fx.Hire(t, "lea", socialwatch.RoleLead)
		first, a, _ := marked("first")
		second, b, _ := marked("second")
		second.Author = first.Author
		c := fx.Changes(t)
		for i, m := range []socialwatch.Mention{first, second} {
			one := fx.NewCase(t, m)
			one.Customer, one.OpenedAt, one.Orders = first.Author, minute(i), []string{"order-" + m.ID}
			c.Cases = append(c.Cases, one)
			c.Entries = append(c.Entries, socialwatch.Entry{Mention: m, Assessment: []socialwatch.Assessment{a, b}[i], CaseID: one.ID})
		}
		fx.MustSave(t, c)
		k := fx.Know(t, []string{"first", "second"}, nil)
		older, younger := k.Cases[0], k.Cases[1]
		m := store.Merge{CaseWork: workOn(older, lea), Other: younger.Number, OtherVersion: younger.Version}
		into, err := fx.Merge(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fx.EnrolOrders(t.Context(), minute(5), 100); err != nil {
			t.Fatal(err)
		}
		for _, gone := range []string{"second", "first"} {
			g := fx.Changes(t)
			g.Gone = []string{gone}
			fx.MustSave(t, g)
			if rows := everything(t, fx); strings.Contains(rows, "order-"+gone) {
				i := strings.Index(rows, "order-"+gone)
				t.Errorf("%s is gone, and in the rows stands …%s", gone, rows[max(0, i-60):i+20])
			}
		}
		if rows := everything(t, fx); strings.Contains(rows, "handle-") {
			t.Error("all posts of the customer are gone, and their handle stands in a row")
		}
		younger.Version++
		if _, err := fx.Unmerge(t.Context(), store.Unmerge{CaseWork: workOn(younger, lea), IntoVersion: into.Version}); err != nil {
			t.Fatal(err)
		}
		if rows := everything(t, fx); strings.Contains(rows, "order-") || strings.Contains(rows, "handle-") {
			t.Error("undoing the merge brings back what is erased")
		}
	})
}

// A version is of one case: that of a merged one says nothing about the survivor.
func TestCommandForAMergedCaseIsBoundToNoOtherVersion(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		crm, lea := fx.System(t, "crm"), fx.Hire(t, "lea", socialwatch.RoleLead)
		older, younger := fx.twoOfOne(t)
		into, err := fx.Merge(t.Context(), store.Merge{CaseWork: workOn(older, lea), Other: younger.Number, OtherVersion: younger.Version})
		if err != nil {
			t.Fatal(err)
		}
		younger.Version = into.Version // as chance has it
		says(t, "claim", fx.asked(t, crm, claimOf(younger, "k1")), "refused 0 it has been merged into "+into.Number)
		says(t, "note", fx.asked(t, crm, Ask{Key: "k2", Kind: store.CommandNote, CaseID: younger.ID, Data: `{"text": "seen"}`}), "applied ")
		if d := fx.detail(t, into.Number); d.Case.External.System != "" || len(d.Notes) != 1 {
			t.Errorf("survivor %+v with %d notes", d.Case.External, len(d.Notes))
		}
	})
}

// A case with a live reply cannot be resolved, by undoing a merge neither.
func TestUndoneMergeResolvesNothingUnderALiveReply(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		lea := fx.Hire(t, "lea", socialwatch.RoleLead)
		for _, resolved := range []int{0, 1} {
			s := fx.Seed(t, fmt.Sprint("post", resolved, "-"), 2)
			fx.exec(t, fmt.Sprintf("update cases set customer_id = '%s' where id = %d", s[0].Case.Customer.ID, s[1].Case.ID))
			fx.set(t, "cases", s[1].Case.ID, "opened_at = %s", minute(1))
			was := s[resolved].Case
			fx.set(t, "cases", was.ID, "state = 'resolved', resolved_at = %s", minute(2)) // its draft was begun since, as far as the end goes
			into, err := fx.Merge(t.Context(), store.Merge{CaseWork: workOn(s[0].Case, lea), Other: s[1].Case.Number, OtherVersion: s[1].Case.Version})
			if err != nil {
				t.Fatal(err)
			}
			u := store.Unmerge{CaseWork: workOn(s[1].Case, lea), IntoVersion: into.Version}
			u.Version++
			if _, err := fx.Unmerge(t.Context(), u); err != nil {
				t.Fatal(err)
			}
			if c := fx.detail(t, was.Number).Case; c.State != socialwatch.CaseOpen || !c.ResolvedAt.IsZero() {
				t.Errorf("%s is %s since %s, with a draft that waits", c.Number, c.State, c.ResolvedAt)
			}
		}
	})
}

// TestCasesOfOtherAccountsAreNoneToPairWith: to somebody who does not read an
// account, the number of a case on it is answered as one that does not exist.
func TestCasesOfOtherAccountsAreNoneToPairWith(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx := t.Context()
		lea := fx.Hire(t, "lea", socialwatch.RoleLead)
		di, err := fx.AddPerson(ctx, socialwatch.Person{Login: "di", Name: "Di", Roles: map[string]socialwatch.Role{"other": socialwatch.RoleLead}}, "", Start)
		if err != nil {
			t.Fatal(err)
		}
		own := fx.Seed(t, "own", 1)[0].Case
		fx.exec(t, fmt.Sprintf("update cases set account = 'other' where id = %d", own.ID))
		older, younger := fx.twoOfOne(t)
		into, err := fx.Merge(ctx, store.Merge{CaseWork: workOn(older, lea), Other: younger.Number, OtherVersion: younger.Version})
		if err != nil {
			t.Fatal(err)
		}
		for name, try := range map[string]func(number string, version int) error{
			"link": func(number string, version int) error {
				_, err := fx.Link(ctx, store.Merge{CaseWork: workOn(own, di), Other: number, OtherVersion: version})
				return err
			},
			"merge": func(number string, version int) error {
				_, err := fx.Merge(ctx, store.Merge{CaseWork: workOn(own, di), Other: number, OtherVersion: version})
				return err
			},
			"unmerge": func(number string, version int) error {
				u := store.Unmerge{CaseWork: workOn(own, di), IntoVersion: version}
				u.Number, u.Version = number, version
				_, err := fx.Unmerge(ctx, u)
				return err
			},
		} {
			none := try("K-none", 1)
			if !errors.Is(none, socialwatch.ErrNotFound) {
				t.Errorf("%s with none: %v", name, none)
			}
			for _, c := range []socialwatch.Case{into, younger} {
				for _, version := range []int{c.Version, c.Version - 1} {
					got := try(c.Number, version)
					if !errors.Is(got, socialwatch.ErrNotFound) || strings.ReplaceAll(got.Error(), c.Number, "K-none") != none.Error() {
						t.Errorf("%s with %s at version %d: %v, want as %v", name, c.Number, version, got, none)
					}
				}
			}
		}
	})
}
