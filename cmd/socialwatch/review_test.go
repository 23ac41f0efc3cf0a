package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"
	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/responder"
)

// shown is a card as it is written without a terminal.
func shown(d api.ReplyDetail) string { return newPaper(&bytes.Buffer{}).text(d) }

func TestShowTellsTheContentWarning(t *testing.T) {
	t.Parallel()
	var d api.ReplyDetail
	d.WholeText = "@customer1 Sorry."
	if got := shown(d); strings.Contains(got, "Content warning") {
		t.Errorf("a reply without a warning shows one:\n%s", got)
	}
	d.Warning = "damaged parcel"
	if got := shown(d); !strings.Contains(got, "Content warning: damaged parcel\n│ @customer1 Sorry.") {
		t.Errorf("the warning does not stand above the text:\n%s", got)
	}
}

// TestTerminalIsSafeFromPosts: nothing of a post or reply can move the cursor,
// change colours, turn the direction of what follows, or pass for a line of ours.
func TestTerminalIsSafeFromPosts(t *testing.T) {
	t.Parallel()
	const hostile = "help\x1b[2J\x1b]0;owned\a\r\u202eesrever\u2066\nAll checks passed.\x9b31m"
	var d api.ReplyDetail
	d.State, d.Case.Intent = socialwatch.ReplyAwaiting, "stuck_order"
	d.Post.AuthorHandle, d.Post.URL, d.Post.Masked = hostile, "https://far.example/"+hostile, hostile
	d.WholeText, d.Text, d.Warning, d.Reason = hostile, hostile, hostile, hostile
	d.Versions = []api.Version{{Text: "help"}, {Text: hostile}}
	d.Findings = []socialwatch.Finding{{Rule: "handle", Words: hostile, Mend: hostile}}
	d.Post.Signals = []socialwatch.Signal{{Name: "tracking", Points: 3}}
	list := &bytes.Buffer{}
	newPaper(list).queue(api.Page[api.ReplyItem]{Items: []api.ReplyItem{d.ReplyItem}})
	for _, got := range []string{shown(d), list.String()} {
		if strings.ContainsAny(got, "\x1b\a\r\x9b\u202e\u2066") {
			t.Errorf("a control character gets through:\n%q", got)
		}
		for line := range strings.Lines(got) {
			if strings.HasPrefix(line, "All checks passed.") {
				t.Errorf("a post passes for a line of ours:\n%s", got)
			}
		}
	}
}

func TestCardsFitTheTerminal(t *testing.T) {
	t.Parallel()
	var d api.ReplyDetail
	d.State = socialwatch.ReplyAwaiting
	d.Post.Masked = strings.Repeat("the parcel is still not here ", 20) + strings.Repeat("お荷物が届きません", 20)
	d.WholeText = strings.Repeat("x", 900)
	for range 30 {
		d.Post.Signals = append(d.Post.Signals, socialwatch.Signal{Name: "a_rather_long_name", Points: 2})
	}
	d.Findings = []socialwatch.Finding{{Rule: "same_text", Mend: strings.Repeat("say it in other words ", 10)}}
	var b bytes.Buffer
	p := newPaper(&b)
	p.width = 60
	for line := range strings.Lines(p.text(d)) {
		if n := uniseg.StringWidth(strings.TrimRight(line, "\n")); n > 60 && !strings.HasPrefix(line, "hash ") && !strings.HasPrefix(line, "WILL POST") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestChangesReadWithoutColour(t *testing.T) {
	t.Parallel()
	var d api.ReplyDetail
	d.Text = "Sorry this is late."
	d.Versions = []api.Version{{Text: "Sorry that is late."}, {Text: d.Text}}
	if got := shown(d); !strings.Contains(got, "Changed since version 1: Sorry [-that-]{+this+} is late.") {
		t.Errorf("the change is not marked:\n%s", got)
	}
}

func TestShowTellsWhatChangedSinceTheLastDraft(t *testing.T) {
	t.Parallel()
	words := responder.WordDiff
	d := api.ReplyDetail{Changed: &api.Changed{ReplyID: 76, Reason: "the customer edited the post\x1b[2J",
		Posts: []api.ChangedPost{{Change: "edited", Diff: words("since Tuesday", "since Monday\x1b[2J")}, {Change: "edited"},
			{Change: "new", Masked: "and now?\x1b[2J"}, {Change: "gone"}},
		Native: []api.NativeAnswer{{URL: "https://social.example/@shop_help/9"}}, Diff: words("Sorry.", "Very sorry.")}}
	got := shown(d)
	for _, want := range []string{"Drafted anew: the customer edited the post", "after reply 76", "post edited: since [-Tuesday-]{+Monday",
		"post edited; what it said before is not kept", "new post: and now?", "post deleted",
		"answered in the network's own app https://social.example/@shop_help/9", "our words: [-Sorry-]{+Very sorry+}."} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "\x1b") {
		t.Errorf("a post speaks to the terminal: %q", got)
	}
	d.Changed.SameText, d.Changed.Diff = true, nil
	if got := shown(d); !strings.Contains(got, "our words: the same as before") {
		t.Error(got)
	}
	if got := shown(api.ReplyDetail{}); strings.Contains(got, "anew") {
		t.Error(got)
	}
}

// TestPersonDecidesInTheTerminal sits a person down at five drafts.
func TestPersonDecidesInTheTerminal(t *testing.T) {
	t.Setenv("VISUAL", "")
	t.Setenv("EDITOR", "sed -i s/Sorry/Very.sorry/;s/sorry/most.sorry/")
	s := newShop(t, store.SQLite, simulator.Options{})
	s.set("hold: 0s", "hold: 1m")
	s.done("migrate")
	s.serve()
	for n := range 5 {
		s.post(n)
	}
	until(t, time.Minute, "five drafts wait", func() bool { return len(s.rows()) == 5 })
	said := s.sit(strings.Join([]string{
		"what", "t", "a", "y", // help, the thread, a yes with the second look at a new template
		"u", "n", // taken back
		"r", "", "r", "9", "r", "2", // back to the card, no such reason, wrong tone
		"e", "n", // a new version, shown again, left for later
		"r", "7", "The Shop has called", "n",
	}, "\n") + "\n")
	for _, want := range []string{"q quit", "has not arrived", "confirm this approval: new template", "is approved. It goes out in",
		"is cancelled", "That is no reason of the list", "is rejected", "Changed since version 1:", "3 decisions"} {
		if !strings.Contains(said, want) {
			t.Errorf("nothing says %q", want)
		}
	}
	states := map[socialwatch.ReplyState]int{}
	for _, r := range s.rows() {
		states[socialwatch.ReplyState(r.state)]++
	}
	if states[socialwatch.ReplyCancelled] != 1 || states[socialwatch.ReplyRejected] != 2 || states[socialwatch.ReplyAwaiting] != 2 {
		t.Errorf("the replies are %v", states)
	}
	if n := s.number("select count(*) from replies where version = 2 and state = 'awaiting'"); n != 1 {
		t.Errorf("%d drafts were edited, want 1", n)
	}
	if n := s.number("select count(*) from replies where reason like '%: The Shop has called'"); n != 1 {
		t.Errorf("the note stands in %d replies, want one, as it was typed", n)
	}
	if n := s.number("select count(*) from replies where deciding_until is not null and state = 'awaiting'"); n != 0 {
		t.Errorf("%d drafts count as being decided after the person has left", n)
	}
	if t.Failed() {
		t.Log(said)
	}
}

// sit runs a sitting with what a person types, as the shop's lead.
func (s *shop) sit(typed string) string {
	s.Helper()
	var out bytes.Buffer
	cmd := &cobra.Command{}
	cmd.SetIn(strings.NewReader(typed))
	cmd.SetOut(&out)
	if err := newSitting(cmd, s.client()).queue(s.Context(), nil); err != nil {
		s.Fatalf("%v\n%s", err, &out)
	}
	return out.String()
}

// TestApproveAsksAPerson: without a hash it shows the reply first, and only a yes
// approves what was shown.
func TestApproveAsksAPerson(t *testing.T) {
	s := newShop(t, store.SQLite, simulator.Options{})
	s.set("hold: 0s", "hold: 1m")
	s.done("migrate")
	s.serve()
	s.post(1)
	until(t, time.Minute, "a draft waits", func() bool { return len(s.rows()) == 1 })
	t.Setenv("SOCIALWATCH_TOKEN", s.token)
	t.Setenv("SOCIALWATCH_URL", s.url)
	id := fmt.Sprint(s.rows()[0].id)
	for _, tc := range []struct{ typed, says, state string }{
		{"", "Nothing was approved", "awaiting"},
		{"n\n", "Nothing was approved", "awaiting"},
		{"y\nn\n", "Nothing was approved", "awaiting"},
		{"y\ny\n", "is approved", "holding"},
	} {
		root := newRoot(tuning{})
		var out bytes.Buffer
		root.SetIn(strings.NewReader(tc.typed))
		root.SetOut(&out)
		root.SetArgs([]string{"approve", id})
		err := root.ExecuteContext(t.Context())
		if err != nil || !strings.Contains(out.String(), tc.says) || s.rows()[0].state != socialwatch.ReplyState(tc.state) {
			t.Errorf("%q: %v, the reply is %s:\n%s", tc.typed, err, s.rows()[0].state, &out)
		}
	}
}
