package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"socialwatch"
)

func TestUnstorableTextLosesNothing(t *testing.T) {
	dirty := "a\x00b \xff\xfe c\u0000 \\u0000 \xe2\x82 end"
	Each(t, func(t *testing.T, fx Fixture) {
		c := fx.Batch(t, "post", 3)
		e := &c.Entries[1]
		e.Mention.Text, e.Mention.Warning, e.Mention.Author.Name = dirty, dirty, dirty
		e.Mention.Media[0].Description, e.Mention.Author.Handle = dirty, dirty
		e.Assessment.Masked, e.Assessment.Entities[0].Value = dirty, dirty
		e.Reply.Payload.Text, e.Reply.Findings = dirty, []socialwatch.Finding{{Rule: "x", Words: dirty}}
		c.Cases[1].Customer.Name, c.Cases[1].Escalation, c.Cases[1].Orders = dirty, dirty, []string{dirty}
		c.Events[1].Data["note"] = dirty
		c.Aside = []socialwatch.SetAside{{ID: dirty, Raw: []byte(dirty), Problem: dirty}}
		c.Gaps = []socialwatch.Gap{{From: Start, Reason: dirty}}
		fx.MustSave(t, c)
		k := fx.Know(t, []string{"post-0001", "post-0002", "post-0003"}, nil)
		if len(k.Mentions) != 3 || len(k.Replies) != 3 {
			t.Fatalf("stored %d mentions and %d replies", len(k.Mentions), len(k.Replies))
		}
		r := k.Replies[1]
		if r.Payload.Hash() != r.Hash {
			t.Error("the hash is not that of the stored payload")
		}
		if len(r.Payload.Text) != len(dirty) {
			t.Errorf("spans no longer hold: %q", r.Payload.Text)
		}
		if n := count(t, fx, fmt.Sprintf("select count(*) from mentions where length(body) = %d", len([]rune(r.Payload.Text)))); n != 1 {
			t.Errorf("body is not the cleaned text")
		}
		fx.Log(t, 0)
	})
}

// Rows of one statement come back as they were, whatever they hold, and a list
// finds them.
func TestRowsOfOneStatementKeepTheirTexts(t *testing.T) {
	odd := []string{`{a,"b",\c}`, "null", "", `"`, `\`, "two\nlines\tand ' quotes", `{"a": "\"b\\"}`, "日本, {}"}
	Each(t, func(t *testing.T, fx Fixture) {
		c := fx.Batch(t, "post", len(odd))
		ids := make([]string, len(odd))
		for i, text := range odd {
			ids[i] = text + fmt.Sprint(i)
			m := &c.Entries[i].Mention
			m.ID, m.RootID, m.Text, m.Author.Name = ids[i], ids[i], text, text
			c.Entries[i].Reply.Payload.Text = text
			c.Cases[i].Escalation, c.Cases[i].Orders = text, []string{text}
			if i%2 == 0 {
				m.EditedAt = Start
			}
		}
		fx.MustSave(t, c)
		k := fx.Know(t, ids, nil)
		if len(k.Mentions) != len(odd) || len(k.Replies) != len(odd) || len(k.Cases) != len(odd) {
			t.Fatalf("%d mentions, %d replies, %d cases", len(k.Mentions), len(k.Replies), len(k.Cases))
		}
		for i, text := range odd {
			caseOf := k.Mentions[ids[i]].CaseID
			for _, r := range k.Replies {
				if r.CaseID == caseOf && (r.Payload.Text != text || r.Payload.Hash() != r.Hash) {
					t.Errorf("%q became the reply %q", text, r.Payload.Text)
				}
			}
			for _, cs := range k.Cases {
				if cs.ID == caseOf && (cs.Escalation != text || len(cs.Orders) != 1 || cs.Orders[0] != text) {
					t.Errorf("%q became %q and %q", text, cs.Escalation, cs.Orders)
				}
			}
			quoted := strings.ReplaceAll(text, "'", "''")
			if n := count(t, fx, fmt.Sprintf("select count(*) from mentions where body = '%s' and author_name = body", quoted)); n != 1 {
				t.Errorf("%q stands in %d mentions", text, n)
			}
		}
		if n := count(t, fx, "select count(*) from mentions where edited_at is null"); n != len(odd)/2 {
			t.Errorf("%d mentions are not edited, want %d", n, len(odd)/2)
		}
	})
}

func TestSaveNamesTheRowItRefuses(t *testing.T) {
	tests := []struct {
		break_ func(*socialwatch.Changes)
		names  string
	}{
		{func(c *socialwatch.Changes) { c.Entries[1].Mention.CreatedAt = time.Time{} }, "post-0002"},
		{func(c *socialwatch.Changes) { c.Entries[1].Mention.Host = "other.example" }, "post-0002"},
		{func(c *socialwatch.Changes) { c.Entries[1].Mention.Account = "other" }, "post-0002"},
		{func(c *socialwatch.Changes) { c.Entries[1].Mention.ID = "post-0003" }, "post-0003"},
		{func(c *socialwatch.Changes) { c.Entries[1].Mention.Author.ID = strings.Repeat("x", 3000) }, "post-0002"},
		{func(c *socialwatch.Changes) { c.Entries[1].CaseID = 0 }, "post-0002"},
		{func(c *socialwatch.Changes) { c.Entries[1].Reply.State = socialwatch.ReplySent }, "post-0002"},
		{func(c *socialwatch.Changes) { c.Entries[1].Reply.ExpiresAt = time.Time{} }, "post-0002"},
		{func(c *socialwatch.Changes) { c.Cases[1].Level = 0 }, "K-1002"},
		{func(c *socialwatch.Changes) { c.Cases[1].Score = 101 }, "K-1002"},
		{func(c *socialwatch.Changes) { c.Cases[1].State = "odd" }, "K-1002"},
		{func(c *socialwatch.Changes) { c.Cases[1].DueAt = time.Time{} }, "K-1002"},
	}
	Each(t, func(t *testing.T, fx Fixture) {
		for i, tc := range tests {
			if i > 0 { // numbers are drawn once: the cases keep theirs
				tests[i].names = strings.Replace(tc.names, "K-1002", fmt.Sprintf("K-%d", 1002+3*i), 1)
			}
			c := fx.Batch(t, "post", 3)
			tc.break_(&c)
			err := fx.Save(t.Context(), c)
			if err == nil || errors.Is(err, socialwatch.ErrConflict) || !strings.Contains(err.Error(), tests[i].names) {
				t.Errorf("%d: want an error naming %s, got %v", i, tests[i].names, err)
			}
			tests[i].names = tc.names
		}
		if n := count(t, fx, "select count(*) from mentions"); n != 0 {
			t.Errorf("%d mentions stored", n)
		}
	})
}

func TestHugeValuesAreStored(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		c := fx.Batch(t, "post", 450) // three statements
		c.Entries[7].Mention.Author.Followers = 1 << 40
		c.Entries[7].Mention.Text = strings.Repeat("long ", 20_000)
		c.Entries[7].Mention.ParentID = strings.Repeat("p", 5000)
		fx.MustSave(t, c)
		if n := count(t, fx, "select count(*) from replies"); n != 450 {
			t.Errorf("%d replies", n)
		}
	})
}
