package main

import (
	"strings"
	"testing"

	"socialwatch/internal/simulator/twitter"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// TestCheckComesFirst: in a database that migrate has just made, check on an
// account that pays for its calls finds nothing wrong.
func TestCheckComesFirst(t *testing.T) {
	t.Parallel()
	s := newXShop(t, store.SQLite, twitter.Options{}, ", budget_day: 5")
	if a := s.do("check"); a.code != exitDone || strings.Contains(a.out, "BAD") || strings.Contains(a.out, "warn") {
		t.Errorf("exit code %d:\n%s", a.code, a.out)
	}
}

// TestUnpauseEndsAHalt without console and server: X says once that there is no
// credit, every call stops, and goes on when somebody at the terminal says so.
func TestUnpauseEndsAHalt(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newXShop(t, kind, twitter.Options{}, "")
			s.done("poll", "--once")
			must(t, s.x.Inject(twitter.Fault{Kind: twitter.FaultCredits, Count: 1}))
			post := s.tweet(1)
			for range 2 { // the second one is not asked for
				s.do("poll", "--once")
			}
			if a := s.do("check"); a.code != exitFailed || !strings.Contains(a.out, "socialwatch unpause shop_help") {
				t.Errorf("a check of a halted account ends with %d:\n%s", a.code, a.out)
			}
			for _, want := range []string{"goes on", "nothing is changed"} {
				if out := s.done("unpause", "shop_help"); !strings.Contains(out, want) {
					t.Errorf("unpause says %q, want %q", out, want)
				}
			}
			s.done("poll", "--once")
			if !s.has([]string{post}) {
				t.Error("what came before the halt ended is not read")
			}
			if n := s.number("select count(*) from events where kind = 'polling.resumed' and actor = 'terminal:test'"); n != 1 {
				t.Errorf("%d events tell of it, want 1", n)
			}
			if a := s.do("unpause", "shop_hlep"); a.code != exitFailed || !strings.Contains(a.errors, "shop_help") {
				t.Errorf("another name: %+v", a)
			}
		})
	}
}
