package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store/dbtest"
)

// stored stores cases of one customer and returns them as stored.
func (fx Fixture) stored(t *testing.T, m socialwatch.Mention, shape ...func(*socialwatch.Case)) []socialwatch.Case {
	t.Helper()
	c := fx.Changes(t)
	for i, f := range shape {
		one := fx.NewCase(t, m)
		one.OpenedAt = one.OpenedAt.Add(time.Duration(i) * time.Hour)
		f(&one)
		c.Cases = append(c.Cases, one)
	}
	fx.MustSave(t, c)
	for i := range c.Cases {
		c.Cases[i].Version = 1
	}
	return c.Cases
}

func state(s socialwatch.CaseState) func(*socialwatch.Case) {
	return func(c *socialwatch.Case) { c.State = s }
}

func caseIDs(cases []socialwatch.Case) []int64 {
	var ids []int64
	for _, c := range cases {
		ids = append(ids, c.ID)
	}
	return ids
}

func TestKnownHoldsLiveCasesAndTheNewestClosedOne(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		m := Mention("a", "customer1")
		all := fx.stored(t, m, state(socialwatch.CaseClosed), state(socialwatch.CaseClosed), state(socialwatch.CaseNew),
			state(socialwatch.CaseOpen), state(socialwatch.CaseWaiting), state(socialwatch.CaseResolved))
		fx.stored(t, Mention("b", "customer2"), state(socialwatch.CaseNew))
		k := fx.Know(t, nil, []string{"customer1", "customer9"})
		if got, want := caseIDs(k.Cases), caseIDs(all[1:]); !slices.Equal(got, want) {
			t.Errorf("cases %v, want %v", got, want)
		}
		if k := fx.Know(t, nil, nil); len(k.Cases)+len(k.Replies)+len(k.Mentions) != 0 {
			t.Errorf("nothing asked, %+v", k)
		}
	})
}

func TestKnownFollowsMergedCases(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		m := Mention("a", "customer1")
		all := fx.stored(t, Mention("b", "customer2"), state(socialwatch.CaseOpen), state(socialwatch.CaseMerged),
			state(socialwatch.CaseMerged))
		c := fx.Changes(t)
		all[1].MergedInto, all[2].MergedInto = all[0].ID, all[1].ID
		c.Cases = all[1:]
		c.Entries = []socialwatch.Entry{{Mention: m, Assessment: Assessment(m), CaseID: all[2].ID}}
		fx.MustSave(t, c)
		k := fx.Know(t, []string{"a"}, nil)
		if got := caseIDs(k.Cases); !slices.Equal(got, caseIDs(all)) || k.Cases[2].MergedInto != all[1].ID {
			t.Errorf("cases %v, want %v", got, caseIDs(all))
		}
	})
}

func TestKnownCountsEarlierMentionsOfTheAccount(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		c := fx.Changes(t)
		for i, age := range []time.Duration{0, time.Hour, 8 * 24 * time.Hour} {
			m := Mention(string(rune('a'+i)), "customer1")
			m.CreatedAt = Start.Add(-age)
			c.Entries = append(c.Entries, socialwatch.Entry{Mention: m, Assessment: Assessment(m)})
		}
		fx.MustSave(t, c)
		for since, want := range map[time.Time]int{Start.Add(-7 * 24 * time.Hour): 2, {}: 3, Start.Add(time.Second): 0} {
			k, err := fx.Known(t.Context(), socialwatch.Ask{Account: Account, Authors: []string{"customer1"}, Since: since})
			if err != nil || k.Earlier["customer1"] != want {
				t.Errorf("since %s: %v, want %d (%v)", since, k.Earlier, want, err)
			}
		}
	})
}

func TestKnownKnowsOurOwnPosts(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 2)
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		if _, err := db.Exec("update replies set state = 'sent', post_id = 'ours' where id = $1", s[0].Reply.ID); err != nil {
			t.Fatal(err)
		}
		k := fx.Know(t, []string{"ours"}, nil)
		if k.OwnPosts["ours"] != s[0].Case.ID || !slices.Equal(caseIDs(k.Cases), []int64{s[0].Case.ID}) {
			t.Errorf("own posts %v, cases %v", k.OwnPosts, caseIDs(k.Cases))
		}
		if len(k.Replies) != 0 || !slices.Equal(k.Used[s[0].Case.ID], []string{"en/stuck_order"}) {
			t.Errorf("replies %v, used %v", k.Replies, k.Used)
		}
	})
}

func TestKnownHoldsTheEarlierPostsThatRepliesHeed(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		posts := map[string]func(*socialwatch.Assessment){
			"1-plain": func(a *socialwatch.Assessment) { a.Entities = nil },
			"2-phone": func(a *socialwatch.Assessment) {
				a.Entities = append(a.Entities, socialwatch.Entity{Kind: socialwatch.Phone, Value: "5550104477"})
			},
			"3-mail": func(a *socialwatch.Assessment) {
				a.Entities = []socialwatch.Entity{{Kind: socialwatch.Email, Value: "a@mail.example"}}
			},
			"4-human": func(a *socialwatch.Assessment) {
				a.Signals = []socialwatch.Signal{{Name: "must.asks_for_human", Points: 1}}
			},
			"6-order": func(a *socialwatch.Assessment) {
				a.Entities = []socialwatch.Entity{{Kind: socialwatch.OrderNumber, Value: "555-0100123"}}
			},
			"5-gone": func(a *socialwatch.Assessment) {
				a.Entities = []socialwatch.Entity{{Kind: socialwatch.Phone, Value: "5550104477"}}
			},
		}
		c := fx.Changes(t)
		one := fx.NewCase(t, Mention("1-plain", "customer1"))
		c.Cases = []socialwatch.Case{one}
		for id, change := range posts {
			m := Mention(id, "customer1")
			a := Assessment(m)
			change(&a)
			e := socialwatch.Entry{Mention: m, Assessment: a, CaseID: one.ID}
			if id == "1-plain" {
				e.Reply = Draft(m, "we look into it")
			}
			c.Entries = append(c.Entries, e)
		}
		slices.SortFunc(c.Entries, func(a, b socialwatch.Entry) int { return strings.Compare(a.Mention.ID, b.Mention.ID) })
		fx.MustSave(t, c)
		c = fx.Changes(t)
		c.Gone = []string{"5-gone"}
		fx.MustSave(t, c)
		check := func(answers int) {
			t.Helper()
			k := fx.Know(t, nil, []string{"customer1"})
			var ids []string
			for _, p := range k.Posts[one.ID] {
				ids = append(ids, p.PostID)
				if len(p.Answers) != answers || p.Answered != (answers > 0) || p.Visibility != socialwatch.Public || p.At.IsZero() {
					t.Errorf("%+v", p)
				}
			}
			if want := []string{"2-phone", "3-mail", "4-human", "6-order"}; !slices.Equal(ids, want) || !k.Human[one.ID] {
				t.Errorf("posts %v, want %v; human %v", ids, want, k.Human)
			}
		}
		check(0)
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		if _, err := db.Exec("update replies set state = 'sent', post_id = 'ours'"); err != nil {
			t.Fatal(err)
		}
		check(1)
	})
}
