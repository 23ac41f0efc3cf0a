package simulator

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestTruthTellsMustMayAndNever(t *testing.T) {
	r := newRig(t, Options{})
	kept := r.post("customer1", "@help kept", PostOptions{})
	read := r.post("customer2", "@help read, then deleted", PostOptions{})
	r.notes("")
	unread := r.post("customer3", "@help deleted before anyone looked", PostOptions{})
	held := r.post("customer4", "@help not committed yet", PostOptions{Hold: true})
	must(t, r.m.Delete(read))
	must(t, r.m.Delete(unread))
	got := r.m.Truth("help")
	if !slices.Equal(got.Must, []string{kept}) || !slices.Equal(got.May, []string{read}) ||
		!slices.Equal(got.Never, []string{unread, held}) {
		t.Errorf("%+v", got)
	}
}

func TestDeletedRepliesStayInTheAudit(t *testing.T) {
	r := newRig(t, Options{})
	parent := r.post("customer1", "@help where", PostOptions{})
	other := r.post("customer1", "@help another", PostOptions{})
	for _, p := range []string{parent, parent, other} {
		ok[statusJSON](r, "POST", "/api/v1/statuses", url.Values{"status": {"@customer1 hi"}, "in_reply_to_id": {p}})
	}
	replies := r.m.Published("help", parent)
	if len(replies) != 2 {
		t.Fatalf("%d replies under the parent, want 2", len(replies))
	}
	ok[statusJSON](r, "DELETE", "/api/v1/statuses/"+replies[0].ID, nil)
	must(t, r.m.Delete(parent))
	if again := r.m.Published("help", parent); len(again) != 2 || !again[0].Deleted || again[1].Deleted {
		t.Errorf("after the deletions: %+v", again)
	}
	if n := len(r.m.Published("help", "77")); n != 0 {
		t.Errorf("%d replies under a parent that never was", n)
	}
}

func TestCloseWaitsAndForgetsLateCommits(t *testing.T) {
	m := NewMastodon(Options{})
	if _, err := m.AddAccount("help"); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Post("customer1", "@help x", PostOptions{VisibleAfter: time.Hour}); err != nil {
		t.Fatal(err)
	}
	m.Close()
	m.Close()
	if err := m.Start(); err == nil {
		t.Error("a closed simulator starts")
	}
}

func FuzzSplitTextKeepsEveryByte(f *testing.F) {
	for _, s := range []string{"@help a@b @a@b.example. #tag https://x.example/y, z", "@@@@", "#1 #é", "http://", "\x00\xff@a"} {
		f.Add(s)
	}
	m := NewMastodon(Options{})
	f.Cleanup(m.Close)
	f.Fuzz(func(t *testing.T, text string) {
		var b strings.Builder
		for _, p := range splitText(text) {
			b.WriteString(p.text)
		}
		if b.String() != text {
			t.Errorf("%q became %q", text, b.String())
		}
		if n := m.length(text, ""); n < 0 {
			t.Errorf("length %d", n)
		}
		html := m.render(&status{author: &account{username: "a"}}, text)
		if strings.Contains(html, "<script") {
			t.Errorf("unescaped: %s", html)
		}
	})
}

func BenchmarkPost(b *testing.B) {
	m := NewMastodon(Options{})
	defer m.Close()
	if _, err := m.AddAccount("help"); err != nil {
		b.Fatal(err)
	}
	for i := range b.N {
		if _, err := m.Post("customer"+strconv.Itoa(i%90), "@help order late again", PostOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
