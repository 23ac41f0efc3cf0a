package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"socialwatch"
)

const (
	sqlSaveMovesRead = `select id, case_id, state, version, hash from replies where id in (?) order by id`
	sqlSaveMoves     = `update replies set state = ?, reason = ?, updated_at = ? where id in (?) and state in (?)`

	sqlSaveBriefs = `select c.id, c.version, c.score, ` + sqlDueNext + ` as due_at, c.opened_at from cases c where c.id in (?)`

	sqlSaveReplies = `insert into replies (case_id, mention_id, account, state, version, payload, hash, findings,
author, reason, expires_at, created_at, updated_at, due_at, rank, opened_at, edit, checked_by, reach)`
	sqlSaveVersions = `insert into reply_versions (reply_id, version, payload, hash, findings, author, created_at,
edit, words_added, words_removed, checked_by, slots, diff)`

	replyWidth, versionWidth = 19, 13
)

// replyBrief is what a reply's event needs of it.
type replyBrief struct {
	ID      int64  `db:"id"`
	CaseID  int64  `db:"case_id"`
	State   string `db:"state"`
	Version int    `db:"version"`
	Hash    string `db:"hash"`
}

// moved is the event of one move of a reply.
func (r replyBrief) moved(caseVersion int, to socialwatch.ReplyState, reason string) socialwatch.Event {
	return socialwatch.Event{Kind: "reply." + string(to), CaseID: r.CaseID, CaseVersion: caseVersion, ReplyID: r.ID,
		Actor: socialwatch.System,
		Data:  map[string]any{"from": r.State, "to": string(to), "reason": reason, "version": r.Version, "hash": r.Hash}}
}

// saveMoves moves stored replies: one statement for all moves with the same
// target and reason.
func (w *saving) saveMoves(ctx context.Context) error {
	if len(w.c.Moves) == 0 {
		return nil
	}
	ids := make([]int64, len(w.c.Moves))
	groups := map[socialwatch.ReplyMove][]int64{}
	for i, m := range w.c.Moves {
		ids[i] = m.ReplyID
		key := socialwatch.ReplyMove{To: m.To, Reason: m.Reason}
		groups[key] = append(groups[key], m.ReplyID)
	}
	var rows []replyBrief
	if err := w.t.all(ctx, &rows, sqlSaveMovesRead+w.t.s.dialect.forUpdate, ids); err != nil {
		return err
	}
	for key, ids := range groups {
		n, err := w.t.exec(ctx, sqlSaveMoves, key.To, key.Reason, w.c.At, ids, socialwatch.Before(key.To))
		if err != nil {
			return err
		}
		if n < int64(len(ids)) {
			return fmt.Errorf("a reply can no longer become %s: %w", key.To, socialwatch.ErrConflict)
		}
	}
	w.t.ring()
	caseIDs := make([]int64, len(rows))
	for i, r := range rows {
		caseIDs[i] = r.CaseID
	}
	if err := w.readCases(ctx, caseIDs); err != nil {
		return err
	}
	for _, r := range rows {
		i := slices.IndexFunc(w.c.Moves, func(m socialwatch.ReplyMove) bool { return m.ReplyID == r.ID })
		w.addEvent(r.moved(w.cases[r.CaseID].Version, w.c.Moves[i].To, w.c.Moves[i].Reason))
	}
	return nil
}

// readCases completes w.cases by cases that this batch does not change.
func (w *saving) readCases(ctx context.Context, ids []int64) error {
	var missing []int64
	for _, id := range ids {
		if _, ok := w.cases[id]; !ok {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	var rows []caseBrief
	if err := w.t.all(ctx, &rows, sqlSaveBriefs, socialwatch.NothingDue, missing); err != nil {
		return err
	}
	for _, r := range rows {
		w.cases[r.ID] = r
	}
	for _, id := range missing {
		if _, ok := w.cases[id]; !ok {
			return fmt.Errorf("case %d: %w", id, socialwatch.ErrNotFound)
		}
	}
	return nil
}

// drafts returns the entries' drafts with their case and mention, in order.
func (w *saving) drafts() (drafts []version, caseIDs []int64) {
	for _, e := range w.c.Entries {
		if e.Reply == nil {
			continue
		}
		r := *e.Reply
		r.CaseID, r.MentionID = e.CaseID, w.mentions[e.Mention.ID]
		r.Edit = socialwatch.Edit{Kind: firstEdit(r.Author)}
		drafts = append(drafts, version{Reply: r, slots: e.Slots, reach: min(e.Mention.Author.Followers, math.MaxInt32)})
		caseIDs = append(caseIDs, r.CaseID)
	}
	return drafts, caseIDs
}

// saveReplies stores the entries' drafts with their first version.
func (w *saving) saveReplies(ctx context.Context) error {
	drafts, caseIDs := w.drafts()
	if len(drafts) == 0 {
		return nil
	}
	if err := w.readCases(ctx, caseIDs); err != nil {
		return err
	}
	v := values{head: sqlSaveReplies, tail: "returning id, mention_id", width: replyWidth, args: make([]any, 0, replyWidth*len(drafts))}
	byMention := make(map[int64]version, len(drafts))
	for _, r := range drafts {
		byMention[r.MentionID] = r
		c := w.cases[r.CaseID]
		v.args = append(v.args, r.CaseID, r.MentionID, w.c.Account, r.State, r.Version, asJSON(r.Payload), r.Hash,
			asJSON(r.Findings), r.Author, r.Reason, r.ExpiresAt, r.CreatedAt, w.c.At,
			c.DueAt.Time, 100-c.Score, c.OpenedAt.Time, r.Edit.Kind, r.CheckedBy, r.reach)
	}
	w.t.ring()
	type stored struct {
		ID        int64 `db:"id"`
		MentionID int64 `db:"mention_id"`
	}
	saved, err := returning[stored](ctx, w.t, v)
	if err != nil {
		return conflictIfDuplicate(err)
	}
	versions := values{head: sqlSaveVersions, width: versionWidth}
	for _, s := range saved {
		r := byMention[s.MentionID]
		r.ID = s.ID
		versions.args = append(versions.args, r.args(r.CreatedAt)...)
		w.drafted(s.ID, r.Reply)
	}
	return w.t.values(ctx, versions)
}

// drafted writes the events of a new reply's way to its state.
func (w *saving) drafted(id int64, r socialwatch.Reply) {
	b := replyBrief{ID: id, CaseID: r.CaseID, Version: r.Version, Hash: r.Hash}
	way := []socialwatch.ReplyState{socialwatch.ReplyProposed, socialwatch.ReplyChecked, socialwatch.ReplyAwaiting}
	if r.State == socialwatch.ReplyBlocked {
		way = []socialwatch.ReplyState{socialwatch.ReplyProposed, socialwatch.ReplyBlocked}
	}
	for _, to := range way {
		reason := ""
		if to == r.State {
			reason = r.Reason
		}
		e := b.moved(w.cases[r.CaseID].Version, to, reason)
		if to == socialwatch.ReplyProposed {
			e.Actor = r.Author
		}
		w.addEvent(e)
		b.State = string(to)
	}
}

const sqlSaveMoved = `update replies set moved = ?, updated_at = ? where id = ? and state in ('sending','unknown') and moved = ''`

// saveMoved notes with replies that are on their way, or in doubt, that the thread
// has moved: it was too late to supersede them, and whoever approved them is told.
func (w *saving) saveMoved(ctx context.Context) error {
	for _, e := range w.c.Events {
		id, _ := e.Data["reply_id"].(int64)
		why, _ := e.Data["why"].(string)
		if e.Kind != socialwatch.EventThreadMoved || id == 0 || why == "" {
			continue
		}
		if _, err := w.t.exec(ctx, sqlSaveMoved, why, w.c.At, id); err != nil {
			return err
		}
	}
	return nil
}

func (w *saving) addEvent(e socialwatch.Event) {
	e.At = w.c.At
	w.events = append(w.events, e)
}

// firstVersion completes a draft.
func firstVersion(r socialwatch.Reply, at time.Time) socialwatch.Reply {
	r.Payload = storablePayload(r.Payload)
	r.Hash = r.Payload.Hash()
	r.Version = max(r.Version, 1)
	r.Author = cmp.Or(r.Author, socialwatch.System)
	if r.CreatedAt.IsZero() {
		r.CreatedAt = at
	}
	return r
}
