package mastodon

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator"
)

// TestLateIDIsFoundUntilItsAge shows a mention that commits just before the
// anchor may pass it, with sweeps and newer mentions all the while.
func TestLateIDIsFoundUntilItsAge(t *testing.T) {
	for _, flavour := range flavours {
		t.Run(string(flavour), func(t *testing.T) {
			r := newRig(t, simulator.Options{Flavour: flavour})
			c := r.open()
			var cursor []byte
			r.fetchAll(c, &cursor)
			for i := range 5 { // the anchor is well on its way
				r.post("customer1", fmt.Sprint("@help early ", i), simulator.PostOptions{})
				r.pass(31 * time.Second)
				r.fetchAll(c, &cursor)
			}
			late := r.post("customer1", "@help late", simulator.PostOptions{Hold: true})
			for i := range 5 {
				r.post("customer1", fmt.Sprint("@help higher ", i), simulator.PostOptions{})
				if got := r.fetchAll(c, &cursor); len(got) == 0 {
					t.Fatal("a fresh mention waits for the next sweep")
				}
				r.pass(5 * time.Second)
			}
			r.must(r.sim.Release(late))
			r.pass(5 * time.Second) // 30 s after its id was drawn
			if _, ok := r.fetchAll(c, &cursor)[late]; !ok {
				t.Fatal("the sweep did not find the late mention")
			}
		})
	}
}

func TestAnchorFollowsAtTheAge(t *testing.T) {
	r := newRig(t, simulator.Options{})
	c := r.open()
	var raw []byte
	r.fetchAll(c, &raw)
	read := func() (cur cursor) {
		r.fetchAll(c, &raw)
		r.must(json.Unmarshal(raw, &cur))
		return cur
	}
	for i := range 3 {
		r.post("customer1", fmt.Sprint("@help ", i), simulator.PostOptions{})
	}
	head := read().Head
	r.pass(31 * time.Second)
	read() // the mark that passed was that of the start; this sets it to the head
	r.pass(29 * time.Second)
	if cur := read(); compareIDs(cur.Anchor, head) >= 0 {
		t.Fatal("the anchor passed a notification that was known for 29 s")
	}
	r.pass(31 * time.Second)
	if cur := read(); cur.Anchor != head {
		t.Fatal("the anchor did not follow after the age")
	}
	r.pass(-24 * time.Hour) // our clock goes back
	r.post("customer1", "@help after that", simulator.PostOptions{})
	if cur := read(); compareIDs(cur.Anchor, head) > 0 || cur.Head == head {
		t.Fatal("a clock that goes back moves the anchor, or stops the reading")
	}
}

func TestIdlePollIsOneRequestAndKeepsTheCursor(t *testing.T) {
	r := newRig(t, simulator.Options{})
	c := r.open()
	r.post("customer1", "@help hello", simulator.PostOptions{})
	var cursor []byte
	r.fetchAll(c, &cursor)
	for range 4 {
		r.pass(31 * time.Second)
		r.fetchAll(c, &cursor)
	}
	b, err := c.Source.Fetch(r.ctx(), cursor)
	r.must(err)
	if b.Cost.Requests != 1 || b.Cursor != nil || b.More {
		t.Fatalf("an idle fetch made %d requests, cursor changed: %v, more: %v", b.Cost.Requests, b.Cursor != nil, b.More)
	}
	r.pass(31 * time.Second)
	b, err = c.Source.Fetch(r.ctx(), cursor)
	r.must(err)
	if b.Cost.Requests != 1 || len(b.Mentions) != 0 {
		t.Fatalf("an idle sweep made %d requests and repeated %d mentions", b.Cost.Requests, len(b.Mentions))
	}
}

func TestDeepSweepFindsWhatWasUnmuted(t *testing.T) {
	for _, flavour := range flavours {
		t.Run(string(flavour), func(t *testing.T) {
			r := newRig(t, simulator.Options{Flavour: flavour})
			c := r.open()
			var cursor []byte
			r.fetchAll(c, &cursor)
			_, err := r.sim.AddAccount("customer2")
			r.must(err)
			r.must(r.sim.Mute("help", "customer2"))
			muted := r.post("customer2", "@help hidden", simulator.PostOptions{})
			for i := range 500 { // more than one Fetch of a deep sweep
				r.post("customer1", fmt.Sprint("@help ", i), simulator.PostOptions{})
			}
			for range 4 {
				r.pass(31 * time.Second)
				r.fetchAll(c, &cursor)
			}
			r.must(r.sim.Unmute("help", "customer2"))
			if _, ok := r.fetchAll(c, &cursor)[muted]; ok {
				t.Fatal("found before the deep sweep: the test shows nothing")
			}
			r.pass(time.Hour)
			for range 4 {
				if _, ok := r.fetchAll(c, &cursor)[muted]; ok {
					return
				}
				r.pass(time.Second)
			}
			t.Fatal("the deep sweep did not find it")
		})
	}
}

func TestMergedNotificationsAreReadAtOnce(t *testing.T) {
	r := newRig(t, simulator.Options{})
	o := r.options()
	c, err := New(o)
	r.must(err)
	var cursor []byte
	r.fetchAll(c, &cursor)
	w := c.Waker.(waker)
	rings := 0
	r.must(w.frame([]byte(`{"stream":["user"],"event":"notifications_merged","payload":"1"}`), counting(&rings)))
	if rings != 1 || !w.deepNow.Load() {
		t.Fatal("the bell did not ring for merged notifications")
	}
	r.fetchAll(c, &cursor)
	if w.deepNow.Load() {
		t.Fatal("no deep sweep after merged notifications")
	}
}

// TestServerRestoredFromBackupIsReadOn gives a cursor whose head is above all
// ids that the server now has.
func TestServerRestoredFromBackupIsReadOn(t *testing.T) {
	r := newRig(t, simulator.Options{})
	c := r.open()
	var raw []byte
	r.fetchAll(c, &raw)
	var cur cursor
	r.must(json.Unmarshal(raw, &cur))
	cur.Head, cur.Anchor, cur.Mark = "99999999", "99999000", "99999999"
	raw = cur.encode()
	id := r.post("customer1", "@help hello", simulator.PostOptions{})
	r.pass(time.Hour)
	r.fetchAll(c, &raw) // sweeps; the deep sweep is the next poll's
	if _, ok := r.fetchAll(c, &raw)[id]; !ok {
		t.Fatal("the deep sweep did not find the mention")
	}
	id = r.post("customer1", "@help again", simulator.PostOptions{})
	if _, ok := r.fetchAll(c, &raw)[id]; !ok {
		t.Fatal("the head was not taken back")
	}
}

func TestFilteredMentionsAndQuotesAreRead(t *testing.T) {
	r := newRig(t, simulator.Options{})
	c := r.open()
	own := r.post("help", "We are open", simulator.PostOptions{})
	_, err := r.sim.AddAccount("customer2")
	r.must(err)
	r.must(r.sim.Filter("help", "customer2"))
	filtered := r.post("customer2", "@help hidden from people", simulator.PostOptions{})
	quote := r.post("customer1", "bad service", simulator.PostOptions{Quote: own})
	both := r.post("customer1", "@help bad service", simulator.PostOptions{Quote: own})
	var cursor []byte
	got := r.fetchAll(c, &cursor)
	if _, ok := got[filtered]; !ok || len(got) != 3 {
		t.Fatalf("%d of 3 read, the filtered one: %v", len(got), ok)
	}
	if got[quote].Kind != socialwatch.KindQuote || got[both].Kind != socialwatch.KindMention || got[quote].Text != "bad service" {
		t.Fatalf("kinds %q and %q", got[quote].Kind, got[both].Kind)
	}
}

func TestDroppingPolicyIsAGapUntilItEnds(t *testing.T) {
	r := newRig(t, simulator.Options{})
	c := r.open()
	var cursor []byte
	var gaps []socialwatch.Gap
	poll := func() {
		for more := true; more; {
			b, err := c.Source.Fetch(r.ctx(), cursor)
			r.must(err)
			gaps, more = append(gaps, b.Gaps...), b.More
			if b.Cursor != nil {
				cursor = b.Cursor
			}
		}
	}
	poll()
	begun := socialwatch.Micros(r.now())
	for range 3 {
		r.must(r.sim.SetPolicy("help", simulator.Policy{ForNewAccounts: "drop"}))
		r.pass(61 * time.Minute)
		poll()
		poll()
	}
	if len(gaps) != 1 || gaps[0].From.After(begun) || !gaps[0].To.IsZero() || gaps[0].Account != "shop" {
		t.Fatalf("%d gaps opened, want one from the last good look on", len(gaps))
	}
	r.must(r.sim.SetPolicy("help", simulator.Policy{}))
	r.pass(61 * time.Minute)
	poll()
	poll()
	if len(gaps) != 2 || gaps[1].From != gaps[0].From || gaps[1].To.IsZero() || gaps[1].Reason != gaps[0].Reason {
		t.Fatal("the gap was not ended under its own beginning and reason")
	}
}

// pages answers notifications by hand, for what no simulator does.
func pages(t *testing.T, answer func(minID string) string) *rig {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/api/v2/instance":
			fmt.Fprint(w, `{"domain":"social.example","version":"4.5.0","api_versions":{"mastodon":7}}`)
		case "/api/v1/accounts/verify_credentials":
			fmt.Fprint(w, `{"id":"5","acct":"help"}`)
		case "/api/v1/notifications":
			fmt.Fprint(w, answer(req.URL.Query().Get("min_id")))
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"error":"Record not found"}`)
		}
	}))
	t.Cleanup(srv.Close)
	return &rig{T: t, token: "secret-token", base: srv.URL}
}

const goodNotification = `{"id":"%s","type":"mention","created_at":"2026-11-20T09:14:03.000Z","status":{"id":"9%s",
	"created_at":"2026-11-20T09:14:03.000Z","visibility":"public","content":"<p>hello</p>",
	"account":{"id":"71","acct":"customer1@far.example"}}}`

// TestOddPagesEndTheWalk serves pages that would turn a naive walk for ever.
func TestOddPagesEndTheWalk(t *testing.T) {
	good := fmt.Sprintf(goodNotification, "41", "41")
	for _, tc := range []struct {
		name, page   string
		stored, odds int
	}{
		{"the same page again and again", "[" + good + "]", 1, 0},
		{"elements without ids", `[{"type":"mention"},{"x":1},5,null,"s",[]]`, 0, 6},
		{"one without an id among good ones", `[{"type":"mention"},` + good + `]`, 1, 1},
		{"other kinds", `[{"id":"50","type":"favourite"},{"id":"51","type":"severed_relationships","status":7}]`, 0, 1},
		{"no time", strings.ReplaceAll("["+good+"]", "2026-11-20T09:14:03.000Z", ""), 0, 1},
		{"numbers for ids", `[` + strings.ReplaceAll(good, `"id":"41"`, `"id":41`) + `]`, 1, 0},
		{"an id that is a path", `[` + strings.ReplaceAll(good, `"id":"941"`, `"id":"../x"`) + `]`, 0, 1},
		{"no author", `[` + strings.ReplaceAll(good, `"acct":"customer1@far.example"`, `"acct":""`) + `]`, 0, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := pages(t, func(string) string { return tc.page })
			c := r.open()
			var cursor []byte
			got, odd := map[string]bool{}, map[string]bool{}
			batches := 0
			for more := true; more; batches++ {
				if batches > 20 {
					t.Fatal("the walk does not end")
				}
				b, err := c.Source.Fetch(r.ctx(), cursor)
				r.must(err)
				for _, m := range b.Mentions {
					got[m.ID] = true
				}
				for _, a := range b.SetAside {
					odd[a.ID] = true
				}
				if more = b.More; b.Cursor != nil {
					cursor = b.Cursor
				}
			}
			if len(got) != tc.stored || len(odd) != tc.odds {
				t.Fatalf("stored %d and set aside %d, want %d and %d", len(got), len(odd), tc.stored, tc.odds)
			}
		})
	}
}

func TestWhatIsSetAsideIsBounded(t *testing.T) {
	huge := `[{"id":"7","type":"mention","x":"` + strings.Repeat("y", 300<<10) + `"}]`
	r := pages(t, func(string) string { return huge })
	b, err := r.open().Source.Fetch(r.ctx(), nil)
	r.must(err)
	if len(b.SetAside) != 1 || len(b.SetAside[0].Raw) > rawLimit || b.SetAside[0].ID != "7" {
		t.Fatal("a huge element was kept whole, or not at all")
	}
}

func TestAnswerThatIsTooLongIsNoAnswer(t *testing.T) {
	huge := "[" + strings.Repeat(" ", answerLimit) + "]"
	r := pages(t, func(string) string { return huge })
	_, err := r.open().Source.Fetch(r.ctx(), nil)
	if socialwatch.ReasonOf(err) != socialwatch.Temporary {
		t.Fatalf("got %v", err)
	}
}

func TestCompareIDsOrdersBothKinds(t *testing.T) {
	for _, list := range [][]string{
		{"", "1", "9", "10", "99", "100", "113456789012345678"},
		{"", "01HF0000000000000000000001", "01HF000000000000000000000A", "01HG0000000000000000000000"},
	} {
		if !slices.IsSortedFunc(list, compareIDs) || compareIDs(lowestID, list[1]) >= 0 || compareIDs(lowestID, "") != 0 {
			t.Errorf("%v is not in order", list)
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add([]byte(`{"v":1,"host":"h","account":"5","head":"4","sweep":{"at":"3"},"deep":{"since":"2026-11-20T09:14:03Z"}}`))
	f.Add([]byte(`{"v":1,"host":"h","account":"6"}`))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parseCursor(b, "h", "5")
		if err != nil {
			if socialwatch.ReasonOf(err) != socialwatch.Refused {
				t.Fatalf("a bad cursor is %v", err)
			}
			return
		}
		again, err := parseCursor(c.encode(), "h", "5")
		if err != nil && len(c.encode()) <= cursorLimit {
			t.Fatalf("a cursor does not survive its own encoding: %v", err)
		}
		if err == nil && string(again.encode()) != string(c.encode()) {
			t.Fatal("a cursor changes when it is stored")
		}
	})
}

func FuzzDecodeNotification(f *testing.F) {
	f.Add([]byte(fmt.Sprintf(goodNotification, "1", "1")))
	f.Add([]byte(`{"id":7,"type":"quote","status":{"mentions":[{"url":"x","acct":"y"}],"content":"<a href=x>"}}`))
	f.Add([]byte(`{"type":"mention","created_at":"","status":null}`))
	c := &client{opt: Options{Account: "shop", Now: time.Now}, host: "social.example"}
	f.Fuzz(func(t *testing.T, raw []byte) {
		headOf(raw)
		n, wanted, err := decodeNotification(raw)
		if err != nil {
			if aside := c.setAside(raw, err); aside.ID == "" || aside.Problem == "" || len(aside.Raw) > rawLimit {
				t.Fatal("what is set aside does not say what and why")
			}
			return
		}
		if !wanted {
			return
		}
		p := c.post(*n.Status, facts{account: "5", domain: "social.example"})
		for _, s := range []string{p.ID, p.Author.ID, p.Author.Handle, p.Author.Name, p.Author.URL, p.Text, p.Warning, p.Language, p.URL, p.ParentID, p.ParentBy} {
			if s != socialwatch.CleanText(s) {
				t.Fatalf("not clean: %q", s)
			}
		}
		if p.ID == "" || p.RootID == "" || p.CreatedAt.IsZero() || !strings.Contains(p.Author.Handle, "@") {
			t.Fatal("a post lacks what identifies it")
		}
	})
}
