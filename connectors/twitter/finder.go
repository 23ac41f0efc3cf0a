package twitter

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"socialwatch"
	"socialwatch/connectors"
)

// finder looks for replies of ours.
type finder struct{ *client }

// ownReach is how many posts of an account X shows at most, less a page.
const ownReach = 3200 - pageSize

// Find reads our own posts from the parent on, each charged as an own read once
// a day, until it finds the reply. X shows the 3,200 newest posts of an
// account: when there are as many since the parent, not finding proves nothing
// and is an error.
func (f finder) Find(ctx context.Context, p socialwatch.Payload) (socialwatch.Published, error) {
	if _, err := parseID(p.ParentID); err != nil {
		return socialwatch.Published{}, refused("the reply has no post to stand under")
	}
	me, err := f.learn(ctx)
	if err != nil {
		return socialwatch.Published{}, err
	}
	cost := f.costing(ItemOwnRead, pageSize)
	cost.Write = true
	k := call{path: "/2/users/" + me.id + "/tweets", query: url.Values{"since_id": {p.ParentID}},
		auth: f.reader(), cost: cost, spare: true}
	for read := 0; read < ownReach; {
		found, err := f.onward(ctx, k, read > 0)
		if err != nil {
			return socialwatch.Published{}, notOne(err)
		}
		for _, raw := range found.raws {
			q, err := decodePost(raw)
			if err != nil {
				return socialwatch.Published{}, readError(errors.New("one of our posts was not understood: it may be the reply"))
			}
			if string(q.Author) == me.id && isReply(q, p) {
				return socialwatch.Published{PostID: q.first(), URL: postURL(me.username, q.first())}, nil
			}
		}
		if found.next == "" {
			return socialwatch.Published{}, nil
		}
		read += max(len(found.raws), 1)
		k.query.Set("pagination_token", found.next)
	}
	return socialwatch.Published{}, readError(errors.New("X shows only the 3,200 newest posts of the account, " +
		"and the reply may be older: look for it in the app"))
}

// isReply reports whether q is the reply p: under the version of the parent
// that p was composed for, and with its words.
func isReply(q post, p socialwatch.Payload) bool {
	under := q.parent()
	if under != p.ParentID && (under == "" || revision(under) != p.ParentRev || string(q.ParentBy) != p.ParentBy) {
		return false
	}
	return sameButLinks(socialwatch.CleanText(unescape.Replace(q.Text)), p.Whole())
}

// shortener begins the links that X puts in the place of those in a text.
const shortener = "https://t.co/"

// sameButLinks reports whether theirs is ours as X serves it. What X takes as
// a link changes with every new top-level domain, so where X has put one of its
// own, anything of ours with a point in it will do.
func sameButLinks(theirs, ours string) bool {
	have, want := behindHandles(theirs), behindHandles(ours)
	if len(have) != len(want) {
		return connectors.SameWords(theirs, ours)
	}
	for i := range have {
		if strings.Contains(have[i], shortener) && strings.Contains(want[i], ".") {
			have[i], want[i] = "", ""
		}
	}
	return connectors.SameWords(strings.Join(have, " "), strings.Join(want, " "))
}

// behindHandles is a text in words, without the handles in front that X puts
// there by itself.
func behindHandles(text string) []string {
	list := strings.Fields(text)
	for len(list) > 0 && strings.HasPrefix(list[0], "@") {
		list = list[1:]
	}
	return list
}
