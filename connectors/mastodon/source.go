package mastodon

import (
	"bytes"
	"context"
	"net/url"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// pageSize is the largest page that the API gives.
const pageSize = 80

// source reads notifications: the head on every Fetch, a sweep from the
// anchor every SweepEvery, and a deep sweep every DeepEvery (R1, R4).
type source struct{ *client }

// reading is one Fetch on its way.
type reading struct {
	*client
	facts facts
	now   time.Time
	cur   cursor
	batch connectors.Batch
	seen  map[string]int  // index in batch.Mentions by post id
	odd   map[string]bool // ids in batch.SetAside
}

// Fetch returns the next batch: at most Pages pages. The first one, without a
// cursor, holds the present newest page; those after it reach back DeepBack.
func (s source) Fetch(ctx context.Context, cur []byte) (connectors.Batch, error) {
	k := &call{}
	ctx = withCall(ctx, k)
	f, err := s.learn(ctx)
	if err != nil {
		return connectors.Batch{}, err
	}
	r := &reading{client: s.client, facts: f, now: s.opt.Now().UTC(), seen: map[string]int{}, odd: map[string]bool{}}
	if len(cur) == 0 {
		err = r.begin(ctx)
	} else if r.cur, err = parseCursor(cur, s.host, f.account); err == nil {
		before := r.cur.encode()
		err = r.goOn(ctx)
		moved := !bytes.Equal(r.cur.encode(), before)
		if err != nil && moved && ctx.Err() == nil {
			// What was read before the failure counts; if it lasts, the next
			// Fetch gets no further and tells of it.
			r.batch.More, err = true, nil
		}
		if err == nil && !moved {
			r.batch.Cost.Requests = k.requests
			return r.batch, nil // nil leaves the stored cursor
		}
	}
	if err != nil {
		return connectors.Batch{}, err
	}
	r.batch.Cursor = r.cur.encode()
	r.batch.Cost.Requests = k.requests
	return r.batch, nil
}

// begin reads the present newest page. The last DeepBack follows by a deep
// sweep, as nothing tells how much of it was answered elsewhere.
func (r *reading) begin(ctx context.Context) error {
	r.cur = cursor{Version: 1, Host: r.host, Account: r.facts.account, Swept: r.now}
	r.checkPolicy(ctx)
	page, err := r.page(ctx, nil)
	if err != nil {
		return err
	}
	r.cur.Head, r.cur.Anchor = page.high, page.low
	r.cur.Mark, r.cur.MarkAt = r.cur.Head, r.now
	r.batch.More = true // what came meanwhile
	return nil
}

// goOn reads the head, and sweeps when it found nothing or when the sweep gave
// way the last time: a fresh mention never waits for a sweep, and under steady
// load sweeps have every second turn.
func (r *reading) goOn(ctx context.Context) error {
	var (
		found, reached bool
		err            error
	)
	if !r.cur.Owed {
		if found, reached, err = r.readHead(ctx); err != nil {
			return err
		}
	}
	owed := r.sweepDue() || r.deepDue()
	r.cur.Owed = found && owed
	r.batch.More = !reached
	if found || !owed {
		return nil
	}
	if r.sweepDue() {
		err = r.sweep(ctx, reached)
		r.batch.More = r.batch.More || r.deepNow.Load()
		return err
	}
	return r.dive(ctx) // else with the next poll
}

// readHead walks from the head. Only an empty page proves that the end is
// reached; a page that is not full is given back at once, for speed, and the
// next Fetch reads on.
func (r *reading) readHead(ctx context.Context) (found, reached bool, err error) {
	for range r.opt.Pages {
		page, err := r.pageAfter(ctx, r.cur.Head)
		if err != nil {
			return found, false, err
		}
		if compareIDs(page.high, r.cur.Head) <= 0 {
			return found, true, nil
		}
		r.cur.Head, found = page.high, true
		if !page.full {
			break
		}
	}
	return found, false, nil
}

func (r *reading) sweepDue() bool {
	return r.cur.Sweep != nil || since(r.now, r.cur.Swept) >= r.opt.SweepEvery
}

// sweep walks again from the anchor and finds what committed late. reached
// tells that the head has just been found to be the end.
func (r *reading) sweep(ctx context.Context, reached bool) error {
	cur := &r.cur
	if cur.Sweep == nil {
		if cur.MarkAt.After(r.now) { // our clock went back: count anew
			cur.MarkAt = r.now
		}
		cur.Sweep = &walk{At: cur.Anchor, Next: cur.Anchor}
		if r.now.Sub(cur.MarkAt) >= r.opt.SweepAge {
			cur.Sweep.Next, cur.Sweep.Moves = cur.Mark, true
		}
	}
	w := cur.Sweep
	end := reached && w.At == cur.Head // the head's empty page was this walk's too
	for n := 0; !end && n < r.opt.Pages; n++ {
		page, err := r.pageAfter(ctx, w.At)
		if err != nil {
			return err
		}
		if compareIDs(page.high, w.At) <= 0 {
			end = true
			break
		}
		w.At = page.high
		cur.Head = higher(cur.Head, page.high)
	}
	if !end {
		r.batch.More = true
		return nil
	}
	cur.Anchor, cur.Sweep, cur.Swept = w.Next, nil, r.now
	if w.Moves {
		cur.Mark, cur.MarkAt = cur.Head, r.now
	}
	return nil
}

func (r *reading) deepDue() bool {
	if r.cur.Deep != nil {
		return true
	}
	return since(r.now, r.cur.Dived) >= r.opt.DeepEvery || r.deepNow.Load()
}

// dive reads the last DeepBack again, newest first: after un-muting or an
// accepted request old mentions stand below the anchor. It takes one share of
// pages a turn and does not ask for more: it is in no hurry.
func (r *reading) dive(ctx context.Context) error {
	cur := &r.cur
	if cur.Deep == nil {
		r.deepNow.Store(false)
		cur.Deep = &walk{Since: r.now.Add(-r.opt.DeepBack)}
		cur.Dived = r.now
		r.checkPolicy(ctx)
	}
	w := cur.Deep
	for range r.opt.Pages {
		q := url.Values{}
		if w.At != "" {
			q.Set("max_id", w.At)
		}
		page, err := r.page(ctx, q)
		if err != nil {
			return err
		}
		if w.At == "" && page.high != "" {
			r.rewind(page.high)
		}
		if page.low == "" || (w.At != "" && compareIDs(page.low, w.At) >= 0) ||
			(!page.newest.IsZero() && page.newest.Before(w.Since)) {
			cur.Deep = nil
			return nil
		}
		w.At = page.low
	}
	return nil
}

// rewind takes the head back to the highest id that the server has. After a
// deletion that changes nothing; after the server was restored from a backup,
// and gives low ids again, it is what makes reading go on.
func (r *reading) rewind(highest string) {
	cur := &r.cur
	if compareIDs(highest, cur.Head) >= 0 {
		return
	}
	cur.Head = highest
	if compareIDs(cur.Anchor, highest) > 0 {
		cur.Anchor = highest
	}
	if compareIDs(cur.Mark, highest) > 0 {
		cur.Mark, cur.MarkAt = highest, r.now
	}
	cur.Sweep = nil
}

// page is what a walk needs to know of a page.
type page struct {
	full      bool
	low, high string    // lowest and highest id; "" when none could be read
	newest    time.Time // newest readable time; zero when none could be read
}

func (r *reading) pageAfter(ctx context.Context, id string) (page, error) {
	if id == "" {
		id = lowestID
	}
	return r.page(ctx, url.Values{"min_id": {id}})
}

// take puts one element into the batch.
func (r *reading) take(raw []byte) {
	n, wanted, err := decodeNotification(raw)
	if err != nil {
		if aside := r.setAside(raw, err); !r.odd[aside.ID] {
			r.odd[aside.ID] = true
			r.batch.SetAside = append(r.batch.SetAside, aside)
		}
		return
	}
	if !wanted {
		return
	}
	m := socialwatch.Mention{Post: r.post(*n.Status, r.facts), Account: r.opt.Account, Kind: socialwatch.KindMention}
	if n.Type == "quote" {
		m.Kind = socialwatch.KindQuote
	}
	if m.Own { // R7
		return
	}
	i, twice := r.seen[m.ID]
	switch {
	case !twice:
		r.seen[m.ID] = len(r.batch.Mentions)
		r.batch.Mentions = append(r.batch.Mentions, m)
	case m.Kind == socialwatch.KindMention: // the handle stands in it, whatever it quotes
		r.batch.Mentions[i] = m
	}
}

// policy is the account's rule for notifications (R6).
type policy struct {
	NotFollowing string `json:"for_not_following"`
	NotFollowers string `json:"for_not_followers"`
	NewAccounts  string `json:"for_new_accounts"`
	Private      string `json:"for_private_mentions"`
	Limited      string `json:"for_limited_accounts"`
}

func (p policy) classes() map[string]string {
	return map[string]string{
		"people we do not follow": p.NotFollowing, "people who do not follow us": p.NotFollowers,
		"new accounts": p.NewAccounts, "private mentions": p.Private, "limited accounts": p.Limited,
	}
}

// dropping is the reason of a gap; it is always the same words, by which the
// end of the gap finds its beginning.
const dropping = "the account's notification policy drops mentions: set it to accept in the server's settings"

// checkPolicy reports a gap while the server is told to drop mentions, for
// those never exist. A server without the call drops none.
func (r *reading) checkPolicy(ctx context.Context) {
	var p policy
	err := r.get(ctx, "/api/v2/notifications/policy", nil, &p)
	if err != nil && !absent(err) {
		return // nothing learnt; asked again with the next deep sweep
	}
	drops := false
	for _, rule := range p.classes() {
		drops = drops || rule == "drop"
	}
	cur := &r.cur
	gap := socialwatch.Gap{Account: r.opt.Account, From: cur.DropSince, Reason: dropping}
	now := socialwatch.Micros(r.now)
	switch {
	case drops && cur.DropSince.IsZero():
		cur.DropSince = cur.PolicyOK
		if cur.DropSince.IsZero() {
			cur.DropSince = now
		}
		gap.From = cur.DropSince
		r.batch.Gaps = append(r.batch.Gaps, gap)
	case !drops && !cur.DropSince.IsZero():
		gap.To, cur.DropSince = now, time.Time{}
		r.batch.Gaps = append(r.batch.Gaps, gap)
	}
	if !drops {
		cur.PolicyOK = now
	}
}
