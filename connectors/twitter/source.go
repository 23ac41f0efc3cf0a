package twitter

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// pageSize is the largest page that X gives.
const pageSize = 100

// source reads the mentions timeline and, where that ends too early, searches.
type source struct{ *client }

// reading is one Fetch on its way.
type reading struct {
	*client
	me    self
	cur   cursor
	clock time.Time // X's, as of the last answer
	batch connectors.Batch
	seen  map[string]int  // index in batch.Mentions by post id
	odd   map[string]bool // ids in batch.SetAside
	token string          // of the page that follows
	until string          // what token belongs to
	moved bool            // the walk got further
	size  int             // of the pages
	bare  bool            // the next page comes without what makes it too long
}

// Fetch returns the next batch: at most Pages pages. The first one, without a
// cursor, holds the present newest page. What was read before a failure, and
// paid for, is returned; the next Fetch tells of the failure if it lasts.
func (s source) Fetch(ctx context.Context, cur []byte) (connectors.Batch, error) {
	me, err := s.learn(ctx)
	if err != nil {
		return connectors.Batch{}, err
	}
	r := &reading{client: s.client, me: me, seen: map[string]int{}, odd: map[string]bool{}, size: pageSize}
	if len(cur) == 0 {
		err = r.begin(ctx)
	} else if r.cur, err = parseCursor(cur, me.id); err == nil {
		err = r.goOn(ctx)
		if err != nil && r.moved && ctx.Err() == nil {
			r.batch.More, err = true, nil
		}
	}
	if err != nil {
		return connectors.Batch{}, err
	}
	r.batch.Cursor = r.cur.encode()
	return r.batch, nil
}

// begin reads the present newest page.
func (r *reading) begin(ctx context.Context) error {
	_, err := r.mentions(ctx, url.Values{})
	for errors.Is(err, errTooLong) && r.smaller(leastPage) {
		_, err = r.mentions(ctx, url.Values{})
	}
	if err != nil {
		return err
	}
	r.cur = cursor{Version: 1, User: r.me.id, Polled: r.clock}
	return nil
}

// goOn begins a walk, or goes on with an unfinished one, for at most Pages
// pages.
func (r *reading) goOn(ctx context.Context) error {
	if r.cur.Walk == nil {
		r.cur.Walk = &walk{Since: snowflake(r.cur.Polled.Add(-r.opt.Overlap)), Phase: phaseMentions}
	}
	w := r.cur.Walk
	if w.Phase == phaseSearch && !r.mayGoOn(w) {
		r.cur.Polled, r.cur.Walk = w.Begun, nil
		return nil
	}
	for range r.opt.Pages {
		last, err := r.step(ctx, w)
		if err != nil {
			w.Resumed = true
			return err
		}
		if last && !r.turn(w) {
			r.cur.Polled, r.cur.Walk = w.Begun, nil
			return nil
		}
	}
	w.Resumed, r.batch.More = true, true
	if r.moved {
		return nil
	}
	if w.Phase == phaseMentions && r.toSearch(w) { // pages without end and without posts
		return nil
	}
	return readError(errNowhere)
}

// step reads one page of a walk. last says that its phase ends with it. Within
// a Fetch X's own tokens lead on; they may expire, so a later one goes on
// below the lowest id.
func (r *reading) step(ctx context.Context, w *walk) (last bool, err error) {
	q := url.Values{"since_id": {w.Since}}
	if r.token == "" {
		r.until = w.Low
	}
	if r.until != "" {
		q.Set("until_id", r.until)
	}
	read, least, before := r.mentions, leastPage, w.Low
	if w.Phase == phaseSearch {
		read, least = r.search, smallPage
	}
	p, err := read(ctx, q)
	if errors.Is(err, errTooLong) && r.smaller(least) {
		r.token = ""
		return r.step(ctx, w)
	}
	if err != nil {
		return false, err
	}
	if w.Begun.IsZero() {
		w.Begun = r.clock
	}
	for _, raw := range p.raws {
		w.Low = lower(w.Low, string(idOf(raw)))
	}
	w.Count += len(p.raws)
	r.moved = r.moved || w.Low != before
	r.token = p.next
	return p.next == "", nil
}

// leastPage is the smallest page of mentions that X gives.
const leastPage = 5

// smaller makes the pages of this Fetch smaller, because X's answer is too long.
// When they are as small as can be, the next one is read without its posts'
// fields, so that they are set aside by their ids and the walk goes on below. It
// reports whether there is still something to try.
func (r *reading) smaller(least int) bool {
	switch {
	case r.bare:
		return false
	case r.size <= least:
		r.bare = true
	default:
		r.size = max(r.size/2, least)
	}
	return true
}

// trusted is how many mentions a walk within one Fetch may have read for the
// end of the timeline to be the end of the mentions. X ends it at 800,
// counted from the newest, and more may have come meanwhile.
const trusted = 400

// turn leads a walk whose timeline has ended into the search, unless it is
// sure that nothing is missing. It reports whether there is more to read.
func (r *reading) turn(w *walk) bool {
	if w.Phase == phaseSearch || w.Low == "" || !w.Resumed && w.Count < trusted {
		return false
	}
	return r.toSearch(w)
}

// toSearch begins the search for what is left of a walk, as far back as X
// searches; what is older is a gap. It reports whether anything is left.
func (r *reading) toSearch(w *walk) bool {
	w.Phase, r.moved = phaseSearch, true
	return !drawn(w.Since).Before(r.clock.Add(-searchReach)) || r.cut(w)
}

// mayGoOn makes sure that a search that has rested, for a rate limit or for
// money, still asks for what X searches: it refuses all else. It reports
// whether anything is left.
func (r *reading) mayGoOn(w *walk) bool {
	r.clock = r.opt.Now().UTC()
	return !drawn(w.Since).Before(r.clock.Add(-searchReach-searchSpare)) || r.cut(w)
}

// cut gives up what is older than X searches, as a gap.
func (r *reading) cut(w *walk) bool {
	floor, since := r.clock.Add(-searchReach), drawn(w.Since)
	to := floor
	if low := drawn(w.Low); w.Low != "" && low.Before(floor) {
		to = low
	}
	r.batch.Gaps = append(r.batch.Gaps, socialwatch.Gap{Account: r.opt.Account,
		From: socialwatch.Micros(since), To: socialwatch.Micros(to), Reason: outOfReach})
	w.Since = snowflake(floor)
	return to.Equal(floor)
}

// searchReach is how far back X searches: 7 days, less some minutes for the
// clocks.
const searchReach = 7*24*time.Hour - 5*time.Minute

// searchSpare is how long a search that begins there may rest before it must
// give up what has moved out of reach.
const searchSpare = 2 * time.Minute

const outOfReach = "X shows only the 800 newest mentions and searches seven days back: " +
	"mentions before that may have been missed"

var errNowhere = errors.New("X's pages lead nowhere")

// mentions reads one page of the mentions timeline into the batch.
func (r *reading) mentions(ctx context.Context, q url.Values) (page, error) {
	return r.page(ctx, "/2/users/"+r.me.id+"/mentions", ItemMentionRead, "pagination_token", q)
}

// search reads one page of what names our handle. It costs as any post does.
func (r *reading) search(ctx context.Context, q url.Values) (page, error) {
	q.Set("query", "@"+r.me.username+" -is:retweet")
	return r.page(ctx, "/2/tweets/search/recent", ItemPostRead, "next_token", q)
}

func (r *reading) page(ctx context.Context, path, item, token string, q url.Values) (page, error) {
	if r.token != "" {
		q.Set(token, r.token)
	}
	k := call{path: path, query: q, auth: r.reader(), cost: r.costing(item, r.size), bare: r.bare}
	p, a, err := r.posts(ctx, k)
	r.batch.Cost.Requests++
	if err != nil {
		return p, err
	}
	r.bare = false
	r.clock = connectors.ServerTime(a.header, r.opt.Now()).UTC()
	for _, raw := range p.raws {
		if k.bare {
			r.aside(raw, errTooLong)
			continue
		}
		r.take(raw, p.users)
	}
	return p, nil
}

func (r *reading) aside(raw []byte, why error) {
	if aside := r.setAside(raw, why); !r.odd[aside.ID] {
		r.odd[aside.ID] = true
		r.batch.SetAside = append(r.batch.SetAside, aside)
	}
}

// posts makes a call that lists posts, with all fields that we read.
func (c *client) posts(ctx context.Context, k call) (page, answer, error) {
	if !k.bare {
		maps.Copy(k.query, c.fields())
	}
	if !k.query.Has("ids") {
		k.query.Set("max_results", strconv.Itoa(cmp.Or(k.cost.Most, pageSize))) // what is reserved for
	}
	a, err := c.do(ctx, k)
	if err != nil {
		return page{}, a, err
	}
	p, err := decodePage(a.body)
	for kind, n := range p.partial() {
		c.log.Warn("X left out a part of an answer", "kind", kind, "count", n)
	}
	if err == nil && !k.query.Has("ids") && !p.list() {
		err = readError(errNoList)
	}
	return p, a, err
}

var errNoList = errors.New("X answers with errors, or with nothing, in place of a list of posts")

// list reports whether the answer surely is a list. One that holds nothing but
// errors must not be taken as empty: mentions would be passed over, and a reply
// taken as absent. Of posts that were asked for by id it tells that they are gone.
func (p page) list() bool {
	return len(p.raws) > 0 || p.said && !slices.ContainsFunc(p.problems, func(e problem) bool {
		m := e.kind()
		return m != markMissing && m != markHidden // which are of single posts
	})
}

// partial counts the errors beside the data by their kind.
func (p page) partial() map[string]int {
	kinds := map[string]int{}
	for _, e := range p.problems {
		kinds[cmp.Or(string(e.kind()), "unknown")]++
	}
	return kinds
}

// take puts one element into the batch.
func (r *reading) take(raw []byte, users map[string]user) {
	p, err := decodePost(raw)
	if err != nil {
		r.aside(raw, err)
		return
	}
	m := socialwatch.Mention{Post: r.post(p, users, r.me), Account: r.opt.Account, Kind: socialwatch.KindMention}
	switch {
	case m.Own || p.ref("retweeted") != "":
		return
	case !p.current():
		return // the newest version comes by itself, or names us no more
	case p.names(r.me):
	case p.quotes(r.me):
		m.Kind = socialwatch.KindQuote
	default:
		return // search also finds what is like our name
	}
	i, twice := r.seen[m.ID]
	switch {
	case !twice:
		r.seen[m.ID] = len(r.batch.Mentions)
		r.batch.Mentions = append(r.batch.Mentions, m)
	case m.EditedAt.After(r.batch.Mentions[i].EditedAt):
		r.batch.Mentions[i] = m
	}
}
