package legacy

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dghubble/go-twitter/twitter"

	"socialwatch"
	xapi "socialwatch/connectors/twitter"
)

// replier publishes and takes back.
type replier struct{ *client }

// Guard is 0: X refuses equal words for a while, but does not say for how long.
func (replier) Guard() time.Duration { return 0 }

// Reply publishes p in one call. X puts the author's name in front by itself.
// An answer that does not name the post, or its parent, is no success: a post
// that came to stand alone is deleted again, and the error says so.
func (r replier) Reply(ctx context.Context, p socialwatch.Payload, _ string) (socialwatch.Published, error) {
	if p.Network != socialwatch.X || p.Host != Host || p.Account != r.opt.Account {
		return socialwatch.Published{}, refused("the reply belongs to another account")
	}
	if !validID(p.ParentID) {
		return socialwatch.Published{}, refused("the reply has no post to stand under")
	}
	if strings.TrimSpace(p.Whole()) == "" {
		return socialwatch.Published{}, refused("the reply has no text")
	}
	parent, _ := strconv.ParseInt(p.ParentID, 10, 64) // was checked
	a, err := r.do(ctx, r.posting("update", xapi.ItemCreate, "create:"), func(lib *twitter.Client) error {
		_, _, err := lib.Statuses.Update(p.Whole(), &twitter.StatusUpdateParams{InReplyToStatusID: parent,
			AutoPopulateReplyMetadata: twitter.Bool(true), TweetMode: "extended"})
		return err
	})
	if err != nil {
		return socialwatch.Published{}, err
	}
	id := headOf(a.body)
	if id == "" {
		return socialwatch.Published{}, doubt("X's answer names no post")
	}
	t, _, err := decodeTweet(a.body)
	if err != nil {
		return socialwatch.Published{}, doubt("X's answer was not understood: " + err.Error())
	}
	if idOf(t.InReplyToStatusIDStr, t.InReplyToStatusID) != p.ParentID {
		return socialwatch.Published{}, r.takeBack(ctx, id)
	}
	return socialwatch.Published{PostID: id, URL: address(r.opt.Handle, id)}, nil
}

// posting is a call that makes or removes the post in its answer.
func (r replier) posting(name, item, object string) call {
	return call{name: name, item: item, most: 1, write: true, spare: true, holds: func(body []byte) []string {
		if id := headOf(body); id != "" {
			return []string{object + id}
		}
		return nil
	}}
}

// takeBack deletes a post that stands alone. It goes on when the caller's
// context has ended: leaving the post would be worse than a late answer.
func (r replier) takeBack(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.opt.Timeout)
	defer cancel()
	if err := r.Delete(ctx, id); err != nil {
		return doubt(fmt.Sprintf("ALARM: the reply was published as post %s, but under no post, and deleting it failed (%s): "+
			"delete it by hand", id, socialwatch.ReasonOf(err)))
	}
	return refused("ALARM: the reply was published, but under no post, so it was deleted again: answer in the app")
}

// Delete takes back a post of ours. A post that is gone already is no error.
func (r replier) Delete(ctx context.Context, postID string) error {
	id, err := strconv.ParseInt(postID, 10, 64)
	if err != nil || !validID(postID) {
		return refused("not the id of a post on X")
	}
	_, err = r.do(ctx, r.posting("destroy", xapi.ItemDelete, "delete:"), func(lib *twitter.Client) error {
		_, _, err := lib.Statuses.Destroy(id, nil)
		return err
	})
	if socialwatch.ReasonOf(err) == socialwatch.Gone {
		return nil
	}
	return err
}
