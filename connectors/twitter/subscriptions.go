package twitter

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"socialwatch"
	"socialwatch/connectors"
)

const subscriptionsPath = "/2/activity/subscriptions"

// wanted are the events that the stream needs. Without mentions it is of no
// use; the others are left out when X refuses them.
var wanted = []string{eventMention, eventReply, eventQuote, eventRevoke}

// subscription is one as X lists it, and with Tag as it is asked for.
type subscription struct {
	Kind   string `json:"event_type"`
	Filter filter `json:"filter"`
	Tag    string `json:"tag,omitempty"`
}

// subscribe makes the subscriptions that are missing.
func (w waker) subscribe(ctx context.Context, me self) error {
	have, err := w.subscribed(ctx, me)
	if err != nil {
		return err
	}
	for _, kind := range wanted {
		if have[kind] {
			continue
		}
		_, err := w.do(ctx, call{
			method: http.MethodPost, path: subscriptionsPath, auth: authUser,
			body: subscription{Kind: kind, Filter: filter{User: xid(me.id)}, Tag: "socialwatch"},
		})
		if err != nil && (kind == eventMention || !denied(err)) {
			return err
		}
		if err != nil {
			w.log.Warn("X does not let us subscribe", "event", kind, "error", err)
			continue
		}
		w.log.Info("subscribed", "event", kind)
	}
	return nil
}

// denied reports whether X says no to one subscription, and not to us.
func denied(err error) bool {
	var e *apiError
	return errors.As(err, &e) && (e.status == http.StatusForbidden || socialwatch.ReasonOf(err) == socialwatch.Refused)
}

// subscribed lists the events of our account that the app has subscribed to.
func (w waker) subscribed(ctx context.Context, me self) (map[string]bool, error) {
	have := map[string]bool{}
	q := url.Values{"max_results": {strconv.Itoa(pageSize)}}
	for range 20 { // an app has 1,500 at most
		a, err := w.do(ctx, call{path: subscriptionsPath, query: q, auth: authApp})
		if err != nil {
			return nil, err
		}
		var list struct {
			Data []subscription `json:"data"`
			Meta struct {
				Next string `json:"next_token"`
			} `json:"meta"`
		}
		if err := json.Unmarshal(a.body, &list); err != nil {
			return nil, readError(connectors.NotUnderstood(err))
		}
		for _, s := range list.Data {
			if string(s.Filter.User) == me.id {
				have[s.Kind] = true
			}
		}
		if list.Meta.Next == "" {
			break
		}
		q.Set("pagination_token", list.Meta.Next)
	}
	return have, nil
}
