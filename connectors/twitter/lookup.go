package twitter

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"socialwatch"
	"socialwatch/connectors"
)

// lookup reads posts by their ids.
type lookup struct{ *client }

// lookupLimit is how many posts X looks up in one call.
const lookupLimit = 100

// Get tells the present state of posts, each of which is paid for. A single id
// is what stands before a reply, so it may use what is kept for replies. An old
// version's id leads to the newest version. Posts that X neither returns nor
// says to be gone are left out and logged.
func (l lookup) Get(ctx context.Context, ids []string) ([]connectors.Look, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	me, err := l.learn(ctx)
	if err != nil {
		return nil, err
	}
	s := &sight{client: l.client, me: me, before: len(ids) == 1, found: map[string]connectors.Look{}, newer: map[string]string{}}
	ask := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { _, err := parseID(id); return err != nil })
	slices.SortFunc(ask, compareIDs)
	if err := s.look(ctx, slices.Compact(ask)); err != nil {
		return nil, err
	}
	if err := s.follow(ctx); err != nil {
		return nil, err
	}
	list := make([]connectors.Look, 0, len(ids))
	for _, id := range ids {
		look, ok := s.found[id]
		if !ok {
			l.log.Warn("post not read", "post", id)
			continue
		}
		list = append(list, look)
	}
	return list, nil
}

// sight is one Get on its way.
type sight struct {
	*client
	me     self
	before bool // right before a reply
	found  map[string]connectors.Look
	newer  map[string]string // by id: that of a newer version, which is yet to be read
}

func (s *sight) look(ctx context.Context, ids []string) error {
	for some := range slices.Chunk(ids, lookupLimit) {
		cost := s.costing(ItemPostRead, len(some))
		cost.Write = s.before
		if err := s.byID(ctx, call{cost: cost, spare: s.before}, some, s.takePage); err != nil {
			return notOne(err)
		}
	}
	return nil
}

// byID makes the call k for posts by their ids, in halves where X's answer would
// be too long; a single post that is too long is left out.
func (c *client) byID(ctx context.Context, k call, ids []string, take func(page, []string)) error {
	k.path, k.query, k.auth, k.cost.Most = "/2/tweets", url.Values{"ids": {strings.Join(ids, ",")}}, c.reader(), len(ids)
	p, _, err := c.posts(ctx, k)
	switch {
	case errors.Is(err, errTooLong) && len(ids) > 1:
		half := len(ids) / 2
		if err := c.byID(ctx, k, ids[:half], take); err != nil {
			return err
		}
		return c.byID(ctx, k, ids[half:], take)
	case errors.Is(err, errTooLong):
		return nil
	case err != nil:
		return err
	}
	take(p, ids)
	return nil
}

func (s *sight) takePage(p page, asked []string) {
	for _, raw := range p.raws {
		s.take(raw, p.users, asked)
	}
	for _, e := range p.problems {
		id := cmp.Or(string(e.Resource), string(e.Value))
		if m := e.kind(); (m == markMissing || m == markHidden) && slices.Contains(asked, id) {
			s.found[id] = connectors.Look{ID: id, Gone: true}
		}
	}
}

// notOne keeps a refusal of the whole call from being taken as an answer for
// every post in it.
func notOne(err error) error {
	var ne *socialwatch.NetworkError
	if errors.As(err, &ne) && ne.Reason == socialwatch.Gone {
		return &socialwatch.NetworkError{Reason: socialwatch.Temporary, RetryAfter: ne.RetryAfter, Err: ne.Err}
	}
	return err
}

func (s *sight) take(raw []byte, users map[string]user, asked []string) {
	p, err := decodePost(raw)
	if err != nil {
		s.log.Warn("post not understood", "post", string(idOf(raw)), "problem", err)
		return
	}
	id := string(p.ID)
	if !slices.Contains(asked, id) { // X may answer with the newest version at once
		i := slices.IndexFunc(asked, func(a string) bool { return slices.Contains(p.History, xid(a)) })
		if i < 0 {
			return
		}
		id = asked[i]
	}
	if !p.current() {
		s.newer[id] = p.newest()
		return
	}
	s.found[id] = connectors.Look{ID: id, Post: s.post(p, users, s.me)}
}

// follow reads the newest versions of what was asked for by an old id.
func (s *sight) follow(ctx context.Context) error {
	for range 3 { // more edits than that do not happen in between
		if len(s.newer) == 0 {
			return nil
		}
		newer := s.newer
		s.newer = map[string]string{}
		ids := make([]string, 0, len(newer))
		for _, id := range newer {
			if _, known := s.found[id]; !known {
				ids = append(ids, id)
			}
		}
		slices.SortFunc(ids, compareIDs)
		if err := s.look(ctx, slices.Compact(ids)); err != nil {
			return err
		}
		for asked, id := range newer {
			if next, again := s.newer[id]; again {
				s.newer[asked] = next
			} else if look, ok := s.found[id]; ok {
				look.ID = asked
				s.found[asked] = look
			}
		}
		for _, id := range newer {
			delete(s.newer, id)
		}
	}
	return nil
}
