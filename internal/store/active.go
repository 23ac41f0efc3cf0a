package store

import (
	"context"
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
