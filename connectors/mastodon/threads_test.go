package mastodon

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"socialwatch"
)

const plainStatus = `{"id":"%s","created_at":"2026-11-20T09:14:03.000Z","visibility":"public",
	"content":"<p>hello</p>","account":{"id":"71","acct":"customer1@far.example"}}`

// posts answers look-ups of statuses by hand. What answer gives for an id, or
// for "" when several are asked for, stands instead of a plain status; a
// number is an HTTP status.
func posts(t *testing.T, answer map[string]string) *rig {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		path := strings.TrimPrefix(req.URL.Path, "/api/v1/statuses")
		if path == req.URL.Path {
			switch path {
			case "/api/v2/instance":
				fmt.Fprint(w, `{"domain":"social.example","version":"4.5.0","api_versions":{"mastodon":7}}`)
			case "/api/v1/accounts/verify_credentials":
				fmt.Fprint(w, `{"id":"5","acct":"help"}`)
			}
			return
		}
		id := strings.TrimPrefix(path, "/")
		a, special := answer[id]
		var code int
		if n, _ := fmt.Sscanf(a, "%d", &code); n == 1 {
			w.WriteHeader(code)
			fmt.Fprint(w, `{"error":"no"}`)
			return
		}
		switch {
		case special:
			fmt.Fprint(w, a)
		case path == "":
			fmt.Fprint(w, "[]")
		case strings.HasSuffix(path, "/context"):
			fmt.Fprint(w, `{"ancestors":[],"descendants":[]}`)
		default:
			fmt.Fprintf(w, plainStatus, id)
		}
	}))
	t.Cleanup(srv.Close)
	return &rig{T: t, token: "secret-token", base: srv.URL}
}

// TestPostThatCannotBeReadIsLeftOutAlone breaks post 2 of three.
func TestPostThatCannotBeReadIsLeftOutAlone(t *testing.T) {
	for name, answer := range map[string]map[string]string{
		"odd":                  {"2": `{"id":"2","created_at":5}`},
		"not JSON":             {"2": `<html>`},
		"another post":         {"2": fmt.Sprintf(plainStatus, "9")},
		"an error of the call": {"2": "500"},
		"too long":             {"2": `"` + strings.Repeat("y", answerLimit) + `"`},
		"a proxy's time-out":   {"2": "504", "": "504"},
		"odd among several":    {"2": `{"id":"2","created_at":5}`, "": `[5,{"id":"2"},null]`},
		"several fail":         {"2": "500", "": "500"},
	} {
		t.Run(name, func(t *testing.T) {
			r := posts(t, answer)
			looks, err := r.open().Lookup.Get(r.ctx(), []string{"3", "2", "1"})
			r.must(err)
			if len(looks) != 2 || looks[0].ID != "3" || looks[1].ID != "1" || looks[0].Gone || looks[1].Post.ID != "1" {
				t.Fatalf("%d answers, want those of 3 and 1", len(looks))
			}
		})
	}
}

func TestThreadThatCannotBeReadIsToldAlone(t *testing.T) {
	for name, answer := range map[string]map[string]string{
		"its context fails":        {"2/context": "500"},
		"its context is too long":  {"2/context": `"` + strings.Repeat("y", answerLimit) + `"`},
		"its context is no object": {"2/context": `[]`},
		"its root fails":           {"2": "500", "": "500"},
	} {
		t.Run(name, func(t *testing.T) {
			r := posts(t, answer)
			threads, err := r.open().Threads.Read(r.ctx(), []string{"3", "2", "../x", "1"}, time.Time{})
			r.must(err)
			if len(threads) != 4 {
				t.Fatalf("%d threads for 4 roots", len(threads))
			}
			for i, root := range []string{"3", "2", "../x", "1"} {
				th, broken := threads[i], i == 1 || i == 2
				if th.Root != root || th.Gone || (th.Err != nil) != broken || (len(th.Posts) == 1) == broken {
					t.Errorf("thread %s: error %v, gone %v, %d posts", root, th.Err, th.Gone, len(th.Posts))
				}
			}
		})
	}
}

func TestFailureOfTheNetworkFailsTheCall(t *testing.T) {
	for code, want := range map[string]socialwatch.Reason{
		"401": socialwatch.Unauthorized, "403": socialwatch.Unauthorized,
		"429": socialwatch.RateLimited, "503": socialwatch.Temporary,
	} {
		for _, path := range []string{"", "2", "2/context"} {
			r := posts(t, map[string]string{path: code})
			threads, err := r.open().Threads.Read(r.ctx(), []string{"1", "2"}, time.Time{})
			if socialwatch.ReasonOf(err) != want || threads != nil {
				t.Errorf("HTTP %s for %q: threads %v, %v", code, path, threads, err)
			}
			if path == "2/context" {
				continue
			}
			looks, err := r.open().Lookup.Get(r.ctx(), []string{"1", "2"})
			if socialwatch.ReasonOf(err) != want || looks != nil {
				t.Errorf("HTTP %s for %q: looks %v, %v", code, path, looks, err)
			}
		}
	}
}
