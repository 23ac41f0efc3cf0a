package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"socialwatch"
)

// The page is cut in the inner query, from the index alone for the awaiting
// ones; only its rows are joined.
const (
	sqlQueueHead = `select r.due_at as queue_due, r.rank as queue_rank, r.reach as queue_reach, r.opened_at as queue_opened,
c.breached_at as breached_at, ` + sqlRaisedAt + ` as raised_at, `
	sqlQueuePage = ` from (select * from replies where %s%s
    order by %s limit ?) r
join cases c on c.id = r.case_id join mentions m on m.id = r.mention_id
order by %s`
	// Those of snoozed cases stand in a list of their own.
	sqlAwake   = ` and snoozed_until is null`
	sqlSnoozed = ` and snoozed_until is not null`
	// What the index of all that does not await is known by.
	sqlBeyond = ` and state <> 'awaiting'`
)

var sqlQueueColumns = prefixed("r", replyColumns, true) + ", " + prefixed("c", caseColumns, true) + ", " +
	prefixed("m", mentionColumns, true)

// queueRow is a reply with its case and parent.
type queueRow struct {
	Due      moment     `db:"queue_due"`
	Rank     int64      `db:"queue_rank"`
	Reach    int64      `db:"queue_reach"`
	Opened   moment     `db:"queue_opened"`
	Breached moment     `db:"breached_at"`
	RaisedAt moment     `db:"raised_at"`
	R        replyRow   `db:"r"`
	C        caseRow    `db:"c"`
	M        mentionRow `db:"m"`
}

func (q queueRow) value() QueueRow {
	m, a := q.M.mention(), q.M.assessment()
	return QueueRow{
		Reply: q.R.value(), CaseNumber: q.C.Number, CaseState: socialwatch.CaseState(q.C.State), Level: q.C.Level,
		Score: q.C.Score, Intent: socialwatch.Intent(q.C.Intent), Escalated: q.C.Escalated, Team: q.C.Team, Assignee: q.C.Assignee, Incident: deref(q.C.Incident), DueAt: q.C.DueAt.Time,
		NextAt: q.next(), RaisedAt: q.RaisedAt.Time,
		OpenedAt: q.C.OpenedAt.Time, Responded: !q.C.RespondedAt.IsZero(), Breached: !q.Breached.IsZero(),
		Network: m.Network, Host: m.Host, Author: m.Author, Visibility: m.Visibility, PostURL: m.URL,
		PostedAt: m.CreatedAt, EditedAt: m.EditedAt, Gone: q.M.gone(), Language: a.Language, Body: m.Text,
		Warning: m.Warning, Masked: a.Masked, Signals: a.Signals,
	}
}

// next is the case's deadline, by which the reply stands in the queue; zero while
// no clock runs, and for a reply at its end, which stays where it was.
func (q queueRow) next() time.Time {
	if q.Due.Equal(socialwatch.NothingDue) || socialwatch.ReplyState(q.R.State).Final() {
		return time.Time{}
	}
	return q.Due.Time
}

// Queue returns one page of replies in the filter's order. next is the cursor of the next page, empty
// when there is none. Rows that come or go between two pages neither repeat
// nor hide others.
func (s *Store) Queue(ctx context.Context, f QueueFilter) (rows []QueueRow, next string, err error) {
	order, err := f.Order.ordering()
	if err != nil {
		return nil, "", fmt.Errorf("read queue: %w", err)
	}
	query, args, err := queueQuery(f)
	if err != nil {
		return nil, "", fmt.Errorf("read queue: %w", err)
	}
	var found []queueRow
	err = s.readOne(ctx, func(t *tx) error {
		found = nil
		return t.all(ctx, &found, query, args...)
	})
	if err != nil {
		return nil, "", fmt.Errorf("read queue: %w", err)
	}
	found, next = page(found, pageLimit(f.Limit), order.cursor)
	return rowValues[queueRow, QueueRow](found), next, nil
}

func queueQuery(f QueueFilter) (string, []any, error) {
	states, where, args, err := f.condition()
	if err != nil {
		return "", nil, err
	}
	order := orderings[f.Order]
	query := sqlQueueHead + sqlQueueColumns + fmt.Sprintf(sqlQueuePage, states, where, order.by, order.of("r"))
	return query, append(args, pageLimit(f.Limit)+1), nil
}

// condition is that of all replies of the list behind the filter's cursor: of
// their states, and of the rest.
func (f QueueFilter) condition() (states, where string, args []any, err error) {
	if len(f.States) == 0 {
		f.States = []socialwatch.ReplyState{socialwatch.ReplyAwaiting}
	}
	if states, err = inStates(f.States, replyStates); err != nil {
		return "", "", nil, err
	}
	where, args = chosen(f)
	switch {
	case !slices.Contains(f.States, socialwatch.ReplyAwaiting):
		where = sqlBeyond + where
	case len(f.States) == 1:
		where = map[bool]string{false: sqlAwake, true: sqlSnoozed}[f.Snoozed] + where
	}
	order, err := f.Order.ordering()
	if err != nil {
		return "", "", nil, err
	}
	where += order.where
	if f.After == "" {
		return states, where, args, nil
	}
	at, err := order.parse(f.After)
	return states, where + order.after, append(args, at...), err
}

// chosen is the condition of a filter on a row of replies, less its states and
// its place. The subqueries are scalar ones, which no planner makes a join of:
// the queue's index stays in front.
func chosen(f QueueFilter) (string, []any) {
	where, args := among("account", f.Accounts)
	if len(f.Languages) > 0 {
		where += " and (select m.lang from mentions m where m.id = replies.mention_id) in (?)"
		args = append(args, f.Languages)
	}
	if len(f.Teams) > 0 {
		where += " and (select c.team from cases c where c.id = replies.case_id) in (?)"
		args = append(args, f.Teams)
	}
	if len(f.Intents) > 0 {
		where += " and (select c.intent from cases c where c.id = replies.case_id) in (?)"
		args = append(args, f.Intents)
	}
	if f.Incident != 0 {
		where += " and case_id in (select id from cases where incident_id = ?)"
		args = append(args, f.Incident)
	}
	if f.Case != "" {
		where, args = where+" and case_id = (select id from cases where number = ?)", append(args, f.Case)
	}
	of := func(on bool, column string, value any) {
		if on {
			where, args = where+" and (select c."+column+" from cases c where c.id = replies.case_id) = ?", append(args, value)
		}
	}
	of(f.Network != "", "network", f.Network)
	of(f.Level != 0, "level", f.Level)
	of(f.Escalated, "escalated", true)
	of(f.Assignee != "", "assignee", f.Assignee)
	return where, args
}

var replyStates = []socialwatch.ReplyState{socialwatch.ReplyProposed, socialwatch.ReplyChecked,
	socialwatch.ReplyAwaiting, socialwatch.ReplyApproved, socialwatch.ReplyHolding, socialwatch.ReplySending,
	socialwatch.ReplySent, socialwatch.ReplyBlocked, socialwatch.ReplyRejected, socialwatch.ReplyWithdrawn,
	socialwatch.ReplySuperseded, socialwatch.ReplyExpired, socialwatch.ReplyCancelled, socialwatch.ReplyFailed,
	socialwatch.ReplyUnknown}

// inStates is the condition that a row is in one of the states, which must be
// known ones. They stand as literals, and a single one after =, because SQLite
// uses a partial index for nothing else.
func inStates[S ~string](states, known []S) (string, error) {
	quoted := make([]string, len(states))
	for i, s := range states {
		if !slices.Contains(known, s) {
			return "", fmt.Errorf("there is no state %q: use one of %v", s, known)
		}
		quoted[i] = "'" + string(s) + "'"
	}
	if len(quoted) == 1 {
		return "state = " + quoted[0], nil
	}
	return "state in (" + strings.Join(quoted, ",") + ")", nil
}

const (
	sqlCardReply = `select ` + replyColumns + `, look_at from replies where id = ?`

	sqlCaseReplies  = `select ` + replyColumns + ` from replies where case_id = ? order by id`
	sqlCardVersions = `select version, payload, hash, findings, author, created_at,
    edit, words_added, words_removed, checked_by, diff from reply_versions
where reply_id = ? order by version`
	sqlCardAttempts = `select n, hash, worker, begun_at, lease_until, ended_at, outcome, reason from attempts
where reply_id = ? order by n`
	sqlCardEvents = `select ` + eventColumns + ` from events where case_id = ? and reply_id = ? order by id`
)

// cardReply is a reply with what it waits for.
type cardReply struct {
	replyRow
	LookAt moment `db:"look_at"`
}

// Card returns all that a person needs to decide about one reply, read at one
// moment.
func (s *Store) Card(ctx context.Context, replyID int64) (c Card, err error) {
	err = s.read(ctx, func(t *tx) error {
		c, err = t.card(ctx, replyID)
		return err
	})
	if err != nil {
		return Card{}, fmt.Errorf("read card of reply %d: %w", replyID, err)
	}
	return c, nil
}

func (t *tx) card(ctx context.Context, replyID int64) (card Card, err error) {
	var reply cardReply
	if err := t.get(ctx, &reply, sqlCardReply, replyID); err != nil {
		return card, err
	}
	card.Reply, card.LookAt = reply.value(), reply.LookAt.Time
	c, err := t.caseByID(ctx, reply.CaseID)
	if err != nil {
		return card, err
	}
	card.Case, card.Breached, card.NextAt, card.RaisedAt = c.value(), !c.Breached.IsZero(), c.due(c.NextAt), c.RaisedAt.Time
	if card.Thread, err = t.thread(ctx, reply.CaseID); err != nil {
		return card, err
	}
	if card.Parent, err = t.mentionByID(ctx, reply.MentionID); err != nil {
		return card, err
	}
	others, err := t.caseReplies(ctx, reply.CaseID)
	if err != nil {
		return card, err
	}
	card.Others = slices.DeleteFunc(others, func(o socialwatch.Reply) bool { return o.ID == replyID })
	card.InDoubt = slices.ContainsFunc(card.Others, func(o socialwatch.Reply) bool {
		return o.State == socialwatch.ReplySending || o.State == socialwatch.ReplyUnknown
	})
	if card.Targets, err = t.targets(ctx, reply.CaseID); err != nil {
		return card, err
	}
	if card.Notes, err = t.notes(ctx, reply.CaseID); err != nil {
		return card, err
	}
	if card.Orders, err = t.caseOrders(ctx, reply.CaseID); err != nil {
		return card, err
	}
	if card.Impostors, err = t.posing(ctx, card.Case); err != nil {
		return card, err
	}
	if card.Earlier, err = t.otherCases(ctx, c.caseRow); err != nil {
		return card, err
	}
	if err := t.history(ctx, &card); err != nil {
		return card, err
	}
	card.Publishes, err = t.stopState(ctx)
	return card, err
}

// history reads what has happened to the card's reply, and in its case since the
// draft before it.
func (t *tx) history(ctx context.Context, card *Card) error {
	var versions []versionRow
	if err := t.all(ctx, &versions, sqlCardVersions, card.Reply.ID); err != nil {
		return err
	}
	var attempts []attemptRow
	if err := t.all(ctx, &attempts, sqlCardAttempts, card.Reply.ID); err != nil {
		return err
	}
	var events []eventRow
	if err := t.all(ctx, &events, sqlCardEvents, card.Case.ID, card.Reply.ID); err != nil {
		return err
	}
	card.Versions = rowValues[versionRow, Version](versions)
	card.Attempts = rowValues[attemptRow, AttemptRow](attempts)
	card.Events = rowValues[eventRow, socialwatch.Event](events)
	var err error
	card.Changed, err = t.changed(ctx, *card)
	return err
}

// versionRow is one row of reply_versions.
type versionRow struct {
	N        int                            `db:"version"`
	Payload  jsonOf[socialwatch.Payload]    `db:"payload"`
	Hash     string                         `db:"hash"`
	Findings jsonOf[[]socialwatch.Finding]  `db:"findings"`
	Author   string                         `db:"author"`
	At       moment                         `db:"created_at"`
	Checked  string                         `db:"checked_by"`
	Diff     jsonOf[[]socialwatch.DiffPart] `db:"diff"`
	editRow
}

func (r versionRow) value() Version {
	return Version{N: r.N, Payload: r.Payload.V, Hash: r.Hash, Findings: r.Findings.V, Author: r.Author, At: r.At.Time,
		Edit: r.edit(), Diff: r.Diff.V, CheckedBy: r.Checked}
}

// attemptRow is one row of attempts.
type attemptRow struct {
	N          int    `db:"n"`
	Hash       string `db:"hash"`
	Worker     string `db:"worker"`
	BegunAt    moment `db:"begun_at"`
	LeaseUntil moment `db:"lease_until"`
	EndedAt    moment `db:"ended_at"`
	Outcome    string `db:"outcome"`
	Reason     string `db:"reason"`
}

func (r attemptRow) value() AttemptRow {
	return AttemptRow{N: r.N, Hash: r.Hash, Worker: r.Worker, BegunAt: r.BegunAt.Time, LeaseUntil: r.LeaseUntil.Time,
		EndedAt: r.EndedAt.Time, Outcome: socialwatch.ReplyState(r.Outcome), Reason: r.Reason}
}
