package legacy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/dghubble/go-twitter/twitter"

	"socialwatch"
	"socialwatch/connectors"
	xapi "socialwatch/connectors/twitter"
)

const (
	// pageSize is the largest page of a timeline.
	pageSize = 200
	// reachable is how many mentions X gives. X takes deleted and hidden ones out
	// of its pages, so nearly is how many there may be at the end of them all, and
	// pageFull how many on a page behind which there may be more.
	reachable = 800
	nearly    = 700
	pageFull  = 175
)

// source reads the timeline of mentions, newest first.
type source struct{ *client }

// reading is one Fetch on its way.
type reading struct {
	*client
	us    us
	cur   cursor
	batch connectors.Batch
	seen  map[string]bool
}

// Fetch returns the next batch: at most Pages pages of a walk back to Overlap
// below the last complete one. The first, without a cursor, holds the present
// page. v1.1 gives the newest 800 mentions; a walk that ends there above its
// checkpoint leaves a Gap. A page that is not full is no end, only an empty
// one is, so each poll needs two requests of the 75 in 15 minutes.
func (s source) Fetch(ctx context.Context, cur []byte) (connectors.Batch, error) {
	u, err := s.learn(ctx)
	if err != nil {
		return connectors.Batch{}, err
	}
	r := &reading{client: s.client, us: u, seen: map[string]bool{}}
	if len(cur) == 0 {
		if err := r.begin(ctx); err != nil {
			return connectors.Batch{}, err
		}
	} else {
		if r.cur, err = parseCursor(cur, u.id); err != nil {
			return connectors.Batch{}, err
		}
		if err := r.goOn(ctx); err != nil {
			return connectors.Batch{}, err
		}
	}
	r.batch.Cursor = r.cur.encode()
	return r.batch, nil
}

func (r *reading) begin(ctx context.Context) error {
	_, at, err := r.page(ctx, &twitter.MentionTimelineParams{})
	r.cur = cursor{Version: 1, API: api, User: r.us.id, Polled: at}
	return err
}

// goOn walks on. What was read before a failure counts; if it lasts, the next
// Fetch tells of it.
func (r *reading) goOn(ctx context.Context) error {
	resumed := r.cur.Walk != nil
	if !resumed {
		r.cur.Walk = &walk{Since: snowflake(r.cur.Polled.Add(-r.opt.Overlap))}
	}
	w := r.cur.Walk
	for n := range r.opt.Pages {
		params := &twitter.MentionTimelineParams{SinceID: w.Since}
		if w.Low > 0 {
			params.MaxID = w.Low - 1
		}
		p, at, err := r.page(ctx, params)
		if err == nil && w.Begun.IsZero() {
			w.Begun = at
		}
		if err == nil && p.count == 0 {
			err = r.end(ctx, resumed)
		}
		if err != nil && n > 0 && ctx.Err() == nil {
			break
		}
		if err != nil || r.cur.Walk == nil {
			return err
		}
		w.Count += p.count
		if p.low <= 0 || w.Low > 0 && p.low >= w.Low {
			return readError(errors.New("X's pages of mentions do not go on: it repeats itself, or none of a page has an id"))
		}
		w.Top, w.Low = max(w.Top, p.high), p.low
	}
	r.batch.More = true
	return nil
}

// end makes the walk's begin the checkpoint, and tells of what it could not
// reach. X counts from the newest mention at each request, so what came during
// a break of the walk counts as well.
func (r *reading) end(ctx context.Context, resumed bool) error {
	w := r.cur.Walk
	if lowest := drawnAt(w.Low); lowest.After(r.cur.Polled) {
		above := w.Count
		if resumed {
			p, _, err := r.page(ctx, &twitter.MentionTimelineParams{SinceID: w.Top})
			if err != nil {
				return err
			}
			if above += p.count; p.count >= pageFull {
				above = reachable
			}
		}
		if above >= nearly {
			r.batch.Gaps = append(r.batch.Gaps, socialwatch.Gap{Account: r.opt.Account, From: r.cur.Polled, To: lowest,
				Reason: fmt.Sprintf("mentions may be missing: X's API v1.1 gives the newest %d only, and there were about as many, or more, since the last poll", reachable)})
		}
	}
	r.cur.Polled, r.cur.Walk = w.Begun, nil
	return nil
}

// page is what one answer of a timeline held.
type page struct {
	count int
	low   int64 // lowest id; 0: none has one
	high  int64
}

// page reads one page into the batch, post by post, and tells X's time.
func (r *reading) page(ctx context.Context, params *twitter.MentionTimelineParams) (p page, at time.Time, err error) {
	params.Count, params.TweetMode, params.IncludeEntities = pageSize, "extended", twitter.Bool(true)
	k := call{name: "mentions_timeline", item: xapi.ItemMentionRead, most: pageSize, holds: postObjects}
	a, err := r.do(ctx, k, func(lib *twitter.Client) error {
		_, _, err := lib.Timelines.MentionTimeline(params)
		return err
	})
	r.batch.Cost.Requests++
	if err != nil {
		return p, at, err
	}
	raws, err := decodeList(a.body)
	if err != nil {
		return p, at, err
	}
	p.count = len(raws)
	for _, raw := range raws {
		n, _ := strconv.ParseInt(headOf(raw), 10, 64)
		if p.high = max(p.high, n); n > 0 && (p.low == 0 || n < p.low) {
			p.low = n
		}
		r.take(raw)
	}
	return p, socialwatch.Micros(connectors.ServerTime(a.header, r.opt.Now())), nil
}

func (r *reading) take(raw json.RawMessage) {
	t, _, err := decodeTweet(raw)
	if err != nil {
		r.setAside(raw, err)
		return
	}
	if m, skip := mentionOf(t, r.opt.Account, r.us); skip == "" && !r.seen[m.ID] {
		r.seen[m.ID] = true
		r.batch.Mentions = append(r.batch.Mentions, m)
	}
}

// rawLimit bounds what is kept of an element that could not be decoded.
const rawLimit = 64 << 10

func (r *reading) setAside(raw []byte, why error) {
	id := headOf(raw)
	if id == "" {
		sum := sha256.Sum256(raw)
		id = hex.EncodeToString(sum[:16])
	}
	if r.seen[id] {
		return
	}
	r.seen[id] = true
	r.batch.SetAside = append(r.batch.SetAside, socialwatch.SetAside{Account: r.opt.Account, ID: id,
		Raw: append([]byte(nil), raw[:min(len(raw), rawLimit)]...), Problem: "the post was not understood: " + why.Error(),
		At: socialwatch.Micros(r.opt.Now())})
}

// decodeList reads an answer that is a list, element by element. Anything else,
// null too, is an error: it would pass for the end of a timeline.
func decodeList(body []byte) ([]json.RawMessage, error) {
	var raws []json.RawMessage
	if json.Unmarshal(body, &raws) != nil || raws == nil {
		return nil, readError(errors.New("the answer is not a list of posts"))
	}
	return raws, nil
}

// headOf reads the id of an element, however odd the rest is; "" when it can't.
func headOf(raw []byte) string {
	var h struct {
		ID   json.Number `json:"id"`
		Text any         `json:"id_str"`
	}
	err := json.Unmarshal(raw, &h)
	text, _ := h.Text.(string)
	n, _ := h.ID.Int64()
	if err != nil && !validID(text) {
		return ""
	}
	return idOf(text, n)
}

// postObjects are the posts of a list, as the ledger counts them.
func postObjects(body []byte) []string {
	raws, err := decodeList(body)
	if err != nil {
		return nil
	}
	var list []string
	for _, raw := range raws {
		if id := headOf(raw); id != "" {
			list = append(list, "post:"+id)
		}
	}
	return list
}
