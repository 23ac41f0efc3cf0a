package twitter

import (
	"context"
	"encoding/json"
	"time"

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
		return s.told(raw)
	}
	if e.Data.Filter.User != "" && string(e.Data.Filter.User) != s.me.id { // the app may serve other accounts
		return nil
	}
	switch {
	case kind == eventRevoke:
		return unauthorized("the account's owner took the app's rights away: run socialwatch login " + s.opt.Account)
	case kind != eventMention && kind != eventReply && kind != eventQuote, s.events.has(string(e.Data.ID)):
		return nil
	}
	if err := s.post(ctx, e); err != nil {
		return err
	}
	s.events.add(string(e.Data.ID))
	return nil
}

// told takes a line without an event: an error ends the connection when its
// kind is known, any other is X's to act upon.
func (s *stream) told(raw []byte) error {
	e := newAPIError(0, raw, 0)
	if e.mark != "" {
		return readError(e)
	}
	if e.api {
		s.log.Warn("X tells of a problem in the stream")
	}
	return nil
}

// post brings a post into the inbox, then settles for it, then rings. Only what
// stands in the inbox is remembered, so a failure is made good by the poll or
// by X's own repetition.
func (s *stream) post(ctx context.Context, e event) error {
	id := string(idOf(e.Data.Payload))
	if s.posts.has(id) {
		return nil
	}
	kept := s.keep(ctx, e)
	if kept {
		s.posts.add(id)
	}
	err := s.pay(ctx, id)
	s.ring(connectors.Ring{Kept: kept})
	return err
}

// keep puts an event's post into the inbox and reports whether nothing need be
// fetched for it.
func (s *stream) keep(ctx context.Context, e event) bool {
	p, err := decodePost(e.Data.Payload)
	if err != nil {
		s.log.Warn("post of an event not understood", "problem", err)
		return false
	}
	users := map[string]user{}
	for _, raw := range append(e.Along.Users, e.Data.Along.Users...) {
		var u user
		if json.Unmarshal(raw, &u) == nil {
			users[string(u.ID)] = u
		}
	}
	m := socialwatch.Mention{Post: s.client.post(p, users, s.me), Account: s.opt.Account}
	switch {
	case m.Own, p.ref("retweeted") != "":
		return true // nothing for us
	case m.Author.Handle == "", !p.current():
		return false // a poll brings who wrote it, or the newest version
	case p.names(s.me):
		m.Kind = socialwatch.KindMention
	case string(e.Data.Kind) == eventQuote || p.quotes(s.me):
		m.Kind = socialwatch.KindQuote
	default:
		m.Kind = socialwatch.KindFollowUp
	}
	if err := s.opt.Inbox.Put(ctx, s.opt.Account, []socialwatch.Mention{m}); err != nil {
		s.log.Error("pushed post not stored", "post", m.ID, "problem", err)
		return false
	}
	return true
}

// pay settles for a post that X has delivered, kept or not, and asks whether
// another may come. It is not put off when ctx ends: what was spent was spent.
func (s *stream) pay(ctx context.Context, id string) error {
	if s.opt.Ledger == nil || id == "" {
		return nil
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := s.opt.Ledger.Settle(after, 0, s.costing(ItemStreamEvent, 1), []string{"post:" + id}); err != nil {
		s.log.Warn("spending not settled", "item", ItemStreamEvent, "problem", err)
	}
	return s.leave(ctx)
}
