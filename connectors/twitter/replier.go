package twitter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"socialwatch"
)

// replier publishes and takes back.
type replier struct{ *client }

// Guard is 0: X knows no idempotency key. It refuses equal text by the same
// account, but for how long it does not say.
func (r replier) Guard() time.Duration { return 0 }

// reply is the body of POST /2/tweets. X refuses fields that it does not know.
type reply struct {
	Text  string      `json:"text"`
	Reply replyTarget `json:"reply"`
}

type replyTarget struct {
	Parent string `json:"in_reply_to_tweet_id"`
}

// Reply publishes p in one call, with the same text on every attempt. An edited
// parent is looked up first, as its newest version is what must be answered; a
// parent that was edited since p was composed is refused.
//
// X has no use for key. What guards against a second post is that X refuses
// equal text (Duplicate), and that everything which may have happened is
// Unknown.
func (r replier) Reply(ctx context.Context, p socialwatch.Payload, _ string) (socialwatch.Published, error) {
	item, err := r.mayPost(p)
	if err != nil {
		return socialwatch.Published{}, err
	}
	me, err := r.learn(ctx) // in whose name
	if err != nil {
		return socialwatch.Published{}, err
	}
	parent, err := r.version(ctx, p)
	if err != nil {
		return socialwatch.Published{}, err
	}
	cost := r.costing(item, 1)
	cost.Write = true
	a, err := r.do(ctx, call{
		method: http.MethodPost, path: "/2/tweets", auth: authUser, cost: cost, write: true, spare: true,
		body: reply{Text: p.Whole(), Reply: replyTarget{Parent: parent}},
	})
	if err != nil {
		return socialwatch.Published{}, err
	}
	id, under := created(a.body)
	switch {
	case id == "":
		return socialwatch.Published{}, doubt("X's answer names no post")
	case under != "" && under != parent:
		return socialwatch.Published{}, doubt(fmt.Sprintf("ALARM: the reply was published as post %s, but X says under "+
			"another post than the one it answers: look at it and delete it by hand", id))
	}
	return socialwatch.Published{PostID: id, URL: postURL(me.username, id)}, nil
}

// mayPost refuses what must never reach X, and says what the reply is charged
// as.
func (r replier) mayPost(p socialwatch.Payload) (item string, err error) {
	_, parentErr := parseID(p.ParentID)
	switch {
	case p.Network != socialwatch.X || p.Host != host || p.Account != r.opt.Account:
		return "", refused("the reply belongs to another account")
	case parentErr != nil || p.ParentBy == "" || !validHandle(p.ParentName):
		return "", refused("the reply has no post to stand under")
	case p.Prefix != "" || p.Warning != "":
		return "", refused("a reply on X has neither a prefix nor a content warning")
	case strings.TrimSpace(p.Text) == "":
		return "", refused("the reply has no text")
	case length(p.Whole()) > lengthLimit:
		return "", refused(fmt.Sprintf("the reply is longer than %d", lengthLimit))
	case addresses(p.Text, p.ParentName):
		return "", refused("the text names somebody else with @")
	}
	if item, err = (composer{r.client}).item(p.Text); err != nil {
		return "", refused(err.Error())
	}
	return item, nil
}

// version is the id of the version of the parent that is answered: that of the
// newest when it was edited before p was composed.
func (r replier) version(ctx context.Context, p socialwatch.Payload) (string, error) {
	if p.ParentRev == (socialwatch.Post{}).Revision() {
		return p.ParentID, nil
	}
	cost := r.costing(ItemPostRead, 1)
	cost.Write = true
	found, _, err := r.posts(ctx, call{path: "/2/tweets", query: url.Values{"ids": {p.ParentID}},
		auth: r.reader(), cost: cost, spare: true})
	if err != nil {
		return "", err
	}
	for _, raw := range found.raws {
		parent, err := decodePost(raw)
		if err != nil || parent.first() != p.ParentID {
			continue
		}
		if revision(parent.newest()) != p.ParentRev {
			return "", refused("the post was edited again: its author says something else now")
		}
		return parent.newest(), nil
	}
	for _, e := range found.problems {
		if m := e.kind(); m == markMissing || m == markHidden {
			return "", &socialwatch.NetworkError{Reason: socialwatch.Gone, Err: errors.New(words[m])}
		}
	}
	return "", readError(errors.New("X does not tell the newest version of the post"))
}

// revision is what Post.Revision makes of an edited post whose newest version
// has this id.
func revision(id string) string { return socialwatch.Post{EditedAt: drawn(id)}.Revision() }

// created is the new post's id in the answer to a write, "" when it can't be
// read, and the post that it stands under where X tells.
func created(body []byte) (id, under string) {
	var answer struct {
		Data post `json:"data"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return string(idOf(dataOf(body))), ""
	}
	answer.Data.unite()
	if _, err := parseID(string(answer.Data.ID)); err != nil {
		return "", ""
	}
	return string(answer.Data.ID), answer.Data.parent()
}

func dataOf(body []byte) json.RawMessage {
	var answer struct {
		Data json.RawMessage `json:"data"`
	}
	_ = json.Unmarshal(body, &answer) // what can't be read is nothing
	return answer.Data
}

func doubt(text string) *socialwatch.NetworkError {
	return &socialwatch.NetworkError{Reason: socialwatch.Unknown, Err: errors.New(text)}
}

// Delete takes back a post of ours with all its versions. One that is gone
// already is no error.
func (r replier) Delete(ctx context.Context, postID string) error {
	if _, err := parseID(postID); err != nil {
		return refused("not the id of a post on X")
	}
	if _, err := r.learn(ctx); err != nil {
		return err
	}
	cost := r.costing(ItemDelete, 1)
	cost.Write = true
	a, err := r.do(ctx, call{
		method: http.MethodDelete, path: "/2/tweets/" + postID, auth: authUser,
		cost: cost, object: "delete:" + postID, write: true, spare: true,
	})
	var e *apiError
	if errors.As(err, &e) && e.status == http.StatusNotFound && e.api {
		return nil
	}
	if err != nil {
		return err
	}
	var answer struct {
		Data struct {
			Deleted bool `json:"deleted"`
		} `json:"data"`
	}
	if json.Unmarshal(a.body, &answer) != nil || !answer.Data.Deleted {
		return doubt("X does not say that the post is deleted")
	}
	return nil
}
