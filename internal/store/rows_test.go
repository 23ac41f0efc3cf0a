package store

import (
	"slices"
	"strings"
	"testing"

	"socialwatch"
)

// TestLiveRepliesAreThoseThatMayMove: whatever leads anywhere is named in SQL,
// and nothing else is.
func TestLiveRepliesAreThoseThatMayMove(t *testing.T) {
	named := strings.Split(strings.Trim(liveReplies, "()'"), "','")
	states := []string{"sent", "rejected", "withdrawn", "superseded", "expired", "cancelled"}
	for _, s := range states {
		if !socialwatch.ReplyState(s).Final() {
			t.Errorf("%s leads on", s)
		}
	}
	for _, s := range named {
		if socialwatch.ReplyState(s).Final() {
			t.Errorf("nothing follows %s", s)
		}
	}
	for _, s := range append(states, named...) {
		for _, from := range socialwatch.Before(socialwatch.ReplyState(s)) {
			if !slices.Contains(named, string(from)) {
				t.Errorf("%s may move to %s and is not named", from, s)
			}
		}
	}
}
