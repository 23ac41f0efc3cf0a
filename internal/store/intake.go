package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"socialwatch"
)

const (
	sqlAccount = `select name, cursor, version, paused_by, next_at from accounts where name = ?`

	// A cursor belongs to one server: another host starts without.
	sqlAccountEnsure = `insert into accounts (name, network, host) values (?, ?, ?)
on conflict (name) do update set network = excluded.network, host = excluded.host,
    cursor = null, version = accounts.version + 1, halted_at = null, halted_why = ''
where accounts.network <> excluded.network or accounts.host <> excluded.host`

	sqlNextCases = `update counters set value = value + ? where name = 'case' returning value`
)

type accountRow struct {
	Name     string  `db:"name"`
	Cursor   []byte  `db:"cursor"`
	Version  int64   `db:"version"`
	PausedBy *string `db:"paused_by"`
	NextAt   moment  `db:"next_at"`
}

func (t *tx) account(ctx context.Context, name string) (socialwatch.AccountState, error) {
	var r accountRow
	if err := t.get(ctx, &r, sqlAccount, name); err != nil {
		return socialwatch.AccountState{}, err
	}
	return socialwatch.AccountState{Name: r.Name, Cursor: r.Cursor, Version: r.Version,
		Paused: r.PausedBy != nil, NextAt: r.NextAt.Time}, nil
}

// Account returns what intake must know of an account; ErrNotFound when
// EnsureAccount was never called for it.
func (s *Store) Account(ctx context.Context, name string) (a socialwatch.AccountState, err error) {
	err = s.readOne(ctx, func(t *tx) error {
		a, err = t.account(ctx, name)
		return err
	})
	if err != nil {
		return a, fmt.Errorf("read account %s: %w", name, err)
	}
	return a, nil
}

// EnsureAccount makes the account's row when it is missing. When the
// configuration names another network or host than before, the cursor, which
// is bound to the host, is dropped, with the halt and what waits in the inbox.
func (s *Store) EnsureAccount(ctx context.Context, name, network, host string) error {
	err := s.tx(ctx, func(t *tx) error {
		n, err := t.exec(ctx, sqlAccountEnsure, name, network, host)
		if err == nil && n > 0 {
			_, err = t.exec(ctx, sqlInboxEmpty, name)
			if err == nil {
				_, err = t.exec(ctx, sqlInboxGoneEmpty, name)
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("ensure account %s: %w", name, err)
	}
	return nil
}

// NextCases draws n identities for new cases. They are never drawn again.
func (s *Store) NextCases(ctx context.Context, n int) ([]socialwatch.CaseRef, error) {
	if n <= 0 {
		return nil, nil
	}
	var last int64
	err := s.tx(ctx, func(t *tx) error { return t.get(ctx, &last, sqlNextCases, n) })
	if err != nil {
		return nil, fmt.Errorf("draw case numbers: %w", err)
	}
	refs := make([]socialwatch.CaseRef, n)
	for i := range refs {
		id := last - int64(n-1-i)
		refs[i] = socialwatch.CaseRef{ID: id, Number: s.opts.CasePrefix + strconv.FormatInt(id, 10)}
	}
	return refs, nil
}

const (
	sqlKnownAccount  = `select version, network, host from accounts where name = ?`
	sqlKnownMentions = `select id, account, post_id, case_id, revision, gone_at, ` + sqlIsAnswered + ` as answered from mentions
where network = ? and host = ? and post_id in (?)`

	// sqlIsAnswered says of a row of mentions whether customers may have read an
	// answer of ours to it.
	sqlIsAnswered = `(exists (select 1 from replies r where r.case_id = mentions.case_id and r.mention_id = mentions.id
        and r.state in ('sending','unknown','sent'))
    or exists (select 1 from events e where e.case_id = mentions.case_id and e.kind = '` + socialwatch.EventCaseResponded + `'
        and e.data ->> 'parent_id' = mentions.post_id))`

	// sqlHasOptedOut says of a row of mentions whether it asks us not to write.
	sqlHasOptedOut = `cast(signals as text) like '%"` + socialwatch.SignalOptOut + `"%'`
	sqlKnownOwn    = `select post_id, case_id, gone_at from replies where account = ? and post_id in (?)`

	// Live cases of the authors, merged ones, whose numbers they may quote, and the
	// newest closed one of each for linking.
	sqlKnownOf = `select id from (select id, state, row_number() over (partition by customer_id, state = 'closed' order by opened_at desc, id desc) as n
    from cases where account = ? and customer_id in (?)) c where state <> 'closed' or n = 1`

	// Cases, and the survivors of merged ones.
	sqlKnownCases = `with recursive hit(id) as (
    select id from cases where id in (?)
    union
    select c.merged_into from cases c join hit h on h.id = c.id where c.merged_into is not null
)
select ` + caseColumns + ` from cases where id in (select id from hit) order by id`

	sqlKnownReplies = `select ` + replyColumns + ` from replies
where case_id in (?) and (state = 'sent' or state in ` + liveReplies + `)
order by id`

	// The end of an order number given once stands in later replies, too.
	// Names of signals and kinds stand in quotes in the stored lists, as JSON
	// writes them. A value that reads the same brings a row too many.
	sqlKnownPosts = `select case_id, post_id, visibility, received_at, edited_at, intent, signals, entities from mentions
where case_id in (?) and (cast(signals as text) like '%"must.%' or cast(entities as text) like '%"phone"%'
    or cast(entities as text) like '%"card"%' or cast(entities as text) like '%"email"%'
    or cast(entities as text) like '%"address"%' or cast(entities as text) like '%"order_number"%')
order by created_at, id`

	sqlKnownAuthors = `select author_id, sum(case when created_at >= ? then 1 else 0 end) as n,
max(case when ` + sqlHasOptedOut + ` then 1 else 0 end) as opted_out
from mentions where account = ? and author_id in (?) group by author_id`
)

// Known returns what the store holds that a batch touches, read at one moment
// by a constant number of queries. Mentions are found under any account of the
// same host, because a post is stored once. Cases hold those of OwnPosts too.
func (s *Store) Known(ctx context.Context, ask socialwatch.Ask) (k socialwatch.Known, err error) {
	err = s.read(ctx, func(t *tx) error {
		k, err = t.known(ctx, ask)
		return err
	})
	if err != nil {
		return socialwatch.Known{}, fmt.Errorf("read what a batch of %s touches: %w", ask.Account, err)
	}
	return k, nil
}

func (t *tx) known(ctx context.Context, ask socialwatch.Ask) (k socialwatch.Known, err error) {
	var account struct {
		Version int64  `db:"version"`
		Network string `db:"network"`
		Host    string `db:"host"`
	}
	if err := t.get(ctx, &account, sqlKnownAccount, ask.Account); err != nil {
		return k, err
	}
	k.Version = account.Version
	var caseIDs []int64
	if k.Mentions, caseIDs, err = t.knownMentions(ctx, account.Network, account.Host, ask.PostIDs); err != nil {
		return k, err
	}
	var own []struct {
		PostID string `db:"post_id"`
		CaseID int64  `db:"case_id"`
		GoneAt moment `db:"gone_at"`
	}
	if err := t.all(ctx, &own, sqlKnownOwn, ask.Account, ask.PostIDs); err != nil {
		return k, err
	}
	k.OwnPosts, k.OwnGone = make(map[string]int64, len(own)), map[string]bool{}
	for _, o := range own {
		k.OwnPosts[o.PostID] = o.CaseID
		if !o.GoneAt.IsZero() {
			k.OwnGone[o.PostID] = true
		}
		caseIDs = append(caseIDs, o.CaseID)
	}
	if err := t.knownCases(ctx, ask, caseIDs, &k); err != nil {
		return k, err
	}
	if k.Incidents, err = t.openIncidents(ctx, []string{ask.Account}); err != nil {
		return k, err
	}
	if k.Often, err = t.often(ctx, ask.Account, ask.Hour); err != nil {
		return k, err
	}
	if k.Posing, err = t.knownPosing(ctx, account.Network, account.Host, ask.PostIDs); err != nil {
		return k, err
	}
	return k, t.knownAuthors(ctx, ask, &k)
}

// A reply that was decided is public or on its way there; one that ended
// otherwise has been said to nobody.
const (
	sqlIsSaid = `state in ('approved','holding','sending','sent','unknown')`
	sqlOften  = `select payload ->> 'text' as body, count(*) as n from replies
where account = ? and decided_at >= ? and ` + sqlIsSaid + ` group by payload ->> 'text' having count(*) >= ?`
)

// often counts the texts that an account has said again and again since.
func (t *tx) often(ctx context.Context, account string, since time.Time) (map[string]int, error) {
	texts := map[string]int{}
	if since.IsZero() {
		return texts, nil
	}
	var rows []struct {
		Body string `db:"body"`
		N    int    `db:"n"`
	}
	err := t.all(ctx, &rows, sqlOften, account, since, socialwatch.OftenFrom)
	for _, r := range rows {
		texts[r.Body] = r.N
	}
	return texts, err
}

// knownAuthors reads what each author's mentions say about them.
func (t *tx) knownAuthors(ctx context.Context, ask socialwatch.Ask, k *socialwatch.Known) error {
	var authors []struct {
		ID       string `db:"author_id"`
		N        int    `db:"n"`
		OptedOut bool   `db:"opted_out"`
	}
	if err := t.all(ctx, &authors, sqlKnownAuthors, orEpoch(ask.Since), ask.Account, ask.Authors); err != nil {
		return err
	}
	k.Earlier, k.OptedOut = make(map[string]int, len(authors)), map[string]bool{}
	for _, a := range authors {
		k.Earlier[a.ID] = a.N
		if a.OptedOut {
			k.OptedOut[a.ID] = true
		}
	}
	return nil
}

func (t *tx) knownMentions(ctx context.Context, network, host string, postIDs []string) (map[string]socialwatch.Stored, []int64, error) {
	var rows []struct {
		ID       int64  `db:"id"`
		PostID   string `db:"post_id"`
		Account  string `db:"account"`
		CaseID   *int64 `db:"case_id"`
		Revision string `db:"revision"`
		GoneAt   moment `db:"gone_at"`
		Answered bool   `db:"answered"`
	}
	if err := t.all(ctx, &rows, sqlKnownMentions, network, host, postIDs); err != nil {
		return nil, nil, err
	}
	stored := make(map[string]socialwatch.Stored, len(rows))
	var caseIDs []int64
	for _, r := range rows {
		stored[r.PostID] = socialwatch.Stored{ID: r.ID, Account: r.Account, CaseID: deref(r.CaseID), Revision: r.Revision,
			Gone: !r.GoneAt.IsZero(), Answered: r.Answered}
		if r.CaseID != nil {
			caseIDs = append(caseIDs, *r.CaseID)
		}
	}
	return stored, caseIDs, nil
}

// knownPosts reads what earlier mentions of the cases brought that a reply must
// heed. said are the replies that customers may have read.
func (t *tx) knownPosts(ctx context.Context, caseIDs []int64, said []socialwatch.Reply, k *socialwatch.Known) error {
	var rows []struct {
		CaseID     int64                        `db:"case_id"`
		PostID     string                       `db:"post_id"`
		Visibility socialwatch.Visibility       `db:"visibility"`
		ReceivedAt moment                       `db:"received_at"`
		EditedAt   moment                       `db:"edited_at"`
		Intent     socialwatch.Intent           `db:"intent"`
		Signals    jsonOf[[]socialwatch.Signal] `db:"signals"`
		Entities   jsonOf[[]socialwatch.Entity] `db:"entities"`
	}
	if err := t.all(ctx, &rows, sqlKnownPosts, caseIDs); err != nil {
		return err
	}
	for _, r := range rows {
		p := socialwatch.Past{PostID: r.PostID, At: r.ReceivedAt.Time, Visibility: r.Visibility,
			Assessment: socialwatch.Assessment{Intent: r.Intent, Signals: r.Signals.V, Entities: r.Entities.V}}
		if r.EditedAt.After(p.At) {
			p.At = r.EditedAt.Time
		}
		for _, reply := range said {
			if reply.CaseID == r.CaseID && !reply.CreatedAt.Before(p.At) {
				p.Answers = append(p.Answers, reply.Payload.Text)
			}
		}
		p.Answered = len(p.Answers) > 0
		k.Posts[r.CaseID] = append(k.Posts[r.CaseID], p)
		k.Human[r.CaseID] = k.Human[r.CaseID] || p.Assessment.WantsHuman() != ""
	}
	return nil
}

func (t *tx) knownCases(ctx context.Context, ask socialwatch.Ask, caseIDs []int64, k *socialwatch.Known) error {
	k.Used, k.Human, k.Posts = map[int64][]string{}, map[int64]bool{}, map[int64][]socialwatch.Past{}
	var of []int64
	if err := t.all(ctx, &of, sqlKnownOf, ask.Account, ask.Authors); err != nil {
		return err
	}
	caseIDs = append(caseIDs, of...)
	if len(caseIDs) == 0 {
		return nil // strangers: most of a wave
	}
	var cases []caseRow
	if err := t.all(ctx, &cases, sqlKnownCases, caseIDs); err != nil {
		return err
	}
	k.Cases = rowValues[caseRow, socialwatch.Case](cases)
	ids := make([]int64, len(cases))
	for i, c := range cases {
		ids[i] = c.ID
	}
	var replies []replyRow
	err := t.all(ctx, &replies, sqlKnownReplies, ids)
	if err != nil {
		return err
	}
	var said []socialwatch.Reply
	for _, r := range replies {
		reply := r.value()
		if mayBePublic(reply.State) {
			said = append(said, reply)
			if id := reply.Payload.Template; id != "" {
				k.Used[r.CaseID] = append(k.Used[r.CaseID], id)
			}
		}
		if !reply.State.Final() {
			k.Replies = append(k.Replies, reply)
		}
	}
	if k.Active, err = t.active(ctx, ids); err != nil {
		return err
	}
	return t.knownPosts(ctx, ids, said, k)
}

// mayBePublic reports whether customers may have read a reply in this state.
func mayBePublic(s socialwatch.ReplyState) bool {
	return s == socialwatch.ReplySent || s == socialwatch.ReplySending || s == socialwatch.ReplyUnknown
}

// orEpoch keeps the zero time, "from the beginning", from becoming null.
func orEpoch(t time.Time) time.Time {
	if t.IsZero() {
		return time.Unix(0, 0)
	}
	return t
}

// conflictIfGone turns ErrNotFound of a guarded row into ErrConflict: the guard no
// longer holds.
func conflictIfGone(err error) error {
	if errors.Is(err, socialwatch.ErrNotFound) {
		return socialwatch.ErrConflict
	}
	return err
}
