package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"socialwatch"
)

const (
	sqlOriginal = `select payload, author, slots from reply_versions where reply_id = ? and version = 1`

	sqlAuthors = `select distinct author from reply_versions where reply_id = ? order by author`

	// Whoever asks wants the last hour, and asks after the reply was made.
	sqlSameText = `select decided_at from replies where account = ? and decided_at >= ? and id <> ?
  and ` + sqlIsSaid + ` and payload ->> 'text' = ? order by decided_at desc limit ?`
	// The roots alone find the posts: an expression keeps SQLite from reading all
	// of a host by the index that begins with it.
	sqlPosing = `select author_handle from mentions where root_id = ? and network || '' = ? and host || '' = ? and author_id <> ?
  and ` + sqlIsImpostor + ` order by created_at, id limit 1`
	sqlKnownPosing = `select root_id, author_id, author_handle from mentions
where root_id in (?) and network || '' = ? and host || '' = ? and ` + sqlIsImpostor + ` order by created_at, id`
	sqlIsImpostor = `cast(signals as text) like '%"` + socialwatch.SignalImpostor + `"%'`
)

// original reads what version 1 tells: who wrote it, and what a template filled in;
// and who has written since.
func (t *tx) original(ctx context.Context, rc *socialwatch.ReplyContext) error {
	var first struct {
		Payload jsonOf[socialwatch.Payload] `db:"payload"`
		Author  string                      `db:"author"`
		Slots   jsonOf[[]socialwatch.Span]  `db:"slots"`
	}
	err := t.get(ctx, &first, sqlOriginal, rc.Reply.ID)
	if err != nil && !errors.Is(err, socialwatch.ErrNotFound) {
		return err
	}
	if rc.FirstBy = first.Author; rc.FirstBy == socialwatch.System {
		rc.Original, rc.Slots = first.Payload.V.Text, first.Slots.V
	}
	return t.all(ctx, &rc.Authors, sqlAuthors, rc.Reply.ID)
}

// around reads what warns of a reply: the same words said to others, and who
// poses as us in the thread.
func (t *tx) around(ctx context.Context, rc *socialwatch.ReplyContext) error {
	p := rc.Parent
	var said []moment
	err := t.all(ctx, &said, sqlSameText, p.Account, rc.Reply.CreatedAt.Add(-time.Hour), rc.Reply.ID, rc.Reply.Payload.Text, socialwatch.OftenFrom)
	for _, at := range said {
		rc.SameText = append(rc.SameText, at.Time)
	}
	if err != nil {
		return err
	}
	var posing []string
	err = t.all(ctx, &posing, sqlPosing, p.RootID, p.Network, p.Host, p.Author.ID)
	rc.Impostor = strings.Join(posing, "")
	return err
}

// knownPosing reads who poses as us in the threads with these roots.
func (t *tx) knownPosing(ctx context.Context, network, host string, roots []string) ([]socialwatch.Posing, error) {
	var rows []struct {
		RootID   string `db:"root_id"`
		AuthorID string `db:"author_id"`
		Handle   string `db:"author_handle"`
	}
	err := t.all(ctx, &rows, sqlKnownPosing, roots, network, host)
	var out []socialwatch.Posing
	for _, r := range rows {
		out = append(out, socialwatch.Posing{RootID: r.RootID, AuthorID: r.AuthorID, Handle: r.Handle})
	}
	return out, err
}

const (
	sqlNewer = `select count(*) from mentions where case_id = ? and received_at > ? and id <> ?`
	// What intake could only tell, because the reply was on its way then.
	sqlToldMoved = `select data ->> 'why' from events where case_id = ? and kind = '` + socialwatch.EventThreadMoved + `'
  and cast(data ->> 'reply_id' as bigint) = ?
  and id > (select max(id) from events where case_id = ? and reply_id = ? and kind = 'reply.approved')
order by id limit 1`
)

// moved says how the thread has moved since a reply was decided. Intake
// supersedes what stands in its way; what was in doubt then is asked here.
func (t *tx) moved(ctx context.Context, rc socialwatch.ReplyContext) (string, error) {
	switch {
	case rc.ParentGone:
		return "the post is gone", nil
	case rc.Parent.Revision() != rc.Reply.Payload.ParentRev:
		return "the customer edited the post", nil
	case rc.Reply.DecidedAt.IsZero():
		return "", nil
	}
	var newer int
	err := t.get(ctx, &newer, sqlNewer, rc.Case.ID, rc.Reply.DecidedAt, rc.Reply.MentionID)
	if err != nil {
		return "", err
	}
	if newer > 0 {
		return "the customer added a post", nil
	}
	var why string
	err = t.get(ctx, &why, sqlToldMoved, rc.Case.ID, rc.Reply.ID, rc.Case.ID, rc.Reply.ID)
	if errors.Is(err, socialwatch.ErrNotFound) {
		return "", nil
	}
	return why, err
}
