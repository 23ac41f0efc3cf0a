package legacy

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/dghubble/go-twitter/twitter"

	"socialwatch"
	"socialwatch/connectors"
	xapi "socialwatch/connectors/twitter"
)

// finder looks posts up: by id, and replies of ours by what they answer.
type finder struct{ *client }

// lookupSize is the most ids of one look-up.
const lookupSize = 100

// Get reads the present state of posts. What X leaves out of its answer is
// gone: deleted, or hidden from us. An edit has an id of its own, so v1.1 shows
// the version that was asked for.
func (f finder) Get(ctx context.Context, ids []string) ([]connectors.Look, error) {
	u, err := f.learn(ctx)
	if err != nil {
		return nil, err
	}
	var looks []connectors.Look
	for len(ids) > 0 {
		some := ids[:min(len(ids), lookupSize)]
		ids = ids[len(some):]
		found, err := f.lookup(ctx, some, u)
		if err != nil {
			return nil, err
		}
		looks = append(looks, found...)
	}
	return looks, nil
}

func (f finder) lookup(ctx context.Context, ids []string, u us) ([]connectors.Look, error) {
	var asked []int64
	for _, id := range ids {
		if n, err := strconv.ParseInt(id, 10, 64); err == nil && validID(id) {
			asked = append(asked, n)
		}
	}
	if len(asked) == 0 {
		return nil, nil
	}
	k := call{name: "lookup", item: xapi.ItemPostRead, most: len(asked), spare: true, holds: postObjects}
	a, err := f.do(ctx, k, func(lib *twitter.Client) error {
		_, _, err := lib.Statuses.Lookup(asked, &twitter.StatusLookupParams{TweetMode: "extended", IncludeEntities: twitter.Bool(true)})
		return err
	})
	if err != nil {
		return nil, err
	}
	raws, err := decodeList(a.body)
	if err != nil {
		return nil, err
	}
	state := map[string]*connectors.Look{} // nil: there, and not understood
	for _, raw := range raws {
		id := headOf(raw)
		if id == "" { // of which post, nobody can tell
			return nil, readError(errors.New("the answer holds a post without an id"))
		}
		state[id] = nil
		if t, _, err := decodeTweet(raw); err == nil {
			state[id] = &connectors.Look{ID: id, Post: post(t, u)}
		}
	}
	var looks []connectors.Look
	for _, id := range ids {
		look, there := state[id]
		switch {
		case look != nil:
			looks = append(looks, *look)
		case !there && validID(id):
			looks = append(looks, connectors.Look{ID: id, Gone: true})
		}
	}
	return looks, nil
}

// findPages bounds a search: X gives no more than 3,200 posts of ours.
const findPages = 3200 / pageSize

// Find reads our own posts since the parent.
func (f finder) Find(ctx context.Context, p socialwatch.Payload) (socialwatch.Published, error) {
	if !validID(p.ParentID) {
		return socialwatch.Published{}, refused("the reply has no post to stand under")
	}
	u, err := f.learn(ctx)
	if err != nil {
		return socialwatch.Published{}, err
	}
	var low int64
	for range findPages {
		raws, err := f.own(ctx, u, p.ParentID, low)
		if err != nil || len(raws) == 0 {
			return socialwatch.Published{}, err
		}
		before := low
		for _, raw := range raws {
			t, _, err := decodeTweet(raw)
			if err != nil {
				return socialwatch.Published{}, readError(errors.New("a post of ours was not understood: it may be the one"))
			}
			id := idOf(t.IDStr, t.ID)
			if idOf(t.InReplyToStatusIDStr, t.InReplyToStatusID) == p.ParentID && sameReply(t, p) {
				return socialwatch.Published{PostID: id, URL: address(f.opt.Handle, id)}, nil
			}
			if n, _ := strconv.ParseInt(id, 10, 64); low == 0 || n < low {
				low = n
			}
		}
		if before != 0 && low >= before {
			break
		}
	}
	return socialwatch.Published{}, readError(errors.New("there are more posts of ours since then than X shows: look in the app"))
}

// own reads one page of our posts since the parent, below low if it is set.
func (f finder) own(ctx context.Context, u us, parent string, low int64) ([]json.RawMessage, error) {
	params := &twitter.UserTimelineParams{Count: pageSize, TweetMode: "extended", ExcludeReplies: twitter.Bool(false), IncludeRetweets: twitter.Bool(true)}
	params.UserID, _ = strconv.ParseInt(u.id, 10, 64) // both were checked
	params.SinceID, _ = strconv.ParseInt(parent, 10, 64)
	if low > 0 {
		params.MaxID = low - 1
	}
	k := call{name: "user_timeline", item: xapi.ItemOwnRead, most: pageSize, spare: true, holds: postObjects}
	a, err := f.do(ctx, k, func(lib *twitter.Client) error {
		_, _, err := lib.Timelines.UserTimeline(params)
		return err
	})
	if err != nil {
		return nil, err
	}
	return decodeList(a.body)
}

// sameReply reports whether a post of ours says what the payload does. X writes
// its own address for every link, and the customer's name in front.
func sameReply(t twitter.Tweet, p socialwatch.Payload) bool {
	said := cleaned(text(t))
	if e := entities(t); e != nil {
		for _, link := range e.Urls {
			if link.URL != "" {
				said = strings.ReplaceAll(said, link.URL, link.ExpandedURL)
			}
		}
	}
	return connectors.SameWords(plain.Replace(said), plain.Replace(p.Whole()))
}

// plain takes the scheme from addresses: X puts one where a text has none.
var plain = strings.NewReplacer("https://", "", "http://", "")
