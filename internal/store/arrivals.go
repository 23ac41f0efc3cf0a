package store

import (
	"context"
	"fmt"
	"time"

	"socialwatch"
)

// What the customer, our people or a case system did. What the program does by
// the clock, or as an echo of these, is none of it.
const sqlActive = `select case_id, max(at) as at from events where case_id in (?) and (actor <> '` + socialwatch.System + `'
    or kind in ('` + socialwatch.EventCaseOpened + `','` + socialwatch.EventMentionAttached + `','` + socialwatch.EventMentionEdited + `','` + socialwatch.EventCaseResponded + `'))
group by case_id`

// active is when each case was last acted upon.
func (t *tx) active(ctx context.Context, cases []int64) (map[int64]time.Time, error) {
	var rows []struct {
		CaseID int64  `db:"case_id"`
		At     moment `db:"at"`
	}
	err := t.all(ctx, &rows, sqlActive, cases)
	at := make(map[int64]time.Time, len(rows))
	for _, r := range rows {
		at[r.CaseID] = r.At.Time
	}
	return at, err
}

const sqlSaveOwnGone = `update replies set gone_at = ? where account = ? and post_id in (?) and gone_at is null`

func (w *saving) saveOwnGone(ctx context.Context) error {
	if len(w.c.OwnGone) == 0 {
		return nil
	}
	_, err := w.t.exec(ctx, sqlSaveOwnGone, w.c.At, w.c.Account, w.c.OwnGone)
	return err
}

const (
	sqlQuotesForget   = `delete from quotes where mention_id in (?)`
	sqlQuotesKeep     = `insert into quotes (number, mention_id)`
	sqlQuotesKeepTail = `on conflict do nothing`
)

// saveQuotes keeps which posts quote which case numbers, whoever wrote them.
func (w *saving) saveQuotes(ctx context.Context) error {
	var changed []int64
	v := values{head: sqlQuotesKeep, tail: sqlQuotesKeepTail, width: 2}
	for _, e := range w.c.Entries {
		id := w.mentions[e.Mention.ID]
		if !e.Mention.EditedAt.IsZero() {
			changed = append(changed, id)
		}
		for _, x := range e.Assessment.Entities {
			if x.Kind == socialwatch.CaseNumber {
				v.args = append(v.args, x.Value, id)
			}
		}
	}
	if len(changed) > 0 {
		if _, err := w.t.exec(ctx, sqlQuotesForget, changed); err != nil {
			return err
		}
	}
	return w.t.values(ctx, v)
}

// A reply that was sent a moment ago may not be readable yet.
const sqlDueSent = `update replies set looked_at = ? where id in (
    select r.id from replies r join cases c on c.id = r.case_id
    where r.account = ? and r.state = 'sent' and r.gone_at is null and c.state in ('new','open','waiting','resolved')
      and r.sent_at < ? and (r.looked_at is null or r.looked_at < ?)
    order by r.id limit ?)
returning post_id`

// sentApart is how old a sent reply is before its absence says something.
const sentApart = 10 * time.Minute

// DueSent returns at most limit posts of ours that answered the account's live
// cases and were last looked at before the time given, and counts them as looked
// at now, whatever comes of the look.
func (s *Store) DueSent(ctx context.Context, account string, now, before time.Time, limit int) ([]string, error) {
	var ids []string
	err := s.tx(ctx, func(t *tx) error {
		ids = nil
		return t.all(ctx, &ids, sqlDueSent, now, account, now.Add(-sentApart), before, limit)
	})
	if err != nil {
		return nil, fmt.Errorf("claim looks at replies of %s: %w", account, err)
	}
	return ids, nil
}
