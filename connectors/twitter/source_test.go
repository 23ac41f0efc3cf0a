package twitter

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"socialwatch"
	sim "socialwatch/internal/simulator/twitter"
)

func TestPostsThatAreIndexedLateAreRead(t *testing.T) {
	r := newRig(t, sim.Options{})
	c, in := r.open(), r.inbox()
	in.poll(c)
	late := r.post("customer1", "@shop_help I come late", sim.PostOptions{Hold: true})
	r.pass(5 * time.Minute)
	next := r.post("customer2", "@shop_help in time", sim.PostOptions{})
	in.poll(c)
	r.pass(5 * time.Minute)
	in.poll(c)
	in.holds(next)
	r.must(r.sim.Release(late))
	in.poll(r.open())
	in.holds(next, late)
	r.sameBill()
}

func TestBurstBeyondTheTimelineIsReadBySearch(t *testing.T) {
	r := newRig(t, sim.Options{})
	in := r.inbox()
	in.poll(r.open())
	ids := r.burst(1500, "order")
	r.post("customer1", "", sim.PostOptions{Repost: ids[3]})
	for batches := 1; ; batches++ {
		c := r.open() // restarted before each Fetch, in the middle of the walk
		more, err := in.fetch(c)
		r.must(err)
		if !more {
			if batches < 3 {
				t.Errorf("all came in %d batches", batches)
			}
			break
		}
		if batches == 2 { // while the walk is under way
			ids = append(ids, r.burst(200, "meanwhile")...)
		}
	}
	in.poll(r.open())
	in.holds(ids...)
	if len(in.gaps) != 0 {
		t.Errorf("gaps %v", in.gaps)
	}
	r.sameBill()
	if n := r.books.counts(); n[ItemMentionRead] < 800 || n[ItemPostRead] < 600 {
		t.Errorf("charged for %v: what both bring is cheaper as a mention", n)
	}
}

// TestTimelineThatMovesAwayIsNotTakenForItsEnd has so many new mentions between
// two Fetches that the timeline ends before the walk does.
func TestTimelineThatMovesAwayIsNotTakenForItsEnd(t *testing.T) {
	r := newRig(t, sim.Options{})
	in := r.inbox()
	o := r.options()
	o.Pages = 1
	c := r.connect(o)
	in.poll(c)
	ids := r.burst(300, "first")
	r.pass(20 * time.Minute) // below the overlap of the next walk
	more, err := in.fetch(c)
	if r.must(err); !more || len(in.mentions) != 100 {
		t.Fatalf("%d mentions on one page, more %v", len(in.mentions), more)
	}
	ids = append(ids, r.burst(750, "second")...)
	in.poll(c)
	in.poll(c)
	in.holds(ids...)
}

func TestWhatIsOutOfReachIsAGap(t *testing.T) {
	r := newRig(t, sim.Options{})
	in := r.inbox()
	in.poll(r.open())
	polled := r.now()
	r.pass(time.Hour)
	r.burst(900, "lost")
	r.pass(8 * 24 * time.Hour)
	ids := r.burst(850, "found")
	in.poll(r.open())
	in.holds(ids...)
	if len(in.gaps) != 1 {
		t.Fatalf("gaps %v", in.gaps)
	}
	g := in.gaps[0]
	if g.Account != "shop" || g.Reason == "" || g.From.After(polled) || !g.To.After(polled.Add(24*time.Hour)) || g.To.After(r.now()) {
		t.Errorf("gap %v to %v", g.From, g.To)
	}
	in.poll(r.open())
	if len(in.gaps) != 1 {
		t.Error("the gap is told again")
	}
}

func TestExpiredPageTokensDoNoHarm(t *testing.T) {
	r := newRig(t, sim.Options{})
	in, c := r.inbox(), r.open()
	in.poll(c)
	ids := r.burst(1200, "order")
	for range 2 {
		_, err := in.fetch(c)
		r.must(err)
		r.sim.ExpireTokens()
	}
	in.poll(c)
	in.holds(ids...)
}

func TestFailureInTheMiddleKeepsWhatWasRead(t *testing.T) {
	r := newRig(t, sim.Options{})
	in, c := r.inbox(), r.open()
	in.poll(c)
	ids := r.burst(350, "order")
	r.must(r.sim.Inject(sim.Fault{Kind: sim.FaultServerError, Route: "GET /2/users/{id}/mentions", Skip: 2}))
	more, err := in.fetch(c)
	if r.must(err); !more || len(in.mentions) != 200 {
		t.Fatalf("%d mentions before the failure, more %v", len(in.mentions), more)
	}
	before := in.cursor
	if _, err = in.fetch(c); socialwatch.ReasonOf(err) != socialwatch.Temporary || string(in.cursor) != string(before) {
		t.Fatalf("a lasting failure is not told: %v", err)
	}
	r.sim.ClearFaults()
	in.poll(r.open())
	in.holds(ids...)
	r.sameBill()
}

func TestPollTwiceCostsOnce(t *testing.T) {
	r := newRig(t, sim.Options{})
	in := r.inbox()
	r.burst(7, "order")
	for range 5 {
		in.poll(r.open())
		r.pass(30 * time.Second)
	}
	r.sameBill()
	if n := r.books.counts(); n[ItemMentionRead] != 7 || n[ItemUserRead] != 1 || len(n) != 2 {
		t.Errorf("charged for %v", n)
	}
	if n := r.sim.Requests()["GET /2/users/{id}/mentions"]; n != 5 || in.requests != 5 {
		t.Errorf("%d requests, %d counted", n, in.requests)
	}
}

func TestOwnAccountIsAskedForOnceADay(t *testing.T) {
	r := newRig(t, sim.Options{})
	in, c := r.inbox(), r.open()
	for range 30 {
		in.poll(c)
		r.pass(time.Hour)
	}
	if n := r.sim.Requests()["GET /2/users/me"]; n != 2 {
		t.Errorf("asked %d times in 30 hours", n)
	}
}

func TestBearerAloneReads(t *testing.T) {
	r := newRig(t, sim.Options{})
	id := r.post("customer1", "@shop_help hello", sim.PostOptions{})
	o := r.options()
	o.Auth, o.Bearer = Auth{}, r.sim.Bearer()
	in := r.inbox()
	in.poll(r.connect(o))
	in.holds(id)
	r.sameBill() // a mention costs as any post then
}

func TestOnlyWhatNamesUsIsAMention(t *testing.T) {
	r := newRig(t, sim.Options{})
	in, c := r.inbox(), r.open()
	in.poll(c)
	named := r.post("customer1", "@Shop_Help & others: <hello>", sim.PostOptions{Language: "und"})
	reply := r.post("customer2", "me too", sim.PostOptions{InReplyTo: named})
	r.post("customer3", "@shop_helper is another", sim.PostOptions{})
	r.post("customer3", "mail x@shop_help.example", sim.PostOptions{})
	r.post("customer4", "", sim.PostOptions{Repost: named})
	r.post("shop_help", "@shop_help talks to itself", sim.PostOptions{})
	in.poll(c)
	in.holds(named, reply)
	m := in.mentions[named]
	if m.Text != "@Shop_Help & others: <hello>" || m.Author.Handle != "customer1" || m.Language != "" ||
		m.URL != "https://x.com/customer1/status/"+named || m.Author.URL != "https://x.com/customer1" ||
		m.Host != "x.com" || m.Network != socialwatch.X || m.Visibility != socialwatch.Public ||
		m.RootID != named || m.ParentID != "" || m.Kind != socialwatch.KindMention {
		t.Errorf("%+v", m)
	}
	if m := in.mentions[reply]; m.ParentID != named || m.RootID != named || m.ParentBy != in.mentions[named].Author.ID {
		t.Errorf("%+v", m)
	}
}

func TestEditsKeepTheIdentity(t *testing.T) {
	r := newRig(t, sim.Options{})
	in, c := r.inbox(), r.open()
	in.poll(c)
	id := r.post("customer1", "@shop_help order 1001", sim.PostOptions{})
	in.poll(c)
	first := in.mentions[id]
	r.pass(time.Minute)
	newest, err := r.sim.Edit(id, "@shop_help order 1002")
	r.must(err)
	in.poll(c)
	in.holds(id)
	m := in.mentions[id]
	if m.Text != "@shop_help order 1002" || m.Revision() == first.Revision() || !m.CreatedAt.Equal(first.CreatedAt) ||
		m.EditedAt != drawn(newest) || !strings.HasSuffix(m.URL, newest) {
		t.Errorf("%+v", m)
	}
	r.pass(time.Minute)
	_, err = r.sim.Edit(id, "never mind") // names us no more
	r.must(err)
	in.poll(c)
	if in.mentions[id].Text != "@shop_help order 1002" {
		t.Error("a mention was taken that names us no more")
	}
	r.sameBill()
}

func TestLongPostsAreReadWhole(t *testing.T) {
	for name, spelling := range map[string]bool{"tweet.fields": false, "post.fields": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, sim.Options{})
			in, o := r.inbox(), r.options()
			o.PostFields = spelling
			c := r.connect(o)
			in.poll(c)
			long := "My parcel " + strings.Repeat("is late & ", 60) + "@shop_help"
			id := r.post("customer1", long, sim.PostOptions{Long: true})
			in.poll(c)
			in.holds(id)
			if in.mentions[id].Text != long {
				t.Errorf("text of %d bytes, want %d", len(in.mentions[id].Text), len(long))
			}
		})
	}
}

func TestPostsThatComeAlongAreSettled(t *testing.T) {
	r := newRig(t, sim.Options{})
	in, o := r.inbox(), r.options()
	o.PostFields = true // brings what is referred to
	c := r.connect(o)
	in.poll(c)
	other := r.post("customer1", "a matter of others", sim.PostOptions{})
	id := r.post("customer2", "@shop_help look at this", sim.PostOptions{InReplyTo: other})
	in.poll(c)
	in.holds(id)
	r.sameBill()
	if n := r.books.counts(); n[ItemMentionRead] != 1 || n[ItemPostRead] != 1 {
		t.Errorf("charged for %v", n)
	}
}

func TestForeignCursorIsRefused(t *testing.T) {
	r := newRig(t, sim.Options{})
	in := r.inbox()
	in.poll(r.open())
	_, err := r.sim.AddUser("other_shop")
	r.must(err)
	other := r.connect(r.optionsOf("other_shop"))
	if _, err := in.fetch(other); socialwatch.ReasonOf(err) != socialwatch.Refused {
		t.Errorf("%v", err)
	}
}

func TestTokensOfAnotherAccountAreRefused(t *testing.T) {
	r := newRig(t, sim.Options{})
	_, err := r.sim.AddUser("other_shop")
	r.must(err)
	o := r.optionsOf("other_shop")
	o.Handle = "shop_help"
	if _, err := r.inbox().fetch(r.connect(o)); socialwatch.ReasonOf(err) != socialwatch.Unauthorized {
		t.Errorf("%v", err)
	}
}

func TestOutOfCreditHaltsAndIsNotTriedAgain(t *testing.T) {
	for _, kind := range []sim.FaultKind{sim.FaultCredits, sim.FaultCapped} {
		r := newRig(t, sim.Options{})
		in, c := r.inbox(), r.open()
		in.poll(c)
		r.must(r.sim.Inject(sim.Fault{Kind: kind}))
		before := r.sim.Requests()["GET /2/users/{id}/mentions"]
		_, err := in.fetch(c)
		if socialwatch.ReasonOf(err) != socialwatch.OutOfCredit || r.books.halted == "" {
			t.Errorf("%s: %v, halted %q", kind, err, r.books.halted)
		}
		if n := r.sim.Requests()["GET /2/users/{id}/mentions"] - before; n != 1 {
			t.Errorf("%s: %d requests", kind, n)
		}
	}
}

func TestRateLimitIsWaitedFor(t *testing.T) {
	r := newRig(t, sim.Options{LimitScale: 0.1}) // 30 polls
	in, c := r.inbox(), r.open()
	var err error
	for range 40 {
		if _, err = in.fetch(c); err != nil {
			break
		}
	}
	var ne *socialwatch.NetworkError
	if !asNetwork(err, &ne) || ne.Reason != socialwatch.RateLimited || ne.RetryAfter <= 0 || ne.RetryAfter > 15*time.Minute {
		t.Fatalf("%v", err)
	}
	if n := r.sim.Requests()["GET /2/users/{id}/mentions"]; n != 27 {
		t.Errorf("%d polls of 30 were made: a tenth is kept", n)
	}
	r.pass(ne.RetryAfter + time.Second)
	in.poll(c)
	r.must(r.sim.Inject(sim.Fault{Kind: sim.FaultRateLimited, Delay: 3 * time.Minute}))
	_, err = in.fetch(c)
	if !asNetwork(err, &ne) || ne.Reason != socialwatch.RateLimited || ne.RetryAfter < 2*time.Minute || ne.RetryAfter > 3*time.Minute+2*time.Second {
		t.Errorf("%v", err)
	}
	r.sim.ClearFaults()
	before := r.sim.Requests()["GET /2/users/{id}/mentions"]
	if _, err = in.fetch(c); socialwatch.ReasonOf(err) != socialwatch.RateLimited || r.sim.Requests()["GET /2/users/{id}/mentions"] != before {
		t.Errorf("the wait is not kept: %v", err)
	}
}

func FuzzCursor(f *testing.F) {
	f.Add([]byte(`{"v":1,"user":"7001","polled":"2026-11-20T09:00:00Z","walk":{"begun":"2026-11-20T09:00:00Z","since":"5","low":"7","phase":"search","count":3}}`))
	f.Add([]byte(`{"v":1,"user":"7001","polled":"2026-11-20T09:00:00Z"}`))
	f.Add([]byte(`{`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parseCursor(b, "7001")
		if err != nil {
			return
		}
		again, err := parseCursor(c.encode(), "7001")
		one, _ := json.Marshal(c)
		two, _ := json.Marshal(again)
		if err != nil || string(one) != string(two) {
			t.Errorf("%s became %s: %v", one, two, err)
		}
	})
}
