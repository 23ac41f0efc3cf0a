package console

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// acts decides which buttons p sees. The server refuses the rest by itself;
// here a button without its right is absent, and the card says what lacks.
func (c *Console) acts(p socialwatch.Person, card store.Card) actsView {
	rp := card.Reply
	account := rp.Payload.Account
	approver, author := p.May(socialwatch.RoleApprover, account), p.May(socialwatch.RoleAuthor, account)
	own := c.ownWords(p, card)
	var v actsView
	switch {
	case rp.State == socialwatch.ReplyAwaiting:
		v.MayApprove, v.MayReject, v.MayEdit = approver, approver, author
		v.ApproveText = approveText(card)
		if !author {
			v.Lacks = say("lacks.reader", account)
		} else if !approver {
			v.Lacks = say("lacks.approver", account)
		} else if card.InDoubt {
			v.MayApprove, v.Lacks = false, say("lacks.doubt")
		} else if own {
			v.MayApprove, v.Lacks = false, say("lacks.second")
		}
	case rp.State == socialwatch.ReplyBlocked:
		v.MayEdit = author
		v.MayWithdraw = approver || rp.Author == p.Login && author
	case rp.State == socialwatch.ReplyFailed:
		v.MayWithdraw = approver
	case rp.State == socialwatch.ReplyApproved:
		v.MayWithdraw = mayTakeBack(p, rp)
	case rp.State == socialwatch.ReplyHolding:
		v.MayUndo, v.MayExtend, v.Longer = mayUndo(p, rp), c.mayExtend(p, rp), say("extend", span(socialwatch.HoldStep))
	case rp.State == socialwatch.ReplyUnknown:
		v.MaySettle = p.May(socialwatch.RoleLead, account)
		if !v.MaySettle {
			v.Lacks = say("lacks.lead", account)
		}
	case rp.State.Final() && rp.State != socialwatch.ReplySent:
		v.MayAgain = mayAgain(p, card)
	}
	v.MayWithdraw = v.MayWithdraw && c.o.Withdraw != nil
	v.mayApproveEdit = v.MayEdit && approver && !card.InDoubt && !own
	if v.MayReject {
		v.Reasons = reasons()
	}
	return v
}

// ownWords reports whether p wrote a version of a reply that another person must
// approve.
func (c *Console) ownWords(p socialwatch.Person, card store.Card) bool {
	wrote := slices.ContainsFunc(card.Versions, func(v store.Version) bool { return v.Author == p.Login })
	return wrote && (c.o.SelfApproval == nil || !c.o.SelfApproval(card.Reply.Payload.Account))
}

func (c *Console) at(t time.Time) *moment {
	m := c.moment(t)
	return &m
}

// mayAgain reports whether p may draft the text of a reply that is over anew:
// while another is under way, that one is the answer.
func mayAgain(p socialwatch.Person, card store.Card) bool {
	return p.May(socialwatch.RoleAuthor, card.Reply.Payload.Account) && !anyLive(card.Others)
}

func anyLive(replies []socialwatch.Reply) bool {
	for _, r := range replies {
		if !r.State.Final() {
			return true
		}
	}
	return false
}

func approveText(card store.Card) string {
	switch {
	case card.Publishes.Stopped:
		return say("approve.stopped")
	case len(card.Reply.Findings) > 0:
		return say("approve.warns")
	}
	return say("approve")
}

func reasons() []reason {
	var all []reason
	for i, value := range socialwatch.RejectReasons {
		all = append(all, reason{Value: value, Text: label("reason", value), Number: i + 1, Note: value == "other"})
	}
	return all
}

// reasonText is a stored reason, which may end in a person's note.
func reasonText(s string) string {
	reason, note, noted := strings.Cut(s, ": ")
	if text, ok := entry("reason." + reason); ok && noted {
		return text + ": " + note
	}
	if text, ok := entry("reason." + s); ok {
		return text
	}
	return told(s)
}

func reasonNote(s string) string {
	_, note, _ := strings.Cut(s, ": ")
	return note
}

// status says where a reply stands when it is not simply awaiting a decision,
// and whether the thread has moved while it was on its way.
func (c *Console) status(card store.Card) *noteView {
	v := c.standing(card)
	if moved := card.Reply.Moved; v != nil && moved != "" {
		v.Kind, v.Lines = "warn", append(v.Lines, say("status.moved", told(moved)))
	}
	return v
}

func (c *Console) standing(card store.Card) *noteView {
	rp := card.Reply
	switch rp.State {
	case socialwatch.ReplyAwaiting:
		return c.awaiting(card)
	case socialwatch.ReplyApproved:
		return &noteView{Kind: "warn", Title: say("status.approved.title", rp.DecidedBy), Text: say("status.approved")}
	case socialwatch.ReplyHolding:
		return c.holding(rp)
	case socialwatch.ReplySending:
		return &noteView{Kind: "info", Title: say("status.sending.title"), Text: say("status.sending", rp.Attempt)}
	case socialwatch.ReplySent:
		v := &noteView{Kind: "good", Title: say("status.sent.title"), Text: say("status.sent", rp.DecidedBy), At: c.at(rp.SentAt)}
		if to := link(rp.PostURL); to != "" {
			v.Link = &linkView{URL: to, Text: say("status.sent.link"), Outside: true}
		} else {
			v.Link = &linkView{Text: rp.PostID}
		}
		return v
	case socialwatch.ReplyBlocked:
		if !socialwatch.AnyBlocks(rp.Findings) {
			return &noteView{Kind: "warn", Title: say("status.warned.title"), Text: say("status.warned")}
		}
		return &noteView{Kind: "bad", Title: say("status.blocked.title"), Text: say("status.blocked")}
	case socialwatch.ReplyFailed:
		v := &noteView{Kind: "bad", Title: say("status.failed.title"), Text: say("status.failed.person", told(rp.Reason))}
		if !rp.RetryAt.IsZero() {
			v.Kind, v.Text, v.At = "warn", say("status.failed.retry", told(rp.Reason)), c.at(rp.RetryAt)
		}
		return v
	case socialwatch.ReplyUnknown:
		v := &noteView{Kind: "bad", Title: say("status.unknown.title"), Text: say("status.unknown.person", told(rp.Reason))}
		if !card.LookAt.IsZero() {
			v.Kind, v.Text, v.At = "warn", say("status.unknown.look", told(rp.Reason)), c.at(card.LookAt)
		}
		if !rp.RetryAt.IsZero() {
			v.Kind, v.Text, v.At = "warn", say("status.unknown.retry", told(rp.Reason)), c.at(rp.RetryAt)
		}
		return v
	}
	return c.ended(card)
}

// awaiting warns of a draft past its time; mostly it is nil.
func (c *Console) awaiting(card store.Card) *noteView {
	if expires := card.Reply.ExpiresAt; !expires.IsZero() && expires.Before(c.o.Now()) {
		return &noteView{Kind: "warn", Text: say("status.overdue"), At: c.at(expires)}
	}
	return nil
}

func (c *Console) holding(rp socialwatch.Reply) *noteView {
	v := &noteView{Kind: "info", Title: say("status.holding.title", rp.DecidedBy), Text: c.holdText(rp), HoldUntil: c.moment(rp.HoldUntil).ISO}
	v.HoldTotal = max(1, int(rp.HoldUntil.Sub(rp.DecidedAt).Seconds()))
	v.HoldLeft = min(v.HoldTotal, max(0, int(rp.HoldUntil.Sub(c.o.Now()).Seconds())))
	return v
}

// ended says how a reply ended without being sent, and leads on to a newer
// draft of its case.
func (c *Console) ended(card store.Card) *noteView {
	rp := card.Reply
	v := &noteView{Kind: "info", Title: label("reply", string(rp.State)) + "."}
	switch rp.State {
	case socialwatch.ReplyRejected:
		v.Title, v.Text = say("status.rejected.title", rp.DecidedBy), reasonText(rp.Reason)+"."
	case socialwatch.ReplyWithdrawn:
		v.Title, v.Text = say("status.withdrawn.title"), reasonNote(rp.Reason)
	case socialwatch.ReplySuperseded:
		v.Kind, v.Title, v.Text = "warn", say("status.superseded.title"), told(rp.Reason)+"."
	case socialwatch.ReplyExpired:
		v.Kind, v.Title, v.Text = "warn", say("status.expired.title"), say("status.expired")
	case socialwatch.ReplyCancelled:
		v.Title, v.Text = say("status.cancelled.title", rp.DecidedBy), say("status.cancelled")
	}
	for _, other := range card.Others {
		if !other.State.Final() && other.ID > rp.ID {
			id := strconv.FormatInt(other.ID, 10)
			v.Link = &linkView{URL: "/replies/" + id, Text: say("card.newer"), Newer: true}
		}
	}
	return v
}

func (c *Console) attempts(rows []store.AttemptRow) []string {
	var out []string
	for _, a := range rows {
		at := c.moment(a.BegunAt).Clock
		switch {
		case a.Outcome == "":
			out = append(out, say("attempt.open", a.N, at))
		case a.Reason == "":
			out = append(out, say("attempt.ended", a.N, at, label("reply", string(a.Outcome))))
		default:
			out = append(out, say("attempt.why", a.N, at, label("reply", string(a.Outcome)), told(a.Reason)))
		}
	}
	return out
}
