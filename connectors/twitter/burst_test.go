package twitter

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// lookedUp answers look-ups of posts after a while, and everything else like
// wire.
type lookedUp struct {
	wire
	after time.Duration
	asked atomic.Int32
}

func (w *lookedUp) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != "/2/tweets" {
		return w.wire.RoundTrip(r)
	}
	w.asked.Add(1)
	if !pause(r.Context(), w.after) {
		return nil, r.Context().Err()
	}
	var posts []string
	for id := range strings.SplitSeq(r.URL.Query().Get("ids"), ",") {
		posts = append(posts, `{"id":"`+id+`","author_id":"7001","conversation_id":"`+id+`","text":"@shop_help hello"}`)
	}
	body := `{"data":[` + strings.Join(posts, ",") + `],"includes":{"users":[{"id":"7001","username":"customer1"}]}}`
	return &http.Response{StatusCode: 200, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// TestABurstIsKeptHoweverSlowLookUpsAre: while events are worked off nobody
// reads the stream, which is our silence and not X's.
func TestABurstIsKeptHoweverSlowLookUpsAre(t *testing.T) {
	const events = 250
	var burst strings.Builder
	for i := range events {
		fmt.Fprintf(&burst, `{"data":{"event_uuid":"%d","event_type":"post.mention.create","filter":{"user_id":"42"},`+
			`"payload":{"id":"21237064252753%05d","author_id":"7001","text":"@shop_help hello"}}}`+"\r\n", i, i)
	}
	for _, after := range []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, silence + 5*time.Second} {
		t.Run(after.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &lookedUp{after: after}
				w.stream = func(ctx context.Context) (int, string, io.ReadCloser) {
					return 200, "", piped(ctx, func(out io.Writer) error {
						if _, err := io.WriteString(out, burst.String()); err != nil {
							return err
						}
						return beat(ctx, out, 100)
					})
				}
				d := wakeBy(t, w, 5*time.Minute)
				if n := len(d.kept()); n != events || len(w.wire.asked) != 1 || w.asked.Load() > events/lookupLimit+2 {
					t.Errorf("%d of %d posts kept by %d look-ups, streams at %v", n, events, w.asked.Load(), w.wire.asked)
				}
			})
		})
	}
}
