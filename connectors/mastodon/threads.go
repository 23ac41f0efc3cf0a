package mastodon

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// threads reads posts and what stands around them: Threads, Lookup and Finder.
type threads struct{ *client }

// batchLimit is how many statuses Mastodon looks up in one request.
const batchLimit = 20

// look is a status, or that it is gone for us.
type look struct {
	gone   bool
	status status
	odd    error // it is there but was not understood
	err    error // it could not be read
}

// wide reports whether a failure would meet every post and not one alone.
// k is the call that the failed request belonged to.
func wide(ctx context.Context, k *call, err error) bool {
	switch socialwatch.ReasonOf(err) {
	case socialwatch.RateLimited, socialwatch.Unauthorized:
		return true
	case socialwatch.Refused, socialwatch.Gone:
		return false
	}
	var e *statusError
	if errors.As(err, &e) { // a 404 of this kind is some proxy's, in front of a server that is not there
		return e.code == http.StatusServiceUnavailable || e.code == http.StatusNotFound
	}
	return ctx.Err() != nil || !k.connected.Load()
}

// Read returns the threads with these roots. A post in a thread that can't be
// understood is left out and logged.
func (t threads) Read(ctx context.Context, roots []string, _ time.Time) ([]connectors.Thread, error) {
	k := &call{}
	ctx = withCall(ctx, k)
	f, err := t.learn(ctx)
	if err != nil {
		return nil, err
	}
	looks, err := t.statuses(ctx, k, f, roots)
	if err != nil {
		return nil, err
	}
	list := make([]connectors.Thread, 0, len(roots))
	for _, root := range roots {
		thread := t.thread(ctx, f, root, looks[root])
		if thread.Err != nil && wide(ctx, k, thread.Err) {
			return nil, thread.Err
		}
		list = append(list, thread)
	}
	return list, nil
}

func (t threads) thread(ctx context.Context, f facts, root string, at look) connectors.Thread {
	thread := connectors.Thread{Root: root, Gone: at.gone, Err: at.err}
	if at.gone || at.err != nil {
		return thread
	}
	around, err := t.around(ctx, root)
	if socialwatch.ReasonOf(err) == socialwatch.Gone {
		thread.Gone = true
		return thread
	}
	if err != nil {
		thread.Err = err
		return thread
	}
	if at.odd == nil {
		around = append(around, at.status)
	} else {
		t.log.Warn("post not understood", "post", root, "problem", at.odd)
	}
	for _, s := range around {
		thread.Posts = append(thread.Posts, t.post(s, f))
	}
	slices.SortFunc(thread.Posts, func(a, b socialwatch.Post) int { // R8
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	thread.Posts = slices.CompactFunc(thread.Posts, func(a, b socialwatch.Post) bool { return a.ID == b.ID })
	first := rootOf(thread.Posts, root)
	for i := range thread.Posts {
		thread.Posts[i].RootID = first
	}
	return thread
}

// rootOf follows the parents up from id, as far as they are there.
func rootOf(posts []socialwatch.Post, id string) string {
	parents := make(map[string]string, len(posts))
	for _, p := range posts {
		parents[p.ID] = p.ParentID
	}
	for range posts { // a bound, should a server tell of a circle
		parent := parents[id]
		if _, there := parents[parent]; !there || parent == "" {
			break
		}
		id = parent
	}
	return id
}

// around reads what stands above and below a status.
func (c *client) around(ctx context.Context, id string) ([]status, error) {
	if !validID(id) {
		return nil, refused("not the id of a post on this server")
	}
	var answer struct {
		Ancestors   []json.RawMessage `json:"ancestors"`
		Descendants []json.RawMessage `json:"descendants"`
	}
	if err := c.get(ctx, "/api/v1/statuses/"+id+"/context", nil, &answer); err != nil {
		return nil, err
	}
	var list []status
	for _, raw := range slices.Concat(answer.Ancestors, answer.Descendants) {
		s, err := decodeStatus(raw)
		if err != nil {
			c.log.Warn("post not understood", "thread", id, "problem", err)
			continue
		}
		list = append(list, s)
	}
	return list, nil
}

// Get tells the present state of posts. A single id is what stands before a
// reply, so it may use the part of the rate limit that is kept for replies.
// Posts that are left out are logged.
func (t threads) Get(ctx context.Context, ids []string) ([]connectors.Look, error) {
	k := &call{spare: len(ids) == 1}
	ctx = withCall(ctx, k)
	f, err := t.learn(ctx)
	if err != nil {
		return nil, err
	}
	looks, err := t.statuses(ctx, k, f, ids)
	if err != nil {
		return nil, err
	}
	list := make([]connectors.Look, 0, len(ids))
	for _, id := range ids {
		l := looks[id]
		if problem := cmp.Or(l.err, l.odd); problem != nil {
			t.log.Warn("post not read", "post", id, "problem", problem)
			continue
		}
		answer := connectors.Look{ID: id, Gone: l.gone}
		if !l.gone {
			answer.Post = t.post(l.status, f)
		}
		list = append(list, answer)
	}
	return list, nil
}

// statuses looks posts up, several at once where the server can. What such a
// request leaves out, or fails for, is asked for by itself, as only a plain
// 404 erases what a customer wrote.
func (c *client) statuses(ctx context.Context, k *call, f facts, ids []string) (map[string]look, error) {
	found := make(map[string]look, len(ids))
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if f.api > 0 && len(ids) > 1 && !c.noBatch.Load() {
		for some := range slices.Chunk(ids, batchLimit) {
			err := c.several(ctx, some, found)
			if noSuchCall(err) {
				c.noBatch.Store(true)
				break
			}
			if err != nil && wide(ctx, k, err) {
				return nil, err
			}
		}
	}
	for _, id := range ids {
		if _, done := found[id]; done {
			continue
		}
		l := c.single(ctx, id)
		if l.err != nil && wide(ctx, k, l.err) {
			return nil, l.err
		}
		found[id] = l
	}
	return found, nil
}

func noSuchCall(err error) bool {
	var e *statusError
	return absent(err) || errors.As(err, &e) && e.code == http.StatusMethodNotAllowed
}

func (c *client) several(ctx context.Context, ids []string, found map[string]look) error {
	var raws []json.RawMessage
	if err := c.get(ctx, "/api/v1/statuses", url.Values{"id[]": ids}, &raws); err != nil {
		return err
	}
	for _, raw := range raws {
		s, err := decodeStatus(raw)
		if err != nil {
			continue // asked for by itself
		}
		if slices.Contains(ids, string(s.ID)) {
			found[string(s.ID)] = look{status: s}
		}
	}
	return nil
}

func (c *client) single(ctx context.Context, id string) look {
	if !validID(id) {
		return look{err: refused("not the id of a post on this server")}
	}
	var raw json.RawMessage
	err := c.get(ctx, "/api/v1/statuses/"+id, nil, &raw)
	if socialwatch.ReasonOf(err) == socialwatch.Gone {
		return look{gone: true}
	}
	if err != nil {
		return look{err: err}
	}
	s, err := decodeStatus(raw)
	if err == nil && string(s.ID) != id {
		err = errors.New("the server answers with another post")
	}
	return look{status: s, odd: err}
}

// Find looks for our own post under p's parent with p's words (R14). When the
// parent can't be read, that is an error and not an absence.
func (t threads) Find(ctx context.Context, p socialwatch.Payload) (socialwatch.Published, error) {
	ctx = withCall(ctx, &call{spare: true})
	f, err := t.learn(ctx)
	if err != nil {
		return socialwatch.Published{}, err
	}
	around, err := t.around(ctx, p.ParentID)
	if err != nil {
		return socialwatch.Published{}, err
	}
	slices.SortFunc(around, func(a, b status) int { return a.CreatedAt.Compare(b.CreatedAt) })
	for _, s := range around {
		if string(s.Account.ID) != f.account || string(s.ParentID) != p.ParentID ||
			!connectors.SameWords(s.text(), p.Whole()) {
			continue
		}
		if strangers(mentioned(s.Mentions), p.ParentBy, f.account) {
			t.log.Error("a reply does not address its author alone", "post", string(s.ID))
		}
		return published(s), nil
	}
	return socialwatch.Published{}, nil
}

func published(s status) socialwatch.Published {
	return socialwatch.Published{PostID: string(s.ID), URL: cmp.Or(s.URL, s.URI)}
}
