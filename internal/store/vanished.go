package store

import (
	"context"
	"fmt"
	"time"
)

const sqlSaveOwnGone = `update replies set gone_at = ? where account = ? and post_id in (?) and gone_at is null`

func (w *saving) saveOwnGone(ctx context.Context) error {
	if len(w.c.OwnGone) == 0 {
		return nil
	}
	_, err := w.t.exec(ctx, sqlSaveOwnGone, w.c.At, w.c.Account, w.c.OwnGone)
	return err
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
