package twitter

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"
)

// The events of the activity API that a help account needs. X knows more.
const (
	eventMention = "post.mention.create"
	eventReply   = "post.reply.create"
	eventQuote   = "post.quote.create"
	eventRevoke  = "oauth.revoke"
)

var eventTypes = []string{eventMention, eventReply, eventQuote, eventRevoke}

// maxSubscriptions is how many an app may have.
const maxSubscriptions = 1500

// subscription asks for one kind of event that concerns one user.
type subscription struct {
	id      string
	event   string
	user    *user
	tag     string
	created time.Time
}

func (n *subscription) object() object {
	o := object{
		"subscription_id": n.id, "event_type": n.event, "filter": object{"user_id": idText(n.user.id)},
		"created_at": wireTime(n.created), "updated_at": wireTime(n.created),
	}
	if n.tag != "" {
		o["tag"] = n.tag
	}
	return o
}

// subscribe is POST /2/activity/subscriptions: by the user concerned.
func (s *Server) subscribe(c *call) (any, error) {
	if err := readQuery(c.r).err(); err != nil {
		return nil, err
	}
	n, err := s.readSubscription(c)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(s.activity.subscriptions, func(o *subscription) bool { return o.event == n.event && o.user == n.user }) {
		return nil, newProblem(http.StatusConflict, "Conflict", problemBase+"duplicate-subscription", "A subscription with this event type and filter exists already.")
	}
	if len(s.activity.subscriptions) >= maxSubscriptions {
		return nil, forbidden("The app has as many subscriptions as it may have.")
	}
	n.id, n.created = idText(s.ids.post(s.now())), s.now()
	s.activity.subscriptions = append(s.activity.subscriptions, n)
	s.notify()
	return object{
		"data": object{"subscription": n.object()}, "meta": object{"total_subscriptions": len(s.activity.subscriptions)},
	}, nil
}

func (s *Server) readSubscription(c *call) (*subscription, error) {
	if err := jsonBody(c); err != nil {
		return nil, err
	}
	// webhook_id is in X's schema; this stand-in has no webhooks to name.
	fields, err := fieldsOf(c.body, "$", "event_type", "filter", "tag")
	if err != nil {
		return nil, err
	}
	n := &subscription{}
	if n.event, err = stringField(fields, "$", "event_type"); err != nil {
		return nil, err
	}
	if !slices.Contains(eventTypes, n.event) {
		return nil, invalidRequest("", "", "$.event_type: does not have a value in the enumeration %v", eventTypes)
	}
	if n.tag, err = stringField(fields, "$", "tag"); err != nil {
		return nil, err
	}
	if _, set := fields["tag"]; set && (n.tag == "" || utf8.RuneCountInString(n.tag) > 200) {
		return nil, invalidRequest("", "", "$.tag: must be 1 to 200 characters long")
	}
	filter, err := fieldsOf(fields["filter"], "$.filter", "user_id")
	if err != nil {
		return nil, err
	}
	text, err := idField(filter, "$.filter", "user_id")
	if err != nil {
		return nil, err
	}
	id, _ := parseID(text)
	if n.user = s.byID[id]; n.user != c.viewer {
		return nil, forbidden("The filter names another user than the one who is signed in.")
	}
	return n, nil
}

// listSubscriptions is GET /2/activity/subscriptions.
func (s *Server) listSubscriptions(c *call) (any, error) {
	q := readQuery(c.r, "max_results", "pagination_token")
	q.number("max_results", 100, 1, 100)
	if q.has("pagination_token") {
		q.add("pagination_token", q.values.Get("pagination_token"), "The `pagination_token` query parameter value is not valid")
	}
	if err := q.err(); err != nil {
		return nil, err
	}
	out := object{"meta": object{"result_count": len(s.activity.subscriptions)}}
	var data []object
	for _, n := range s.activity.subscriptions {
		data = append(data, n.object())
	}
	if data != nil {
		out["data"] = data
	}
	return out, nil
}

// unsubscribe is DELETE /2/activity/subscriptions/{id}.
func (s *Server) unsubscribe(c *call) (any, error) {
	if err := readQuery(c.r).err(); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(s.activity.subscriptions, func(n *subscription) bool {
		return n.id == c.r.PathValue("id") && (c.viewer == nil || n.user == c.viewer)
	})
	if i < 0 {
		return nil, notFound()
	}
	s.activity.subscriptions = slices.Delete(s.activity.subscriptions, i, i+1)
	return object{
		"data": object{"deleted": true}, "meta": object{"total_subscriptions": len(s.activity.subscriptions)},
	}, nil
}

// announce sends the events of a post that has become visible. An @ carried
// by X makes no mention, and protected authors make no events. The caller
// holds mu.
func (s *Server) announce(p *post) {
	if p.author.protected || p.gone() || p.reposted != nil {
		return
	}
	for _, n := range s.activity.subscriptions {
		concerned := false
		switch n.event {
		case eventMention:
			concerned = slices.Contains(p.explicit, n.user)
		case eventReply:
			concerned = p.parent != nil && p.parent.author == n.user
		case eventQuote:
			concerned = p.quoted != nil && p.quoted.author == n.user
		}
		if concerned && n.user != p.author && !p.hiddenFrom(n.user) {
			s.sendPost(n, p)
		}
	}
}

// announceRevoke tells that a user took back what they had allowed. The caller
// holds mu.
func (s *Server) announceRevoke(u *user) {
	for _, n := range s.activity.subscriptions {
		if n.event == eventRevoke && n.user == u {
			s.send(n, object{"payload": object{"user_id": idText(u.id), "revoked_at": wireTime(s.now())}})
		}
	}
}

// sendPost sends and charges one event. Nobody is charged for an event that no
// stream takes; it is lost.
func (s *Server) sendPost(n *subscription, p *post) {
	if len(s.activity.streams) == 0 || s.silentStreams() {
		return
	}
	if !s.bill.afford(prices[itemEvent]) {
		s.breakStreams("usage-capped", "The balance does not allow more events.")
		return
	}
	sh := shape{fields: map[string]bool{"author_id": true, "created_at": true}}
	if s.opt.FullEvents {
		for _, f := range []string{"conversation_id", "entities", "in_reply_to_user_id", "referenced_tweets", "lang", "note_tweet"} {
			sh.fields[f] = true
		}
	}
	payload := s.postObject(p, p.newest(), sh)
	if !s.opt.FullEvents {
		delete(payload, "edit_history_tweet_ids")
	}
	s.send(n, object{"payload": payload, "includes": object{"users": []object{s.userObject(p.author, nil)}}})
	p.told[nil] = true
	s.bill.charge(s.now(), itemEvent, "post:"+idText(p.id()))
}

// send gives an event its number and puts it into all streams. The caller
// holds mu.
func (s *Server) send(n *subscription, body object) {
	body["event_uuid"], body["event_type"] = idText(s.ids.post(s.now())), n.event
	body["filter"] = object{"user_id": idText(n.user.id)}
	if n.tag != "" {
		body["tag"] = n.tag
	}
	frame, err := json.Marshal(object{"data": body})
	if err != nil {
		return // strings, numbers and maps of them always encode
	}
	for st := range s.activity.streams {
		s.push(st, frame)
	}
}
