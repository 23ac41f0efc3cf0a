package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"socialwatch"
)

// Approve releases a reply to be sent after the undo window. The hash must
// be that of the version the person saw. The post is looked at on the network
// first; when it can't be reached the approval stands and the publisher looks
// again before it sends.
//
// A reply with warnings, an edited one, one of a template that is new on the
// account, and one to somebody whom many read need a second key: without
// dec.Confirm of exactly what stands now the answer is *socialwatch.ConfirmError,
// which says what to confirm, and nothing has changed.
func (d *Desk) Approve(ctx context.Context, dec socialwatch.Decision) (socialwatch.Reply, error) {
	rc, err := d.look(ctx, dec)
	if err != nil {
		return rc.Reply, err
	}
	if rc.Reply.State == socialwatch.ReplyBlocked {
		return rc.Reply, &BlockedError{rc.Reply.Findings}
	}
	findings := d.Check(rc, rc.Reply.Payload)
	if socialwatch.AnyBlocks(findings) && rc.Reply.State == socialwatch.ReplyAwaiting {
		err := d.Replies.Block(ctx, rc.Reply.ID, findings, d.CheckedBy, d.now())
		return rc.Reply, errors.Join(&BlockedError{findings}, err)
	}
	a := d.approval(rc, dec, rc.Reply.Payload, findings)
	if err := d.confirmed(rc, a); err != nil {
		return rc.Reply, err
	}
	return d.Decisions.Approve(ctx, a)
}

// look opens a reply for an approval, after a look at its post on the network.
func (d *Desk) look(ctx context.Context, dec socialwatch.Decision) (socialwatch.ReplyContext, error) {
	rc, err := d.open(ctx, dec, socialwatch.RoleApprover)
	if err != nil || d.Refresh == nil {
		return rc, err
	}
	c := d.Connector(rc.Reply.Payload.Account)
	if c == nil || d.Refresh(ctx, c, []string{rc.Reply.Payload.ParentID}) != nil {
		return rc, nil
	}
	return d.open(ctx, dec, socialwatch.RoleApprover)
}

func (d *Desk) approval(rc socialwatch.ReplyContext, dec socialwatch.Decision, p socialwatch.Payload, findings []socialwatch.Finding) socialwatch.Approval {
	dec.Hash = p.Hash()
	return socialwatch.Approval{
		Decision: dec, At: d.now(), Hold: d.Hold, ExpiresAt: d.now().Add(or(d.Expiry, 4*time.Hour)),
		Key: socialwatch.SendKey(rc.Reply.ID, dec.Hash), Findings: findings, CheckedBy: d.CheckedBy, Confirmed: rc.Confirmation(p, findings),
		FirstUse:     rc.NewTemplate && p.Text == rc.Original,
		SelfApproval: d.SelfApproval != nil && d.SelfApproval(rc.Reply.Payload.Account),
		Colleague:    d.needsColleague(rc, dec.By.Login, p),
	}
}

// needsColleague reports whether login, who has edited the draft of somebody else
// or is about to, may not approve p.
func (d *Desk) needsColleague(rc socialwatch.ReplyContext, login string, p socialwatch.Payload) bool {
	edits := p.Hash() != rc.Reply.Hash || slices.Contains(rc.Authors, login)
	return edits && rc.FirstBy != login && d.Second.Needs(d.change(rc, p.Text).Edit.Kind)
}

// confirmed refuses an approval whose second key is missing. Nothing is asked about
// what nobody may decide any more, or this person may not: the store says why.
func (d *Desk) confirmed(rc socialwatch.ReplyContext, a socialwatch.Approval) error {
	switch rc.Reply.State {
	case socialwatch.ReplyAwaiting, socialwatch.ReplyBlocked:
	default:
		return nil
	}
	if a.Colleague {
		return fmt.Errorf("%s has edited this text and a colleague must approve it: save it, and let somebody else look: %w", a.By.Login, socialwatch.ErrForbidden)
	}
	if slices.Contains(rc.Authors, a.By.Login) && !a.SelfApproval {
		return fmt.Errorf("%s wrote a version of it and another person must approve it: %w", a.By.Login, socialwatch.ErrForbidden)
	}
	if !a.Confirmed.Asks() || a.Confirm == a.Confirmed.Digest {
		return nil
	}
	return &socialwatch.ConfirmError{Confirmation: a.Confirmed, Stale: a.Confirm != ""}
}

// Extend makes the undo window HoldStep longer, up to HoldMax in all: of one's own
// approval, or as a lead of anybody's. ErrConflict when it is over or as long as it
// may be.
func (d *Desk) Extend(ctx context.Context, dec socialwatch.Decision) (socialwatch.Reply, error) {
	rc, err := d.open(ctx, dec, socialwatch.RoleApprover)
	if err != nil {
		return rc.Reply, err
	}
	return d.Holds.Extend(ctx, dec, d.now())
}
