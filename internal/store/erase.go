package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"socialwatch"
)

// What is erased of a post that is gone: its words, who wrote them and what was
// found in them, wherever they stand. What stays is a tombstone: ids, times,
// and what we concluded, without the words.
const (
	sqlEraseMentions = `update mentions set body = '', warning = '', masked = '', media = '[]', entities = '[]',
    author_handle = '', author_name = '', author_url = '', followers = 0, url = '', gone_at = ?
where network = ? and host = ? and post_id in (?) and gone_at is null`
	sqlEraseInbox = `delete from inbox where post_id in (?) and account in (select name from accounts where network = ? and host = ?)`
	sqlEraseAside = `delete from set_aside where item in (?) and account in (select name from accounts where network = ? and host = ?)`

	// States that nothing follows: what is on its way, or in doubt, is found
	// again by its text.
	sqlEraseFinal = `('sent','rejected','withdrawn','superseded','expired','cancelled')`

	sqlEraseReplies = `select r.id, r.state, r.hash, r.payload, r.findings, r.reason from replies r
join mentions m on m.case_id = r.case_id and m.id = r.mention_id
where m.network = ? and m.host = ? and m.post_id in (?) and r.state in ` + sqlEraseFinal
	sqlEraseLate = `select r.id, r.state, r.hash, r.payload, r.findings, r.reason from replies r
join mentions m on m.case_id = r.case_id and m.id = r.mention_id
where m.account = ? and m.gone_at is not null and r.state in ` + sqlEraseFinal + `
  and r.payload ->> 'parent_name' <> '' order by r.id limit ?`
	sqlEraseVersions = `select reply_id, version, hash, payload, findings from reply_versions where reply_id in (?)`
	sqlEraseReply    = `update replies set payload = ?, findings = ?, reason = ? where id = ?`
	sqlEraseVersion  = `update reply_versions set payload = ?, findings = ?, diff = '[]' where reply_id = ? and version = ?`

	// A case that was merged into another still holds what its posts, which stand
	// there, have told.
	sqlEraseCases = `with recursive family (id, root) as (
    select m.case_id, m.case_id from mentions m where m.network = ? and m.host = ? and m.post_id in (?) and m.case_id is not null
    union
    select g.case_id, f.root from family f join merges g on g.into_id = f.id where g.undone_at is null)
select c.id, f.root, c.customer_id, c.orders from family f join cases c on c.id = f.id order by c.id`
	sqlEraseStanding = `select case_id, author_id, entities from mentions where case_id in (?) and gone_at is null`
	sqlEraseOrders   = `update cases set orders = ? where id = ?`
	sqlEraseCustomer = `update cases set customer = ? where id = ?`

	sqlEraseRaw = `update set_aside set raw = ? where account = ? and at < ? and length(raw) > 0`
)

// saveGone erases the posts that are gone.
func (w *saving) saveGone(ctx context.Context) error {
	if len(w.c.Gone) == 0 {
		return nil
	}
	w.t.ring()
	if _, err := w.t.exec(ctx, sqlEraseMentions, w.c.At, w.network, w.host, w.c.Gone); err != nil {
		return err
	}
	if _, err := w.t.exec(ctx, sqlEraseRevisions, w.network, w.host, w.c.Gone); err != nil {
		return err
	}
	for _, query := range []string{sqlEraseInbox, sqlEraseAside} {
		if _, err := w.t.exec(ctx, query, w.c.Gone, w.network, w.host); err != nil {
			return err
		}
	}
	var replies []erasedReply
	if err := w.t.all(ctx, &replies, sqlEraseReplies, w.network, w.host, w.c.Gone); err != nil {
		return err
	}
	if err := w.t.eraseReplies(ctx, replies); err != nil {
		return err
	}
	if err := w.t.eraseCases(ctx, w.network, w.host, w.c.Gone); err != nil {
		return err
	}
	_, err := w.t.forgetAnswers(ctx)
	return err
}

// erasedReply is a reply to a post that is gone, or one of its versions.
type erasedReply struct {
	ID       int64                         `db:"id"`
	ReplyID  int64                         `db:"reply_id"`
	Version  int                           `db:"version"`
	State    string                        `db:"state"`
	Hash     string                        `db:"hash"`
	Payload  jsonOf[socialwatch.Payload]   `db:"payload"`
	Findings jsonOf[[]socialwatch.Finding] `db:"findings"`
	Reason   string                        `db:"reason"`
}

// erase takes out what a reply says of whom it answers, and unless it is public
// its words, which may quote the post. The hash stays: who approved what can be
// shown as long as somebody else has the text.
func (r *erasedReply) erase(public bool) {
	p := &r.Payload.V
	p.ParentName, p.Prefix, p.Warning = "", "", ""
	if !public {
		p.Text = ""
	}
	for i := range r.Findings.V {
		f := &r.Findings.V[i]
		f.Words, f.Start, f.End = "", 0, 0
	}
}

func (t *tx) eraseReplies(ctx context.Context, replies []erasedReply) error {
	if len(replies) == 0 {
		return nil
	}
	ids, sent := make([]int64, len(replies)), map[int64]string{}
	for i, r := range replies {
		public := r.State == string(socialwatch.ReplySent)
		if ids[i] = r.ID; public {
			sent[r.ID] = r.Hash
		}
		r.erase(public)
		if _, err := t.exec(ctx, sqlEraseReply, r.Payload, r.Findings, WithoutNote(r.Reason), r.ID); err != nil {
			return err
		}
	}
	var versions []erasedReply
	if err := t.all(ctx, &versions, sqlEraseVersions, ids); err != nil {
		return err
	}
	for _, v := range versions {
		v.erase(sent[v.ReplyID] == v.Hash)
		if _, err := t.exec(ctx, sqlEraseVersion, v.Payload, v.Findings, v.ReplyID, v.Version); err != nil {
			return err
		}
	}
	return nil
}

// eraseCases takes out of cases what only posts that are gone have told: order
// numbers, and once no post of theirs is left the customer's names. What
// colleagues wrote stays: it is masked, and no consumer sees it. Search forgets
// the words at once.
func (t *tx) eraseCases(ctx context.Context, network, host string, posts []string) error {
	var cases []struct {
		ID         int64            `db:"id"`
		Root       int64            `db:"root"` // where its posts stand
		CustomerID string           `db:"customer_id"`
		Orders     jsonOf[[]string] `db:"orders"`
	}
	if err := t.all(ctx, &cases, sqlEraseCases, network, host, posts); err != nil || len(cases) == 0 {
		return err
	}
	ids := make([]int64, len(cases))
	for i, c := range cases {
		ids[i] = c.ID
	}
	var standing []standingPost
	if err := t.all(ctx, &standing, sqlEraseStanding, ids); err != nil {
		return err
	}
	for _, c := range cases {
		known, told := stillTold(standing, c.Root, c.CustomerID)
		left := slices.DeleteFunc(slices.Clone(c.Orders.V), func(o string) bool { return !told[o] })
		if _, err := t.exec(ctx, sqlEraseOrders, asJSON(left), c.ID); err != nil {
			return err
		}
		if err := t.forgetOrders(ctx, c.ID, left); err != nil {
			return err
		}
		if known {
			continue
		}
		if _, err := t.exec(ctx, sqlEraseCustomer, asJSON(customer{}), c.ID); err != nil {
			return err
		}
	}
	return t.keepWords(ctx, ids)
}

// standingPost is a post that stands in a case.
type standingPost struct {
	CaseID   int64                        `db:"case_id"`
	AuthorID string                       `db:"author_id"`
	Entities jsonOf[[]socialwatch.Entity] `db:"entities"`
}

// stillTold is what the posts that stand in a case tell: whether one is by its
// customer, and which order numbers.
func stillTold(posts []standingPost, caseID int64, customerID string) (known bool, orders map[string]bool) {
	orders = map[string]bool{}
	for _, m := range posts {
		if m.CaseID != caseID {
			continue
		}
		known = known || m.AuthorID == customerID
		for _, e := range m.Entities.V {
			orders[e.Value] = orders[e.Value] || e.Kind == socialwatch.OrderNumber
		}
	}
	return known, orders
}

// eraseBatch bounds the replies of one transaction of EraseLate.
const eraseBatch = 200

// EraseLate erases what could not be erased when its post went: of replies that
// were on their way then and have ended since, and the raw text of items that
// could not be read and were set aside before the time given. What edited posts of
// closed cases said before goes too. It returns how many replies it erased.
func (s *Store) EraseLate(ctx context.Context, account string, before time.Time) (n int, err error) {
	for more := true; more && err == nil; {
		err = s.tx(ctx, func(t *tx) error {
			var replies []erasedReply
			if err := t.all(ctx, &replies, sqlEraseLate, account, eraseBatch); err != nil {
				return err
			}
			more = len(replies) == eraseBatch
			n += len(replies)
			if err := t.eraseReplies(ctx, replies); err != nil {
				return err
			}
			if _, err := t.exec(ctx, sqlEraseClosed, account); err != nil {
				return err
			}
			_, err := t.exec(ctx, sqlEraseRaw, []byte{}, account, before)
			return err
		})
	}
	if err != nil {
		return n, fmt.Errorf("erase what posts of %s that are gone have left: %w", account, err)
	}
	return n, nil
}
