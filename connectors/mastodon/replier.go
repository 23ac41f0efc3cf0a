package mastodon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	gomastodon "github.com/mattn/go-mastodon"

	"socialwatch"
	"socialwatch/connectors"
)

// replier publishes and takes back.
type replier struct{ *client }

// keyLife is how long Mastodon keeps idempotency keys (note, section 6).
const keyLife = time.Hour

// Guard is one hour on Mastodon itself. It is 0 on all other software, of
// which GoToSocial posts the same key twice, and until the server is known.
func (r replier) Guard() time.Duration {
	if f := r.facts.Load(); f != nil && f.keys {
		return keyLife
	}
	return 0
}

// Reply publishes p in one call. Afterwards the server's answer must address
// the author and nobody else; otherwise the post is deleted again, and the
// error says so: Refused when it surely is, Unknown when it may still stand.
func (r replier) Reply(ctx context.Context, p socialwatch.Payload, key string) (socialwatch.Published, error) {
	if err := r.mayPost(p, key); err != nil {
		return socialwatch.Published{}, err
	}
	k := &call{key: key, spare: true}
	s, err := r.lib.PostStatus(withCall(ctx, k), &gomastodon.Toot{
		Status: p.Whole(), InReplyToID: gomastodon.ID(p.ParentID), SpoilerText: p.Warning,
		Visibility: visibilityName(p.Visibility), Language: p.Language,
	})
	if err != nil {
		return socialwatch.Published{}, writeError(libError(err), k)
	}
	if !validID(string(s.ID)) {
		return socialwatch.Published{}, doubt("the server's answer names no post")
	}
	if wrong := r.wrong(s, p); wrong != "" {
		return socialwatch.Published{}, r.takeBack(ctx, string(s.ID), wrong)
	}
	return socialwatch.Published{PostID: string(s.ID), URL: cmp.Or(s.URL, s.URI)}, nil
}

// mayPost refuses what must never reach the server.
func (r replier) mayPost(p socialwatch.Payload, key string) error {
	switch {
	case p.Network != socialwatch.Mastodon || p.Host != r.host || p.Account != r.opt.Account:
		return refused("the reply belongs to another account")
	case !validID(p.ParentID) || p.ParentBy == "" || p.ParentName == "":
		return refused("the reply has no post to stand under")
	case p.Prefix != "@"+p.ParentName+" ":
		return refused("the reply does not begin with its author's address")
	case addresses(p.Text, p.ParentName):
		return refused("the text addresses somebody else with @")
	case strings.TrimSpace(p.Text) == "":
		return refused("the reply has no text")
	case key == "" || len(key) > 255 || strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' }):
		return refused("the reply has no usable idempotency key")
	}
	return nil
}

// libError keeps the class of what the library says, without its words, which
// may hold those of a post.
func libError(err error) error {
	var api *gomastodon.APIError
	if errors.As(err, &api) {
		return &statusError{code: api.StatusCode}
	}
	return connectors.NotUnderstood(err)
}

func doubt(text string) *socialwatch.NetworkError {
	return &socialwatch.NetworkError{Reason: socialwatch.Unknown, Err: errors.New(text)}
}

// wrong says what is wrong with a published reply; empty when nothing is.
func (r replier) wrong(s *gomastodon.Status, p socialwatch.Payload) string {
	ids := make([]string, 0, len(s.Mentions))
	for _, m := range s.Mentions {
		ids = append(ids, string(m.ID))
	}
	switch {
	case strangers(ids, p.ParentBy, r.known().account):
		return "it did not address its author alone"
	case !sameID(s.InReplyToID, p.ParentID):
		return "it did not stand under the post it answers"
	case visibilityOf(s.Visibility).Wider(p.Visibility):
		return "it could be read by more people than asked for"
	}
	return ""
}

// sameID reports whether the value of a JSON id, which the library leaves as it
// came, is id. A number is a float64 by now: of long ones the first 15 digits
// tell, which is enough to know that the parent was taken.
func sameID(value any, id string) bool {
	switch v := value.(type) {
	case string:
		return v == id
	case float64:
		want, err := strconv.ParseFloat(id, 64)
		return err == nil && v == want
	}
	return false
}

// strangers reports whether the mentioned are anybody but the author; we
// ourselves don't count.
func strangers(ids []string, author, own string) bool {
	reached := false
	for _, id := range ids {
		switch id {
		case author:
			reached = true
		case own:
		default:
			return true
		}
	}
	return !reached
}

func mentioned(list []mention) []string {
	ids := make([]string, 0, len(list))
	for _, m := range list {
		ids = append(ids, string(m.ID))
	}
	return ids
}

// takeBack deletes a post that came out wrong. It goes on when the caller's
// context has ended: leaving the post would be worse than a late answer.
func (r replier) takeBack(ctx context.Context, id, wrong string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.opt.Timeout)
	defer cancel()
	if err := r.Delete(ctx, id); err != nil {
		return doubt(fmt.Sprintf("ALARM: the reply was published as post %s, but %s, and deleting it failed (%s): "+
			"delete it by hand and look for whom it reached", id, wrong, socialwatch.ReasonOf(err)))
	}
	return refused(fmt.Sprintf("ALARM: the reply was published, but %s, so it was deleted again: "+
		"look at the author's address before answering by hand", wrong))
}

// Delete takes back a post of ours. A post that is gone already is no error.
func (r replier) Delete(ctx context.Context, postID string) error {
	if !validID(postID) {
		return refused("not the id of a post on this server")
	}
	k := &call{spare: true}
	err := r.lib.DeleteStatus(withCall(ctx, k), gomastodon.ID(postID))
	if err == nil {
		return nil
	}
	ne := writeError(libError(err), k)
	var se *statusError
	if ne.Reason == socialwatch.Gone && errors.As(err, &se) && se.api {
		return nil
	}
	return ne
}
