package store

import (
	"context"
	"time"

	"socialwatch"
)

// Undo cancels a holding reply: one's own approval, or as a lead anybody's.
// Claim and Undo race in the database, and only one wins.
func (s *Store) Undo(ctx context.Context, d socialwatch.Decision, at time.Time) (socialwatch.Reply, error) {
	return s.decide(ctx, d, verdict{what: "undo", role: takesBack(d.By.Login), at: at,
		run: func(t *tx, before socialwatch.Reply) (row replyRow, err error) {
			if err = t.get(ctx, &row, sqlUndo, at, d.ReplyID, d.Hash); err != nil {
				return row, err
			}
			return row, t.templateTakenBack(ctx, before)
		}})
}

// takesBack says who may take an approval back: an approver one's own, a lead
// anybody's.
func takesBack(login string) func(socialwatch.Reply) socialwatch.Role {
	return func(r socialwatch.Reply) socialwatch.Role {
		if r.DecidedBy == login {
			return socialwatch.RoleApprover
		}
		return socialwatch.RoleLead
	}
}

// Withdraw ends a reply that is not on its way: awaiting, blocked, failed, or
// approved, be it in its undo window or waiting under Stop. Authors withdraw
// versions of their own, approvers any; what is approved, whoever may undo it.
// After Undo the text is for another draft; what is withdrawn is to say no more.
func (s *Store) Withdraw(ctx context.Context, d socialwatch.Decision, at time.Time) (socialwatch.Reply, error) {
	role := func(r socialwatch.Reply) socialwatch.Role {
		switch {
		case r.State == socialwatch.ReplyApproved, r.State == socialwatch.ReplyHolding:
			return takesBack(d.By.Login)(r)
		case r.Author == d.By.Login:
			return socialwatch.RoleAuthor
		}
		return socialwatch.RoleApprover
	}
	return s.decide(ctx, d, verdict{what: "withdraw", role: role, reason: "withdrawn", at: at,
		run: func(t *tx, before socialwatch.Reply) (row replyRow, err error) {
			if err = t.get(ctx, &row, sqlWithdraw, withNote("withdrawn", d.Note), at, d.ReplyID, d.Hash); err != nil {
				return row, err
			}
			return row, t.templateTakenBack(ctx, before)
		}})
}
