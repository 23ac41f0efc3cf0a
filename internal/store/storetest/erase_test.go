package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// everything is every row of every table that can hold what customers wrote, as
// text.
func everything(t *testing.T, fx bench) string {
	t.Helper()
	var b strings.Builder
	for _, table := range []string{"mentions", "mention_revisions", "cases", "replies", "reply_versions", "attempts", "events", "set_aside",
		"inbox", "gaps", "settings", "accounts", "merges", "case_orders"} {
		b.WriteString(tableText(t, fx, table))
	}
	return b.String()
}

// tableText is every row of a table, a line each.
func tableText(t *testing.T, fx bench, table string) string {
	t.Helper()
	var b strings.Builder
	rows, err := fx.db.Query("select * from " + table)
	if err != nil {
		t.Fatal(table, err)
	}
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, dest := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			fmt.Fprintf(&b, "%s.%s=%s ", table, columns[i], v)
		}
		b.WriteString("\n")
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// marked is a mention that holds a word of its own in every field that a
// customer fills, and what triage finds in it.
func marked(id string) (socialwatch.Mention, socialwatch.Assessment, []string) {
	m := Mention(id, "by-"+id)
	m.Text, m.Warning = "text-"+id+" order-"+id, "warning-"+id
	m.Author.Name, m.Author.Handle, m.Author.URL = "name-"+id, "handle-"+id+"@far.example", "https://far.example/@profile-"+id
	m.URL, m.Media = "https://far.example/@address-"+id, []socialwatch.Media{{Kind: "image", Description: "picture-" + id}}
	a := Assessment(m)
	a.Masked = "masked-" + id
	a.Entities = []socialwatch.Entity{{Kind: socialwatch.OrderNumber, Value: "order-" + id}}
	return m, a, []string{"text-" + id, "warning-" + id, "name-" + id, "handle-" + id, "profile-" + id, "address-" + id,
		"picture-" + id, "masked-" + id, "order-" + id, "quote-" + id, "finding-" + id, "raw-" + id, "pushed-" + id, "why-" + id}
}

// TestGonePostsLeaveNoWords looks for what a customer wrote in the raw rows.
func TestGonePostsLeaveNoWords(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		c := fx.Changes(t)
		words := map[string][]string{}
		for _, id := range []string{"gone", "sent", "doubt", "stays"} {
			m, a, all := marked(id)
			words[id] = all
			one := fx.NewCase(t, m)
			one.Customer, one.Orders = m.Author, []string{"order-" + id}
			r := Draft(m, "you wrote quote-"+id)
			r.Payload.Warning = m.Warning
			r.Hash, r.Findings = r.Payload.Hash(), []socialwatch.Finding{{Rule: "tone", Words: "finding-" + id, Start: 1, End: 2}}
			c.Cases = append(c.Cases, one)
			c.Entries = append(c.Entries, socialwatch.Entry{Mention: m, Assessment: a, CaseID: one.ID, Reply: r})
			c.Aside = append(c.Aside, socialwatch.SetAside{ID: id, Raw: []byte("raw-" + id), Problem: "odd", At: Start})
		}
		fx.MustSave(t, c)
		var pushed []socialwatch.Mention
		for id := range words {
			m, _, _ := marked(id)
			m.Text, m.EditedAt = "pushed-"+id, Start
			pushed = append(pushed, m)
		}
		if err := fx.PutInbox(t.Context(), Account, pushed, Start); err != nil {
			t.Fatal(err)
		}
		has := func(when, id string, want bool, but ...string) {
			t.Helper()
			rows := everything(t, fx)
			for _, w := range words[id] {
				if got := strings.Contains(rows, w); got != (want != slices.Contains(but, w)) {
					i := strings.Index(rows, w)
					t.Errorf("%s: %s in the rows: %t: …%s", when, w, got, rows[max(0, i-60):max(i+20, 0)])
				}
			}
		}
		k := fx.Know(t, []string{"gone", "sent", "doubt", "stays"}, nil)
		for _, r := range k.Replies {
			fx.exec(t, fmt.Sprintf("update replies set reason = 'wrong_tone: why-%s' where id = %d", r.Payload.ParentID, r.ID))
		}
		for id := range words {
			has("before", id, true)
		}
		g := fx.Changes(t)
		for _, r := range k.Replies {
			switch r.Payload.ParentID {
			case "gone":
				g.Moves = []socialwatch.ReplyMove{{ReplyID: r.ID, To: socialwatch.ReplySuperseded, Reason: "the post is gone"}}
			case "sent":
				put(t, fx, r.ID, socialwatch.ReplySent)
			case "doubt":
				put(t, fx, r.ID, socialwatch.ReplyUnknown)
			}
		}
		g.Gone = []string{"gone", "sent", "doubt"}
		fx.MustSave(t, g)
		has("gone", "gone", false)
		has("with a sent reply", "sent", false, "quote-sent") // our own words stand in public
		// What is in doubt is found again by its text, so it waits for its end.
		has("in doubt", "doubt", false, "handle-doubt", "quote-doubt", "warning-doubt", "finding-doubt", "why-doubt")
		has("another post", "stays", true)
		for _, r := range k.Replies {
			if r.Payload.ParentID == "doubt" {
				put(t, fx, r.ID, socialwatch.ReplyWithdrawn)
			}
		}
		if n, err := fx.EraseLate(t.Context(), Account, Start); err != nil || n != 1 {
			t.Fatalf("erased %d, %v", n, err)
		}
		has("its reply has ended", "doubt", false)
		has("another post", "stays", true)
		if n, err := fx.EraseLate(t.Context(), Account, Start.Add(time.Second)); err != nil || n != 0 {
			t.Fatalf("erased %d again, %v", n, err)
		}
		has("raw text that is old", "stays", true, "raw-stays")
	})
}

// TestWhatOtherPostsTellStays: a case keeps its customer and the order numbers
// that posts that still stand have told.
func TestWhatOtherPostsTellStays(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		first, a, _ := marked("first")
		second, b, _ := marked("second")
		second.Author = first.Author
		c := fx.Changes(t)
		one := fx.NewCase(t, first)
		one.Customer, one.Orders = first.Author, []string{"order-first", "order-second"}
		c.Cases = []socialwatch.Case{one}
		c.Entries = []socialwatch.Entry{{Mention: first, Assessment: a, CaseID: one.ID}, {Mention: second, Assessment: b, CaseID: one.ID}}
		fx.MustSave(t, c)
		for _, tt := range []struct {
			gone   string
			orders []string
			handle string
		}{{"first", []string{"order-second"}, first.Author.Handle}, {"second", []string{}, ""}} {
			c := fx.Changes(t)
			c.Gone = []string{tt.gone}
			fx.MustSave(t, c)
			k := fx.Know(t, []string{"first"}, nil)
			if got := k.Cases[0]; !slices.Equal(got.Orders, tt.orders) || got.Customer.Handle != tt.handle || got.Customer.ID != first.Author.ID {
				t.Errorf("without %s: orders %v, customer %+v", tt.gone, got.Orders, got.Customer)
			}
		}
	})
}

// TestDueShownIsTheHeadOfTheQueue in its order, once per age.
func TestDueShownIsTheHeadOfTheQueue(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		s := fx.Seed(t, "post", 4)
		fx.exec(t, fmt.Sprintf("update replies set rank = 0 where id = %d", s[3].Reply.ID))
		put(t, fx, s[0].Reply.ID, socialwatch.ReplyBlocked)
		due := func(after, age time.Duration, want ...string) {
			t.Helper()
			now := Start.Add(after)
			ids, err := fx.DueShown(t.Context(), Account, now, now.Add(-age), 2)
			slices.Sort(ids)
			if err != nil || !slices.Equal(ids, want) {
				t.Errorf("after %s: %v, want %v (%v)", after, ids, want, err)
			}
		}
		due(4*time.Minute, 5*time.Minute)
		due(6*time.Minute, 5*time.Minute, s[1].Mention.ID, s[3].Mention.ID)
		due(7*time.Minute, 5*time.Minute)
		due(12*time.Minute, time.Hour)
		c := fx.Changes(t)
		c.Gone = []string{s[3].Mention.ID}
		fx.MustSave(t, c)
		due(12*time.Minute, 5*time.Minute, s[1].Mention.ID)
		if ids, err := fx.DueShown(t.Context(), "other", Start.Add(time.Hour), Start.Add(time.Hour), 2); err != nil || len(ids) != 0 {
			t.Errorf("of another account: %v, %v", ids, err)
		}
	})
}

// TestStoredPostsAreAllWithText: of closed cases and of none too, page by page.
func TestStoredPostsAreAllWithText(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		s := fx.Seed(t, "post", 4)
		fx.exec(t, fmt.Sprintf("update cases set state = 'closed' where id = %d", s[1].Case.ID))
		c := fx.Changes(t)
		m := Mention("ignored", "customer9")
		c.Entries, c.Gone = []socialwatch.Entry{{Mention: m, Assessment: Assessment(m)}}, []string{s[0].Mention.ID}
		fx.MustSave(t, c)
		before := Start.Add(time.Hour)
		var got []string
		var after int64
		for {
			posts, err := fx.StoredPosts(t.Context(), Account, before, after, 3)
			if err != nil {
				t.Fatal(err)
			}
			if len(posts) == 0 {
				break
			}
			up := posts[len(posts)-1].ID
			if err := fx.MarkLooked(t.Context(), store.Looks{Account: Account, Before: before, At: before, After: after, UpTo: up}); err != nil {
				t.Fatal(err)
			}
			for _, p := range posts {
				got = append(got, p.PostID)
			}
			after = up
		}
		if want := []string{s[1].Mention.ID, s[2].Mention.ID, s[3].Mention.ID, "ignored"}; !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		for at, want := range map[time.Time]int{Start: 0, before: 0, before.Add(time.Second): 4} {
			if posts, err := fx.StoredPosts(t.Context(), Account, at, 0, 10); err != nil || len(posts) != want {
				t.Errorf("at %s: %v, want %d (%v)", at, posts, want, err)
			}
		}
	})
}
