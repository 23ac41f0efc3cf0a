package store

import (
	"context"
	"slices"

	"socialwatch"
)

// tellMax bounds the ids in the data of one event.
const tellMax = 500

// tell writes the events of an erasure, so that consumers follow.
func (e *erasing) tell(ctx context.Context) error {
	var events []socialwatch.Event
	for _, c := range e.cases {
		mentions, replies := e.idsOf(c.ID)
		whole := slices.Contains(e.whole, c.ID)
		if whole && c.State != socialwatch.CaseMerged && c.State != socialwatch.CaseClosed {
			events = append(events, e.event(socialwatch.EventCaseState, c, map[string]any{"from": string(c.State),
				"to": string(socialwatch.CaseClosed), "reason": "erased"}))
		}
		kind := socialwatch.EventMentionErased
		if whole {
			kind = socialwatch.EventCaseErased
		}
		data := map[string]any{"mentions": mentions, "replies": replies, "why": e.why}
		if e.note != "" {
			data["note"] = e.note
		}
		events = append(events, e.event(kind, c, data))
	}
	return e.t.addEvents(ctx, append(events, e.caseless()...)...)
}

func (e *erasing) event(kind string, c erasedCase, data map[string]any) socialwatch.Event {
	return socialwatch.Event{Kind: kind, CaseID: c.ID, CaseVersion: c.Version + 1, Actor: e.actor, At: e.at, Data: data}
}

// idsOf are the posts and replies of a case that are erased.
func (e *erasing) idsOf(caseID int64) (mentions, replies []int64) {
	mentions, replies = []int64{}, []int64{}
	for _, p := range e.posts {
		if p.CaseID != nil && *p.CaseID == caseID {
			mentions = append(mentions, p.ID)
		}
	}
	for _, r := range e.replies {
		if r.CaseID == caseID {
			replies = append(replies, r.ID)
		}
	}
	return mentions, replies
}

// caseless are the events of posts without a case, by account.
func (e *erasing) caseless() (events []socialwatch.Event) {
	by := map[string][]int64{}
	var accounts []string
	for _, p := range e.posts {
		if p.CaseID != nil {
			continue
		}
		if by[p.Account] == nil {
			accounts = append(accounts, p.Account)
		}
		by[p.Account] = append(by[p.Account], p.ID)
	}
	slices.Sort(accounts)
	for _, account := range accounts {
		for ids := range slices.Chunk(by[account], tellMax) {
			data := map[string]any{"account": account, "mentions": ids, "why": e.why}
			if e.note != "" {
				data["note"] = e.note
			}
			events = append(events, socialwatch.Event{Kind: socialwatch.EventMentionErased, Actor: e.actor, At: e.at, Data: data})
		}
	}
	return events
}
