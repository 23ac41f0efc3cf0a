package intake_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/intake"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

var start = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// town is a network in memory: a list of posts, read by position.
type town struct {
	mu     sync.Mutex
	feed   []socialwatch.Mention // what Fetch gives, in order
	posts  map[string]socialwatch.Post
	page   int
	during func()          // called inside Fetch
	sick   map[string]bool // roots whose thread can't be read
	once   bool            // the network allows one reply to a post
}

func newTown() *town { return &town{posts: map[string]socialwatch.Post{}, page: 50} }

func (w *town) say(id, author, text string, change ...func(*socialwatch.Mention)) socialwatch.Mention {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := socialwatch.Mention{Account: "help", Kind: socialwatch.KindMention, Post: socialwatch.Post{
		Network: socialwatch.Mastodon, Host: "social.example", ID: id, RootID: id, Text: text,
		Author:     socialwatch.Author{ID: author, Handle: author + "@far.example"},
		Visibility: socialwatch.Public, CreatedAt: start.Add(time.Duration(len(w.posts)) * time.Second)}}
	for _, f := range change {
		f(&m)
	}
	w.posts[id] = m.Post
	w.feed = append(w.feed, m)
	return m
}

func answers(parent string) func(*socialwatch.Mention) {
	return func(m *socialwatch.Mention) { m.ParentID, m.RootID = parent, parent }
}

func (w *town) Fetch(_ context.Context, cur []byte) (connectors.Batch, error) {
	w.mu.Lock()
	from := 0
	if cur != nil {
		_, _ = fmt.Sscan(string(cur), &from)
	}
	to := min(from+w.page, len(w.feed))
	b := connectors.Batch{Mentions: slices.Clone(w.feed[from:to]), More: to < len(w.feed)}
	if to > from {
		b.Cursor = fmt.Append(nil, to)
	}
	during := w.during
	w.mu.Unlock()
	if during != nil {
		during()
	}
	return b, nil
}

func (w *town) Get(_ context.Context, ids []string) ([]connectors.Look, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var looks []connectors.Look
	for _, id := range ids {
		if w.sick[id] {
			continue
		}
		post, ok := w.posts[id]
		looks = append(looks, connectors.Look{ID: id, Gone: !ok, Post: post})
	}
	return looks, nil
}

func (w *town) Read(_ context.Context, roots []string, _ time.Time) ([]connectors.Thread, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var threads []connectors.Thread
	for _, root := range roots {
		t := connectors.Thread{Root: root}
		if w.sick[root] {
			t.Err = errors.New("an odd thread")
			threads = append(threads, t)
			continue
		}
		for _, p := range w.posts {
			if p.ID == root || p.ParentID == root || p.Own && p.RootID == root {
				t.Posts = append(t.Posts, p)
			}
		}
		threads = append(threads, t)
	}
	return threads, nil
}

func (w *town) Compose(d socialwatch.Draft) (socialwatch.Payload, error) {
	return socialwatch.Payload{Network: d.Parent.Network, Host: d.Parent.Host, Account: d.Account, ParentID: d.Parent.ID,
		ParentRev: d.Parent.Revision(), ParentBy: d.Parent.Author.ID, Text: d.Text, Visibility: d.Parent.Visibility,
		Template: d.Template, Limit: 500, Length: len(d.Text)}, nil
}

func (w *town) connector() *connectors.Connector {
	return &connectors.Connector{Account: "help", Network: socialwatch.Mastodon, Host: "social.example",
		Source: w, Threads: w, Lookup: w, Composer: w, OneReply: w.once}
}

// assess is a small triage: the words say what they are.
func assess(m socialwatch.Mention, h socialwatch.History) socialwatch.Assessment {
	a := socialwatch.Assessment{Rules: "test", Intent: socialwatch.StuckOrder, Escalate: true, Language: "en",
		Score: 50 + h.Earlier, Masked: m.Text}
	switch {
	case strings.Contains(m.Text, "thanks"):
		a.Thanks, a.Intent, a.Escalate = true, socialwatch.Praise, false
	case strings.Contains(m.Text, "contest"):
		a.Ignored, a.Intent, a.Escalate = "contest", socialwatch.Other, false
	case strings.Contains(m.Text, "call our helpline"):
		a.Signals = []socialwatch.Signal{{Name: socialwatch.SignalImpostor, Points: 1}}
	case strings.Contains(m.Text, "changed my password"):
		a.Signals = []socialwatch.Signal{{Name: socialwatch.SignalTakeover, Points: 1}}
	}
	for word := range strings.FieldsSeq(m.Text) {
		if strings.HasPrefix(word, "K-") {
			a.Entities = append(a.Entities, socialwatch.Entity{Kind: socialwatch.CaseNumber, Value: word})
		}
		if strings.HasPrefix(word, "SW-") {
			a.Entities = append(a.Entities, socialwatch.Entity{Kind: socialwatch.OrderNumber, Value: word})
		}
	}
	return a
}

func respond(s intake.Situation) intake.Answer {
	a := intake.Answer{Level: 2, DueAt: s.Now.Add(30 * time.Minute), Team: cmp.Or(s.Team, "support")}
	if s.Assessment.Has(socialwatch.SignalTakeover, socialwatch.SignalImpostor) {
		a.Team = "security"
	}
	if s.Assessment.Has(socialwatch.SignalImpostor) {
		a.Escalate, a.Escalation = true, "an impostor"
		return a
	}
	a.Draft = &socialwatch.Draft{Account: "help", Parent: s.Mention.Post, Text: "about " + s.CaseNumber, Template: fmt.Sprint("t", len(s.Used))}
	return a
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type rig struct {
	t     *testing.T
	town  *town
	store *store.Store
	opts  store.Options
	in    *intake.Intake
	clock *clock
}

func each(t *testing.T, f func(t *testing.T, r *rig)) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		s := dbtest.Reopen(t, o)
		if err := s.EnsureAccount(t.Context(), "help", string(socialwatch.Mastodon), "social.example"); err != nil {
			t.Fatal(err)
		}
		c := &clock{now: start.Add(time.Hour)}
		f(t, &rig{t: t, town: newTown(), store: s, opts: o, clock: c, in: &intake.Intake{Store: s, Waiting: s, Now: c.Now, Rules: intake.Rules{
			Assess: assess, Respond: respond,
			Check: func(intake.Text) []socialwatch.Finding { return nil }}}})
	})
}

func (r *rig) poll() {
	r.t.Helper()
	if _, err := r.in.Poll(r.t.Context(), r.town.connector()); err != nil {
		r.t.Fatal(err)
	}
}

// count asks the database itself.
func (r *rig) count(query string, args ...any) int {
	r.t.Helper()
	var n int
	if err := dbtest.Raw(r.t, r.opts).QueryRow(query, args...).Scan(&n); err != nil {
		r.t.Fatal(query, err)
	}
	return n
}

func (r *rig) want(n int, query string) {
	r.t.Helper()
	if got := r.count(query); got != n {
		r.t.Fatalf("%s: %d, want %d", query, got, n)
	}
}

func (r *rig) known() socialwatch.Known {
	r.t.Helper()
	ids := []string{}
	authors := []string{}
	for id, p := range r.town.posts {
		ids, authors = append(ids, id), append(authors, p.Author.ID)
	}
	k, err := r.store.Known(r.t.Context(), socialwatch.Ask{Account: "help", PostIDs: ids, Authors: authors})
	if err != nil {
		r.t.Fatal(err)
	}
	return k
}
