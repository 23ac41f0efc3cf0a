package store

import (
	"context"
	"slices"
	"time"

	"socialwatch"
)

// maxRevisions is how many earlier wordings of a post are kept.
const maxRevisions = 5

const (
	// What is about to be replaced. Posts without a case have no drafts that
	// anybody would compare.
	sqlSaveRevisions = `insert into mention_revisions (mention_id, revision, masked, replaced_at)
select id, revision, masked, ? from mentions
where network = ? and host = ? and post_id in (?) and case_id is not null and gone_at is null
on conflict (mention_id, revision) do nothing`
	sqlTrimRevisions = `delete from mention_revisions where (mention_id, revision) in (
    select mention_id, revision from (
        select mention_id, revision, row_number() over (partition by mention_id order by replaced_at desc, revision desc) as n
        from mention_revisions
        where mention_id in (select id from mentions where network = ? and host = ? and post_id in (?))) as numbered
    where n > ?)`

	sqlEraseRevisions = `delete from mention_revisions
where mention_id in (select id from mentions where network = ? and host = ? and post_id in (?))`
	sqlEraseClosed = `delete from mention_revisions where mention_id in (
    select m.id from mention_revisions r join mentions m on m.id = r.mention_id join cases c on c.id = m.case_id
    where m.account = ? and c.state = 'closed')`

	sqlRevisionsSince = `select r.mention_id, r.masked from mention_revisions r join mentions m on m.id = r.mention_id
where m.case_id = ? and r.replaced_at > ? order by r.replaced_at, r.revision`
	sqlNativeSince = `select ` + eventColumns + ` from events
where case_id = ? and at > ? and kind = '` + socialwatch.EventCaseResponded + `' and data ->> 'how' = 'native' order by id`
)

// saveRevisions keeps what edited posts of the batch said, before it is replaced.
// An entry that is as it is stored brings no row: it has no new revision.
func (w *saving) saveRevisions(ctx context.Context) error {
	var edited []string
	for _, e := range w.c.Entries {
		if !e.Mention.EditedAt.IsZero() {
			edited = append(edited, e.Mention.ID)
		}
	}
	if len(edited) == 0 {
		return nil
	}
	kept, err := w.t.exec(ctx, sqlSaveRevisions, w.c.At, w.network, w.host, edited)
	if err != nil || kept == 0 {
		return err
	}
	_, err = w.t.exec(ctx, sqlTrimRevisions, w.network, w.host, edited, maxRevisions)
	return err
}

// Changed is what a case has seen since the draft before another, where that one
// gave way to it.
type Changed struct {
	Before socialwatch.Reply // the draft that was superseded; its Reason says why
	Edited []EditedPost
	Added  []MentionRow // came since
	Gone   []MentionRow // went since
	Native []NativeAnswer
}

// EditedPost is a post with what it said when the draft before was made.
type EditedPost struct {
	MentionRow
	Was   string // masked, as Assessment.Masked
	Known bool   // false: what it said is not kept
}

// NativeAnswer is one that our people gave in the network's own app.
type NativeAnswer struct {
	At  time.Time // when we learnt of it
	URL string    // may be empty
}

// changed reads what has changed since the draft before card.Reply; nil when that
// one was not superseded.
func (t *tx) changed(ctx context.Context, card Card) (*Changed, error) {
	i := slices.IndexFunc(card.Others, func(r socialwatch.Reply) bool { return r.ID > card.Reply.ID })
	if i < 0 {
		i = len(card.Others)
	}
	if i == 0 || card.Others[i-1].State != socialwatch.ReplySuperseded {
		return nil, nil
	}
	c := &Changed{Before: card.Others[i-1]}
	since := c.Before.CreatedAt
	was, err := t.saidBefore(ctx, card.Case.ID, since)
	if err != nil {
		return nil, err
	}
	for _, m := range card.Thread {
		text, known := was[m.ID]
		another := m.ID == c.Before.MentionID && m.Mention.Revision() != c.Before.Payload.ParentRev
		switch {
		case m.ReceivedAt.After(since):
			c.Added = append(c.Added, m)
		case m.GoneAt.After(since):
			c.Gone = append(c.Gone, m)
		case m.GoneAt.IsZero() && (known || another):
			c.Edited = append(c.Edited, EditedPost{m, text, known})
		}
	}
	var events []eventRow
	err = t.all(ctx, &events, sqlNativeSince, card.Case.ID, since)
	for _, e := range rowValues[eventRow, socialwatch.Event](events) {
		url, _ := e.Data["url"].(string)
		c.Native = append(c.Native, NativeAnswer{e.At, url})
	}
	return c, err
}

// saidBefore is what posts of a case said at a time, by mention, where they have
// been edited since.
func (t *tx) saidBefore(ctx context.Context, caseID int64, at time.Time) (map[int64]string, error) {
	var rows []struct {
		MentionID int64  `db:"mention_id"`
		Masked    string `db:"masked"`
	}
	if err := t.all(ctx, &rows, sqlRevisionsSince, caseID, at); err != nil {
		return nil, err
	}
	was := make(map[int64]string, len(rows))
	for _, r := range rows {
		if _, later := was[r.MentionID]; !later {
			was[r.MentionID] = r.Masked
		}
	}
	return was, nil
}
