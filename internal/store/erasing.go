package store

import (
	"context"
	"slices"

	"socialwatch"
)

const (
	sqlEraseLock     = `select id, number, state, version from cases where id in (?) order by id`
	sqlEraseAnswers  = `select id, case_id, mention_id, state, version, hash, payload, findings, reason from replies where case_id in (?) order by id`
	sqlEraseWithdraw = `update replies set state = 'withdrawn', reason = 'erased', retry_at = null, hold_until = null, hold_from = null,
    snoozed_until = null, updated_at = ?, ` + sqlDecidedNow + ` where id in (?) returning ` + replyColumns
	sqlEraseAnswer = `update replies set payload = ?, findings = ?, reason = ?, post_url = '' where id = ?`
	sqlEraseDrafts = `update reply_versions set payload = ?, findings = ?, diff = '[]', slots = '[]' where reply_id = ? and version = ?`
	sqlEraseCalls  = `update attempts set reason = '' where reason <> '' and reply_id in (?)`

	// An id of its own hides that two tombstones are of one person.
	sqlErasePosts = `update mentions set body = '', warning = '', masked = '', media = '[]', entities = '[]', parent_by = '',
    author_id = 'erased:' || id, author_handle = '', author_name = '', author_url = '', followers = 0, url = '',
    gone_at = coalesce(gone_at, ?), erased_at = ? where erased_at is null and id in (?)`
	sqlEraseWordings = `delete from mention_revisions where mention_id in (?)`

	sqlEraseWhole = `update cases set customer = ?, customer_id = 'erased:' || id, orders = '[]', escalation = '',
    state = case when state = 'merged' then state else 'closed' end, look_at = null, asked_at = null, snoozed_until = null,
    erased_at = ?, updated_at = ?, version = version + 1 where id in (?)`
	sqlEraseTouched = `update cases set updated_at = ?, version = version + 1 where id in (?)`

	sqlEraseNotes    = `update notes set body = '' where body <> '' and case_id in (?)`
	sqlEraseCalled   = `update note_calls set seen_at = ? where seen_at is null and note_id in (select id from notes where case_id in (?))`
	sqlEraseTags     = `delete from case_tags where case_id in (?)`
	sqlEraseFacts    = `delete from case_orders where case_id in (?)`
	sqlEraseHandoffs = `update handoffs set ended_at = ? where ended_at is null and case_id in (?)`
	// What a merge has kept to be undone is personal too: it stands for good.
	sqlEraseMerges = `update merges set moved = '{}', undone_by = case when undone_at is null then ? else undone_by end,
    undone_at = coalesce(undone_at, ?) where `
	sqlEraseMergedInto = sqlEraseMerges + `into_id in (?)`
	sqlEraseMergedAway = sqlEraseMerges + `case_id in (?)`
	sqlEraseCommands   = `update case_commands set state = 'refused', reason = 'the case has been erased', data = '{}', next_at = null,
    answered_at = ? where state = 'waiting'
    and exists (select 1 from cases c where (c.id = case_commands.case_id or c.number = case_commands.case_number) and c.id in (?))`

	sqlEraseEvents = `select id, kind, case_id, reply_id, data from events where case_id in (?) order by id`
	sqlEraseEvent  = `update events set data = ? where id = ?`
)

// lock keeps everybody else from the cases and leaves out those in which a reply
// is in doubt.
func (e *erasing) lock(ctx context.Context) error {
	ids := slices.Clone(e.whole)
	for _, p := range e.posts {
		if p.CaseID != nil {
			ids = append(ids, *p.CaseID)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	var err error
	if e.cases, err = rowsOf[erasedCase](ctx, e.t, sqlEraseLock+e.t.s.dialect.forUpdate, ids); err != nil {
		return err
	}
	replies, err := rowsOf[storedReply](ctx, e.t, sqlEraseAnswers, ids)
	if err != nil {
		return err
	}
	kept := map[int64]bool{}
	for _, r := range replies {
		if !e.concerns(r) {
			continue
		}
		if state := socialwatch.ReplyState(r.State); state == socialwatch.ReplySending || state == socialwatch.ReplyUnknown {
			kept[r.CaseID] = true
			e.out.Kept = append(e.out.Kept, socialwatch.KeptCase{Number: e.of(r.CaseID).Number, ReplyID: r.ID, State: state})
			continue
		}
		e.replies = append(e.replies, r)
	}
	e.cases = slices.DeleteFunc(e.cases, func(c erasedCase) bool { return kept[c.ID] })
	e.whole = slices.DeleteFunc(e.whole, func(id int64) bool { return kept[id] })
	e.posts = slices.DeleteFunc(e.posts, func(p erasedPost) bool { return p.CaseID != nil && kept[*p.CaseID] })
	e.replies = slices.DeleteFunc(e.replies, func(r storedReply) bool { return kept[r.CaseID] })
	return nil
}

// concerns reports whether a reply answers what is erased.
func (e *erasing) concerns(r storedReply) bool {
	return slices.Contains(e.whole, r.CaseID) || slices.ContainsFunc(e.posts, func(p erasedPost) bool { return p.ID == r.MentionID })
}

func (e *erasing) of(id int64) erasedCase {
	i := slices.IndexFunc(e.cases, func(c erasedCase) bool { return c.ID == id })
	return e.cases[i]
}

// touched are the cases that stay another's.
func (e *erasing) touched() (ids []int64) {
	for _, c := range e.cases {
		if !slices.Contains(e.whole, c.ID) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func (e *erasing) postIDs() []int64 {
	ids := make([]int64, len(e.posts))
	for i, p := range e.posts {
		ids[i] = p.ID
	}
	return ids
}

func (e *erasing) erasePosts(ctx context.Context) (err error) {
	if e.out.Revisions, err = e.each(ctx, sqlEraseWordings, e.postIDs()); err != nil {
		return err
	}
	e.out.Mentions, err = e.each(ctx, sqlErasePosts, e.postIDs(), e.at, e.at)
	return err
}

// eraseCases makes tombstones of whole cases, and takes out of others what only
// the erased posts have told.
func (e *erasing) eraseCases(ctx context.Context) error {
	for _, id := range e.whole {
		e.out.Cases = append(e.out.Cases, e.of(id).Number)
	}
	if _, err := e.each(ctx, sqlEraseWhole, e.whole, asJSON(customer{}), e.at, e.at); err != nil {
		return err
	}
	touched := e.touched()
	if _, err := e.each(ctx, sqlEraseTouched, touched, e.at); err != nil {
		return err
	}
	type place struct{ network, host string }
	told := map[place][]string{}
	for _, p := range e.posts {
		if p.CaseID != nil && slices.Contains(touched, *p.CaseID) {
			at := place{p.Network, p.Host}
			told[at] = append(told[at], p.PostID)
		}
	}
	for _, id := range touched {
		e.out.Touched = append(e.out.Touched, e.of(id).Number)
	}
	for at, posts := range told {
		if err := e.t.eraseCases(ctx, at.network, at.host, posts); err != nil {
			return err
		}
	}
	return nil
}

// eraseReplies withdraws replies that are not over and takes the words out of
// all. Their hashes stay.
func (e *erasing) eraseReplies(ctx context.Context) error {
	ids := make([]int64, 0, len(e.replies))
	for i := range e.replies {
		r := &e.replies[i]
		if err := e.withdraw(ctx, r); err != nil {
			return err
		}
		ids = append(ids, r.ID)
		if r.Payload.V.ParentBy != "" || r.Payload.V.Text != "" {
			e.out.Replies++
		}
		r.eraseAll()
		if _, err := e.t.exec(ctx, sqlEraseAnswer, r.Payload, r.Findings, WithoutNote(r.Reason), r.ID); err != nil {
			return err
		}
	}
	versions, err := rowsOf[erasedReply](ctx, e.t, sqlEraseVersions, ids)
	if err != nil {
		return err
	}
	for _, v := range versions {
		v.eraseAll()
		if _, err := e.t.exec(ctx, sqlEraseDrafts, v.Payload, v.Findings, v.ReplyID, v.Version); err != nil {
			return err
		}
	}
	_, err = e.each(ctx, sqlEraseCalls, ids)
	return err
}

// eraseAll takes out of a reply whom it answers and all words, public or not.
func (r *erasedReply) eraseAll() {
	r.erase(false)
	r.Payload.V.ParentBy = ""
}

func (e *erasing) withdraw(ctx context.Context, r *storedReply) error {
	from := socialwatch.ReplyState(r.State)
	if from.Final() {
		return nil
	}
	var row replyRow
	if err := e.t.get(ctx, &row, sqlEraseWithdraw, e.at, []int64{r.ID}); err != nil {
		return err
	}
	e.out.Withdrawn++
	r.Reason = row.Reason
	return e.t.replyEvent(ctx, row.value(), step{from: from, actor: e.actor, at: e.at})
}

// eraseWork erases what people and systems have put to whole cases, and makes
// search and repeated answers of the API forget.
func (e *erasing) eraseWork(ctx context.Context) (err error) {
	for _, one := range []struct {
		n      *int
		query  string
		before []any
	}{
		{nil, sqlEraseCalled, []any{e.at}}, {&e.out.Notes, sqlEraseNotes, nil}, {&e.out.Tags, sqlEraseTags, nil},
		{&e.out.Orders, sqlEraseFacts, nil}, {nil, sqlEraseHandoffs, []any{e.at}}, {&e.out.Commands, sqlEraseCommands, []any{e.at}},
		{nil, sqlEraseMergedInto, []any{e.actor, e.at}}, {nil, sqlEraseMergedAway, []any{e.actor, e.at}},
	} {
		n, err := e.each(ctx, one.query, e.whole, one.before...)
		if err != nil {
			return err
		}
		if one.n != nil {
			*one.n = n
		}
	}
	if err := e.t.keepWords(ctx, e.whole); err != nil {
		return err
	}
	if len(e.posts)+len(e.whole) > 0 {
		n, err := e.t.forgetAnswers(ctx)
		e.out.Answers = int(n)
		return err
	}
	return nil
}

// eraseLog takes links, tags and private words out of events. The events stay.
func (e *erasing) eraseLog(ctx context.Context) error {
	ids := make([]int64, len(e.cases))
	for i, c := range e.cases {
		ids[i] = c.ID
	}
	type logged struct {
		ID      int64                  `db:"id"`
		Kind    string                 `db:"kind"`
		CaseID  int64                  `db:"case_id"`
		ReplyID *int64                 `db:"reply_id"`
		Data    jsonOf[map[string]any] `db:"data"`
	}
	events, err := rowsOf[logged](ctx, e.t, sqlEraseEvents, ids)
	if err != nil {
		return err
	}
	for _, v := range events {
		reply := v.ReplyID != nil && slices.ContainsFunc(e.replies, func(r storedReply) bool { return r.ID == *v.ReplyID })
		if !reply && !slices.Contains(e.whole, v.CaseID) || !scrub(v.Kind, v.Data.V) {
			continue
		}
		if _, err := e.t.exec(ctx, sqlEraseEvent, v.Data, v.ID); err != nil {
			return err
		}
		e.out.Events++
	}
	return nil
}

// scrub takes out of an event's data what may tell of a person and reports
// whether there was any. Where another system keeps a case is none of it.
func scrub(kind string, data map[string]any) (some bool) {
	for _, key := range []string{"note", "url", "added", "removed"} {
		if _, has := data[key]; has && kind != socialwatch.EventCaseClaimed && kind != socialwatch.EventCaseErased {
			delete(data, key)
			some = true
		}
	}
	return some
}
