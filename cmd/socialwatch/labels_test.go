package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
	"socialwatch/triage/eval"
)

// seedLabels stores four posts, of which two are corrected and two have drafts
// rejected.
func seedLabels(t *testing.T, fx storetest.Fixture) {
	t.Helper()
	c := fx.Batch(t, "post", 4)
	for i := range c.Entries {
		e := &c.Entries[i]
		e.Mention.Text = fmt.Sprintf("@shop_help late, call 020 7946 000%d", i)
		e.Assessment.Masked = "@shop_help late, call *************"
	}
	c.Entries[0].Mention.Language = "de"    // triage says en
	c.Entries[1].Mention.Language = "en-GB" // so does the network
	c.Entries[3].Assessment.Intent = socialwatch.ScamReport
	fx.MustSave(t, c)
	fx.Hire(t, "ana", socialwatch.RoleApprover)
	ana := socialwatch.Person{Login: "ana"}
	k := fx.Know(t, []string{"post-0001", "post-0002", "post-0003", "post-0004"}, nil)
	for i, intent := range []socialwatch.Intent{socialwatch.StuckOrder, socialwatch.Billing} {
		must(t, fx.Correct(t.Context(), store.Correction{Number: c.Cases[i].Number, MentionID: k.Replies[i].MentionID, Revision: "0",
			Intent: intent, Escalate: i == 0, By: ana, At: storetest.Start.Add(time.Duration(i) * time.Hour)}))
	}
	for i, reason := range map[int]string{2: "wrong_intent", 3: "spam_or_impostor"} {
		_, err := fx.Reject(t.Context(), socialwatch.Decision{ReplyID: k.Replies[i].ID, Hash: k.Replies[i].Hash, Reason: reason, By: ana}, storetest.Start)
		must(t, err)
	}
}

func TestCountedSpeaksEnglish(t *testing.T) {
	for n, want := range map[int]string{0: "0 posts", 1: "1 post", 2: "2 posts"} {
		if got := counted(n, "post"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestLabelsOfPeopleAreEvaluated(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			fx := storetest.On(t, dbtest.New(t, kind))
			seedLabels(t, fx)
			now := storetest.Start.Add(2 * time.Hour)
			got, err := runOn(t, fx.Options, now, "labels", "export")
			must(t, err)
			golden(t, "labels.jsonl", got)
			path := filepath.Join(t.TempDir(), "labels.jsonl")
			said, err := runOn(t, fx.Options, now, "labels", "export", "--out", path)
			must(t, err)
			written, err := os.ReadFile(path)
			must(t, err)
			info, err := os.Stat(path)
			must(t, err)
			if string(written) != got || info.Mode().Perm() != 0o600 || !strings.HasPrefix(said, "Wrote 2 corrections and 1 rejected intent to ") {
				t.Errorf("%s, mode %v, holds\n%s", said, info.Mode(), written)
			}
			if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
				t.Errorf("left behind: %v, %v", entries, err)
			}
			got, err = runOn(t, fx.Options, now, "eval", path, "--json")
			must(t, err)
			var r eval.Report
			must(t, json.Unmarshal([]byte(got), &r))
			if r.Posts != 2 || r.Rejected.Posts != 1 || r.Language.Posts != 1 {
				t.Errorf("%d posts, rejected %+v, languages %+v", r.Posts, r.Rejected, r.Language)
			}
			got, err = runOn(t, fx.Options, now, "labels", "export", "--since", "90m")
			must(t, err)
			if strings.Count(got, "\n") != 1 || !strings.Contains(got, `"billing"`) {
				t.Errorf("of the last 90 minutes\n%s", got)
			}
		})
	}
}

func TestLabelsRefuseWhatTheyCannotWrite(t *testing.T) {
	var usage usageError
	for _, args := range [][]string{{"--since", "soon"}, {"--json"}} {
		if _, err := runOn(t, store.Options{}, storetest.Start, append([]string{"labels", "export"}, args...)...); !errors.As(err, &usage) {
			t.Errorf("%v: %v, want a mistake in usage", args, err)
		}
	}
	fx := storetest.On(t, dbtest.New(t, store.SQLite))
	if _, err := runOn(t, fx.Options, storetest.Start, "labels", "export", "--out", filepath.Join(t.TempDir(), "absent", "x")); err == nil || !strings.HasPrefix(err.Error(), "labels: ") {
		t.Errorf("a folder that is not there: %v", err)
	}
}
