// Package storetest is the conformance suite of the store: its tests run on
// every kind of database. This file opens databases and seeds them the way
// intake does, through Known and Save.
package storetest

import (
	"fmt"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// Where everything is seeded, unless a test says otherwise.
const (
	Account = "help"
	Host    = "social.example"
)

// Start is the moment at which fixtures begin.
var Start = time.Date(2026, 11, 2, 9, 0, 0, 123456000, time.UTC)

// Fixture is an open database with the account Account in it.
type Fixture struct {
	*store.Store
	Options store.Options // to open it again, as another process does
}

// Each runs f as a subtest on a fresh fixture of each kind of database.
func Each(t *testing.T, f func(t *testing.T, fx Fixture)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, o store.Options) { f(t, On(t, o)) })
}

// On opens the database of o and makes the account.
func On(t testing.TB, o store.Options) Fixture {
	t.Helper()
	fx := Fixture{dbtest.Reopen(t, o), o}
	if err := fx.EnsureAccount(t.Context(), Account, string(socialwatch.Mastodon), Host); err != nil {
		t.Fatal(err)
	}
	return fx
}

// Mention returns a public first contact with id, by the customer author,
// written a minute before Start.
func Mention(id, author string) socialwatch.Mention {
	return socialwatch.Mention{
		Account: Account, Kind: socialwatch.KindMention,
		Post: socialwatch.Post{
			Network: socialwatch.Mastodon, Host: Host, ID: id, RootID: id,
			Author: socialwatch.Author{ID: author, Handle: author + "@far.example", Name: "Customer " + author,
				URL: "https://far.example/@" + author, Followers: 12},
			Text: "@help my order 100-2233 has not moved for 9 days", Language: "en",
			Visibility: socialwatch.Public, URL: "https://social.example/@" + author + "/" + id,
			Media:     []socialwatch.Media{{Kind: "image", Description: "a parcel label"}},
			CreatedAt: Start.Add(-time.Minute),
		},
	}
}

// Assessment returns what triage might say of Mention's text.
func Assessment(m socialwatch.Mention) socialwatch.Assessment {
	return socialwatch.Assessment{
		Rules: "test", Intent: socialwatch.StuckOrder, Urgency: 1, Sentiment: -1, Language: "en", Score: 60,
		Signals:  []socialwatch.Signal{{Name: "has_not_moved", Start: 24, End: 37, Points: 30}},
		Entities: []socialwatch.Entity{{Kind: socialwatch.OrderNumber, Value: "100-2233", Start: 15, End: 23}},
		Masked:   m.Text,
	}
}

// Payload returns a composed reply to m.
func Payload(m socialwatch.Mention, text string) socialwatch.Payload {
	p := socialwatch.Payload{
		Network: m.Network, Host: m.Host, Account: m.Account, ParentID: m.ID, ParentRev: m.Revision(),
		ParentBy: m.Author.ID, ParentName: m.Author.Handle, Prefix: "@" + m.Author.Handle + " ", Text: text,
		Visibility: socialwatch.Unlisted, Language: "en", Template: "en/stuck_order", TemplateV: 1, Limit: 500,
	}
	p.Length = len(p.Whole())
	return p
}

// Draft returns a reply to m that awaits approval for a day.
func Draft(m socialwatch.Mention, text string) *socialwatch.Reply {
	p := Payload(m, text)
	return &socialwatch.Reply{State: socialwatch.ReplyAwaiting, Version: 1, Payload: p, Hash: p.Hash(),
		Author: socialwatch.System, ExpiresAt: Start.Add(24 * time.Hour), CreatedAt: Start}
}

// TemplateApproved makes a version of a template one that is not new on an
// account: its replies need no second key for that.
func TemplateApproved(t testing.TB, o store.Options, p socialwatch.Payload) {
	t.Helper()
	db := dbtest.Raw(t, o)
	defer db.Close()
	_, err := db.ExecContext(t.Context(), fmt.Sprintf(`insert into template_approvals (account, template, language, version, approved_by, approved_at)
select '%s', '%s', '%s', %d, 'ana', min(applied_at) from schema_migrations`, p.Account, socialwatch.TemplateID(p.Template), p.Language, p.TemplateV))
	if err != nil {
		t.Fatal(err)
	}
}

// NewCase draws an identity and returns a new case of m's author, not yet
// stored.
func (fx Fixture) NewCase(t testing.TB, m socialwatch.Mention) socialwatch.Case {
	t.Helper()
	refs, err := fx.NextCases(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return CaseOf(refs[0], m)
}

// CaseOf returns a new case of m's author, not yet stored.
func CaseOf(ref socialwatch.CaseRef, m socialwatch.Mention) socialwatch.Case {
	return socialwatch.Case{
		ID: ref.ID, Number: ref.Number, Account: m.Account, Network: m.Network, Host: m.Host, Customer: m.Author,
		State: socialwatch.CaseNew, Team: "support", Level: 3, Intent: socialwatch.StuckOrder, Score: 60, Orders: []string{"100-2233"},
		OpenedAt: Start, UpdatedAt: Start, DueAt: Start.Add(4 * time.Hour), LookAt: Start.Add(time.Minute),
	}
}

// Opened is the event of a new case.
func Opened(c socialwatch.Case) socialwatch.Event {
	return socialwatch.Event{Kind: socialwatch.EventCaseOpened, CaseID: c.ID, CaseVersion: c.Version + 1,
		Actor: socialwatch.System, At: Start, Data: map[string]any{"number": c.Number, "intent": string(c.Intent)}}
}

// Know reads what the store holds about posts and authors.
func (fx Fixture) Know(t testing.TB, posts, authors []string) socialwatch.Known {
	t.Helper()
	k, err := fx.Known(t.Context(), socialwatch.Ask{Account: Account, PostIDs: posts, Authors: authors})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Changes returns an empty batch of Account on the version that is stored now.
func (fx Fixture) Changes(t testing.TB) socialwatch.Changes {
	t.Helper()
	return socialwatch.Changes{Account: Account, Version: fx.Know(t, nil, nil).Version, At: Start}
}

// MustSave saves c.
func (fx Fixture) MustSave(t testing.TB, c socialwatch.Changes) {
	t.Helper()
	if err := fx.Save(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// Seeded is a case with one mention and one reply that awaits approval, as
// stored.
type Seeded struct {
	Case    socialwatch.Case
	Mention socialwatch.Mention
	Reply   socialwatch.Reply
}

// Batch returns n new mentions "<prefix>-0001"… of as many customers, each
// with a case and an awaiting reply, as one batch.
func (fx Fixture) Batch(t testing.TB, prefix string, n int) socialwatch.Changes {
	t.Helper()
	c := fx.Changes(t)
	c.Cursor = []byte(prefix)
	refs, err := fx.NextCases(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	for i, ref := range refs {
		id := fmt.Sprintf("%s-%04d", prefix, i+1)
		m := Mention(id, "by-"+id)
		one := CaseOf(ref, m)
		c.Cases = append(c.Cases, one)
		c.Events = append(c.Events, Opened(one))
		c.Entries = append(c.Entries, socialwatch.Entry{Mention: m, Assessment: Assessment(m), CaseID: one.ID,
			Reply: Draft(m, "Sorry for the wait. We are looking into it and come back to you today.")})
	}
	return c
}

// Seed stores a batch of n and returns what stands in the store.
func (fx Fixture) Seed(t testing.TB, prefix string, n int) []Seeded {
	t.Helper()
	c := fx.Batch(t, prefix, n)
	fx.MustSave(t, c)
	var posts []string
	for _, e := range c.Entries {
		posts = append(posts, e.Mention.ID)
	}
	k := fx.Know(t, posts, nil)
	if len(k.Cases) != n || len(k.Replies) != n {
		t.Fatalf("seeded %d, found %d cases and %d replies", n, len(k.Cases), len(k.Replies))
	}
	seeded := make([]Seeded, n)
	for i := range seeded {
		seeded[i] = Seeded{k.Cases[i], c.Entries[i].Mention, k.Replies[i]}
	}
	return seeded
}

// Log numbers all events and returns those after the number given.
func (fx Fixture) Log(t testing.TB, after int64) []socialwatch.Event {
	t.Helper()
	for {
		n, err := fx.Number(t.Context(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	events, err := fx.Events(t.Context(), after, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	return events
}
