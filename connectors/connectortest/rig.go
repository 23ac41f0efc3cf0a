package connectortest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// patience bounds every wait for something that must happen.
const patience = 20 * time.Second

// rig is one promise under test.
type rig struct {
	*testing.T
	Setup
}

// must fails the test on an error, and on one that tells a secret.
func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatalf("unexpected error: %v", r.safe(err))
	}
}

// safe checks that an error tells no secret.
func (r *rig) safe(err error) error {
	r.Helper()
	for _, s := range r.Secrets {
		if err != nil && strings.Contains(err.Error(), s) {
			r.Errorf("an error holds a secret")
		}
	}
	return err
}

// reason fails the test unless err has the class.
func (r *rig) reason(what string, err error, want socialwatch.Reason) {
	r.Helper()
	if got := socialwatch.ReasonOf(r.safe(err)); got != want {
		r.Fatalf("%s: reason %q, want %q: %v", what, got, want, err)
	}
}

// reader reads like intake: the cursor is stored with its batch.
type reader struct {
	*rig
	conn    *connectors.Connector
	cursor  []byte
	got     map[string]socialwatch.Mention
	aside   map[string]socialwatch.SetAside
	batches int
	largest int
}

func (r *rig) reader() *reader {
	return &reader{rig: r, conn: r.Connect(r.T), got: map[string]socialwatch.Mention{}, aside: map[string]socialwatch.SetAside{}}
}

// fetch stores one batch.
func (r *reader) fetch() (more bool, err error) {
	b, err := r.batch()
	if r.safe(err) != nil {
		return false, err
	}
	r.batches++
	r.largest = max(r.largest, len(b.Mentions))
	for _, m := range b.Mentions {
		if m.Account != r.conn.Account || m.Network != r.conn.Network || m.Host != r.conn.Host {
			r.Fatalf("mention %s names another account or host than its connector", m.ID)
		}
		r.got[m.ID] = m
	}
	for _, a := range b.SetAside {
		r.aside[a.ID] = a
	}
	if b.Cursor != nil {
		r.cursor = b.Cursor
	}
	return b.More, nil
}

func (r *reader) batch() (connectors.Batch, error) {
	if r.Pushed != nil {
		p := r.Pushed(r.T)
		return connectors.Batch{Mentions: p.Mentions, Deletions: p.Gone, SetAside: p.Aside}, nil
	}
	return r.conn.Source.Fetch(r.Context(), r.cursor)
}

// poll fetches until there is no more for now.
func (r *reader) poll() {
	r.Helper()
	for range 1000 {
		more, err := r.fetch()
		r.must(err)
		if !more {
			return
		}
	}
	r.Fatal("a thousand batches, and still more")
}

// restart is a new process with the stored cursor.
func (r *reader) restart() { r.conn = r.Connect(r.T) }

// exactly fails the test unless these posts were read, each counted once.
func (r *reader) exactly(ids []string) {
	r.Helper()
	missing, extra := 0, 0
	want := map[string]bool{}
	for _, id := range ids {
		want[id] = true
		if _, ok := r.got[id]; !ok {
			missing++
		}
	}
	for id := range r.got {
		if !want[id] {
			extra++
		}
	}
	if missing+extra > 0 {
		r.Fatalf("of %d mentions %d are missing and %d are too many", len(ids), missing, extra)
	}
}

// mention says something to us and returns it as read.
func (r *rig) mention(s Say) socialwatch.Mention {
	r.Helper()
	s.ToUs = true
	rd := r.reader()
	id := r.People.Say(r.T, s)
	rd.poll()
	m, ok := rd.got[id]
	if !ok {
		r.Fatal("a mention was not read")
	}
	return m
}

// payload composes a reply.
func (r *rig) payload(c *connectors.Connector, parent socialwatch.Post, text string) socialwatch.Payload {
	r.Helper()
	p, err := c.Composer.Compose(socialwatch.Draft{Account: c.Account, Parent: parent, Text: text, Language: "en"})
	r.must(err)
	return p
}

// published fails the test unless exactly one reply of ours stands under a
// post, and returns it.
func (r *rig) published(parentID string) Reply {
	r.Helper()
	list := r.Audit(r.T, parentID)
	if len(list) != 1 {
		r.Fatalf("%d replies stand under the post, want 1", len(list))
	}
	return list[0]
}

// eventually waits until cond holds.
func (r *rig) eventually(what string, cond func() bool) {
	r.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	for !cond() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			r.Fatalf("never happened: %s", what)
		}
	}
}

func sortedIDs(m map[string]socialwatch.Mention) []string { return slices.Sorted(maps.Keys(m)) }
