package twitter

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	sim "socialwatch/internal/simulator/twitter"
)

// odd is an X that says who we are, and all else by the given handlers.
func odd(t *testing.T, routes map[string]string, more ...func(*http.ServeMux)) (Options, *books) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2/users/me", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"data":{"id":"42","username":"shop_help"}}`))
	})
	for pattern, body := range routes {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
	}
	for _, add := range more {
		add(mux)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	b := &books{}
	return Options{Account: "shop", Handle: "shop_help", BaseURL: server.URL, Ledger: b,
		Auth: Auth{ConsumerKey: "a", ConsumerSecret: "b", AccessToken: "c", AccessSecret: "d"}}, b
}

// TestListThatXCouldNotTellIsNotAnEmptyOne has X answer with success and
// nothing but an error, or nothing at all: neither does a poll move on over it
// nor is a reply taken as absent.
func TestListThatXCouldNotTellIsNotAnEmptyOne(t *testing.T) {
	const failed = `{"errors":[{"title":"Service Unavailable","detail":"timeline not available","type":"about:blank"}]}`
	const hidden = `{"errors":[{"title":"Not Found Error","detail":"Could not find user","type":"https://api.x.com/2/problems/resource-not-found"}]}`
	const partly = `{"meta":{"result_count":0},"errors":[{"title":"Service Unavailable","detail":"one shard","type":"about:blank"}]}`
	for _, body := range []string{failed, hidden, partly, `{}`, `null`} {
		o, _ := odd(t, map[string]string{"GET /2/users/42/mentions": body, "GET /2/users/42/tweets": body})
		c, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := c.Source.Fetch(t.Context(), nil); err == nil {
			t.Errorf("%s: a poll moves on to %s", body, b.Cursor)
		}
		p := socialwatch.Payload{Network: socialwatch.X, Host: host, Account: "shop", ParentID: "7001", ParentBy: "8", ParentName: "customer1", Text: "Sorry."}
		_, err = c.Finder.Find(t.Context(), p)
		if socialwatch.ReasonOf(err) != socialwatch.Temporary {
			t.Errorf("%s: the reply is taken as absent: %v", body, err)
		}
	}
	o, _ := odd(t, map[string]string{"GET /2/users/42/tweets": `{"meta":{"result_count":0}}`})
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Finder.Find(t.Context(), socialwatch.Payload{ParentID: "7001"}); err != nil {
		t.Errorf("an empty list: %v", err)
	}
}

// TestSearchThatRestsTooLongGoesOnWithinReach has a walk wait, for a rate limit
// or for money, until X refuses to search as far back as it began.
func TestSearchThatRestsTooLongGoesOnWithinReach(t *testing.T) {
	for rest, gaps := range map[time.Duration]int{time.Minute: 1, time.Hour: 2} {
		r := newRig(t, sim.Options{})
		in := r.inbox()
		in.poll(r.open())
		r.pass(8 * 24 * time.Hour)
		ids := r.burst(1100, "found")
		c := r.open()
		for range 2 {
			_, err := in.fetch(c)
			r.must(err)
		}
		r.pass(rest)
		in.poll(r.open())
		in.holds(ids...)
		if len(in.gaps) != gaps {
			t.Errorf("after %s: gaps %v", rest, in.gaps)
		}
		if last := in.gaps[len(in.gaps)-1]; gaps == 2 && !last.From.Equal(in.gaps[0].To) {
			t.Errorf("gaps %v", in.gaps)
		}
		in.poll(r.open())
	}
}

// TestRefusalWithoutEndDoesNotHoldTheStream has X refuse the stream with a text
// that never ends.
func TestRefusalWithoutEndDoesNotHoldTheStream(t *testing.T) {
	o, _ := odd(t, map[string]string{
		"GET " + subscriptionsPath:  `{"meta":{"result_count":0}}`,
		"POST " + subscriptionsPath: `{}`,
	}, func(mux *http.ServeMux) {
		mux.HandleFunc("GET /2/activity/stream", func(w http.ResponseWriter, q *http.Request) {
			w.WriteHeader(http.StatusPaymentRequired)
			_ = http.NewResponseController(w).Flush() // the server's end is the client's matter
			<-q.Context().Done()
		})
	})
	d := &door{}
	o.Auth, o.Bearer, o.Stream, o.Inbox = Auth{ClientID: "app"}, "e", true, d
	o.Tokens, o.Timeout = &keeper{token: connectors.Token{Access: "f"}}, 200*time.Millisecond
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	w, ok := c.Waker.(waker)
	if !ok {
		t.Fatalf("%T", c.Waker)
	}
	s := &stream{waker: w, ring: d.ring, up: d.state, posts: newMemory()}
	err = s.listen(ctx)
	if ctx.Err() != nil || err == nil {
		t.Fatalf("the stream hangs: %v", err)
	}
}

// TestStoreOfJobsSaysNothingOfOurCredit has the store of X's batch jobs refuse
// with words that from X itself would stop the account.
func TestStoreOfJobsSaysNothingOfOurCredit(t *testing.T) {
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusPaymentRequired)
	}))
	defer store.Close()
	o, b := odd(t, map[string]string{"POST " + jobsPath: `{"data":{"id":"5","status":"created","upload_url":` + strconv.Quote(store.URL) + `}}`})
	o.Bearer = "e"
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Compliance.Gone(t.Context(), []string{"7001"})
	if socialwatch.ReasonOf(err) != socialwatch.Refused || b.halted != "" {
		t.Errorf("%v, halted %q", err, b.halted)
	}
}

// TestWhatBelongsToAReplyMayUseItsMoney has everything that must be read before
// a reply asked for as part of it: reading alone ends at 95 % of a budget.
func TestWhatBelongsToAReplyMayUseItsMoney(t *testing.T) {
	r := newRig(t, sim.Options{})
	first, second := r.post("customer1", "@shop_help one", sim.PostOptions{}), r.post("customer2", "@shop_help two", sim.PostOptions{})
	read := func(ctx context.Context) (all, write int) {
		r.books = &books{}
		c := r.open()
		_, err := c.Threads.Read(ctx, []string{first, second}, time.Time{})
		r.must(err)
		_, err = c.Lookup.Get(ctx, []string{first, second})
		r.must(err)
		for _, k := range r.books.reserved {
			if k.Write {
				write++
			}
		}
		return len(r.books.reserved), write
	}
	if all, write := read(connectors.ForReply(t.Context())); write != all || all < 4 {
		t.Errorf("%d of %d calls may use what is kept for replies", write, all)
	}
	if all, write := read(t.Context()); write != 1 { // who we are
		t.Errorf("%d of %d calls of a mere look may use what is kept for replies", write, all)
	}
}

// TestMentionBehindTheCutOfALongPostIsRead has X tell the mentions of the cut
// text alone.
func TestMentionBehindTheCutOfALongPostIsRead(t *testing.T) {
	long := strings.Repeat("still waiting ", 30)
	p, err := decodePost([]byte(`{"id":"70","author_id":"8","conversation_id":"70","text":"@other_shop ` + long[:200] + `",
		"entities":{"mentions":[{"id":"9","username":"other_shop"}]},"note_tweet":{"text":"@other_shop ` + long + ` @shop_help"}}`))
	if err != nil || !p.names(self{id: "42", username: "shop_help"}) {
		t.Errorf("the mention is not seen: %v", err)
	}
	if p.names(self{id: "43", username: "shop"}) {
		t.Error("it names another account")
	}
}
