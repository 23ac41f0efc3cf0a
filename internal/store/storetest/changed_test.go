package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// edit stores a new wording of a post at a time, which supersedes the reply to
// it; the draft anew is returned.
func (fx bench) edit(t *testing.T, old socialwatch.Reply, m socialwatch.Mention, masked string, at time.Time) (socialwatch.Mention, socialwatch.Reply) {
	t.Helper()
	m.Text, m.EditedAt = "own words: "+masked, at
	a := Assessment(m)
	a.Masked = masked
	c := fx.Changes(t)
	c.At = at
	c.Moves = []socialwatch.ReplyMove{{ReplyID: old.ID, To: socialwatch.ReplySuperseded, Reason: "the customer edited the post"}}
	r := Draft(m, "Draft of "+at.Format(time.TimeOnly))
	r.CreatedAt = at
	c.Entries = []socialwatch.Entry{{Mention: m, Assessment: a, CaseID: old.CaseID, Reply: r}}
	fx.MustSave(t, c)
	return m, fx.live(t, m.ID)
}

func (fx bench) live(t *testing.T, post string) socialwatch.Reply {
	t.Helper()
	k := fx.Know(t, []string{post}, nil)
	if len(k.Replies) != 1 {
		t.Fatalf("%d live replies", len(k.Replies))
	}
	return k.Replies[0]
}

func (fx bench) changedOf(t *testing.T, id int64) *store.Changed {
	t.Helper()
	card, err := fx.Card(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return card.Changed
}

func (fx bench) revisions(t *testing.T) (all []string) {
	t.Helper()
	rows, err := fx.db.Query("select masked from mention_revisions order by mention_id, replaced_at")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var masked string
		if err := rows.Scan(&masked); err != nil {
			t.Fatal(err)
		}
		all = append(all, masked)
	}
	return all
}

// minutesIn is n minutes after Start.
func minutesIn(n int) time.Time { return Start.Add(minutes(n)) }

func TestDraftAnewTellsWhatChanged(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		s := fx.Seed(t, "post", 1)[0]
		if c := fx.changedOf(t, s.Reply.ID); c != nil {
			t.Errorf("the first draft tells of changes: %+v", c)
		}
		m, second := fx.edit(t, s.Reply, s.Mention, "one", minutesIn(1))
		m, third := fx.edit(t, second, m, "two", minutesIn(2))
		c := fx.changedOf(t, third.ID)
		if c == nil || c.Before.ID != second.ID || c.Before.Reason != "the customer edited the post" || len(c.Edited) != 1 {
			t.Fatalf("%+v", c)
		}
		if e := c.Edited[0]; !e.Known || e.Was != "one" || e.Assessment.Masked != "two" || len(c.Added)+len(c.Gone)+len(c.Native) != 0 {
			t.Errorf("%+v", c)
		}
		// Since the second draft it was edited twice: what it said then counts.
		if c := fx.changedOf(t, second.ID); c.Before.ID != s.Reply.ID || c.Edited[0].Was != s.Mention.Text {
			t.Errorf("%+v", c)
		}
		more := Mention("more", m.Author.ID)
		ch := fx.Changes(t)
		ch.At = minutesIn(3)
		ch.Moves = []socialwatch.ReplyMove{{ReplyID: third.ID, To: socialwatch.ReplySuperseded, Reason: "the customer added a post"}}
		r := Draft(more, "Anew.")
		r.CreatedAt = ch.At
		ch.Entries = []socialwatch.Entry{{Mention: more, Assessment: Assessment(more), CaseID: s.Case.ID, Reply: r}}
		ch.Events = []socialwatch.Event{{Kind: socialwatch.EventCaseResponded, CaseID: s.Case.ID,
			Data: map[string]any{"how": "native", "parent_id": m.ID, "url": "https://social.example/@help/9"}}}
		fx.MustSave(t, ch)
		gone := fx.Changes(t)
		gone.At, gone.Gone = minutesIn(4), []string{m.ID}
		fx.MustSave(t, gone)
		c = fx.changedOf(t, fx.live(t, "more").ID)
		if len(c.Added) != 1 || c.Added[0].Mention.ID != "more" || len(c.Gone) != 1 || c.Gone[0].Mention.ID != m.ID || len(c.Edited) != 0 ||
			len(c.Native) != 1 || c.Native[0].URL != "https://social.example/@help/9" {
			t.Errorf("%+v", c)
		}
	})
}

// TestUnknownEarlierWordsAreNotInvented: a post that was edited by a program that
// kept no earlier words.
func TestUnknownEarlierWordsAreNotInvented(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		s := fx.Seed(t, "post", 1)[0]
		_, anew := fx.edit(t, s.Reply, s.Mention, "one", minutesIn(1))
		fx.exec(t, "delete from mention_revisions")
		c := fx.changedOf(t, anew.ID)
		if c == nil || len(c.Edited) != 1 || c.Edited[0].Known || c.Edited[0].Was != "" {
			t.Errorf("%+v", c)
		}
	})
}

func TestRejectedDraftBringsNoChanges(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		s := fx.Seed(t, "post", 1)[0]
		put(t, fx, s.Reply.ID, socialwatch.ReplyRejected)
		again, err := fx.Propose(t.Context(), Proposal(s, fx.Hire(t, "ben", socialwatch.RoleAuthor), "By hand."))
		if err != nil {
			t.Fatal(err)
		}
		if c := fx.changedOf(t, again.ID); c != nil {
			t.Errorf("%+v", c)
		}
	})
}

// TestEarlierWordsAreFewMaskedAndGoWithTheirPost: neither a post that is edited
// without end nor one that is deleted leaves what it once said.
func TestEarlierWordsAreFewMaskedAndGoWithTheirPost(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		s := fx.Seed(t, "post", 3)
		for i, one := range s {
			m, r := one.Mention, one.Reply
			for n := range 4 + 3*i {
				m, r = fx.edit(t, r, m, fmt.Sprintf("wording-%d-%d", i, n), minutesIn(n+1))
			}
		}
		all := fx.revisions(t)
		if len(all) != 4+5+5 || all[len(all)-1] != "wording-2-8" || all[len(all)-5] != "wording-2-4" {
			t.Errorf("%d: %v", len(all), all)
		}
		if rows := strings.Join(all, " "); strings.Contains(rows, "own words") {
			t.Error("kept as written")
		}
		c := fx.Changes(t)
		c.At, c.Gone = minutesIn(30), []string{s[0].Mention.ID, s[1].Mention.ID}
		fx.MustSave(t, c)
		if all := fx.revisions(t); len(all) != 5 || !strings.HasPrefix(all[0], "wording-2") {
			t.Errorf("after two of three are gone: %v", all)
		}
		if _, err := fx.EraseLate(t.Context(), Account, Start); err != nil {
			t.Fatal(err)
		}
		if n := len(fx.revisions(t)); n != 5 {
			t.Errorf("%d while the case is live", n)
		}
		fx.exec(t, "update cases set state = 'closed'")
		if _, err := fx.EraseLate(t.Context(), "another", Start); err != nil {
			t.Fatal(err)
		}
		if n := len(fx.revisions(t)); n != 5 {
			t.Errorf("another account's pass left %d", n)
		}
		if _, err := fx.EraseLate(t.Context(), Account, Start); err != nil {
			t.Fatal(err)
		}
		if n := len(fx.revisions(t)); n != 0 {
			t.Errorf("%d once the case is closed", n)
		}
	})
}

// TestIgnoredPostsKeepNoEarlierWords: nobody drafts about them.
func TestIgnoredPostsKeepNoEarlierWords(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		m := Mention("noise", "c1")
		for i := range 2 {
			a := Assessment(m)
			a.Ignored = "promotion"
			c := fx.Changes(t)
			c.Entries = []socialwatch.Entry{{Mention: m, Assessment: a}}
			fx.MustSave(t, c)
			m.Text, m.EditedAt = "edited", minutesIn(i+1)
		}
		if all := fx.revisions(t); len(all) != 0 {
			t.Errorf("%v", all)
		}
	})
}
