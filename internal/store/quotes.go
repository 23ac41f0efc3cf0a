package store

import (
	"context"

	"socialwatch"
)

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
