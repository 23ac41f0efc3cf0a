package twitter

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"socialwatch"
	"socialwatch/connectors"
	sim "socialwatch/internal/simulator/twitter"
)

func TestThreadsBringOnlyWhatTheMentionsDoNot(t *testing.T) {
	r := newRig(t, sim.Options{})
	root := r.post("customer1", "@shop_help order 1001", sim.PostOptions{})
	elsewhere := r.post("customer2", "@shop_help order 1002", sim.PostOptions{})
	r.pass(time.Minute)
	native := r.post("shop_help", "we look into it", sim.PostOptions{InReplyTo: root})
	r.post("shop_help", "good morning", sim.PostOptions{})
	r.pass(time.Minute)
	r.post("customer1", "thanks", sim.PostOptions{InReplyTo: native}) // names us by itself
	follow := r.post("customer1", "any news?", sim.PostOptions{InReplyTo: native, Untagged: true})
	r.post("customer3", "no thread of ours", sim.PostOptions{})
	r.post("customer4", "", sim.PostOptions{Repost: follow})

	threads, err := r.open().Threads.Read(t.Context(), []string{root, "no id", elsewhere, root}, time.Time{})
	r.must(err)
	if len(threads) != 4 || threads[1].Err == nil || threads[2].Err != nil || len(threads[2].Posts) != 0 {
		t.Fatalf("%+v", threads)
	}
	for _, i := range []int{0, 3} {
		posts := threads[i].Posts
		if threads[i].Gone || len(posts) != 2 || posts[0].ID != native || !posts[0].Own || posts[1].ID != follow || posts[1].Own ||
			posts[1].ParentID != native || posts[1].RootID != root || posts[1].Author.Handle != "customer1" {
			t.Fatalf("%+v", posts)
		}
	}
	r.sameBill()
	if n := r.books.counts(); n[ItemPostRead] != 1 || n[ItemOwnRead] != 2 {
		t.Errorf("charged for %v", n)
	}
}

func TestThreadsLeaveOutWhatWasReadBefore(t *testing.T) {
	r := newRig(t, sim.Options{})
	root := r.post("customer1", "@shop_help order 1001", sim.PostOptions{})
	r.post("customer2", "same here", sim.PostOptions{InReplyTo: root, Untagged: true})
	late := r.post("customer3", "and here", sim.PostOptions{InReplyTo: root, Untagged: true, Hold: true})
	r.pass(time.Hour)
	looked := r.now()
	r.pass(time.Minute)
	fresh := r.post("customer2", "still", sim.PostOptions{InReplyTo: root, Untagged: true})
	threads, err := r.open().Threads.Read(t.Context(), []string{root}, looked)
	r.must(err)
	if len(threads[0].Posts) != 1 || threads[0].Posts[0].ID != fresh {
		t.Fatalf("%+v", threads[0].Posts)
	}
	r.must(r.sim.Release(late)) // an hour below: out of the overlap, told by no later look
	threads, err = r.open().Threads.Read(t.Context(), []string{root}, time.Time{})
	r.must(err)
	if len(threads[0].Posts) != 3 {
		t.Fatalf("the zero since leaves out %d", 3-len(threads[0].Posts))
	}
	r.sameBill()
	r.pass(20 * 24 * time.Hour) // out of X's reach, which is no error
	if _, err = r.open().Threads.Read(t.Context(), []string{root}, time.Time{}); err != nil {
		t.Fatal(err)
	}
}

func TestManyThreadsFitIntoFewQueries(t *testing.T) {
	r := newRig(t, sim.Options{})
	var roots []string
	for i := range 40 {
		id := r.post(fmt.Sprintf("customer%d", i), "@shop_help hello", sim.PostOptions{})
		r.post(fmt.Sprintf("customer%d", i), "?", sim.PostOptions{InReplyTo: id, Untagged: true})
		roots = append(roots, id)
	}
	threads, err := r.open().Threads.Read(t.Context(), roots, time.Time{})
	r.must(err)
	for i, th := range threads {
		if th.Root != roots[i] || len(th.Posts) != 1 || th.Posts[0].RootID != roots[i] {
			t.Fatalf("thread %d: %+v", i, th)
		}
	}
	if n := r.sim.Requests()["GET /2/tweets/search/recent"]; n != 4 {
		t.Errorf("%d queries for 40 threads", n)
	}
	for _, q := range conversations(roots, " -from:shop_help -@shop_help -is:retweet") {
		if utf8.RuneCountInString(q) > queryLimit {
			t.Errorf("a query of %d", utf8.RuneCountInString(q))
		}
	}
}

func TestLookupTellsTheNewestVersionOfEach(t *testing.T) {
	r := newRig(t, sim.Options{})
	plain := r.post("customer1", "@shop_help a", sim.PostOptions{})
	edited := r.post("customer2", "@shop_help b", sim.PostOptions{})
	gone := r.post("customer3", "@shop_help c", sim.PostOptions{})
	hidden := r.post("customer4", "@shop_help d", sim.PostOptions{})
	odd := r.post("customer5", "@shop_help e", sim.PostOptions{Odd: true})
	r.pass(time.Minute)
	_, err := r.sim.Edit(edited, "@shop_help b, second")
	r.must(err)
	r.pass(time.Minute)
	newest, err := r.sim.Edit(edited, "@shop_help b, third")
	r.must(err)
	r.must(r.sim.Delete(gone))
	r.must(r.sim.Protect("customer4"))

	ask := []string{hidden, edited, "no id", newest, odd, gone, plain, plain}
	looks, err := r.open().Lookup.Get(t.Context(), ask)
	r.must(err)
	want := []string{hidden, edited, newest, gone, plain, plain}
	if len(looks) != len(want) {
		t.Fatalf("%d answers, want %d", len(looks), len(want))
	}
	for i, l := range looks {
		if l.ID != want[i] || l.Gone != (l.ID == gone || l.ID == hidden) {
			t.Fatalf("answer %d: %+v", i, l)
		}
		if (l.ID == edited || l.ID == newest) && (l.Post.ID != edited || l.Post.Text != "@shop_help b, third" || l.Post.EditedAt != drawn(newest)) {
			t.Fatalf("the edited post: %+v", l.Post)
		}
	}
	r.sameBill()
}

func TestLookupAsksForAHundredAtOnce(t *testing.T) {
	r := newRig(t, sim.Options{})
	ids := r.burst(250, "order")
	looks, err := r.open().Lookup.Get(t.Context(), ids)
	if r.must(err); len(looks) != 250 || looks[249].Post.ID != ids[249] {
		t.Fatalf("%d answers", len(looks))
	}
	if n := r.sim.Requests()["GET /2/tweets"]; n != 3 {
		t.Errorf("%d requests", n)
	}
	r.sameBill()
}

// TestLookBeforeAReplyMayUseTheReserve spends the rate limit on nightly looks.
func TestLookBeforeAReplyMayUseTheReserve(t *testing.T) {
	r := newRig(t, sim.Options{LimitScale: 0.004}) // 20 look-ups by the user
	ids := r.burst(2, "order")
	c := r.open()
	var err error
	for range 30 {
		if _, err = c.Lookup.Get(t.Context(), ids); err != nil {
			break
		}
	}
	if socialwatch.ReasonOf(err) != socialwatch.RateLimited {
		t.Fatal(err)
	}
	if _, err = c.Lookup.Get(t.Context(), ids[:1]); err != nil {
		t.Errorf("the look before a reply: %v", err)
	}
	for _, cost := range r.books.reserved {
		if cost.Item == ItemPostRead && cost.Write != (cost.Most == 1) {
			t.Errorf("reserved %+v", cost)
		}
	}
}

// TestAWholeRefusalErasesNothing answers a look-up with a 404 of its own.
func TestAWholeRefusalErasesNothing(t *testing.T) {
	c, _ := fake(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/2/users/me" {
			say(200, `{"data":{"id":"42","username":"shop_help"}}`)(w, r)
			return
		}
		say(404, `{"title":"Not Found","type":"about:blank","status":404,"detail":"Not Found"}`)(w, r)
	})
	looks, err := lookup{c}.Get(t.Context(), []string{"2123706425275318272"})
	if socialwatch.ReasonOf(err) != socialwatch.Temporary || len(looks) != 0 {
		t.Errorf("%v, %v", looks, err)
	}
}

func TestProbeCostsAsLittleAsPossible(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.burst(20, "order")
	r.pass(2 * time.Minute)
	o := r.options()
	o.Bearer = r.sim.Bearer()
	checks, err := r.connect(o).Prober.Probe(t.Context())
	r.must(err)
	names := map[string]string{}
	for _, ch := range checks {
		names[ch.Name] = ch.Text
		if !ch.OK || ch.Warn != (ch.Name == "label") {
			t.Errorf("%+v", ch)
		}
	}
	for name, part := range map[string]string{"server": "answers", "account": "handle", "token": "OAuth 1.0a", "clock": "differs",
		"mentions": "can be read", "limit": "299 of 300", "search": "works", "usage": "X's count", "label": "x.automated_label: true",
		"prices": "a thousand mentions with a reply each about $11.00"} {
		if !strings.Contains(names[name], part) {
			t.Errorf("%s: %q", name, names[name])
		}
	}
	r.sameBill()
	if n := r.books.counts(); len(n) != 1 || n[ItemUserRead] != 1 {
		t.Errorf("the probe cost %v", n)
	}
}

func TestProbeTellsWhatFails(t *testing.T) {
	r := newRig(t, sim.Options{})
	o := r.options()
	o.Bearer = r.sim.Bearer()
	for _, route := range []string{"GET /2/users/{id}/mentions", "GET /2/tweets/search/recent", "GET /2/usage/tweets"} {
		r.must(r.sim.Inject(sim.Fault{Kind: sim.FaultForbidden, Route: route}))
	}
	checks, err := r.connect(o).Prober.Probe(t.Context())
	r.must(err)
	bad := map[string]bool{}
	for _, ch := range checks {
		bad[ch.Name] = !ch.OK || ch.Warn
	}
	if !bad["mentions"] || !bad["search"] || !bad["usage"] || bad["account"] {
		t.Errorf("%v", bad)
	}
	r.sim.ClearFaults()
	wrong := r.options()
	wrong.Bearer = "none"
	checks, err = r.connect(wrong).Prober.Probe(t.Context())
	r.must(err)
	for _, ch := range checks {
		if ch.Name == "usage" && (ch.OK || !strings.Contains(ch.Text, "bearer token")) {
			t.Errorf("%+v", ch)
		}
	}
	o.Auth = Auth{}
	checks, err = r.connect(o).Prober.Probe(t.Context())
	r.must(err)
	for _, ch := range checks {
		if ch.Name == "token" && (!ch.Warn || !strings.Contains(ch.Text, "nothing can be answered")) {
			t.Errorf("%+v", ch)
		}
	}
}

// TestOurAnswerToALaterVersionTellsWhichItWas: X gives each version an id, and
// our people answer the newest.
func TestOurAnswerToALaterVersionTellsWhichItWas(t *testing.T) {
	r := newRig(t, sim.Options{})
	first := r.post("customer1", "@shop_help never came", sim.PostOptions{})
	c, in := r.open(), r.inbox()
	in.poll(c)
	r.pass(time.Minute)
	newest, err := r.sim.Edit(first, "@shop_help never came, and wrong")
	r.must(err)
	r.post("shop_help", "we look into it", sim.PostOptions{InReplyTo: newest})
	in.poll(c)
	threads, err := c.Threads.Read(t.Context(), []string{first}, time.Time{})
	r.must(err)
	m := in.mentions[first]
	if len(threads) != 1 || len(threads[0].Posts) != 1 {
		t.Fatalf("%+v", threads)
	}
	if p := threads[0].Posts[0]; !p.Own || p.ParentBy != m.Author.ID || !p.ParentAt.Equal(m.EditedAt) || m.EditedAt.IsZero() {
		t.Errorf("our answer %+v to the version of %s", p, m.EditedAt)
	}
}

// TestALookBeforeSendingThatIsCutShortIsNone: what it did not see may have
// answered already. Other looks take what they got.
func TestALookBeforeSendingThatIsCutShortIsNone(t *testing.T) {
	const root = "2123706425275318272"
	post := `{"id":"2123706425275318273","author_id":"42","conversation_id":"` + root + `","text":"Sorry."}`
	o, _ := odd(t, map[string]string{
		"GET /2/tweets/search/recent": `{"meta":{"result_count":0}}`,
		"GET /2/users/42/tweets":      `{"data":[` + post + `],"meta":{"result_count":1,"next_token":"n"}}`,
	})
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Threads.Read(t.Context(), []string{root}, time.Time{}); err != nil {
		t.Error(err)
	}
	_, err = c.Threads.Read(connectors.ForReply(t.Context()), []string{root}, time.Time{})
	if socialwatch.ReasonOf(err) != socialwatch.Temporary {
		t.Errorf("the look counts as whole: %v", err)
	}
}
