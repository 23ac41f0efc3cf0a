package simulator

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

type frame struct {
	Stream         []string
	Event, Payload string
	Error          string
}

func (r *rig) dial(query string) *websocket.Conn {
	r.t.Helper()
	ws := strings.Replace(r.m.URL(), "http", "ws", 1) + "/api/v1/streaming" + query
	c, _, err := websocket.DefaultDialer.DialContext(r.t.Context(), ws, http.Header{
		"Authorization": {"Bearer " + r.token}, "User-Agent": {"test"}})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	return c
}

func next(t *testing.T, c *websocket.Conn) frame {
	t.Helper()
	var f frame
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if err := c.ReadJSON(&f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestStreamRingsForMentionsAndDeletesNotForEdits(t *testing.T) {
	r := newRig(t, Options{})
	early := r.post("customer1", "@help before the stream", PostOptions{})
	c := r.dial("?stream=user")
	r.await(func() bool { return r.m.Streams("help") == 1 })
	first := r.post("customer1", "@help one", PostOptions{})
	must(t, r.m.Edit(first, "@help one, edited"))
	later := r.post("customer1", "no handle yet", PostOptions{})
	must(t, r.m.Edit(later, "@help now with handle"))
	held := r.post("customer2", "@help held", PostOptions{Hold: true})
	ok[statusJSON](r, "POST", "/api/v1/statuses", url.Values{"status": {"@customer1 ours"}, "in_reply_to_id": {first}})
	must(t, r.m.Release(held))
	must(t, r.m.Delete(first))
	want := []struct{ event, id string }{
		{"notification", first}, {"notification", later}, {"update", ""}, {"notification", held}, {"delete", first}}
	for _, w := range want {
		f := next(t, c)
		if f.Event != w.event || !strings.Contains(f.Payload, w.id) || strings.Contains(f.Payload, early) || f.Stream[0] != "user" {
			t.Fatalf("got %s %s, want %s %s", f.Event, f.Payload, w.event, w.id)
		}
	}
	if got := statusIDs(r.notes("")); !slices.Equal(got, []string{held, later, early}) {
		t.Errorf("after the delete: %v", got)
	}
}

func TestStreamRefusals(t *testing.T) {
	r := newRig(t, Options{})
	if f := next(t, r.dial("?stream=nonsense")); f.Error == "" || f.Event != "" {
		t.Errorf("Mastodon refuses with %+v", f)
	}
	ws := strings.Replace(r.m.URL(), "http", "ws", 1) + "/api/v1/streaming?stream=user&access_token=bad"
	if _, resp, err := websocket.DefaultDialer.Dial(ws, nil); err == nil || resp.StatusCode != 401 {
		t.Errorf("a bad token is answered %v", err)
	}
}

func TestStreamBreaksOnStopAndRevoke(t *testing.T) {
	r := newRig(t, Options{})
	c := r.dial("?stream=user")
	r.await(func() bool { return r.m.Streams("help") == 1 })
	r.m.Stop()
	if _, _, err := c.ReadMessage(); err == nil {
		t.Error("the stream outlived the server")
	}
	must(t, r.m.Start())
	c = r.dial("?stream=user")
	r.await(func() bool { return r.m.Streams("help") == 1 })
	r.m.Revoke(r.token)
	if _, _, err := c.ReadMessage(); err == nil {
		t.Error("the stream outlived its token")
	}
}

func TestStreamPingsUnlessSilent(t *testing.T) {
	r := newRig(t, Options{PingInterval: 5 * time.Millisecond})
	c := r.dial("?stream=user")
	pinged := errors.New("pinged")
	c.SetPingHandler(func(string) error { return pinged })
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, _, err := c.ReadMessage(); !errors.Is(err, pinged) {
		t.Fatalf("no ping but %v", err)
	}
	must(t, r.m.Inject(Fault{Kind: FaultSilentStream}))
	c = r.dial("?stream=user")
	_ = c.SetReadDeadline(time.Now().Add(60 * time.Millisecond))
	c.SetPingHandler(func(string) error { return pinged })
	if _, _, err := c.ReadMessage(); errors.Is(err, pinged) {
		t.Error("a silent stream pings")
	}
}

func TestStreamIsSilentForFilteredAndMutedAndTellsTheMerge(t *testing.T) {
	r := newRig(t, Options{})
	for _, a := range []string{"customer1", "customer2"} {
		if _, err := r.m.AddAccount(a); err != nil {
			t.Fatal(err)
		}
	}
	must(t, r.m.Filter("help", "customer1"))
	must(t, r.m.Mute("help", "customer2"))
	c := r.dial("?stream=user")
	r.await(func() bool { return r.m.Streams("help") == 1 })
	r.post("customer1", "@help filtered", PostOptions{})
	r.post("customer2", "@help muted", PostOptions{})
	plain := r.post("customer3", "@help plain", PostOptions{})
	if f := next(t, c); f.Event != "notification" || !strings.Contains(f.Payload, plain) {
		t.Errorf("got %s %s, want the plain mention only", f.Event, f.Payload)
	}
	must(t, r.m.Unmute("help", "customer2"))
	must(t, r.m.Accept("help", "customer1"))
	if f := next(t, c); f.Event != "notifications_merged" {
		t.Errorf("got %s, want notifications_merged", f.Event)
	}
}
