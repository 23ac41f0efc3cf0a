package storetest

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// index is all that the database keeps for search, as raw bytes.
func index(t *testing.T, fx bench) string {
	t.Helper()
	queries := []string{"select cast(words as text) from case_words"}
	if fx.Kind() == store.SQLite {
		queries = append(queries, "select block from case_words_index_data")
	}
	var b strings.Builder
	for _, q := range queries {
		rows, err := fx.db.Query(q)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var raw sql.RawBytes
			if err := rows.Scan(&raw); err != nil {
				t.Fatal(err)
			}
			b.Write(raw)
			b.WriteByte('\n')
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// TestSearchForgetsErasedPostsAtOnce, with nothing left in the index.
func TestSearchForgetsErasedPostsAtOnce(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		m, a := say("gone", "customer1", "zyxgone wvustays", "en")
		m.Author.Name, m.Author.Handle = "zyxname", "zyxhandle@far.example"
		a.Entities = []socialwatch.Entity{{Kind: socialwatch.OrderNumber, Value: "zyx-123456", Start: 0, End: 7}}
		r := Draft(m, "zyxreply")
		number := write(t, fx.Fixture, m, a, r)
		k := fx.Know(t, []string{"gone"}, nil)
		second, b := say("stays", "customer2", "wvustays", "en")
		second.Author.Handle, second.Author.Name = "wvuhandle@far.example", "wvuname"
		c := fx.Changes(t)
		c.Entries = []socialwatch.Entry{{Mention: second, Assessment: b, CaseID: k.Cases[0].ID}}
		c.Events = []socialwatch.Event{{Kind: socialwatch.EventMentionAttached, CaseID: k.Cases[0].ID, CaseVersion: 1, Actor: socialwatch.System, At: Start}}
		fx.MustSave(t, c)
		learn(t, fx.Fixture)
		words := []string{"zyxgone", "zyxname", "@zyxhandle", "#zyx123456", "zyxreply", "zyxhandle", "zyx123456"}
		for _, w := range words {
			if got := finds(t, fx.Fixture, store.SearchFilter{Query: strings.TrimPrefix(w, "#")}); !slices.Equal(got, []string{number}) {
				t.Fatalf("before: %s found %v", w, got)
			}
		}
		if !strings.Contains(index(t, fx), "zyxgone") {
			t.Fatal("the index does not hold what it is searched for here")
		}
		g := fx.Changes(t)
		g.Gone = []string{"gone"}
		g.Moves = []socialwatch.ReplyMove{{ReplyID: k.Replies[0].ID, To: socialwatch.ReplySuperseded, Reason: "the post is gone"}}
		fx.MustSave(t, g)
		for pass := range 2 {
			for _, w := range words {
				if got := finds(t, fx.Fixture, store.SearchFilter{Query: strings.TrimPrefix(w, "#")}); len(got) > 0 {
					t.Errorf("%s found %v", w, got)
				}
			}
			if raw := index(t, fx); strings.Contains(raw, "zyx") {
				t.Errorf("pass %d: the index still holds %q", pass, raw[strings.Index(raw, "zyx"):][:20])
			}
			for _, w := range []string{"wvustays", "@wvuhandle"} {
				if got := finds(t, fx.Fixture, store.SearchFilter{Query: w}); !slices.Equal(got, []string{number}) {
					t.Errorf("%s of the post that stays found %v", w, got)
				}
			}
			learn(t, fx.Fixture)
		}
	})
}

// TestSearchFollowsEditsMovesAndLateness: what changed is found by its new
// words, after a pass, and until then the result says so.
func TestSearchFollowsEditsMovesAndLateness(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		m, a := say("post-1", "customer1", "the first wording", "en")
		number := write(t, fx.Fixture, m, a, Draft(m, "our suggestion"))
		late := func() time.Time {
			r, err := fx.Search(t.Context(), store.SearchFilter{Query: "wording"})
			at, err2 := fx.WordsLate(t.Context())
			if err != nil || err2 != nil || !at.Equal(r.Late) {
				t.Fatalf("%v, %v: %s, %s", err, err2, at, r.Late)
			}
			return r.Late
		}
		if at := late(); !at.Equal(Start) {
			t.Errorf("late since %s before the numbering", at)
		}
		fx.Log(t, 0)
		if at := late(); !at.Equal(Start) {
			t.Errorf("late since %s before the pass", at)
		}
		learn(t, fx.Fixture)
		if at := late(); !at.IsZero() {
			t.Errorf("late since %s", at)
		}
		k := fx.Know(t, []string{"post-1"}, nil)
		e, b := say("post-1", "customer1", "the second wording", "en")
		e.EditedAt = Start.Add(time.Minute)
		c := fx.Changes(t)
		c.Entries = []socialwatch.Entry{{Mention: e, Assessment: b, CaseID: k.Cases[0].ID}}
		c.Events = []socialwatch.Event{{Kind: socialwatch.EventMentionEdited, CaseID: k.Cases[0].ID, CaseVersion: 1, Actor: socialwatch.System, At: Start}}
		c.Moves = []socialwatch.ReplyMove{{ReplyID: k.Replies[0].ID, To: socialwatch.ReplySuperseded, Reason: "edited"}}
		fx.MustSave(t, c)
		learn(t, fx.Fixture)
		for query, want := range map[string][]string{"first": nil, "second": {number}, "suggestion": nil} {
			if got := finds(t, fx.Fixture, store.SearchFilter{Query: query}); !slices.Equal(got, want) {
				t.Errorf("after the edit %q found %v, want %v", query, got, want)
			}
		}
		fx.exec(t, fmt.Sprintf("update cases set state = 'merged' where number = '%s'", number))
		fx.exec(t, "update counters set value = 0 where name = 'search'")
		learn(t, fx.Fixture)
		if got := finds(t, fx.Fixture, store.SearchFilter{Query: "second"}); len(got) > 0 {
			t.Errorf("the merged case was found: %v", got)
		}
	})
}

// TestSearchBearsHostileQueries: none fails, none takes long, and none is an
// operator.
func TestSearchBearsHostileQueries(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 2)
		m, a := say("odd", "customer3", `tab	"quote' back\slash colon:star* (a|b)&!c <-> near NOT OR and`, "en")
		odd := write(t, fx, m, a, nil)
		learn(t, fx)
		for _, q := range []string{`"`, `'`, `\`, "*", "a*", `"order`, "order AND", "NEAR(order moved)", "order:*", "words:order", "-order", "^order", "!order", "order & | !", "(((((",
			"order <-> moved", "\x00", "or\x00der", "\xff\xfe", "order\xff", strings.Repeat("a", 10_000), strings.Repeat("order ", 2_000), strings.Repeat(`"`, 10_000),
			strings.Repeat("返金", 5_000), strings.Repeat("é", 501), "\u202eorder", strings.Repeat("e\u0301\u0302\u0303", 3_000), "%", "_", "?", "$1", "'; drop table cases; --", "@", "#", "@@@", "#-", "😀"} {
			if _, err := fx.Search(t.Context(), store.SearchFilter{Query: q}); err != nil {
				t.Errorf("%.40q: %v", q, err)
			}
		}
		for _, q := range []string{"order NOT parcel", "order | nothing", "nothing OR order"} {
			if got := finds(t, fx, store.SearchFilter{Query: q}); len(got) > 0 {
				t.Errorf("%q found %v: an operator", q, got)
			}
		}
		for q, want := range map[string]string{"\"back\\slash\"": odd, "(a|b)&!c": odd, "<-> near": odd, "quote'": odd, "o\u200brder mo\u0301ved post-0001": s[0].Case.Number} {
			if got := finds(t, fx, store.SearchFilter{Query: q}); !slices.Contains(got, want) {
				t.Errorf("%q found %v, want %s", q, got, want)
			}
		}
		for q, want := range map[string]struct{ none, cut bool }{"...": {true, false}, "": {true, false}, "order": {}, strings.Repeat("order ", 200): {false, true}} {
			if r, err := fx.Search(t.Context(), store.SearchFilter{Query: q}); err != nil || r.None != want.none || r.Cut != want.cut {
				t.Errorf("%.20q: none %t, cut %t, %v", q, r.None, r.Cut, err)
			}
		}
	})
}

// TestSearchKeepsHostileTexts: a text of ten thousand characters, or words
// beyond the bound, hinder no other case.
func TestSearchKeepsHostileTexts(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		var many strings.Builder
		for i := range 40_000 {
			fmt.Fprintf(&many, "w%dx ", i)
		}
		for i, text := range []string{strings.Repeat("x", 10_000), strings.Repeat("e\u0301\u0316", 10_000), many.String(), strings.Repeat("返", 10_000),
			"'; drop table cases; -- \\ ' \" : * \u2028 \u00a0 \u0085", "a\u02bcb ŉ ½ ⑴ ㎏", "\U000e0041\U000e0042"} {
			m, a := say(fmt.Sprint("post-", i), "customer1", text+" sentinel", "en")
			a.Masked = text + " sentinel"
			write(t, fx, m, a, nil)
		}
		m, a := say("plain", "customer2", "plain sentinel", "en")
		write(t, fx, m, a, nil)
		learn(t, fx)
		if got := finds(t, fx, store.SearchFilter{Query: "sentinel", Limit: 50}); len(got) != 7 { // beyond the bound it does not count
			t.Errorf("found %v", got)
		}
		if got := finds(t, fx, store.SearchFilter{Query: "w7x plain"}); len(got) != 0 {
			t.Errorf("found %v", got)
		}
	})
}

// TestSearchIndexStaysTrue: after hundreds of changes the index holds exactly
// what the cases hold.
func TestSearchIndexStaysTrue(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		random := rand.New(rand.NewPCG(1, 2))
		vocabulary := []string{"parcel", "refund", "late", "broken", "lamp", "返金", "रिफ़ंड", "größe"}
		texts := map[string]string{}
		for i := range 12 {
			id := fmt.Sprint("post-", i)
			m, a := say(id, fmt.Sprint("customer", i), "parcel", "en")
			m.Author.Name = ""
			write(t, fx.Fixture, m, a, nil)
			texts[id] = "parcel"
		}
		cases := map[string]socialwatch.Case{}
		for id := range texts {
			cases[id] = fx.Know(t, []string{id}, nil).Cases[0]
		}
		for step := range 150 {
			id := fmt.Sprint("post-", random.IntN(12))
			c := fx.Changes(t)
			if random.IntN(4) == 0 {
				c.Gone, texts[id] = []string{id}, ""
			} else {
				random.Shuffle(len(vocabulary), func(i, j int) { vocabulary[i], vocabulary[j] = vocabulary[j], vocabulary[i] })
				texts[id] = strings.Join(vocabulary[:1+random.IntN(5)], " ")
				m, a := say(id, "customer", texts[id], "en")
				m.Author, m.EditedAt = cases[id].Customer, Start.Add(time.Duration(step+1)*time.Second)
				c.Entries = []socialwatch.Entry{{Mention: m, Assessment: a, CaseID: cases[id].ID}}
				c.Events = []socialwatch.Event{{Kind: socialwatch.EventMentionEdited, CaseID: cases[id].ID, CaseVersion: 1, Actor: socialwatch.System, At: Start}}
			}
			fx.MustSave(t, c)
			if step%5 == 0 {
				learn(t, fx.Fixture)
			}
		}
		learn(t, fx.Fixture)
		for _, w := range vocabulary {
			var want []string
			for id, text := range texts {
				if slices.Contains(strings.Fields(text), w) {
					want = append(want, cases[id].Number)
				}
			}
			got := finds(t, fx.Fixture, store.SearchFilter{Query: w})
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s found %v, want %v", w, got, want)
			}
		}
		if fx.Kind() == store.SQLite {
			fx.exec(t, "insert into case_words_index (case_words_index, rank) values ('integrity-check', 1)")
		}
	})
}
