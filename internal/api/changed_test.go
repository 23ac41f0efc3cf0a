package api_test

import (
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/store/storetest"
)

// TestReplyTellsWhatChanged: by masked words only, and of a post that is gone none.
func TestReplyTellsWhatChanged(t *testing.T) {
	g := newRig(t)
	s := g.seed(1)[0]
	ana := g.as("ana")
	detail := func() api.ReplyDetail {
		t.Helper()
		k := g.fx.Know(t, []string{s.Mention.ID}, []string{s.Mention.Author.ID})
		d, err := ana.Reply(t.Context(), k.Replies[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if d := detail(); d.Changed != nil {
		t.Errorf("the first draft has changed: %+v", d.Changed)
	}
	anew := func(m socialwatch.Mention, masked, text string, n int) {
		t.Helper()
		old := detail()
		a := storetest.Assessment(m)
		a.Masked = masked
		c := g.fx.Changes(t)
		c.At = storetest.Start.Add(time.Duration(n) * time.Minute)
		c.Moves = []socialwatch.ReplyMove{{ReplyID: old.ID, To: socialwatch.ReplySuperseded, Reason: "the thread moved"}}
		r := storetest.Draft(m, text)
		r.CreatedAt = c.At
		c.Entries = []socialwatch.Entry{{Mention: m, Assessment: a, CaseID: s.Case.ID, Reply: r}}
		g.fx.MustSave(t, c)
	}
	m := s.Mention
	m.Text, m.EditedAt = "@help ring 555-0147", storetest.Start
	anew(m, "@help ring ********", "Another text.", 1)
	d := detail().Changed
	if d == nil || d.ReplyID != s.Reply.ID || d.Reason != "the thread moved" || len(d.Posts) != 1 || d.SameText || len(d.Diff) == 0 {
		t.Fatalf("%+v", d)
	}
	var was, now strings.Builder
	for _, p := range d.Posts[0].Diff {
		if p.Op != socialwatch.DiffAdded {
			was.WriteString(p.Text)
		}
		if p.Op != socialwatch.DiffRemoved {
			now.WriteString(p.Text)
		}
	}
	if was.String() != "@help write to ********************** or ********, order 100-2233" || now.String() != "@help ring ********" ||
		d.Posts[0].Change != "edited" || d.Posts[0].Masked != now.String() {
		t.Errorf("%q, %q, %+v", was.String(), now.String(), d.Posts[0])
	}
	more := storetest.Mention("more", m.Author.ID)
	anew(more, "and now?", "Another text.", 2)
	gone := g.fx.Changes(t)
	gone.At, gone.Gone = storetest.Start.Add(3*time.Minute), []string{m.ID}
	gone.Events = []socialwatch.Event{{Kind: socialwatch.EventCaseResponded, CaseID: s.Case.ID, Data: map[string]any{"how": "native"}}}
	g.fx.MustSave(t, gone)
	d = detail().Changed
	if len(d.Posts) != 2 || d.Posts[0].Change != "new" || d.Posts[0].Masked != "and now?" || d.Posts[1].Change != "gone" ||
		d.Posts[1].Masked != "" || d.Posts[1].URL != "" || len(d.Native) != 1 || d.SameText || len(d.Diff) != 0 {
		t.Errorf("%+v", d)
	}
}
