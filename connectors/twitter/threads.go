package twitter

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// threads searches the conversations of open cases for what the mentions do
// not bring, as each post found is paid for.
type threads struct{ *client }

// queryLimit is how long a search may be, in characters, by self-serve access.
const queryLimit = 512

// smallPage is the smallest page that X's search gives.
const smallPage = 10

// Read returns what these conversations hold since then: posts of others that
// do not name us, as far back as X searches (seven days), and our own posts.
// Neither the root nor other mentions are read again: that is Lookup's
// matter. So no thread is ever found to be gone. What is longer than Pages
// pages is cut, the newest posts come first.
func (t threads) Read(ctx context.Context, roots []string, since time.Time) ([]connectors.Thread, error) {
	me, err := t.learn(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, root := range roots {
		if _, err := parseID(root); err == nil && !slices.Contains(ids, root) {
			ids = append(ids, root)
		}
	}
	found := map[string]map[string]socialwatch.Post{} // by conversation and id
	if len(ids) > 0 {
		if found, err = t.gather(ctx, me, ids, t.from(ids, since)); err != nil {
			return nil, err
		}
	}
	list := make([]connectors.Thread, 0, len(roots))
	for _, root := range roots {
		thread := connectors.Thread{Root: root}
		if !slices.Contains(ids, root) {
			thread.Err = refused("not the id of a post on X")
		}
		for _, p := range found[root] {
			thread.Posts = append(thread.Posts, p)
		}
		slices.SortFunc(thread.Posts, func(a, b socialwatch.Post) int {
			return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), compareIDs(a.ID, b.ID))
		})
		list = append(list, thread)
	}
	return list, nil
}

// from is the time from which to read: Overlap before since, for X indexes
// some posts late, not before the oldest conversation, and as far back as X
// searches. X refuses times that have hardly passed.
func (t threads) from(roots []string, since time.Time) time.Time {
	now := t.opt.Now().UTC()
	oldest := drawn(slices.MinFunc(roots, compareIDs))
	from := now.Add(-searchReach)
	for _, at := range []time.Time{since.Add(-t.opt.Overlap), oldest} {
		if at.After(from) {
			from = at
		}
	}
	if latest := now.Add(-time.Minute); from.After(latest) {
		from = latest
	}
	return from.Truncate(time.Second)
}

func (t threads) gather(ctx context.Context, me self, roots []string, from time.Time) (map[string]map[string]socialwatch.Post, error) {
	found := map[string]map[string]socialwatch.Post{}
	take := func(p page) {
		for _, raw := range p.raws {
			q, err := decodePost(raw)
			if err != nil {
				t.log.Warn("post not understood", "post", string(idOf(raw)), "problem", err)
				continue
			}
			root := string(q.Conversation)
			if !q.current() || q.ref("retweeted") != "" || !slices.Contains(roots, root) {
				continue
			}
			if found[root] == nil {
				found[root] = map[string]socialwatch.Post{}
			}
			post := t.post(q, p.users, me)
			if post.Own {
				post.ParentAt = drawn(post.ParentID)
			}
			found[root][q.first()] = post
		}
	}
	// X writes times without more than seconds, in UTC.
	start := from.Format(time.RFC3339)
	size, most := pageSize, t.opt.Pages
	if connectors.IsForReply(ctx) {
		// Hardly any post is new by then, and a page is paid for in advance: a
		// small one lets small budgets reply. Of what we said ourselves nothing
		// may be passed over: it would be said again.
		size, most = smallPage, ownReach/pageSize
	}
	for _, query := range conversations(roots, " -from:"+me.username+" -@"+me.username+" -is:retweet") {
		k := call{path: "/2/tweets/search/recent", auth: t.reader(), cost: t.costing(ItemPostRead, size),
			query: url.Values{"query": {query}, "start_time": {start}}}
		if err := t.pages(ctx, k, "next_token", most, take); err != nil {
			return nil, err
		}
	}
	own := call{path: "/2/users/" + me.id + "/tweets", auth: t.reader(), cost: t.costing(ItemOwnRead, pageSize),
		query: url.Values{"start_time": {start}}}
	return found, t.pages(ctx, own, "pagination_token", most, take)
}

// pages makes a call for at most so many pages. Near the end of a budget, which
// may not allow what a full page could cost, the pages are small.
func (t threads) pages(ctx context.Context, k call, token string, most int, take func(page)) error {
	for n := range most {
		p, err := t.onward(ctx, k, n > 0)
		if n == 0 && socialwatch.ReasonOf(err) == socialwatch.OutOfCredit {
			k.cost.Most = smallPage
			p, err = t.onward(ctx, k, false) // a halt, which is no budget's end, refuses it too
		}
		if err != nil {
			return err
		}
		take(p)
		if p.next == "" {
			return nil
		}
		k.query.Set(token, p.next)
	}
	if connectors.IsForReply(ctx) && k.cost.Item == ItemOwnRead {
		return readError(errors.New("X shows only the 3,200 newest posts of the account, and one of them may answer already: " +
			"look in the app"))
	}
	t.log.Warn("threads are longer than what is read of them at once", "pages", most)
	return nil
}

// conversations is as few queries as can hold all roots.
func conversations(roots []string, rest string) []string {
	var queries []string
	var terms []string
	length := 0
	flush := func() {
		if len(terms) > 0 {
			queries = append(queries, "("+strings.Join(terms, " OR ")+")"+rest)
		}
		terms, length = nil, len("()")+len(rest)
	}
	flush()
	for _, root := range roots {
		term := "conversation_id:" + root
		if length+len(" OR ")+len(term) > queryLimit {
			flush()
		}
		terms, length = append(terms, term), length+len(" OR ")+len(term)
	}
	flush()
	return queries
}
