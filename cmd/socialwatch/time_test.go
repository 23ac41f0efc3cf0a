package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
)

// slow is a network that answers so many times and then keeps silent.
type slow struct {
	connectors.Source
	answers int
}

func (s *slow) Fetch(ctx context.Context, cursor []byte) (connectors.Batch, error) {
	if s.answers--; s.answers < 0 {
		<-ctx.Done()
		return connectors.Batch{}, ctx.Err()
	}
	b, err := s.Source.Fetch(ctx, cursor)
	b.More = true
	return b, err
}

// TestPollOnceEndsInTime: what could not be read in the time allowed is read
// by the next run, without a failure. A network that does not answer at all is
// named and noted, and does not keep what is approved from going out.
func TestPollOnceEndsInTime(t *testing.T) {
	t.Parallel()
	s := newShop(t, store.SQLite, simulator.Options{})
	a := s.here(time.Now)
	defer a.close()
	network := &slow{Source: a.connectors["shop_help"].Source}
	a.connectors["shop_help"].Source = network
	once := func(answers int) error {
		t.Helper()
		network.answers = answers
		ctx, cancel := context.WithTimeout(t.Context(), 18*time.Second)
		defer cancel()
		err := a.once(ctx, []string{"shop_help"})
		if ctx.Err() != nil {
			t.Error("once used more time than it was allowed")
		}
		return err
	}
	post := s.post(1)
	if err := once(1); err != nil || s.trouble() != "" || !s.has([]string{post}) {
		t.Fatalf("a run that read something failed: %v; under Connections: %q", err, s.trouble())
	}

	ctx := t.Context()
	person, _, _, err := a.store.PersonByLogin(ctx, shopLogin)
	must(t, err)
	must(t, a.store.Stop(ctx, "test", time.Now()))
	r, err := s.reply(a, post)
	must(t, err)
	must(t, approve(ctx, a, socialwatch.Decision{ReplyID: r.ID, Hash: r.Hash, By: person}))
	must(t, a.store.Resume(ctx, person, time.Now(), 0))
	err = once(0)
	if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "account shop_help") || s.trouble() == "" {
		t.Errorf("a network that does not answer: %v; under Connections: %q", err, s.trouble())
	}
	if len(s.public()) != 1 {
		t.Error("an approved reply did not go out because reading was slow")
	}
}

// reply is the newest reply to a post.
func (s *shop) reply(a *app, post string) (socialwatch.Reply, error) {
	for _, r := range slices.Backward(s.rows()) {
		if r.parent == post {
			rc, err := a.store.Context(s.Context(), r.id)
			return rc.Reply, err
		}
	}
	return socialwatch.Reply{}, fmt.Errorf("no reply to %s", post)
}
