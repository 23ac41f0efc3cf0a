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

// Save stores all that one batch changes, or nothing. It answers ErrConflict,
// and has changed nothing, when the account's or a case's version is no longer
// what Known told, when somebody else stored one of the posts, when a reply is
// no longer where the move is allowed, or when a parent already has a live
// reply: read again, run again. ErrForbidden when Changes.By may not. Any other error names the row it is about.
//
// Save itself writes the events of new replies (reply.proposed, .checked,
// .awaiting or .blocked) and of moves; Changes.Events holds the others.
func (s *Store) Save(ctx context.Context, c socialwatch.Changes) error {
	c, err := checkedChanges(c)
	if err != nil {
		return fmt.Errorf("save batch of %s: %w", c.Account, err)
	}
	err = s.tx(ctx, func(t *tx) error {
		return (&saving{t: t, c: c, cases: map[int64]caseBrief{}, mentions: map[string]int64{}}).run(ctx)
	})
	if err != nil {
		return fmt.Errorf("save batch of %s: %w", c.Account, err)
	}
	return nil
}

// saving is one run of Save's transaction.
type saving struct {
	t        *tx
	c        socialwatch.Changes
	network  string
	host     string
	cases    map[int64]caseBrief // as this transaction leaves them
	mentions map[string]int64    // id by post id, of the entries
	events   []socialwatch.Event // of replies
}

// caseBrief is what replies and their events need of a case. DueAt is
// the case's deadline.
type caseBrief struct {
	ID       int64  `db:"id"`
	Version  int    `db:"version"`
	Score    int    `db:"score"`
	DueAt    moment `db:"due_at"`
	OpenedAt moment `db:"opened_at"`
}

func (w *saving) run(ctx context.Context) error {
	steps := []struct {
		name string
		do   func(context.Context) error
	}{
		{"account", w.saveAccount}, {"cases", w.saveCases}, {"revisions", w.saveRevisions}, {"mentions", w.saveMentions},
		{"moves", w.saveMoves}, // before new replies: of a superseded one's parent
		{"moved", w.saveMoved}, {"replies", w.saveReplies}, {"gone", w.saveGone}, {"own gone", w.saveOwnGone},
		{"quotes", w.saveQuotes}, {"set aside", w.saveAside}, {"gaps", w.saveGaps}, {"taken", w.saveTaken}, {"days", w.saveDays},
		{"events", w.saveEvents},
	}
	for _, step := range steps {
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		w.t.s.point("save " + step.name)
	}
	return nil
}

const sqlSaveAccount = `update accounts set version = version + 1, cursor = coalesce(?, cursor),
    mention_at = case when mention_at is null or mention_at < ? or mention_at > ? then coalesce(?, mention_at) else mention_at end,
    lag_ms = coalesce(?, lag_ms)
where name = ? and version = ? returning network, host`

func (w *saving) saveAccount(ctx context.Context) error {
	if w.c.By != "" {
		if err := w.t.mayWork(ctx, w.c.By, socialwatch.RoleAuthor, w.c.Account); err != nil {
			return err
		}
	}
	if w.c.Past {
		return w.pastAccount(ctx)
	}
	var newest time.Time
	for _, e := range w.c.Entries {
		// Some servers show what their clock, or a customer, dates in the
		// future: with that the account would never count as silent.
		at := e.Mention.CreatedAt
		if at.After(w.c.At) {
			at = w.c.At
		}
		if at.After(newest) {
			newest = at
		}
	}
	var lag any
	if !newest.IsZero() {
		lag = max(0, w.c.At.Sub(newest).Milliseconds())
	}
	var row place
	err := w.t.get(ctx, &row, sqlSaveAccount, w.c.Cursor, newest, w.c.At.Add(clockSkew), newest, lag, w.c.Account, w.c.Version)
	if err != nil {
		return conflictIfGone(err)
	}
	return w.settle(row)
}

// The update that changes nothing takes the row's lock.
const sqlPastAccount = `update accounts set version = version + ? where name = ? and version = ? returning network, host`

// pastAccount leaves the account as it is. A version that rose would send the
// polls under way back to the network: it rises only where a case opens, of which
// they must know.
func (w *saving) pastAccount(ctx context.Context) error {
	var row place
	if err := w.t.get(ctx, &row, sqlPastAccount, min(1, len(w.c.Cases)), w.c.Account, w.c.Version); err != nil {
		return conflictIfGone(err)
	}
	return w.settle(row)
}

// place is where an account is.
type place struct {
	Network string `db:"network"`
	Host    string `db:"host"`
}

// settle keeps where the account is and refuses posts from elsewhere.
func (w *saving) settle(row place) error {
	w.network, w.host = row.Network, row.Host
	for _, e := range w.c.Entries {
		if string(e.Mention.Network) != row.Network || e.Mention.Host != row.Host {
			return fmt.Errorf("post %s is of %s on %s, the account's are of %s on %s",
				e.Mention.ID, e.Mention.Network, e.Mention.Host, row.Network, row.Host)
		}
	}
	return nil
}

// One statement for new and changed cases: a new one arrives with version 1,
// a changed one with the next version, and the guard refuses all else.
const (
	sqlSaveCases = `insert into cases (` + caseColumns + `)`

	sqlSaveCasesTail = `on conflict (id) do update set customer_id = excluded.customer_id, customer = excluded.customer,
    state = excluded.state, level = excluded.level, intent = excluded.intent, score = excluded.score,
    escalated = excluded.escalated, escalation = excluded.escalation, orders = excluded.orders,
    updated_at = excluded.updated_at, due_at = excluded.due_at, responded_at = excluded.responded_at,
    resolved_at = excluded.resolved_at, look_at = excluded.look_at, looks = excluded.looks,
    assignee = excluded.assignee, merged_into = excluded.merged_into, linked = excluded.linked,
    version = excluded.version, team = excluded.team, incident_id = excluded.incident_id, snoozed_until = excluded.snoozed_until,
    asked_at = excluded.asked_at
where cases.version = excluded.version - 1 returning id`
)

func (w *saving) saveCases(ctx context.Context) error {
	if len(w.c.Cases) == 0 {
		return nil
	}
	const width = 32
	v := values{head: sqlSaveCases, tail: sqlSaveCasesTail, width: width, args: make([]any, 0, width*len(w.c.Cases))}
	var changed, awake []int64
	for _, c := range w.c.Cases {
		a := c.Customer
		v.args = append(v.args, c.ID, c.Number, c.Account, c.Network, c.Host, a.ID,
			asJSON(customer{a.Handle, a.Name, a.URL, a.Followers, a.Bot}), c.State, c.Level, c.Intent, c.Score,
			c.Escalated, c.Escalation, asJSON(c.Orders), c.OpenedAt, c.UpdatedAt, c.DueAt, c.RespondedAt, c.ResolvedAt,
			c.LookAt, c.Looks, c.Assignee, orNull(c.MergedInto), orNull(c.Linked), c.Version+1, c.Team, orNull(c.Incident), c.SnoozedUntil,
			c.External.System, c.External.Ref, c.External.URL, c.AskedAt)
		if c.Version > 0 {
			changed = append(changed, c.ID)
			if c.SnoozedUntil.IsZero() {
				awake = append(awake, c.ID)
			}
		}
		if c.RespondedAt.IsZero() { // else its row says its deadline
			w.cases[c.ID] = caseBrief{ID: c.ID, Version: c.Version + 1, Score: c.Score,
				DueAt: moment{c.DueAt}, OpenedAt: moment{c.OpenedAt}}
		}
	}
	w.t.ring()
	saved, err := returning[int64](ctx, w.t, v)
	if err != nil {
		return err
	}
	if len(saved) < len(w.c.Cases) {
		return socialwatch.ErrConflict
	}
	if len(changed) == 0 {
		return nil
	}
	if _, err := w.t.queueAgain(ctx, changed...); err != nil || len(awake) == 0 {
		return err
	}
	return w.t.wakeDrafts(ctx, w.c.At, awake...)
}

const (
	sqlSaveMentions = `insert into mentions (network, host, post_id, account, kind, case_id, author_id, author_handle,
author_name, author_url, followers, bot, body, warning, language, visibility, url, parent_id, parent_by, root_id, media,
created_at, edited_at, revision, received_at, rules, intent, escalate, urgency, sentiment, lang, score, ignored, thanks,
masked, signals, entities)`

	// The account that read a post first keeps it.
	sqlSaveMentionsTail = `on conflict (network, host, post_id) do update set case_id = coalesce(excluded.case_id, mentions.case_id),
    author_handle = excluded.author_handle, author_name = excluded.author_name, author_url = excluded.author_url,
    followers = excluded.followers, bot = excluded.bot, body = excluded.body, warning = excluded.warning,
    language = excluded.language, visibility = excluded.visibility, url = excluded.url, media = excluded.media,
    edited_at = excluded.edited_at, revision = excluded.revision, gone_at = null, rules = excluded.rules,
    intent = excluded.intent, escalate = excluded.escalate, urgency = excluded.urgency,
    sentiment = excluded.sentiment, lang = excluded.lang, score = excluded.score, ignored = excluded.ignored,
    thanks = excluded.thanks, masked = excluded.masked, signals = excluded.signals, entities = excluded.entities
where mentions.revision <> excluded.revision or mentions.gone_at is not null
   or mentions.case_id is null and excluded.case_id is not null and mentions.account = excluded.account -- promoted
returning id, post_id`
)

func (w *saving) saveMentions(ctx context.Context) error {
	if len(w.c.Entries) == 0 {
		return nil
	}
	const width = 37
	v := values{head: sqlSaveMentions, tail: sqlSaveMentionsTail, width: width, args: make([]any, 0, width*len(w.c.Entries))}
	for _, e := range w.c.Entries {
		v.args = append(v.args, mentionArgs(e, w.c.At)...)
	}
	w.t.ring()
	type stored struct {
		ID     int64  `db:"id"`
		PostID string `db:"post_id"`
	}
	saved, err := returning[stored](ctx, w.t, v)
	if err != nil {
		return err
	}
	for _, s := range saved {
		w.mentions[s.PostID] = s.ID
	}
	for _, e := range w.c.Entries {
		if w.mentions[e.Mention.ID] == 0 {
			return fmt.Errorf("post %s was stored by somebody else: %w", e.Mention.ID, socialwatch.ErrConflict)
		}
	}
	return nil
}

func mentionArgs(e socialwatch.Entry, at time.Time) []any {
	m, by, a := e.Mention, e.Mention.Author, e.Assessment
	media := make([]attachment, len(m.Media))
	for i, x := range m.Media {
		media[i] = attachment(x)
	}
	return []any{m.Network, m.Host, m.ID, m.Account, m.Kind, orNull(e.CaseID), by.ID, by.Handle,
		by.Name, by.URL, min(by.Followers, math.MaxInt32), by.Bot, m.Text, m.Warning, m.Language, m.Visibility, m.URL,
		m.ParentID, m.ParentBy, cmp.Or(m.RootID, m.ID), asJSON(media),
		m.CreatedAt, m.EditedAt, m.Revision(), at, a.Rules, a.Intent, a.Escalate, a.Urgency, a.Sentiment, a.Language,
		a.Score, a.Ignored, a.Thanks, a.Masked, asJSON(a.Signals), asJSON(a.Entities)}
}

const (
	sqlSaveAside = `insert into set_aside (account, item, raw, problem, at)`

	sqlSaveGaps     = `insert into gaps (account, from_at, to_at, reason, noted_at)`
	sqlSaveGapsTail = `on conflict (account, from_at, reason) do update set to_at = coalesce(excluded.to_at, gaps.to_at)`
)

func (w *saving) saveAside(ctx context.Context) error {
	v := values{head: sqlSaveAside, width: 5, tail: "on conflict (account, item) do nothing"}
	for _, a := range w.c.Aside {
		raw := a.Raw
		if raw == nil {
			raw = []byte{}
		}
		v.args = append(v.args, w.c.Account, a.ID, raw, a.Problem, a.At)
	}
	return w.t.values(ctx, v)
}

func (w *saving) saveGaps(ctx context.Context) error {
	v := values{head: sqlSaveGaps, width: 5, tail: sqlSaveGapsTail}
	for _, g := range w.c.Gaps {
		v.args = append(v.args, w.c.Account, g.From, g.To, g.Reason, w.c.At)
	}
	return w.t.values(ctx, v)
}

func (w *saving) saveEvents(ctx context.Context) error {
	return w.t.addEvents(ctx, slices.Concat(w.c.Events, w.events)...)
}
