package store

import (
	"context"
	"fmt"
	"time"

	"socialwatch"
)

const (
	sqlBreaches = `select e.seq, coalesce(e.data ->> 'target', 'first_response') as target, c.number, c.account, c.level, c.intent, c.assignee, c.team,
coalesce((select m.lang from mentions m where m.case_id = c.id order by m.created_at, m.id limit 1), '') as lang
from events e join cases c on c.id = e.case_id
where e.seq > ? and e.seq <= ? and e.kind = 'case.breached'
  and (c.responded_at is null and coalesce(e.data ->> 'target', 'first_response') = 'first_response'
       or c.asked_at is not null and e.data ->> 'target' = 'next_response') order by e.seq limit ?`
	sqlSeqBefore = `select coalesce((select seq from events where at < ? and seq is not null order by at desc, id desc limit 1), 0)`
)

// breachesMax bounds what one call of Breaches returns.
const breachesMax = 100

// Breach is a case that has passed its target of the first or the next response
// and is not answered, with what tells whose work it is.
type Breach struct {
	Seq        int64 // of its event
	Target     socialwatch.TargetName
	CaseNumber string
	Account    string
	Level      int
	Intent     socialwatch.Intent
	Assignee   string // login; empty: nobody
	Team       string
	Language   string // of the first post, as triage found it
}

// Breaches returns those after an event's number, in order, and the number to
// go on from; with the number 0 those since about a time.
func (s *Store) Breaches(ctx context.Context, afterSeq int64, since time.Time) (all []Breach, upTo int64, err error) {
	var rows []struct {
		Seq      int64  `db:"seq"`
		Target   string `db:"target"`
		Number   string `db:"number"`
		Account  string `db:"account"`
		Level    int    `db:"level"`
		Intent   string `db:"intent"`
		Assignee string `db:"assignee"`
		Team     string `db:"team"`
		Language string `db:"lang"`
	}
	err = s.read(ctx, func(t *tx) error {
		rows = nil
		from := afterSeq
		if from == 0 {
			if err := t.get(ctx, &from, sqlSeqBefore, since); err != nil {
				return err
			}
		}
		if err := t.get(ctx, &upTo, sqlAlertHead); err != nil || upTo <= from {
			upTo = max(upTo, from)
			return err
		}
		return t.all(ctx, &rows, sqlBreaches, from, upTo, breachesMax)
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read breaches: %w", err)
	}
	for _, r := range rows {
		all = append(all, Breach{Seq: r.Seq, Target: socialwatch.TargetName(r.Target), CaseNumber: r.Number, Account: r.Account, Level: r.Level,
			Intent: socialwatch.Intent(r.Intent), Assignee: r.Assignee, Team: r.Team, Language: r.Language})
	}
	if len(all) == breachesMax {
		upTo = all[breachesMax-1].Seq
	}
	return all, upTo, nil
}
