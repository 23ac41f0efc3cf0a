package store

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"socialwatch"
)

// EventCorrected is the kind of event of a person's correction, without a case
// for a mention that has none. Data holds
// mention_id, post_id, revision, intent and escalate, and was_intent and
// was_escalate, which triage had found.
const EventCorrected = "mention.corrected"

// Correction is a person's word on what a mention wants. It is a label: the
// assessment, the case and its replies stay as they are.
type Correction struct {
	Number    string // of its case; empty: it has none, because a rule ignored it
	MentionID int64
	Revision  string // of the post that the person saw
	Intent    socialwatch.Intent
	Escalate  bool
	By        socialwatch.Person
	At        time.Time
}

// Corrected is the newest correction of a mention.
type Corrected struct {
	Intent   socialwatch.Intent
	Escalate bool
	By       string // login
	At       time.Time
}

const (
	sqlCorrectable = `select post_id, account, coalesce(case_id, 0) as case_id, revision, gone_at, intent, escalate from mentions where id = ?`
	// By the index of what belongs to no case: the newest of each stands last.
	sqlIgnoredCorrections = `select ` + eventColumns + ` from events where case_id is null and kind = '` + EventCorrected + `'
and cast(data ->> 'mention_id' as bigint) in (?) order by at, id`

	// The newest one of each mention stands last.
	sqlCorrections = `select ` + eventColumns + ` from events where case_id = ? and kind = '` + EventCorrected + `' order by id`
)

// Correct notes a correction by a person with the role author. The newest one
// of a mention counts. ErrConflict: the post has changed since the revision
// seen, or has a case by now; ErrNotFound: the case has no such mention.
func (s *Store) Correct(ctx context.Context, c Correction) error {
	err := s.tx(ctx, func(t *tx) error { return t.correct(ctx, c) })
	if err != nil {
		return fmt.Errorf("correct mention %d: %w", c.MentionID, err)
	}
	return nil
}

func (t *tx) correct(ctx context.Context, c Correction) error {
	if !slices.Contains(socialwatch.Intents, c.Intent) {
		return fmt.Errorf("intent %q is none of %v", c.Intent, socialwatch.Intents)
	}
	var of wholeCase
	if c.Number != "" {
		var err error
		if of, err = t.caseByNumber(ctx, c.Number); err != nil {
			return err
		}
	}
	var m struct {
		PostID   string `db:"post_id"`
		Account  string `db:"account"`
		CaseID   int64  `db:"case_id"`
		Revision string `db:"revision"`
		GoneAt   moment `db:"gone_at"`
		Intent   string `db:"intent"`
		Escalate bool   `db:"escalate"`
	}
	if err := t.get(ctx, &m, sqlCorrectable, c.MentionID); err != nil {
		return err
	}
	if err := t.mayDecide(ctx, c.By.Login, socialwatch.RoleAuthor, m.Account); err != nil {
		return err
	}
	if c.Number == "" && m.CaseID != 0 {
		return fmt.Errorf("the post has a case by now: correct it there: %w", socialwatch.ErrConflict)
	}
	if m.CaseID != of.ID {
		return socialwatch.ErrNotFound
	}
	if m.Revision != c.Revision || !m.GoneAt.IsZero() {
		return fmt.Errorf("the customer has edited or deleted the post since you saw it: look at it again: %w", socialwatch.ErrConflict)
	}
	return t.addEvents(ctx, socialwatch.Event{Kind: EventCorrected, CaseID: of.ID, CaseVersion: of.Version, Actor: c.By.Login, At: c.At,
		Data: map[string]any{"mention_id": c.MentionID, "post_id": m.PostID, "revision": m.Revision, "intent": string(c.Intent),
			"escalate": c.Escalate, "was_intent": m.Intent, "was_escalate": m.Escalate}})
}

// corrections are the newest ones of a case's mentions, by mention.
func (t *tx) corrections(ctx context.Context, caseID int64) (map[int64]Corrected, error) {
	return t.corrected(ctx, sqlCorrections, caseID)
}

// correctIgnored fills in what people said of those rows that have no case.
func (t *tx) correctIgnored(ctx context.Context, rows []listedMention) error {
	var ids []int64
	for _, r := range rows {
		if r.M.CaseID == nil {
			ids = append(ids, r.M.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	all, err := t.corrected(ctx, sqlIgnoredCorrections, ids)
	for i, r := range rows {
		if said, ok := all[r.M.ID]; ok {
			rows[i].corrected = &said
		}
	}
	return err
}

func (t *tx) corrected(ctx context.Context, query string, arg any) (map[int64]Corrected, error) {
	var rows []eventRow
	if err := t.all(ctx, &rows, query, arg); err != nil {
		return nil, err
	}
	all := map[int64]Corrected{}
	for _, e := range rows {
		id, _ := e.Data.V["mention_id"].(float64) // a JSON number
		intent, _ := e.Data.V["intent"].(string)
		escalate, _ := e.Data.V["escalate"].(bool)
		all[int64(id)] = Corrected{Intent: socialwatch.Intent(intent), Escalate: escalate, By: e.Actor, At: e.At.Time}
	}
	return all, nil
}

// Label is what a person's decision says about a stored mention.
type Label struct {
	Mention   MentionRow
	Corrected *Corrected // what it is; nil when only NotIntent is known
	// NotIntent is what it is not: a draft for it was rejected as being about
	// something else. Empty when corrected.
	NotIntent socialwatch.Intent
	Reason    string // of socialwatch.RejectReasons; empty when corrected
	At        time.Time
}

// sqlLabels is one page of label events whose post still stands as the person
// saw it: of several corrections or rejections of a post the newest, a rejection
// only without a correction.
var sqlLabels = `select e.id as event_id, e.kind as event_kind, e.actor as event_actor, e.at as event_at, e.data as event_data,
c.number as number, ` + prefixed("m", mentionColumns, true) + `
from events e
left join replies r on r.id = e.reply_id
join mentions m on m.id = coalesce(r.mention_id, cast(e.data ->> 'mention_id' as bigint))
left join cases c on c.id = m.case_id
where e.id > ? and e.at >= ? and m.gone_at is null and e.kind in ('` + EventCorrected + `', 'reply.rejected')
and (e.kind = '` + EventCorrected + `' and e.data ->> 'revision' = m.revision
     or e.kind = 'reply.rejected' and r.payload ->> 'parent_revision' = m.revision and e.data ->> 'reason' in ('wrong_intent', 'spam_or_impostor'))
and not exists (select 1 from events n where n.case_id in (e.case_id, m.case_id) and n.kind = '` + EventCorrected + `'
    and cast(n.data ->> 'mention_id' as bigint) = m.id and n.data ->> 'revision' = m.revision
    and (n.id > e.id or e.kind <> n.kind))
and not exists (select 1 from events n where n.case_id is null and n.kind = '` + EventCorrected + `' and (n.id > e.id or e.kind <> n.kind)
    and cast(n.data ->> 'mention_id' as bigint) = m.id and n.data ->> 'revision' = m.revision)
and not exists (select 1 from replies x where x.case_id = r.case_id and x.mention_id = r.mention_id and x.id > r.id
    and x.state = 'rejected' and (x.reason like 'wrong_intent%' or x.reason like 'spam_or_impostor%'))
order by e.id limit ?`

type labelRow struct {
	EventID int64                  `db:"event_id"`
	Kind    string                 `db:"event_kind"`
	Actor   string                 `db:"event_actor"`
	At      moment                 `db:"event_at"`
	Data    jsonOf[map[string]any] `db:"event_data"`
	listedMention
}

func (r labelRow) value() Label {
	l := Label{Mention: r.listedMention.value(), At: r.At.Time}
	text := func(key string) string { s, _ := r.Data.V[key].(string); return s }
	if r.Kind == EventCorrected {
		escalate, _ := r.Data.V["escalate"].(bool)
		l.Corrected = &Corrected{Intent: socialwatch.Intent(text("intent")), Escalate: escalate, By: r.Actor, At: r.At.Time}
		return l
	}
	l.NotIntent, l.Reason = l.Mention.Assessment.Intent, text("reason")
	return l
}

// Labels yields what people have said about mentions since a time, the oldest
// first: corrections, and drafts rejected because the post is about something
// else (wrong_intent) or no matter at all (spam_or_impostor). Posts that were
// edited or deleted since are left out. It reads in pages, each in a
// transaction of its own that can only read. After an error it yields nothing
// more.
func (s *Store) Labels(ctx context.Context, since time.Time) iter.Seq2[Label, error] {
	return func(yield func(Label, error) bool) {
		for last, more := int64(0), true; more; {
			var rows []labelRow
			err := s.readOne(ctx, func(t *tx) error {
				rows = nil
				return t.all(ctx, &rows, sqlLabels, last, orEpoch(since), PageMax)
			})
			if err != nil {
				yield(Label{}, fmt.Errorf("read labels: %w", err))
				return
			}
			for _, r := range rows {
				if !yield(r.value(), nil) {
					return
				}
				last = r.EventID
			}
			more = len(rows) == PageMax
		}
	}
}
