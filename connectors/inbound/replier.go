package inbound

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// Types of what the callback is told.
const (
	typeReply = "reply"
	typeFind  = "find"
	typeProbe = "probe"
)

// order asks the callback to publish a reply.
type order struct {
	Type       string                 `json:"type"`
	Key        string                 `json:"key"` // the same on every attempt of one approved reply
	Account    string                 `json:"account"`
	Network    socialwatch.Network    `json:"network"`
	ParentID   string                 `json:"parent_id"`
	Author     addressee              `json:"author"` // of the post it answers
	Text       string                 `json:"text"`
	Language   string                 `json:"language"`
	Visibility socialwatch.Visibility `json:"visibility"`
}

type addressee struct {
	ID     string `json:"id"`
	Handle string `json:"handle"`
}

// post is a reply of ours, as the callback tells it.
type post struct {
	PostID string `json:"post_id"`
	URL    string `json:"url"`
	Text   string `json:"text"`
}

func (p post) published() (socialwatch.Published, bool) {
	ok := validID(p.PostID) && webAddress(p.URL)
	return socialwatch.Published{PostID: p.PostID, URL: p.URL}, ok
}

type replier struct{ *client }

// Guard is what the account says of its callback.
func (r replier) Guard() time.Duration { return r.opt.Guard }

// Reply calls the callback once. 2xx with a post's id, and 409 with one, say
// that the reply stands.
func (r replier) Reply(ctx context.Context, p socialwatch.Payload, key string) (socialwatch.Published, error) {
	if err := r.maySend(p, key); err != nil {
		return socialwatch.Published{}, err
	}
	k := &call{id: key, key: key, body: order{typeReply, key, p.Account, p.Network, p.ParentID, addressee{p.ParentBy, p.ParentName},
		p.Whole(), p.Language, p.Visibility}}
	got, err := r.do(ctx, k)
	if err != nil {
		ne := &socialwatch.NetworkError{Reason: socialwatch.Unknown, Err: err}
		if !k.connected.Load() {
			ne.Reason = socialwatch.Temporary
		}
		return socialwatch.Published{}, ne
	}
	var told post
	_ = json.Unmarshal(got.body, &told) // what is not understood names no post
	done, stands := told.published()
	success := got.status >= 200 && got.status < 300
	switch {
	case stands && (success || got.status == http.StatusConflict):
		return done, nil
	case success:
		return socialwatch.Published{}, &socialwatch.NetworkError{Reason: socialwatch.Unknown, Err: errors.New("the callback's answer names no post_id")}
	case got.status == http.StatusConflict:
		return socialwatch.Published{}, &socialwatch.NetworkError{Reason: socialwatch.Duplicate, Err: errors.New("the callback says that this reply was sent, and does not name the post")}
	}
	return socialwatch.Published{}, r.refusal(got, socialwatch.Unknown)
}

// maySend refuses what must never go out.
func (r replier) maySend(p socialwatch.Payload, key string) error {
	text := ""
	switch {
	case p.Network != r.opt.Network || p.Host != r.opt.Host || p.Account != r.opt.Account:
		text = "the reply belongs to another account"
	case !validID(p.ParentID) || p.ParentBy == "":
		text = "the reply has no post to stand under"
	case strings.TrimSpace(p.Text) == "":
		text = "the reply has no text"
	case r.opt.Count.Of(p.Whole()) > r.opt.MaxLength:
		text = "the reply is too long"
	case !validID(key):
		text = "the reply has no usable idempotency key"
	default:
		return nil
	}
	return &socialwatch.NetworkError{Reason: socialwatch.Refused, Err: errors.New(text)}
}

// finder asks the callback for our replies under a post.
type finder struct{ *client }

// Find returns the reply with p's words. Where the answer is no list, nothing
// is known.
func (f finder) Find(ctx context.Context, p socialwatch.Payload) (socialwatch.Published, error) {
	got, err := f.do(ctx, &call{body: struct {
		Type     string `json:"type"`
		Account  string `json:"account"`
		ParentID string `json:"parent_id"`
	}{typeFind, p.Account, p.ParentID}})
	if err != nil {
		return socialwatch.Published{}, &socialwatch.NetworkError{Reason: socialwatch.Temporary, Err: err}
	}
	if got.status != http.StatusOK {
		return socialwatch.Published{}, f.refusal(got, socialwatch.Temporary)
	}
	var list struct {
		Replies []post `json:"replies"`
	}
	if err := json.Unmarshal(got.body, &list); err != nil || list.Replies == nil {
		return socialwatch.Published{}, &socialwatch.NetworkError{Reason: socialwatch.Temporary, Err: errors.New("the callback's answer holds no list of replies")}
	}
	for _, one := range list.Replies {
		if done, ok := one.published(); ok && connectors.SameWords(one.Text, p.Whole()) {
			return done, nil
		}
	}
	return socialwatch.Published{}, nil
}
