package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/intake"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
	"socialwatch/triage"
)

// batches is a Source that hands out what was put into it.
type batches struct{ next connectors.Batch }

func (b *batches) Fetch(context.Context, []byte) (connectors.Batch, error) {
	out := b.next
	out.Cursor, b.next = []byte("x"), connectors.Batch{}
	return out, nil
}

// TestPastTellsTheHistoryThatIntakeTold over weeks of posts in random batches,
// with cases resolved and closed in between.
func TestPastTellsTheHistoryThatIntakeTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		rng := rand.New(rand.NewPCG(7, 1))
		told := map[string]socialwatch.History{}
		now := storetest.Start
		in := &intake.Intake{Store: fx.Store, Now: func() time.Time { return now }, Rules: intake.Rules{
			Assess: func(m socialwatch.Mention, h socialwatch.History) socialwatch.Assessment {
				told[m.ID] = h
				a := storetest.Assessment(m)
				a.Entities = nil
				if rng.IntN(4) == 0 {
					a.Ignored = "promotion"
				}
				return a
			},
			Respond: func(s intake.Situation) intake.Answer { return intake.Answer{Level: 3, DueAt: s.Now.Add(time.Hour)} },
		}}
		source := &batches{}
		c := &connectors.Connector{Account: storetest.Account, Network: socialwatch.Mastodon, Host: storetest.Host, Source: source}
		_, err := fx.AddPerson(t.Context(), otto, "x", now)
		must(t, err)
		n := 0
		for range 40 {
			for range rng.IntN(5) {
				n++
				m := storetest.Mention(fmt.Sprint("p", rng.IntN(1000), "-", n), fmt.Sprint("customer", rng.IntN(5)))
				m.CreatedAt = now.Add(-time.Duration(rng.IntN(200)) * time.Hour)
				source.next.Mentions = append(source.next.Mentions, m)
			}
			_, err = in.Poll(t.Context(), c)
			must(t, err)
			if rng.IntN(2) == 0 {
				resolveOne(t, fx, now, rng)
			}
			now = now.Add(time.Duration(1+rng.IntN(40)) * time.Hour)
		}
		var earlier, open, all int
		for m, err := range fx.Past(t.Context(), store.PastFilter{}) {
			must(t, err)
			if want := told[m.Mention.ID]; m.History != want {
				t.Errorf("%s received %s: history %+v, intake told %+v", m.Mention.ID, m.ReceivedAt, m.History, want)
			}
			all++
			earlier += min(1, m.History.Earlier)
			if m.History.OpenCase {
				open++
			}
		}
		if all != n || earlier < n/4 || open < n/8 || open > n*7/8 {
			t.Errorf("%d of %d mentions, %d with earlier ones, %d with an open case: the posts test nothing", all, n, earlier, open)
		}
	})
}

var otto = socialwatch.Person{Login: "otto", Name: "Otto", Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: socialwatch.RoleAuthor}}

// resolveOne resolves one of the open cases, and closes those long resolved.
func resolveOne(t *testing.T, fx storetest.Fixture, now time.Time, rng *rand.Rand) {
	t.Helper()
	rows, _, err := fx.Cases(t.Context(), store.CaseFilter{States: []socialwatch.CaseState{socialwatch.CaseNew, socialwatch.CaseOpen}})
	must(t, err)
	if len(rows) > 0 {
		c := rows[rng.IntN(len(rows))].Case
		_, err = fx.SetCaseState(t.Context(), store.CaseMove{Number: c.Number, Version: c.Version, To: socialwatch.CaseResolved, By: otto, At: now})
		must(t, err)
	}
	_, err = fx.CloseResolved(t.Context(), now)
	must(t, err)
}

func TestPastYieldsEachMentionOnceInPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		must(t, fx.EnsureAccount(t.Context(), "empty", string(socialwatch.Mastodon), storetest.Host))
		must(t, fx.EnsureAccount(t.Context(), "other", string(socialwatch.Mastodon), storetest.Host))
		const n = store.PageMax + 3
		for _, account := range []string{storetest.Account, "other"} {
			k, err := fx.Known(t.Context(), socialwatch.Ask{Account: account})
			must(t, err)
			c := socialwatch.Changes{Account: account, Version: k.Version, At: storetest.Start}
			for i := range n {
				m := storetest.Mention(fmt.Sprintf("%s-%04d", account, i), "customer1")
				m.Account, m.CreatedAt = account, storetest.Start.Add(time.Duration(i/3)*time.Minute) // three at a time
				a := storetest.Assessment(m)
				a.Ignored = "promotion"
				c.Entries = append(c.Entries, socialwatch.Entry{Mention: m, Assessment: a})
			}
			c.Gone = []string{account + "-0007"}
			fx.MustSave(t, c)
		}
		seen := map[string]bool{}
		gone := 0
		for m, err := range fx.Past(t.Context(), store.PastFilter{}) {
			must(t, err)
			if seen[m.Mention.ID] {
				t.Fatalf("%s twice", m.Mention.ID)
			}
			if seen[m.Mention.ID] = true; !m.GoneAt.IsZero() {
				gone++
			}
		}
		if len(seen) != 2*n || gone != 2 {
			t.Errorf("%d mentions, %d gone", len(seen), gone)
		}
		some := 0
		for _, err := range fx.Past(t.Context(), store.PastFilter{Since: storetest.Start.Add(time.Minute), Until: storetest.Start.Add(3 * time.Minute)}) {
			must(t, err)
			if some++; some == 7 {
				break
			}
		}
		if some != 7 {
			t.Errorf("%d mentions of two minutes", some)
		}
		const last = 7 // of one account, and those posted at the moment of the last
		lately := 0
		for m, err := range fx.Past(t.Context(), store.PastFilter{Accounts: []string{storetest.Account}, Last: last}) {
			must(t, err)
			if lately++; m.Mention.Account != storetest.Account || m.Mention.CreatedAt.Before(storetest.Start.Add(time.Duration((n-last)/3)*time.Minute)) {
				t.Errorf("%s of %s posted %s", m.Mention.ID, m.Mention.Account, m.Mention.CreatedAt)
			}
		}
		if want := n - (n-last)/3*3; lately != want {
			t.Errorf("%d mentions lately, want %d", lately, want)
		}
		for m := range fx.Past(t.Context(), store.PastFilter{Accounts: []string{}, Last: last}) {
			t.Errorf("%s of no account", m.Mention.ID)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for _, err := range fx.Past(ended, store.PastFilter{}) {
			if some--; !errors.Is(err, context.Canceled) || some != 6 {
				t.Errorf("after the end: %v", err)
			}
		}
	})
}

// runOn runs a command in this process on a database.
func runOn(t *testing.T, o store.Options, now time.Time, args ...string) (string, error) {
	t.Helper()
	config := filepath.Join(t.TempDir(), "socialwatch.yaml")
	must(t, os.WriteFile(config, fmt.Appendf(nil, "database: {url_env: REPLAY_DATABASE, schema: %q}\naccounts:\n"+
		"  - {name: help, handle: shop_help, network: mastodon, base_url: \"https://social.example\", token_env: REPLAY_TOKEN}\n", o.Schema), 0o600))
	t.Setenv("REPLAY_DATABASE", o.URL)
	root := newRoot(tuning{now: func() time.Time { return now }})
	var stdout bytes.Buffer
	root.SetOut(&stdout)
	root.SetArgs(append(args, "--config", config))
	err := root.ExecuteContext(t.Context())
	return stdout.String(), err
}

// seedReplay stores posts as the rules of dir assess them now, or not.
func seedReplay(t *testing.T, fx storetest.Fixture, dir string) {
	t.Helper()
	engine, err := triage.New(triage.Options{Handles: []string{"shop_help"}, Lexicons: os.DirFS(dir)})
	must(t, err)
	c := fx.Changes(t)
	for i, p := range []struct {
		text string
		edit func(*socialwatch.Assessment)
	}{
		{"@shop_help the order is late", func(*socialwatch.Assessment) {}},
		{"@shop_help the order is late, refund me, call 020 7946 0000", func(a *socialwatch.Assessment) { a.Intent, a.Escalate, a.Urgency = socialwatch.Question, false, 0 }},
		{"@shop_help refund", func(a *socialwatch.Assessment) { a.Intent, a.Score = socialwatch.Question, a.Score+20 }},
		{"@shop_help order late \u202erefund", func(a *socialwatch.Assessment) { a.Intent, a.Language, a.Score = socialwatch.Question, "es", a.Score-9 }},
		{"@shop_help hello, old", func(a *socialwatch.Assessment) { a.Ignored = tooOld }},
		{"@shop_help hello, refund", func(a *socialwatch.Assessment) { a.Ignored, a.Rules = "promotion", "2026-01-01.1" }},
		{"@shop_help deleted", func(a *socialwatch.Assessment) { a.Intent = socialwatch.Billing }},
		{"@shop_help posted before", func(a *socialwatch.Assessment) { a.Intent = socialwatch.Billing }},
		{"@shop_help late, call ************* now", func(a *socialwatch.Assessment) {
			a.Entities = []socialwatch.Entity{{Kind: socialwatch.Phone, Value: "", Start: 22, End: 35}}
		}},
	} {
		m := storetest.Mention(fmt.Sprint("p", i), fmt.Sprint("customer", i))
		m.Text, m.CreatedAt = p.text, storetest.Start.Add(time.Duration(i)*time.Minute)
		if strings.HasSuffix(p.text, "before") {
			m.CreatedAt = storetest.Start.Add(-time.Hour)
		}
		a := engine.Assess(m, socialwatch.History{})
		p.edit(&a)
		if a.Rules == engine.Rules() {
			a.Rules = "now"
		}
		c.Entries = append(c.Entries, socialwatch.Entry{Mention: m, Assessment: a})
	}
	one := fx.NewCase(t, c.Entries[1].Mention)
	c.Entries[1].CaseID, c.Cases = one.ID, []socialwatch.Case{one}
	c.Events = []socialwatch.Event{storetest.Opened(one)}
	c.Gone = []string{"p6"}
	fx.MustSave(t, c)
}

func TestReplayShowsWhatWouldChangeAndChangesNothing(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			fx := storetest.On(t, dbtest.New(t, kind))
			dir := lateRules(t)
			seedReplay(t, fx, dir)
			before := contents(t, fx)
			now := storetest.Start.Add(time.Hour)
			got, err := runOn(t, fx.Options, now, "replay", "--since", "1h", "--rules", dir, "--limit", "3")
			must(t, err)
			golden(t, "replay.txt", strings.ReplaceAll(got, dir, "my-rules"))
			got, err = runOn(t, fx.Options, now, "replay", "--since", "2026-11-02T09:00:00Z", "--until", "2026-11-03", "--rules", dir, "--json")
			must(t, err)
			var d replayed
			must(t, json.Unmarshal([]byte(got), &d))
			if d.Mentions != 7 || d.Gone != 1 || d.Redacted != 1 || d.Changed != 4 || len(d.Lines) != 4 || d.LeftOff != 0 || d.Stored["2026-01-01.1"] != 1 {
				t.Errorf("%+v", d)
			}
			if strings.Contains(got, "7946") || strings.Contains(got, "customer") {
				t.Errorf("personal data in %s", got)
			}
			engine, err := triage.New(triage.Options{Handles: []string{"shop_help"}, Lexicons: os.DirFS(dir)})
			must(t, err)
			shown, err := bench{&app{store: fx.Store, triage: engine}}.Replay(t.Context(), nil, 8) // all but the one posted before
			must(t, err)
			if shown.Mentions != d.Mentions || shown.Changed != d.Changed || shown.Gone != 1 || shown.Redacted != 1 || len(shown.Changes) != len(d.Changes) ||
				len(shown.Lines) != 4 || shown.Lines[0].Text != d.Lines[0].Text || shown.Lines[0].Case != d.Lines[0].Case {
				t.Errorf("on the console: %+v, want %+v", shown, d)
			}
			if after := contents(t, fx); after != before {
				t.Error("the database has changed")
			}
		})
	}
}

// contents is all that the database holds of cases, mentions, events and
// accounts.
func contents(t *testing.T, fx storetest.Fixture) string {
	t.Helper()
	db := dbtest.Raw(t, fx.Options)
	defer db.Close()
	var all []string
	for _, table := range []string{"accounts", "cases", "mentions", "events", "replies", "counters"} {
		rows, err := db.QueryContext(t.Context(), "select * from "+table)
		must(t, err)
		columns, err := rows.Columns()
		must(t, err)
		for rows.Next() {
			values, to := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				to[i] = &values[i]
			}
			must(t, rows.Scan(to...))
			all = append(all, fmt.Sprint(table, values))
		}
		must(t, errors.Join(rows.Err(), rows.Close()))
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func TestReplayRefusesTimesThatAreNone(t *testing.T) {
	for _, args := range [][]string{nil, {"--since", "soon"}, {"--since", "-3h"}, {"--since", "d"}, {"--since", "2026-13-01"}, {"--since", "9999999w"},
		{"--since", "1d", "--until", "2d"}, {"--since", "2027-01-01"}, {"--since", "1d", "--limit", "-1"}} {
		var usage usageError
		if _, err := runOn(t, store.Options{}, storetest.Start, append([]string{"replay"}, args...)...); !errors.As(err, &usage) {
			t.Errorf("%v: %v, want a mistake in usage", args, err)
		}
	}
	for text, want := range map[string]string{"36h": "2026-10-31 21:00", "1.5d": "2026-10-31 21:00", "2w": "2026-10-19 09:00", "90m": "2026-11-02 07:30",
		"2026-11-01": "2026-11-01 00:00", "2026-11-01T10:00:00+02:00": "2026-11-01 08:00"} {
		got, err := readMoment(text, time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC))
		if err != nil || got.Format("2006-01-02 15:04") != want {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
}
