package twitter

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
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

// line acts on one line. An error ends the connection. A line that can't be
// understood rings for a poll, which sees the post by itself.
func (s *stream) line(ctx context.Context, raw []byte) error {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		s.log.Warn("event not understood", "problem", decodeError(err))
		s.ring(connectors.Ring{})
		return nil
	}
	kind := string(e.Data.Kind)
	if kind == "" {
		return s.complaint(raw)
	}
	if e.Data.Filter.User != "" && string(e.Data.Filter.User) != s.me.id { // the app may serve other accounts
		return nil
	}
	switch {
	case kind == eventRevoke:
		return unauthorized("the account's owner took the app's rights away: run socialwatch login " + s.opt.Account)
	case kind != eventMention && kind != eventReply && kind != eventQuote:
		return nil
	}
	return s.post(ctx, e)
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

// post settles for a post, which X has charged by now whatever becomes of it,
// brings it into the inbox, and rings. A post may come more than once: X repeats
// events, and one that answers us and names us makes two. Only what stands in
// the inbox is remembered, so that a failure is made good by the poll or by a
// repetition.
// An error says that no other may be paid for.
func (s *stream) post(ctx context.Context, e event) error {
	id := string(idOf(e.Data.Payload))
	if s.posts.has(id) {
		return nil
	}
	s.pay(ctx, id)
	switch m, fate := s.mention(ctx, e); fate {
	case fateKeep:
		if err := s.opt.Inbox.Put(ctx, s.opt.Account, []socialwatch.Mention{m}); err != nil {
			s.log.Error("pushed post not stored", "post", m.ID, "problem", err)
			s.ring(connectors.Ring{})
			break
		}
		s.posts.add(id)
		s.ring(connectors.Ring{Kept: true})
	case fateFetch:
		s.ring(connectors.Ring{})
	}
	return s.leave(ctx)
}

// fate is what becomes of an event's post.
type fate int

const (
	fateDrop  fate = iota // nothing for us
	fateKeep              // into the inbox
	fateFetch             // a poll must bring it
)

// mention is an event's post as a mention. By X's samples events hold little
// more than the text; where they don't tell the conversation, the post is looked
// up, which is free on the day on which it was paid for. When that fails a poll
// must bring it, but for quotes, which the mentions timeline does not have.
func (s *stream) mention(ctx context.Context, e event) (socialwatch.Mention, fate) {
	p, err := decodePost(e.Data.Payload)
	if err != nil {
		s.log.Warn("post of an event not understood", "problem", err)
		return socialwatch.Mention{}, fateFetch
	}
	if string(p.Author) == s.me.id {
		return socialwatch.Mention{}, fateDrop
	}
	users := usersOf(append(e.Along.Users, e.Data.Along.Users...))
	known := users[string(p.Author)].Username != ""
	if !known || !told(e.Data.Payload, "conversation_id") {
		full, also, err := s.lookUp(ctx, string(p.ID))
		switch {
		case err == nil:
			p, users = full, also
		case string(e.Data.Kind) != eventQuote || !known:
			s.log.Info("pushed post is left to the poll", "post", string(p.ID), "error", err)
			return socialwatch.Mention{}, fateFetch
		}
	}
	m := socialwatch.Mention{Post: s.client.post(p, users, s.me), Account: s.opt.Account}
	switch {
	case p.ref("retweeted") != "":
		return m, fateDrop
	case !p.current():
		return m, fateFetch
	case p.names(s.me):
		m.Kind = socialwatch.KindMention
	case string(e.Data.Kind) == eventQuote || p.quotes(s.me):
		m.Kind = socialwatch.KindQuote
	default:
		m.Kind = socialwatch.KindFollowUp
	}
	return m, fateKeep
}

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

// lookUp reads one post with all its fields.
func (s *stream) lookUp(ctx context.Context, id string) (post, map[string]user, error) {
	found, _, err := s.client.posts(ctx, call{path: "/2/tweets", query: url.Values{"ids": {id}},
		auth: s.reader(), cost: s.costing(ItemPostRead, 1)})
	if err != nil {
		return post{}, nil, err
	}
	for _, raw := range found.raws {
		if p, err := decodePost(raw); err == nil && slices.Contains(p.History, xid(id)) {
			return p, found.users, nil
		}
	}
	return post{}, nil, readError(errors.New("X does not show the post"))
}

// pay settles for a post that X has delivered. It is not put off when ctx ends:
// what was spent was spent.
func (s *stream) pay(ctx context.Context, id string) {
	if s.opt.Ledger == nil || id == "" {
		return
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.opt.Timeout)
	defer cancel()
	if err := s.opt.Ledger.Settle(after, 0, s.costing(ItemStreamEvent, 1), []string{"post:" + id}); err != nil {
		s.log.Warn("spending not settled", "item", ItemStreamEvent, "problem", err)
	}
}
