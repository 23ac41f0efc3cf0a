package mastodon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/simulator"
)

// TestLive runs the connector against a real server with the Mastodon API:
// Mastodon, or GoToSocial, also over plain HTTP on loopback. It needs two
// accounts on that server, posts some twenty unlisted, direct and
// followers-only statuses as the customer and two as the shop, and deletes
// them again. It makes about 100 requests: once in five minutes is within
// every stock rate limit (deletes: once in half an hour on Mastodon).
//
//	SOCIALWATCH_TEST_MASTODON_URL=http://localhost:8080 \
//	SOCIALWATCH_TEST_MASTODON_HELP_TOKEN=... \
//	SOCIALWATCH_TEST_MASTODON_CUSTOMER_TOKEN=... \
//	go test ./connectors/mastodon -run Live -v
func TestLive(t *testing.T) {
	base := os.Getenv("SOCIALWATCH_TEST_MASTODON_URL")
	help := os.Getenv("SOCIALWATCH_TEST_MASTODON_HELP_TOKEN")
	customer := os.Getenv("SOCIALWATCH_TEST_MASTODON_CUSTOMER_TOKEN")
	if base == "" || help == "" || customer == "" {
		t.Skip("set SOCIALWATCH_TEST_MASTODON_URL, _HELP_TOKEN and _CUSTOMER_TOKEN to run against a real server")
	}
	runLive(t, base, help, customer, 2*time.Second)
}

// TestLiveStepsWorkOnTheStandIn keeps the steps of TestLive in order.
func TestLiveStepsWorkOnTheStandIn(t *testing.T) {
	for _, flavour := range flavours {
		t.Run(string(flavour), func(t *testing.T) {
			r := newRig(t, simulator.Options{Flavour: flavour, RateLimit: simulator.RateLimit{Requests: 150, Per: 5 * time.Minute},
				LateCommits: simulator.LateCommits{Share: 0.3, Max: 300 * time.Millisecond}})
			customer := r.account("customer1")
			t.Run("steps", func(t *testing.T) { runLive(t, r.sim.URL(), r.token, customer, 100*time.Millisecond) })
			requests := 0
			for _, n := range r.sim.Requests() {
				requests += n
			}
			t.Logf("%d requests", requests)
			for _, who := range []string{"help", "customer1"} {
				for _, p := range r.sim.Published(who, "") {
					if !p.Deleted {
						t.Errorf("%s: a post was left behind", who)
					}
				}
			}
		})
	}
}

const (
	liveLimit    = 3 * time.Minute
	liveMentions = 20
)

// live is a run against a server.
type live struct {
	*testing.T
	ctx      context.Context
	base     string
	tick     time.Duration // between two looks at something that must come
	run      string        // tells this run's posts from all others
	shop     *connectors.Connector
	customer liveAPI
	handle   string // of the shop, with @

	cursor []byte
	got    map[string]socialwatch.Mention
	ids    []string // the customer's posts, in order
}

func runLive(t *testing.T, base, help, customer string, tick time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), liveLimit)
	defer cancel()
	l := &live{T: t, ctx: ctx, base: base, tick: tick, got: map[string]socialwatch.Mention{},
		run: fmt.Sprintf("run%x", time.Now().UnixNano()), customer: liveAPI{base, customer}}
	l.shop = l.connect(help)
	var me struct{ Acct string }
	l.must(liveAPI{base, help}.call(ctx, http.MethodGet, "/api/v1/accounts/verify_credentials", nil, &me))
	l.handle = "@" + me.Acct
	t.Cleanup(l.cleanUp)

	l.poll()
	bell := l.listen()
	l.say()
	bell()
	l.readAll()
	l.refuseForeign(customer)
	l.conversation()
	l.editsAndDeletions()
}

func (l *live) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

func (l *live) connect(token string) *connectors.Connector {
	l.Helper()
	c, err := New(Options{Account: "live", BaseURL: l.base, Token: token, SweepEvery: 2 * l.tick, SweepAge: 10 * l.tick})
	l.must(err)
	return c
}

// until looks again and again, as real servers are slow.
func (l *live) until(what string, most time.Duration, look func() bool) {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.ctx, most)
	defer cancel()
	tick := time.NewTicker(l.tick)
	defer tick.Stop()
	for !look() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			l.Fatalf("not within %s: %s", most, what)
		}
	}
}

func (l *live) poll() {
	l.Helper()
	for {
		b, err := l.shop.Source.Fetch(l.ctx, l.cursor)
		l.must(err)
		for _, m := range b.Mentions {
			if strings.Contains(m.Text, l.run) {
				l.got[m.ID] = m
			}
		}
		if b.Cursor != nil {
			l.cursor = b.Cursor
		}
		if !b.More {
			return
		}
	}
}

// listen opens the stream; the function it returns waits for a ring after the
// connect and ends the stream.
func (l *live) listen() (bell func()) {
	l.Helper()
	ctx, cancel := context.WithCancel(l.ctx)
	var rings atomic.Int32
	done := make(chan error, 1)
	go func() {
		done <- l.shop.Waker.Wake(ctx, func(r connectors.Ring) {
			if r.Deleted == "" {
				rings.Add(1)
			}
		}, func(bool) {})
	}()
	l.Cleanup(cancel)
	l.until("the stream connects and rings", 30*time.Second, func() bool { return rings.Load() > 0 })
	return func() {
		l.Helper()
		l.until("the stream rings for a mention", 30*time.Second, func() bool { return rings.Load() > 1 })
		cancel()
		l.must(<-done)
	}
}

// say posts the mentions: one direct, one for followers, the rest unlisted.
func (l *live) say() {
	l.Helper()
	for i := range liveMentions {
		visibility := "unlisted"
		switch i {
		case 0:
			visibility = "direct"
		case 1:
			visibility = "private"
		}
		id, err := l.customer.post(l.ctx, url.Values{"visibility": {visibility},
			"status": {fmt.Sprintf("%s order %d never came & I <wait> %s", l.handle, 1000+i, l.run)}})
		l.must(err)
		l.ids = append(l.ids, id)
	}
}

func (l *live) readAll() {
	l.Helper()
	l.until("all mentions are read", time.Minute, func() bool { l.poll(); return len(l.got) >= liveMentions })
	for i, id := range l.ids {
		m, ok := l.got[id]
		want := socialwatch.Unlisted
		switch i {
		case 0:
			want = socialwatch.Direct
		case 1:
			want = socialwatch.Followers
		}
		if !ok || m.Visibility != want || m.Kind != socialwatch.KindMention || m.Own ||
			!strings.Contains(m.Text, fmt.Sprintf("order %d never came & I <wait> %s", 1000+i, l.run)) {
			l.Fatalf("mention %d: read %v, visibility %q, kind %q", i, ok, m.Visibility, m.Kind)
		}
	}
	if len(l.got) != liveMentions {
		l.Fatalf("%d mentions of this run were read, %d were made", len(l.got), liveMentions)
	}
}

func (l *live) refuseForeign(token string) {
	l.Helper()
	_, err := l.connect(token).Source.Fetch(l.ctx, l.cursor)
	if socialwatch.ReasonOf(err) != socialwatch.Refused {
		l.Fatalf("the cursor of another account: %v", err)
	}
}

// conversation answers a public and a direct mention, finds the reply again,
// finds the follow-up without the handle, and takes a reply back.
func (l *live) conversation() {
	l.Helper()
	l.reply(l.ids[0], socialwatch.Direct)
	p, post := l.reply(l.ids[2], socialwatch.Unlisted)
	found, err := l.shop.Finder.Find(l.ctx, p)
	l.must(err)
	if found.PostID != post.PostID {
		l.Fatal("our reply was not found under its post")
	}
	follow, err := l.customer.post(l.ctx, url.Values{"visibility": {"unlisted"},
		"status": {"any news? " + l.run}, "in_reply_to_id": {post.PostID}})
	l.must(err)
	l.ids = append(l.ids, follow)
	l.until("the thread holds the follow-up", 30*time.Second, func() bool {
		threads, err := l.shop.Threads.Read(l.ctx, []string{l.ids[2]}, time.Time{})
		l.must(err)
		own, news := false, false
		for _, q := range threads[0].Posts {
			own = own || q.ID == post.PostID && q.Own
			news = news || q.ID == follow && !q.Own && q.ParentID == post.PostID
		}
		return own && news
	})
	l.must(l.shop.Deleter.Delete(l.ctx, post.PostID))
	l.until("the reply that was taken back is absent", 30*time.Second, func() bool {
		found, err := l.shop.Finder.Find(l.ctx, p)
		l.must(err)
		return found.PostID == ""
	})
}

// reply answers and checks what the customer gets to see.
func (l *live) reply(id string, want socialwatch.Visibility) (socialwatch.Payload, socialwatch.Published) {
	l.Helper()
	m := l.got[id]
	p, err := l.shop.Composer.Compose(socialwatch.Draft{Account: "live", Parent: m.Post, Language: "en",
		Text: "Sorry about this. We look into it: https://shop.example/help/orders?id=1001&from=" + l.run})
	l.must(err)
	post, err := l.shop.Replier.Reply(l.ctx, p, "live-"+l.run+"-"+id)
	l.must(err)
	l.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := l.shop.Deleter.Delete(ctx, post.PostID); err != nil {
			l.Logf("a reply was left behind: %v", err)
		}
	})
	var seen status
	l.must(l.customer.call(l.ctx, http.MethodGet, "/api/v1/statuses/"+post.PostID, nil, &seen))
	if string(seen.ParentID) != id || visibilityOf(seen.Visibility) != want || p.Visibility != want ||
		len(seen.Mentions) != 1 || string(seen.Mentions[0].ID) != m.Author.ID {
		l.Fatalf("the reply stands %s with %d mentions, or under another post", seen.Visibility, len(seen.Mentions))
	}
	return p, post
}

func (l *live) editsAndDeletions() {
	l.Helper()
	edited, deleted := l.ids[3], l.ids[4]
	l.must(l.customer.call(l.ctx, http.MethodPut, "/api/v1/statuses/"+edited,
		url.Values{"status": {l.handle + " it came after all " + l.run}}, nil))
	l.must(l.customer.call(l.ctx, http.MethodDelete, "/api/v1/statuses/"+deleted, nil, nil))
	l.until("an edit and a deletion show", 30*time.Second, func() bool {
		looks, err := l.shop.Lookup.Get(l.ctx, []string{edited, deleted, l.ids[5]})
		l.must(err)
		before := l.got[edited]
		return !looks[0].Gone && looks[0].Post.Revision() != before.Revision() &&
			strings.Contains(looks[0].Post.Text, "after all") && looks[1].Gone && !looks[2].Gone
	})
}

func (l *live) cleanUp() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, id := range l.ids {
		err := l.customer.call(ctx, http.MethodDelete, "/api/v1/statuses/"+id, nil, nil)
		if err != nil && !errors.Is(err, errLiveAbsent) {
			l.Logf("a customer's post was left behind: %v", err)
		}
	}
}

// liveAPI is the customer's client, apart from the code under test.
type liveAPI struct{ base, token string }

var errLiveAbsent = errors.New("404")

func (a liveAPI) post(ctx context.Context, form url.Values) (string, error) {
	var s struct{ ID string }
	err := a.call(ctx, http.MethodPost, "/api/v1/statuses", form, &s)
	return s.ID, err
}

func (a liveAPI) call(ctx context.Context, method, path string, form url.Values, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(a.base, "/")+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	req.Header.Set("User-Agent", "socialwatch live test")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() // it was read to its end
	body, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	switch {
	case err != nil:
		return err
	case resp.StatusCode == http.StatusNotFound:
		return fmt.Errorf("%s %s: %w", method, path, errLiveAbsent)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("%s %s: HTTP %d: %.200s", method, path, resp.StatusCode, body)
	case out == nil:
		return nil
	}
	return json.Unmarshal(body, out)
}
