package mastodon

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator"
)

// TestLongPostsDoNotStopTheReading has a page of posts that is longer than one
// answer may be, and one post that alone is.
func TestLongPostsDoNotStopTheReading(t *testing.T) {
	for _, flavour := range flavours {
		t.Run(string(flavour), func(t *testing.T) {
			r := newRig(t, simulator.Options{Flavour: flavour})
			c := r.open()
			var cursor []byte
			r.fetchAll(c, &cursor)
			var want []string
			for range 85 {
				want = append(want, r.post("customer1", "@help", simulator.PostOptions{Spoiler: strings.Repeat("where? ", answerLimit/500)}))
			}
			r.post("customer1", "@help", simulator.PostOptions{Spoiler: strings.Repeat("monster ", answerLimit/8)})
			want = append(want, r.post("customer1", "@help after it", simulator.PostOptions{}))
			got, aside := map[string]bool{}, map[string]socialwatch.SetAside{}
			read := func() {
				for more := true; more; {
					b, err := c.Source.Fetch(r.ctx(), cursor)
					r.must(err)
					for _, m := range b.Mentions {
						got[m.ID] = true
					}
					for _, a := range b.SetAside {
						aside[a.ID] = a
					}
					if more = b.More; b.Cursor != nil {
						cursor = b.Cursor
					}
				}
			}
			read()
			slices.Sort(want)
			if !slices.Equal(slices.Sorted(maps.Keys(got)), want) {
				t.Fatalf("%d of %d posts read", len(got), len(want))
			}
			r.pass(time.Hour) // sweep and deep sweep pass it too
			read()
			read()
			if len(aside) != 1 {
				t.Fatalf("%d set aside, want the monster", len(aside))
			}
			for _, a := range aside {
				if a.Account != "shop" || len(a.Raw) == 0 || len(a.Raw) > rawLimit || a.Problem == "" || a.At.IsZero() {
					t.Error("what was set aside does not say what and why")
				}
			}
		})
	}
}

// TestShorterPagesAreForOnePageOnly counts what a page of long posts costs.
func TestShorterPagesAreForOnePageOnly(t *testing.T) {
	limits := []string{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		q := req.URL.Query()
		switch req.URL.Path {
		case "/api/v2/instance":
			fmt.Fprint(w, `{"domain":"social.example","version":"4.5.0","api_versions":{"mastodon":7}}`)
		case "/api/v1/accounts/verify_credentials":
			fmt.Fprint(w, `{"id":"5","acct":"help"}`)
		case "/api/v1/notifications":
			limits = append(limits, q.Get("limit"))
			if q.Get("min_id") == lowestID && q.Get("limit") > "20" {
				fmt.Fprint(w, "["+strings.Repeat(" ", answerLimit))
			} else if q.Get("min_id") == lowestID {
				fmt.Fprintf(w, "["+goodNotification+"]", "41", "41")
			} else {
				fmt.Fprint(w, "[]")
			}
		}
	}))
	t.Cleanup(srv.Close)
	r := &rig{T: t, token: "secret-token", base: srv.URL}
	cur := cursor{Version: 1, Host: strings.TrimPrefix(srv.URL, "http://"), Account: "5", Swept: r.now(), Dived: r.now()}
	raw := cur.encode()
	if got := r.fetchAll(r.open(), &raw); len(got) != 1 || strings.Join(limits, " ") != "80 40 20 80" {
		t.Fatalf("%d read, pages of %v", len(got), limits)
	}
}

func TestIDOfWhatIsTooLong(t *testing.T) {
	for _, tc := range []struct{ raw, want string }{
		{`[{"id":"41","type":"mention","status":{"content":"aaa`, "41"},
		{`[{"account":{"id":"7","x":[{}]},"created_at":null,"id":41,"status":`, "41"},
		{`[{"status":{"id":"9","content":"aaa`, ""},
		{`[{"id":"../x","status":`, ""},
		{`{"id":"41"}`, ""}, {`[`, ""}, {``, ""}, {`[{"id":`, ""}, {`[[]]`, ""},
	} {
		if got := firstID([]byte(tc.raw)); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.raw, got, tc.want)
		}
	}
	for link, want := range map[string]string{
		`<https://a.example/n?max_id=41>; rel="next", <https://a.example/n?limit=1&types[]=mention&min_id=41>; rel="prev"`: "41",
		`<https://a.example/n?max_id=41>; rel="next"`:    "",
		`<https://a.example/n?min_id=../41>; rel="prev"`: "",
		`<%zz>; rel="prev"`:                              "", `, ,`: "", ``: "",
	} {
		if got := linkedID(http.Header{"Link": {link}}); got != want {
			t.Errorf("%s: %q, want %q", link, got, want)
		}
	}
}
