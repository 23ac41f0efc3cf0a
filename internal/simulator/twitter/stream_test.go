package twitter

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

type event struct {
	Data struct {
		UUID   string `json:"event_uuid"`
		Type   string `json:"event_type"`
		Tag    string
		Filter struct {
			UserID string `json:"user_id"`
		}
		Payload map[string]any
	}
	Errors []map[string]any
}

// listener reads a stream.
type listener struct {
	t    *testing.T
	resp *http.Response
	in   *bufio.Reader
}

func (r *rig) connect() (*http.Response, error) {
	req, err := http.NewRequestWithContext(r.t.Context(), "GET", r.s.URL()+"/2/activity/stream", nil)
	must(r.t, err)
	return (&http.Client{Transport: bearer(r.s.Bearer())}).Do(req)
}

func (r *rig) stream() *listener {
	r.t.Helper()
	resp, err := r.connect()
	must(r.t, err)
	r.t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != 200 {
		r.t.Fatalf("stream: %d", resp.StatusCode)
	}
	c := &listener{r.t, resp, bufio.NewReader(resp.Body)}
	if line := c.line(); line != "" {
		r.t.Fatalf("first line %q, want a heartbeat", line)
	}
	return c
}

func (c *listener) line() string {
	c.t.Helper()
	line, err := c.in.ReadString('\n')
	if err != nil || !strings.HasSuffix(line, "\r\n") {
		c.t.Fatalf("line %q: %v", line, err)
	}
	return strings.TrimSuffix(line, "\r\n")
}

// next is the next event.
func (c *listener) next() (e event) {
	c.t.Helper()
	for {
		if line := c.line(); line != "" {
			must(c.t, json.Unmarshal([]byte(line), &e))
			return e
		}
	}
}

func (r *rig) subscribe(token string, events ...string) {
	r.t.Helper()
	for _, e := range events {
		a := r.as(token, "POST", "/2/activity/subscriptions", fmt.Sprintf(`{"event_type":%q,"filter":{"user_id":%q},"tag":"help"}`, e, r.shop))
		if a.status != 200 {
			r.t.Fatalf("subscribe %s: %d %s", e, a.status, a.body)
		}
	}
}

func (r *rig) subscribed(events ...string) {
	r.t.Helper()
	token, _, err := r.s.Tokens(r.s.RegisterClient(false, callback).ID, "shop_help")
	must(r.t, err)
	r.subscribe(token, events...)
}

func TestStreamBringsOnlyWhatIsAddressedToUs(t *testing.T) {
	r := newRig(t, Options{})
	r.subscribed(eventMention, eventReply, eventQuote)
	ours := r.post("shop_help", "we are open", PostOptions{})
	r.post("customer0", "@shop_help before anyone listened", PostOptions{})
	st := r.stream()
	var want []string
	expect := func(kind, id string) { want = append(want, kind+" "+id) }
	expect(eventMention, r.post("customer1", "@shop_help a", PostOptions{}))
	expect(eventReply, r.post("customer1", "an answer", PostOptions{InReplyTo: ours})) // names us by X's @ only
	expect(eventQuote, r.post("customer1", "look", PostOptions{Quote: ours}))
	r.post("customer1", "shop_help without the sign", PostOptions{})
	r.post("shop_help", "@shop_help ourselves", PostOptions{})
	r.post("hidden", "hello", PostOptions{})
	must(t, r.s.Protect("hidden"))
	must(t, r.s.Follow("shop_help", "hidden"))
	r.post("hidden", "@shop_help secret", PostOptions{})
	late := r.post("customer2", "@shop_help late", PostOptions{Hold: true})
	both := r.post("customer1", "@shop_help and an answer", PostOptions{InReplyTo: ours})
	expect(eventMention, both)
	expect(eventReply, both)
	must(t, r.s.Release(late))
	expect(eventMention, late)
	var got []string
	for range want {
		e := st.next()
		got = append(got, e.Data.Type+" "+fmt.Sprint(e.Data.Payload["id"]))
		if e.Data.UUID == "" || e.Data.Tag != "help" || e.Data.Filter.UserID != r.shop || len(e.Data.Payload) != 4 {
			t.Errorf("event %+v", e)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := r.charged()["2026-11-20 stream_event"]; got != "5 for 25000" {
		t.Errorf("charged %s", got)
	}
	r.mentions("max_results=100") // what the stream has brought is paid for
	if got := r.charged()["2026-11-20 mention_read"]; got != "3 for 3000" {
		t.Errorf("mentions charged %s", got)
	}
}

func TestTwoStreamsAtMost(t *testing.T) {
	r := newRig(t, Options{})
	first := r.stream()
	r.stream()
	resp, err := r.connect()
	must(t, err)
	defer resp.Body.Close()
	var p map[string]any
	must(t, json.NewDecoder(resp.Body).Decode(&p))
	if resp.StatusCode != 429 || p["connection_issue"] != "TooManyConnections" {
		t.Errorf("third: %d %v", resp.StatusCode, p)
	}
	r.want(200, nil, "DELETE", "/2/connections/all", "")
	if _, err := first.in.ReadString('\n'); err == nil {
		t.Error("the first stream goes on")
	}
	r.stream()
	r.want(403, r.user, "GET", "/2/activity/stream", "")
}

func TestStreamsRepeatAndReorderOnRequest(t *testing.T) {
	r := newRig(t, Options{Heartbeat: -1})
	r.subscribed(eventMention)
	st := r.stream()
	r.s.Disturb(Disturbance{Duplicates: true})
	r.post("customer1", "@shop_help a", PostOptions{})
	if a, b := st.next(), st.next(); a.Data.UUID != b.Data.UUID {
		t.Errorf("%+v, %+v", a, b)
	}
	r.s.Disturb(Disturbance{Unordered: true})
	b := r.post("customer1", "@shop_help b", PostOptions{})
	c := r.post("customer1", "@shop_help c", PostOptions{})
	got := []any{st.next().Data.Payload["id"], st.next().Data.Payload["id"]}
	if got[0] != c || got[1] != b {
		t.Errorf("got %v, want %s before %s", got, c, b)
	}
	r.s.Disturb(Disturbance{})
	r.s.StreamError(true)
	if e := st.next(); len(e.Errors) != 1 || e.Errors[0]["type"] != problemBase+"operational-disconnect" {
		t.Errorf("errors %+v", e)
	}
	if _, err := st.in.ReadString('\n'); err == nil {
		t.Error("the stream goes on after its last error")
	}
}

func TestHeartbeatsGoOnWithoutEvents(t *testing.T) {
	r := newRig(t, Options{Heartbeat: 5 * time.Millisecond})
	st := r.stream()
	for range 3 {
		if line := st.line(); line != "" {
			t.Errorf("line %q", line)
		}
	}
	r.s.CutStreams()
	for {
		if _, err := st.in.ReadString('\n'); err != nil {
			break
		}
	}
	r.stream()
}

func TestSilentStreamLosesEvents(t *testing.T) {
	r := newRig(t, Options{Heartbeat: -1})
	r.subscribed(eventMention)
	st := r.stream()
	must(t, r.s.Inject(Fault{Kind: FaultSilentStream}))
	r.post("customer1", "@shop_help lost", PostOptions{})
	r.s.ClearFaults()
	want := r.post("customer1", "@shop_help heard", PostOptions{})
	if e := st.next(); e.Data.Payload["id"] != want {
		t.Errorf("event %+v", e)
	}
	if got := r.charged()["2026-11-20 stream_event"]; got != "1 for 5000" {
		t.Errorf("charged %s", got)
	}
}

func TestSubscriptionsAreStrict(t *testing.T) {
	r := newRig(t, Options{})
	other, err := r.s.AddUser("other_shop")
	must(t, err)
	access, _, err := r.s.Tokens(r.s.RegisterClient(false, callback).ID, "shop_help")
	must(t, err)
	body := func(event, user, rest string) string {
		return fmt.Sprintf(`{"event_type":%q,"filter":{"user_id":%q}%s}`, event, user, rest)
	}
	for _, tt := range []struct {
		body   string
		status int
	}{
		{body(eventMention, r.shop, ""), 200},
		{body(eventMention, r.shop, ""), 409},
		{body(eventMention, other, ""), 403},
		{body("post.create", r.shop, ""), 400},
		{body(eventReply, r.shop, `,"tag":""`), 400},
		{body(eventReply, r.shop, `,"color":"red"`), 400},
		{`{"event_type":"post.reply.create"}`, 400},
		{`{"event_type":"post.reply.create","filter":{"user_id":42}}`, 400},
	} {
		if a := r.as(access, "POST", "/2/activity/subscriptions", tt.body); a.status != tt.status {
			t.Errorf("%s: %d, want %d: %s", tt.body, a.status, tt.status, a.body)
		}
	}
	r.want(403, r.user, "POST", "/2/activity/subscriptions", body(eventReply, r.shop, ""))
	list := decode[struct {
		Data []struct {
			ID string `json:"subscription_id"`
		}
	}](t, r.want(200, nil, "GET", "/2/activity/subscriptions", "")).Data
	if len(list) != 1 {
		t.Fatalf("%d subscriptions", len(list))
	}
	r.want(200, nil, "DELETE", "/2/activity/subscriptions/"+list[0].ID, "")
	r.want(404, nil, "DELETE", "/2/activity/subscriptions/"+list[0].ID, "")
}
