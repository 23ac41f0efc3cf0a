package publish

import (
	"context"
	"errors"
	"fmt"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// lookLife is how long a look at a thread is good for a send: those of one pass
// share their looks, as networks limit requests and some charge for them.
const lookLife = 5 * time.Second

// freshen looks at the threads of all replies of an account at once and returns
// when each was looked at. Those that it could not read are missing: they are
// looked at alone before they are sent. An account whose network fails waits.
func (p *Publisher) freshen(ctx context.Context, ids []int64) (map[int64]time.Time, error) {
	looked := map[int64]time.Time{}
	if len(ids) < 2 {
		return looked, nil
	}
	of := map[*connectors.Connector]map[int64]socialwatch.Watch{}
	for _, id := range ids {
		rc, err := p.Replies.Context(ctx, id)
		if err != nil {
			return looked, fmt.Errorf("read reply %d: %w", id, err)
		}
		c := p.Connector(rc.Reply.Payload.Account)
		if c == nil || p.waiting(c.Account) {
			continue
		}
		if of[c] == nil {
			of[c] = map[int64]socialwatch.Watch{}
		}
		of[c][id] = around(rc)
	}
	var errs []error
	for c, group := range of {
		watches := make([]socialwatch.Watch, 0, len(group))
		for _, w := range group {
			watches = append(watches, w)
		}
		unread, err := p.Refresh(ctx, c, watches)
		p.noteWait(c.Account, err)
		if err != nil {
			errs = append(errs, fmt.Errorf("account %s: %w", c.Account, err))
		}
		if err != nil || unread != nil {
			continue
		}
		for id := range group {
			looked[id] = p.Now()
		}
	}
	return looked, errors.Join(errs...)
}

// around is what surrounds the post that a reply answers.
func around(rc socialwatch.ReplyContext) socialwatch.Watch {
	post := rc.Parent.Post
	return socialwatch.Watch{CaseID: rc.Case.ID, Account: rc.Reply.Payload.Account, Customer: rc.Case.Customer.ID,
		Roots: []string{post.RootID}, PostIDs: []string{post.ID}, Since: post.CreatedAt}
}
