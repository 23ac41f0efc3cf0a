package store

import (
	"context"
	"time"

	"socialwatch"
)

const (
	// sqlDueNext is the deadline of a case c by which its drafts stand in the queue;
	// its ? is socialwatch.NothingDue. sqlNextAt is what targets and indexes say of
	// it: null while no clock runs. A draft must stand somewhere from the moment
	// that it is written, so here a question whose clock is not wound yet gets as
	// long as the first one had, and a case in which no clock runs gets the ?.
	sqlDueNext = `case when c.responded_at is null then c.due_at when c.next_at is not null then c.next_at
    when c.asked_at is not null and c.state in ('new','open') and c.external_system = '' then c.asked_at + (c.due_at - c.opened_at)
    else ? end`

	// Replies in the queue follow their case's order.
	sqlQueueAgain = `update replies set due_at = c.due_at, rank = 100 - c.score, opened_at = c.opened_at
from (select c.id, ` + sqlDueNext + ` as due_at, c.score, c.opened_at from cases c where c.id in (?)) as c
where c.id = replies.case_id
  and replies.state in ` + liveReplies + `
  and (replies.due_at <> c.due_at or replies.rank <> 100 - c.score or replies.opened_at <> c.opened_at)`

	// The answer that is owed comes before resolving, as their names do.
	sqlNextTargets = `update cases set next_at = n.due_at
from (select c.id, (select t.due_at from targets t where t.case_id = c.id and t.target <> '` + string(socialwatch.FirstResponse) + `'
    and t.due_at is not null order by t.target limit 1) as due_at from cases c where c.id in (?)) as n
where n.id = cases.id and cases.next_at is distinct from n.due_at`
)

// The deadline of a case, which cases have one, and which were raised: word for
// word what the indexes cases_due_next and cases_raised say
// (0028_nexttargets.sql).
const (
	sqlNextAt   = `(case when responded_at is null then due_at else next_at end)`
	sqlHasNext  = ` and state in ('new','open','waiting') and (responded_at is null or next_at is not null)`
	sqlIsRaised = ` and state in ('new','open') and asked_at <= raised_at`

	sqlRaisedAt = `case when c.state in ('new','open') and c.asked_at <= c.raised_at then c.raised_at end`
)

// queueAgain puts the drafts of cases where they stand in the queue by now, and
// returns how many have moved.
func (t *tx) queueAgain(ctx context.Context, cases ...int64) (int64, error) {
	return t.exec(ctx, sqlQueueAgain, socialwatch.NothingDue, cases)
}

// follow lets cases that have their first response, and their drafts, follow the
// targets that have just been wound; those of others follow the case itself.
func (t *tx) follow(ctx context.Context, cases []caseRow) error {
	var answered []int64
	for _, c := range cases {
		if !c.RespondedAt.IsZero() {
			answered = append(answered, c.ID)
		}
	}
	if len(answered) == 0 {
		return nil
	}
	if _, err := t.exec(ctx, sqlNextTargets, answered); err != nil {
		return err
	}
	moved, err := t.queueAgain(ctx, answered...)
	if moved > 0 {
		t.ring()
	}
	return err
}

// due is the case's deadline, which is next once it has its first response; zero
// while no clock runs.
func (r caseRow) due(next moment) time.Time {
	switch state := socialwatch.CaseState(r.State); {
	case !state.Live() || state == socialwatch.CaseResolved:
		return time.Time{}
	case r.RespondedAt.IsZero():
		return r.DueAt.Time
	}
	return next.Time
}
