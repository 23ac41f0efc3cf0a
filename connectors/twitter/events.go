package twitter

import (
	"context"
	"encoding/json"
	"slices"

	"socialwatch"
	"socialwatch/connectors"
)

// Events of the activity API that we subscribe to.
const (
	eventMention = "post.mention.create" // the handle stands in the text
	eventReply   = "post.reply.create"   // a direct reply to a post of ours
	eventQuote   = "post.quote.create"   // a quote of a post of ours
	eventRevoke  = "oauth.revoke"        // the owner took the app's rights away
)

// event is one line of the stream. What came along stands in data by the
// events' page and beside it by the schema; both are read.
type event struct {
	Data struct {
		ID      loose           `json:"event_uuid"`
		Kind    loose           `json:"event_type"`
		Filter  filter          `json:"filter"`
		Payload json.RawMessage `json:"payload"`
		Along   along           `json:"includes"`
	} `json:"data"`
	Along along `json:"includes"`
}

type filter struct {
	User xid `json:"user_id"`
}

type along struct {
	Users []json.RawMessage `json:"users"`
}

// act acts on lines that came together. An error ends the connection, after all
// of them were acted upon: X has charged for what they bring.
func (s *stream) act(ctx context.Context, lines [][]byte) error {
	var posts []event
	var end error
	for _, raw := range lines {
		e, err := s.line(raw)
		if err != nil && end == nil {
			end = err
		}
		if e != nil {
			posts = append(posts, *e)
		}
	}
	if len(posts) == 0 {
		return end
	}
	if err := s.take(ctx, posts); end == nil {
		end = err
	}
	return end
}

// line reads one line and returns the event, if it brings a post for us. One
// that can't be understood rings for a poll, which sees the post by itself.
func (s *stream) line(raw []byte) (*event, error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		s.log.Warn("event not understood", "problem", connectors.NotUnderstood(err))
		s.ring(connectors.Ring{})
		return nil, nil
	}
	kind := string(e.Data.Kind)
	if kind == "" {
		return nil, s.complaint(raw)
	}
	if e.Data.Filter.User != "" && string(e.Data.Filter.User) != s.me.id { // the app may serve other accounts
		return nil, nil
	}
	switch kind {
	case eventRevoke:
		return nil, unauthorized("the account's owner took the app's rights away: run socialwatch login " + s.opt.Account)
	case eventMention, eventReply, eventQuote:
		return &e, nil
	}
	return nil, nil
}

// complaint takes a line without an event: an error ends the connection when its
// kind is known, any other is X's to act upon.
func (s *stream) complaint(raw []byte) error {
	e := newAPIError(0, raw, 0)
	if e.mark != "" {
		return readError(e)
	}
	if e.api {
		s.log.Warn("X tells of a problem in the stream")
	}
	return nil
}

// take settles for posts, which X has charged by now whatever becomes of them,
// brings them into the inbox, and rings for each. A post may come more than
// once: X repeats events, and one that answers us and names us makes two. Only
// what stands in the inbox is remembered, so that a failure is made good by the
// poll or by a repetition.
// An error says that no other may be paid for.
func (s *stream) take(ctx context.Context, events []event) error {
	var fresh []arrival
	var ids []string
	for _, e := range events {
		id := string(idOf(e.Data.Payload))
		if s.posts.has(id) || id != "" && slices.Contains(ids, id) {
			continue
		}
		if id != "" {
			ids = append(ids, id)
		}
		fresh = append(fresh, s.arrival(e))
	}
	s.pay(ctx, ids)
	seen := s.lookUp(ctx, fresh)
	var keep []socialwatch.Mention
	var kept []string
	for _, a := range fresh {
		switch m, fate := s.mention(a, seen); fate {
		case fateKeep:
			keep, kept = append(keep, m), append(kept, string(a.post.ID))
		case fateFetch:
			s.ring(connectors.Ring{})
		}
	}
	s.keep(ctx, keep, kept)
	return s.leave(ctx)
}

// keep brings posts into the inbox; ids are those of their versions.
func (s *stream) keep(ctx context.Context, posts []socialwatch.Mention, ids []string) {
	if len(posts) == 0 {
		return
	}
	if err := s.opt.Inbox.Put(ctx, s.opt.Account, posts); err != nil {
		s.log.Error("pushed posts not stored", "posts", ids, "problem", err)
		s.ring(connectors.Ring{})
		return
	}
	for _, id := range ids {
		s.posts.add(id)
		s.ring(connectors.Ring{Kept: true})
	}
}

// arrival is an event's post. By X's samples events hold little more than the
// text; where they don't tell the conversation, the post is looked up, which is
// free on the day on which it was paid for.
type arrival struct {
	kind  string
	post  post
	users map[string]user
	known bool  // its author is
	whole bool  // nothing needs looking up
	odd   error // it was not understood
}

func (s *stream) arrival(e event) arrival {
	a := arrival{kind: string(e.Data.Kind), users: usersOf(append(e.Along.Users, e.Data.Along.Users...))}
	a.post, a.odd = decodePost(e.Data.Payload)
	a.known = a.users[string(a.post.Author)].Username != ""
	a.whole = a.known && told(e.Data.Payload, "conversation_id")
	return a
}

// fate is what becomes of an event's post.
type fate int

const (
	fateDrop  fate = iota // nothing for us
	fateKeep              // into the inbox
	fateFetch             // a poll must bring it
)

// mention is a post that has come as a mention. When it could not be looked up
// a poll must bring it, but for quotes, which the mentions timeline does not
// have.
func (s *stream) mention(a arrival, seen map[string]arrival) (socialwatch.Mention, fate) {
	switch {
	case a.odd != nil:
		s.log.Warn("post of an event not understood", "problem", a.odd)
		return socialwatch.Mention{}, fateFetch
	case s.ours(a):
		return socialwatch.Mention{}, fateDrop
	}
	p, users := a.post, a.users
	if full, ok := seen[string(p.ID)]; ok {
		p, users = full.post, full.users
	} else if !a.whole && (a.kind != eventQuote || !a.known) {
		s.log.Info("pushed post is left to the poll", "post", string(p.ID))
		return socialwatch.Mention{}, fateFetch
	}
	m := socialwatch.Mention{Post: s.client.post(p, users, s.me), Account: s.opt.Account}
	switch {
	case p.ref("retweeted") != "":
		return m, fateDrop
	case !p.current():
		return m, fateFetch
	case p.names(s.me):
		m.Kind = socialwatch.KindMention
	case a.kind == eventQuote || p.quotes(s.me):
		m.Kind = socialwatch.KindQuote
	default:
		m.Kind = socialwatch.KindFollowUp
	}
	return m, fateKeep
}

func (s *stream) ours(a arrival) bool { return string(a.post.Author) == s.me.id }

// told reports whether an object has a field.
func told(raw []byte, name string) bool {
	var fields map[string]json.RawMessage
	return json.Unmarshal(raw, &fields) == nil && len(fields[name]) > 0
}

func usersOf(raws []json.RawMessage) map[string]user {
	users := map[string]user{}
	for _, raw := range raws {
		var u user
		if json.Unmarshal(raw, &u) == nil {
			users[string(u.ID)] = u
		}
	}
	return users
}

// lookUp reads the posts that did not come whole, with all their fields, by the
// id under which each has come. What X does not show is left out.
func (s *stream) lookUp(ctx context.Context, came []arrival) map[string]arrival {
	var ids []string
	for _, a := range came {
		if a.odd == nil && !a.whole && !s.ours(a) {
			ids = append(ids, string(a.post.ID))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	seen := map[string]arrival{}
	err := s.byID(ctx, call{cost: s.costing(ItemPostRead, len(ids))}, ids, func(found page, _ []string) {
		for _, raw := range found.raws {
			p, err := decodePost(raw)
			if err != nil {
				continue
			}
			for _, version := range p.History {
				seen[string(version)] = arrival{post: p, users: found.users}
			}
		}
	})
	if err != nil {
		s.log.Info("pushed posts not looked up", "posts", len(ids), "error", err)
	}
	return seen
}

// pay settles for posts that X has delivered. It is not put off when ctx ends:
// what was spent was spent.
func (s *stream) pay(ctx context.Context, ids []string) {
	if s.opt.Ledger == nil || len(ids) == 0 {
		return
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.opt.Timeout)
	defer cancel()
	charged := make([]string, len(ids))
	for i, id := range ids {
		charged[i] = "post:" + id
	}
	if err := s.opt.Ledger.Settle(after, 0, s.costing(ItemStreamEvent, 1), charged); err != nil {
		s.log.Warn("spending not settled", "item", ItemStreamEvent, "problem", err)
	}
}
