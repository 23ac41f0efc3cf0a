package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store/dbtest"
)

// count returns how many rows a query over the raw database gives.
func count(t *testing.T, fx Fixture, query string) int {
	t.Helper()
	db := dbtest.Raw(t, fx.Options)
	defer db.Close()
	var n int
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSavedIsKnownAsItWas(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 3)
		k := fx.Know(t, []string{"post-0001", "nowhere"}, nil)
		if len(k.Mentions) != 1 || k.Mentions["post-0001"].CaseID != s[0].Case.ID || k.Mentions["post-0001"].Revision != "0" {
			t.Errorf("mentions: %+v", k.Mentions)
		}
		want := CaseOf(socialwatch.CaseRef{ID: s[0].Case.ID, Number: s[0].Case.Number}, s[0].Mention)
		want.Version = 1
		if !reflect.DeepEqual(k.Cases, []socialwatch.Case{want}) {
			t.Errorf("case\n got %+v\nwant %+v", k.Cases, want)
		}
		draft := Draft(s[0].Mention, s[0].Reply.Payload.Text)
		r := s[0].Reply
		if r.Payload != draft.Payload || r.Hash != r.Payload.Hash() || r.State != socialwatch.ReplyAwaiting ||
			r.Version != 1 || !r.ExpiresAt.Equal(draft.ExpiresAt) || !r.CreatedAt.Equal(Start) {
			t.Errorf("reply %+v", r)
		}
		if len(k.Used) != 0 { // it awaits: no customer has read it
			t.Errorf("used templates %v", k.Used)
		}
		a, err := fx.Account(t.Context(), Account)
		if err != nil || string(a.Cursor) != "post" || a.Version != 1 {
			t.Errorf("account %+v, %v", a, err)
		}
	})
}

func TestSaveTwiceStoresOnce(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		c := fx.Batch(t, "post", 5)
		fx.MustSave(t, c)
		if err := fx.Save(t.Context(), c); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("second save: %v", err)
		}
		// Even with the newest version, the same new posts are a conflict.
		c.Version++
		c.Cases, c.Events = nil, nil
		if err := fx.Save(t.Context(), c); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("same posts under the next version: %v", err)
		}
		for table, want := range map[string]int{"mentions": 5, "cases": 5, "replies": 5, "reply_versions": 5, "events": 20} {
			if n := count(t, fx, "select count(*) from "+table); n != want {
				t.Errorf("%d %s, want %d", n, table, want)
			}
		}
	})
}

func TestSavesAtOnceOneWins(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		other := On(t, fx.Options) // another process
		batches := []socialwatch.Changes{fx.Batch(t, "post", 20), other.Batch(t, "post", 20)}
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for i, f := range []Fixture{fx, other} {
			wg.Go(func() { errs[i] = f.Save(t.Context(), batches[i]) })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, socialwatch.ErrConflict) {
				t.Errorf("loser got %v", err)
			}
		}
		if n := count(t, fx, "select count(*) from mentions"); won != 1 || n != 20 {
			t.Errorf("%d won, %d mentions", won, n)
		}
	})
}

func TestOnePostOfTwoAccountsIsStoredOnce(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		if err := fx.EnsureAccount(t.Context(), "second", string(socialwatch.Mastodon), Host); err != nil {
			t.Fatal(err)
		}
		mine, theirs := fx.Batch(t, "post", 10), fx.Batch(t, "post", 10)
		theirs.Account, theirs.Cases, theirs.Events = "second", nil, nil
		for i := range theirs.Entries {
			theirs.Entries[i].Mention.Account, theirs.Entries[i].CaseID, theirs.Entries[i].Reply = "second", 0, nil
		}
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for i, c := range []socialwatch.Changes{mine, theirs} {
			wg.Go(func() { errs[i] = fx.Save(t.Context(), c) })
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), socialwatch.ErrConflict) {
			t.Errorf("errors %v", errs)
		}
		if n := count(t, fx, "select count(*) from mentions"); n != 10 {
			t.Errorf("%d mentions", n)
		}
	})
}

func TestSaveRefusesWhatMovedMeanwhile(t *testing.T) {
	tests := map[string]func(t *testing.T, fx Fixture, s Seeded, c *socialwatch.Changes){
		"older version of the account": func(t *testing.T, _ Fixture, _ Seeded, c *socialwatch.Changes) { c.Version-- },
		"older version of a case": func(t *testing.T, fx Fixture, s Seeded, c *socialwatch.Changes) {
			first := fx.Changes(t)
			first.Cases = []socialwatch.Case{s.Case}
			fx.MustSave(t, first)
			c.Version = first.Version + 1
			c.Cases = []socialwatch.Case{s.Case}
		},
		"case that exists as new": func(t *testing.T, _ Fixture, s Seeded, c *socialwatch.Changes) {
			s.Case.Version = 0
			c.Cases = []socialwatch.Case{s.Case}
		},
		"second draft for a parent": func(t *testing.T, _ Fixture, s Seeded, c *socialwatch.Changes) {
			s.Mention.EditedAt = Start
			c.Entries = []socialwatch.Entry{{Mention: s.Mention, Assessment: Assessment(s.Mention), CaseID: s.Case.ID,
				Reply: Draft(s.Mention, "Another.")}}
		},
		"reply that may not move so": func(t *testing.T, fx Fixture, s Seeded, c *socialwatch.Changes) {
			d := decision(s, fx.Hire(t, "ana", socialwatch.RoleApprover))
			d.Reason = "wrong_tone"
			if _, err := fx.Reject(t.Context(), d, Start); err != nil {
				t.Fatal(err)
			}
			c.Moves = []socialwatch.ReplyMove{{ReplyID: s.Reply.ID, To: socialwatch.ReplySuperseded}}
		},
		"unknown reply": func(t *testing.T, _ Fixture, s Seeded, c *socialwatch.Changes) {
			c.Moves = []socialwatch.ReplyMove{{ReplyID: s.Reply.ID + 999, To: socialwatch.ReplySuperseded}}
		},
	}
	for name, arrange := range tests {
		t.Run(name, func(t *testing.T) {
			Each(t, func(t *testing.T, fx Fixture) {
				s := fx.Seed(t, "post", 1)[0]
				c := fx.Changes(t)
				arrange(t, fx, s, &c)
				c.Cursor = []byte("moved")
				if err := fx.Save(t.Context(), c); !errors.Is(err, socialwatch.ErrConflict) {
					t.Errorf("got %v", err)
				}
				if a, _ := fx.Account(t.Context(), Account); string(a.Cursor) != "post" {
					t.Errorf("cursor moved to %q", a.Cursor)
				}
			})
		})
	}
}

func TestEditSupersedesAndDraftsAgain(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 1)[0]
		seen := fx.Log(t, 0)
		c := fx.Changes(t)
		s.Mention.EditedAt, s.Mention.Text = Start.Add(time.Minute), "@help it came, thank you"
		s.Case.Score, s.Case.DueAt = 80, s.Case.DueAt.Add(-time.Hour)
		c.Cases = []socialwatch.Case{s.Case}
		c.Moves = []socialwatch.ReplyMove{{ReplyID: s.Reply.ID, To: socialwatch.ReplySuperseded, Reason: "edited"}}
		draft := Draft(s.Mention, "Glad to hear it!")
		draft.State, draft.Reason = socialwatch.ReplyBlocked, "promise"
		c.Entries = []socialwatch.Entry{{Mention: s.Mention, Assessment: Assessment(s.Mention), CaseID: s.Case.ID, Reply: draft}}
		fx.MustSave(t, c)

		k := fx.Know(t, []string{s.Mention.ID}, nil)
		if len(k.Replies) != 1 || k.Replies[0].Payload.Text != "Glad to hear it!" || k.Replies[0].State != socialwatch.ReplyBlocked {
			t.Errorf("live replies %+v", k.Replies)
		}
		if k.Mentions[s.Mention.ID].Revision != s.Mention.Revision() || k.Cases[0].Version != 2 || k.Cases[0].Score != 80 {
			t.Errorf("known %+v", k)
		}
		var kinds []string
		for _, e := range fx.Log(t, seen[len(seen)-1].Seq) {
			kinds = append(kinds, e.Kind)
			if e.CaseVersion != 2 || e.CaseID != s.Case.ID || e.ReplyID == 0 {
				t.Errorf("event %+v", e)
			}
		}
		if want := "reply.superseded reply.proposed reply.blocked"; strings.Join(kinds, " ") != want {
			t.Errorf("events %v, want %s", kinds, want)
		}
		if n := count(t, fx, "select count(*) from replies where state = 'blocked' and rank = 20"); n != 1 {
			t.Error("the new reply's queue tuple is not its case's")
		}
	})
}

func TestLiveRepliesFollowTheirCaseInTheQueue(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 2)[0]
		c := fx.Changes(t)
		s.Case.Score = 95
		c.Cases = []socialwatch.Case{s.Case}
		fx.MustSave(t, c)
		if n := count(t, fx, "select rank from replies where id = "+fmt.Sprint(s.Reply.ID)); n != 5 {
			t.Errorf("rank %d, want 5", n)
		}
		if n := count(t, fx, "select count(*) from replies where rank = 40"); n != 1 {
			t.Error("another case's reply moved too")
		}
	})
}

func TestGoneErasesWords(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 2)
		c := fx.Changes(t)
		c.Gone = []string{s[0].Mention.ID, "never-stored"}
		fx.MustSave(t, c)
		if !fx.Know(t, []string{s[0].Mention.ID}, nil).Mentions[s[0].Mention.ID].Gone {
			t.Error("not known as gone")
		}
		if n := count(t, fx, `select count(*) from mentions where gone_at is not null and body = '' and masked = ''
			and warning = '' and author_name = '' and cast(media as text) = '[]' and cast(entities as text) = '[]'`); n != 1 {
			t.Errorf("%d erased mentions, want 1", n)
		}
		// It comes back unchanged: a post that was hidden for a while.
		c = fx.Changes(t)
		c.Entries = []socialwatch.Entry{{Mention: s[0].Mention, Assessment: Assessment(s[0].Mention), CaseID: s[0].Case.ID}}
		fx.MustSave(t, c)
		if fx.Know(t, []string{s[0].Mention.ID}, nil).Mentions[s[0].Mention.ID].Gone {
			t.Error("still gone after it came back")
		}
	})
}

func TestAsideAndGapsStandOnce(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		for range 2 {
			c := fx.Changes(t)
			c.Aside = []socialwatch.SetAside{{ID: "x", Problem: "not JSON"}, {ID: "x", Raw: []byte("2"), Problem: "again"},
				{ID: strings.Repeat("y", 9000), Raw: []byte{0, 255}, Problem: "p"}}
			c.Gaps = []socialwatch.Gap{{From: Start, Reason: "outage"}, {From: Start, Reason: "retention"}}
			fx.MustSave(t, c)
		}
		c := fx.Changes(t)
		c.Gaps = []socialwatch.Gap{{From: Start, To: Start.Add(time.Hour), Reason: "outage"}}
		fx.MustSave(t, c)
		c = fx.Changes(t)
		c.Gaps = []socialwatch.Gap{{From: Start, Reason: "outage"}} // told again: its end stays
		fx.MustSave(t, c)
		if a, g, open := count(t, fx, "select count(*) from set_aside"), count(t, fx, "select count(*) from gaps"),
			count(t, fx, "select count(*) from gaps where to_at is null"); a != 2 || g != 2 || open != 1 {
			t.Errorf("%d set aside, %d gaps, %d open", a, g, open)
		}
	})
}

func TestCursorStaysWhenNil(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		c := fx.Changes(t)
		c.Cursor = []byte{0, 1, 255}
		fx.MustSave(t, c)
		fx.MustSave(t, fx.Changes(t))
		if a, err := fx.Account(t.Context(), Account); err != nil || string(a.Cursor) != "\x00\x01\xff" || a.Version != 2 {
			t.Errorf("%+v, %v", a, err)
		}
		if err := fx.EnsureAccount(t.Context(), Account, string(socialwatch.Mastodon), "other.example"); err != nil {
			t.Fatal(err)
		}
		if a, err := fx.Account(t.Context(), Account); err != nil || a.Cursor != nil || a.Version != 3 {
			t.Errorf("on another host: %+v, %v", a, err)
		}
		if _, err := fx.Account(t.Context(), "nobody"); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("unknown account: %v", err)
		}
	})
}

func TestCaseNumbersAreNeverDrawnTwice(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		other := On(t, fx.Options)
		var mu sync.Mutex
		seen := map[string]bool{}
		var wg sync.WaitGroup
		for i := range 8 {
			f := []Fixture{fx, other}[i%2]
			wg.Go(func() {
				for range 10 {
					refs, err := f.NextCases(t.Context(), 3)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					for _, r := range refs {
						if seen[r.Number] || r.Number != fmt.Sprintf("K-%d", r.ID) {
							t.Errorf("drew %+v", r)
						}
						seen[r.Number] = true
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if len(seen) != 240 {
			t.Errorf("drew %d numbers, want 240", len(seen))
		}
	})
}
