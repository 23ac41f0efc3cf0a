package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator/twitter"
)

var morning = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// newest is the newest reply to a post.
func (p *played) newest(post string) socialwatch.Reply {
	p.Helper()
	r, err := p.shop.reply(p.app, post)
	must(p.T, err)
	return r
}

func (p *played) approved(post string) {
	p.Helper()
	r := p.newest(post)
	must(p.T, approve(p.Context(), p.app, socialwatch.Decision{ReplyID: r.ID, Hash: r.Hash, By: p.by}))
}

func (p *played) says(author, text string, o twitter.PostOptions) string {
	p.Helper()
	id, err := p.x.Post(author, text, o)
	must(p.T, err)
	return id
}

// minutes plays on for so long.
func (p *played) minutes(n int) {
	p.Helper()
	p.until(p.now().Add(time.Duration(n) * time.Minute))
}

// TestWhatXNoLongerShowsIsErased: within a day the text of a deleted post, and of
// posts whose authors protect their account or are suspended, is gone from the
// database, with the drafts that answer it, and no post was paid for again.
func TestWhatXNoLongerShowsIsErased(t *testing.T) {
	t.Parallel()
	p := play(t, morning, "@every 1m", twitter.Options{})
	p.minutes(2)
	var posts []string
	for n := range 5 {
		posts = append(posts, p.tweet(n))
	}
	p.minutes(2)
	p.approved(posts[0])
	p.approved(posts[4])
	p.minutes(2)
	must(t, p.x.Delete(posts[0]))
	must(t, p.x.Delete(posts[1]))
	must(t, p.x.Protect("customer2"))
	must(t, p.x.Suspend("customer3"))
	looked, billed := p.x.Requests()["GET /2/tweets"], p.x.Bill().Total
	p.clock.Add((21 * time.Hour).Microseconds())
	p.minutes(90)

	for n, post := range posts {
		var body, handle string
		var gone bool
		must(t, p.look().QueryRow("select body, author_handle, gone_at is not null from mentions where post_id = ?", post).Scan(&body, &handle, &gone))
		if want := n < 4; gone != want || (body == "") != want || (handle == "") != want {
			t.Errorf("post %d: gone %t, %q by %q", n, gone, body, handle)
		}
	}
	if n := p.number("select count(*) from replies where state = 'awaiting'"); n != 0 {
		t.Errorf("%d drafts answer what is gone", n)
	}
	if n := p.number("select count(*) from replies r join mentions m on m.id = r.mention_id where m.gone_at is not null and r.state <> 'sent' and json_extract(r.payload, '$.text') <> ''"); n != 0 {
		t.Errorf("%d replies to what is gone have their text", n)
	}
	if p.x.Requests()["POST /2/compliance/jobs"] == 0 || p.x.Requests()["GET /2/tweets"] != looked || p.x.Bill().Total-billed > 2*10_000 {
		t.Errorf("requests %v; %s more", p.x.Requests(), socialwatch.MicroUSD(p.x.Bill().Total-billed).Dollars())
	}
}

// TestSilenceOneReplyAndEditsOnX: who asks for silence is left alone, a post gets
// one reply, ours or our people's in the app, and an edit voids what was
// approved for the words before.
func TestSilenceOneReplyAndEditsOnX(t *testing.T) {
	t.Parallel()
	p := play(t, morning, "@every 1m", twitter.Options{})
	p.minutes(2)
	silent, answered, native, edited := p.tweet(1), p.tweet(2), p.tweet(3), p.tweet(4)
	p.minutes(2)
	p.approved(answered)
	p.minutes(2)
	again, err := p.app.desk.Again(t.Context(), socialwatch.Decision{ReplyID: p.newest(answered).ID, By: p.by, Text: "One more thing: we look into it."})
	must(t, err)
	if again.State != socialwatch.ReplyBlocked || !slices.ContainsFunc(again.Findings, func(f socialwatch.Finding) bool { return f.Rule == "second_reply" }) {
		t.Errorf("a second reply to one post is %s: %+v", again.State, again.Findings)
	}

	// All approved, and before they can go out everything changes.
	must(t, p.app.desk.Stop(t.Context(), p.by))
	p.approved(silent)
	p.approved(native)
	p.approved(edited)
	p.says("customer1", "@shop_help please stop messaging me", twitter.PostOptions{})
	p.minutes(2) // a poll brings it
	p.says("shop_help", "We have written to you", twitter.PostOptions{InReplyTo: native})
	p.clock.Add(time.Minute.Microseconds())
	version, err := p.x.Edit(edited, "@shop_help order 555-0000004-0000001 has come, and one of the two is broken")
	must(t, err)
	must(t, p.app.desk.Resume(t.Context(), p.by))
	p.minutes(3)
	for post, why := range map[string]string{silent: "asked us not to write", native: "answered natively"} {
		if r := p.newest(post); r.State != socialwatch.ReplySuperseded || !strings.Contains(r.Reason, why) {
			t.Errorf("%s: %s: %s", why, r.State, r.Reason)
		}
	}
	if n := len(p.x.Published("shop_help", edited)); n != 0 {
		t.Errorf("%d replies stand under a post with other words now", n)
	}
	p.says("customer1", "@shop_help order 555-0000009-0000001 still has not arrived", twitter.PostOptions{})
	before := p.number("select count(*) from replies")
	p.minutes(2)
	if n := p.number("select count(*) from replies"); n != before {
		t.Error("a draft answers who asked for silence")
	}
	p.approved(edited)
	p.minutes(2)
	under := map[string]int{}
	for _, q := range p.x.Published("shop_help", "") {
		under[q.ParentID]++
		if q.ParentID == edited && q.Answered != version {
			t.Errorf("version %s is answered, want %s", q.Answered, version)
		}
	}
	if want := map[string]int{answered: 1, native: 1, edited: 1}; !maps.Equal(under, want) {
		t.Errorf("published under %v, want %v", under, want)
	}
	p.bill()
}

// TestNo429IsProvoked: polls come every second, far more often than X allows, for
// longer than one of its windows. X never has to refuse; what is approved goes
// out all the same, and reading goes on when the window has ended.
func TestNo429IsProvoked(t *testing.T) {
	t.Parallel()
	p := play(t, morning, "@every 1s", twitter.Options{})
	p.excused = func(err error) bool { return socialwatch.ReasonOf(err) == socialwatch.RateLimited }
	for _, job := range []string{"publish", "sequencer"} {
		p.pace(job, "@every 20s")
	}
	p.every("@every 1m", p.approves)
	var posts []string
	for n := range 20 {
		p.once(morning.Add(time.Duration(n)*time.Minute), func() { posts = append(posts, p.tweet(n)) })
	}
	p.minutes(20)
	read := p.x.Requests()[mentionsRoute]
	if len(p.refused) == 0 || read < 400 || read > 600 {
		t.Errorf("%d polls reached X, %d waited: this shows nothing", read, len(p.refused))
	}
	for _, r := range p.x.Refusals() {
		t.Errorf("X refused %s", r)
	}
	p.minutes(15)
	if sent := p.audit(p.public()); !p.has(posts) || sent != len(posts) {
		t.Errorf("%d of %d mentions are answered", sent, len(posts))
	}
	t.Logf("%d polls in 20 minutes, %d put off, requests %v", read, len(p.refused), p.x.Requests())
}
